# SPDX-License-Identifier: MIT
#
# Scores the services of every image, and gates the build on the scores.
# In a distro configuration:
#
#   INHERIT += "systemd-hardening"
#
# All work is done by systemd-hardening-image.bbclass, which only images
# inherit: no other recipe's signature changes. See docs/bitbake.md.

IMAGE_CLASSES:append = " systemd-hardening-image"

# One day from parsing to the last task, past midnight too: BitBake sets DATE
# anew when it starts to build. It must not count as a change of the
# configuration, which would parse every recipe again each morning.
SYSTEMD_HARDENING_TODAY := "${@d.getVar('SYSTEMD_HARDENING_TODAY') or time.strftime('%Y-%m-%d', time.strptime(d.getVar('DATE'), '%Y%m%d'))}"
BB_HASHCONFIG_IGNORE_VARS:append = " SYSTEMD_HARDENING_TODAY"

addhandler systemd_hardening_notice
systemd_hardening_notice[eventmask] = "bb.event.BuildStarted"
python systemd_hardening_notice() {
    if not bb.utils.contains("DISTRO_FEATURES", "systemd", True, False, d):
        bb.note("systemd-hardening: no 'systemd' in DISTRO_FEATURES (multiconfig '%s'): images are not scanned"
                % d.getVar("BB_CURRENT_MC"))
}
