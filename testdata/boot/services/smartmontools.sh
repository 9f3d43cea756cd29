# smartmontools: watches an ATA disk, runs a program for its warning
unit=smartmontools.service
packages="smartmontools"

configure() {
    put /etc/smartd.conf << 'X'
/dev/sda -a -m root -M test -M exec /usr/local/lib/rig/warning
X
    put /etc/default/smartmontools <<< 'smartd_opts="--interval=10 --savestates=/var/lib/smartmontools/state."'
    put /usr/local/lib/rig/warning << 'X'
#!/bin/sh
echo "$(id -un) $SMARTD_FAILTYPE $SMARTD_DEVICE" > /var/log/disk-warning
X
    chmod 755 /usr/local/lib/rig/warning
    # The disk is emulated, which the unit would take as a reason not to start, and its driver is loaded late.
    printf '[Unit]\nConditionVirtualization=\nWants=dev-sda.device\nAfter=dev-sda.device\n' | put /etc/systemd/system/smartmontools.service.d/10-rig.conf
    systemctl enable smartmontools > /dev/null 2>&1
}

says() {
    journalctl --sync
    journalctl -b -u smartmontools -o cat | grep -q "$1"
}

probe() {
    eventually 20 says 'Monitoring 1 ATA' || fail "disk is not watched: $(journalctl -b -u smartmontools -o cat | tail -n 1)"
    eventually 20 grep -q '^root EmailTest /dev/sda' /var/log/disk-warning || fail "program did not run"
    eventually 30 ls /var/lib/smartmontools/state.*.state || fail "state is not stored"
    systemctl kill --signal=USR1 smartmontools
    eventually 20 says 'ignal USR1\|checking devices now' || fail "check on demand"
}
