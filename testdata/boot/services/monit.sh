# monit: checks a process, a file system, a program; its control socket, its state
unit=monit.service
packages="monit"

configure() {
    put /etc/monit/conf-enabled/rig << 'X'
set daemon 3
set httpd unixsocket /run/monit.sock
    allow tester:tester
check process cron with pidfile /run/crond.pid
check filesystem root with path /
    if space usage > 99% then alert
check network net0 interface net0
check program answer with path "/usr/bin/test -e /etc/passwd"
    if status != 0 then alert
check file watched path /var/lib/monit-watched
    if does not exist then exec "/usr/local/lib/rig/missing"
check host gauge address 127.0.0.1
    if failed port 700 protocol http then alert
    if failed ping then alert
check system $HOST
    if loadavg (1min) > 900 then alert
X
    put /usr/local/lib/rig/missing << 'X'
#!/bin/sh
echo "$(id -un) $MONIT_EVENT" > /var/log/missing
X
    chmod 755 /usr/local/lib/rig/missing
}

# checked NAME: this check is through, and well.
checked() {
    monit summary -B | grep -E "^ *$1 +OK"
}

probe() {
    local name
    for name in cron root net0 answer gauge bootrig; do
        eventually 40 checked $name || fail "$name: $(monit summary -B | grep " $name ")"
    done
    monit status cron | grep -q 'uptime' || fail "process is not looked at"
    eventually 30 grep -q '^root' /var/log/missing || fail "program for a missing file did not run"
    [ -s /var/lib/monit/id ] || fail "state is not stored"
    monit unmonitor net0 || fail "control socket"
}

after_reload() {
    eventually 30 checked cron || fail "nothing is checked after the reload"
}
