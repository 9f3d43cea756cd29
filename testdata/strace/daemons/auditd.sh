# SPDX-License-Identifier: MIT
packages=auditd
start='/usr/sbin/auditd -n'
requests() {
    auditctl -s
    auditctl -m 'a message'
}
reload() {
    signal HUP
    signal USR1
}
