# watchdog: keeps the hardware's watchdog from striking, in real time; runs a test program, watches a file and an address
unit=watchdog.service
packages="watchdog"

configure() {
    sed -i 's/^watchdog_module=.*/watchdog_module="i6300esb"/' /etc/default/watchdog
    put /etc/watchdog.conf << 'X'
watchdog-device = /dev/watchdog
watchdog-timeout = 60
interval = 2
realtime = yes
priority = 1
max-load-1 = 200
min-memory = 1
file = /var/lib/watched
ping = 127.0.0.1
test-binary = /usr/local/lib/rig/test
log-dir = /var/log/watchdog
X
    touch /var/lib/watched
    put /usr/local/lib/rig/test << 'X'
#!/bin/sh
date +%s > /run/watchdog-test
X
    chmod 755 /usr/local/lib/rig/test
    systemctl enable watchdog > /dev/null 2>&1
}

probe() {
    local main log=/run/rig/watchdog-log
    main=$(systemctl show --property MainPID --value watchdog)
    [ "$main" != 0 ] || main=$(pidof watchdog)
    eventually 20 grep -qx active /sys/class/watchdog/watchdog0/state || fail "hardware's watchdog is not active"
    eventually 30 test -s /run/watchdog-test || fail "test program did not run"
    rm /run/watchdog-test
    eventually 30 test -s /run/watchdog-test || fail "test program ran only once"
    chrt -p "$main" | grep -q SCHED_RR || fail "not in real time: $(chrt -p "$main")"
    grep -q '^VmLck:.* [1-9]' "/proc/$main/status" || fail "its memory is not locked"
    journalctl --sync
    journalctl -b -u watchdog -o cat > $log
    if grep -E 'cannot|failed|no response' $log; then fail "log: $(grep -E 'cannot|failed|no response' $log | head -n 1)"; fi
}
