# SPDX-License-Identifier: MIT

import json
import os

from oeqa.core.decorator.data import skipIfNotFeature
from oeqa.core.decorator.depends import OETestDepends
from oeqa.runtime.case import OERuntimeTestCase
from oeqa.runtime.decorator.package import OEHasPackage

# What systemd says of a line in a unit file that it does not follow.
IGNORED = "ignoring|Unknown key|Unknown section|Unknown lvalue|Failed to parse"


class SystemdHardeningTest(OERuntimeTestCase):
    """The booted image keeps what the report of its build says.

    TEST_SUITES += "systemd_hardening", with the image class inherited. For the
    comparison of the figures the image needs the package systemd-analyze.
    """

    def on_target(self, command):
        status, output = self.target.run(command)
        self.assertEqual(status, 0, "%s: %s" % (command, output))
        return output

    def reported(self):
        name = self.td["IMAGE_LINK_NAME"] + ".systemd-hardening.json"
        with open(os.path.join(self.td["DEPLOY_DIR_IMAGE"], name)) as f:
            return {unit["name"]: unit["exposure"] for unit in json.load(f)["units"] if unit["load_state"] == "loaded"}

    @skipIfNotFeature("systemd", "systemd is not in DISTRO_FEATURES")
    @OETestDepends(["ssh.SSHTest.test_ssh"])
    def test_no_unit_failed(self):
        # --wait returns when booting ends, with an error when a unit failed: the list says which.
        self.target.run("systemctl is-system-running --wait")
        self.assertEqual("", self.on_target("systemctl --failed --no-legend --plain").strip())

    @skipIfNotFeature("systemd", "systemd is not in DISTRO_FEATURES")
    @OETestDepends(["ssh.SSHTest.test_ssh"])
    def test_no_setting_is_ignored(self):
        ignored = self.on_target("journalctl -b -q -o cat _PID=1 -p warning | grep -E '%s' || true" % IGNORED)
        self.assertEqual("", ignored.strip())

    @skipIfNotFeature("systemd", "systemd is not in DISTRO_FEATURES")
    @OETestDepends(["ssh.SSHTest.test_ssh"])
    @OEHasPackage(["systemd-analyze"])
    def test_the_device_prints_the_reports_figures(self):
        printed = {}
        for line in self.on_target("systemd-analyze security --no-pager").splitlines()[1:]:
            unit, exposure = line.split()[:2]
            printed[unit] = float(exposure)
        self.assertTrue(printed)
        reported = self.reported()
        self.assertEqual(printed, {unit: reported.get(unit) for unit in printed})
