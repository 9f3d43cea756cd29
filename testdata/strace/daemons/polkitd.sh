# SPDX-License-Identifier: MIT
packages='polkitd dbus'
start='/usr/lib/polkit-1/polkitd --no-debug --log-level=notice'
user=polkitd
before() { bus; }
requests() {
    try pkcheck --action-id org.freedesktop.policykit.exec --process $$
    pkaction > /dev/null
}
reload() { :; }
