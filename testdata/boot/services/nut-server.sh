# nut-server: what the driver of a power supply (a simulated one) says; a login that may change a value
unit=nut-server.service
packages="nut-server nut-client"

configure() {
    put /etc/nut/nut.conf <<< MODE=netserver
    printf '[rig]\ndriver = dummy-ups\nport = rig.dev\nmode = dummy-once\n' | put /etc/nut/ups.conf
    printf 'ups.status: OL\nbattery.charge: 87\nups.model: rig\n' | put /etc/nut/rig.dev
    printf 'LISTEN 127.0.0.1 3493\n' | put /etc/nut/upsd.conf
    printf '[tester]\npassword = tester\nactions = SET\ninstcmds = ALL\n' | put /etc/nut/upsd.users
    chown root:nut /etc/nut/*
    chmod 640 /etc/nut/*
    systemctl enable nut-driver@rig nut-server > /dev/null 2>&1
    # It would find the same driver again, and fails when systemd does not answer for long, as on a slow machine.
    systemctl disable nut-driver-enumerator.path nut-driver-enumerator.service > /dev/null 2>&1
}

value() {
    upsc rig@127.0.0.1 "$1" 2> /dev/null
}

probe() {
    eventually 40 eval '[ "$(value battery.charge)" = 87 ]' || fail "driver's value: $(upsc rig@127.0.0.1 2>&1 | tail -n 1)"
    upsc -l 127.0.0.1 2> /dev/null | grep -qx rig || fail "list"
    upsrw -s battery.charge=42 -u tester -p tester rig@127.0.0.1 > /dev/null 2>&1 || fail "change of a value"
    eventually 20 eval '[ "$(value battery.charge)" = 42 ]' || fail "value is not changed"
    if upsrw -s battery.charge=43 -u tester -p wrong rig@127.0.0.1 > /dev/null 2>&1; then fail "wrong password is taken"; fi
}

after_reload() {
    eventually 20 eval '[ "$(value ups.model)" = rig ]' || fail "value after the reload"
}
