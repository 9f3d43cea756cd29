# SPDX-License-Identifier: MIT
packages=acpid
start='/usr/sbin/acpid --foreground'
requests() {
    try test -S /run/acpid.socket
    timeout 2 nc -U /run/acpid.socket || true
}
