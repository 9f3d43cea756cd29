# cups: a printer is made, a job filtered by its driver, printed by a backend; over TCP, its log
unit=cups.service
packages="cups-daemon cups-client"

configure() {
    put /usr/lib/cups/backend/rig << 'X'
#!/bin/sh
# Lists itself when called without arguments, as backends do.
[ $# -gt 0 ] || { echo 'direct rig "Rig" "Rig"'; exit 0; }
{ id -un; cat "${6:--}"; } > /var/lib/printed/job
X
    chmod 755 /usr/lib/cups/backend/rig
    install -d -o lp /var/lib/printed
    systemctl enable cups > /dev/null 2>&1
}

probe() {
    local answer
    eventually 30 lpstat -r || fail "no answer"
    answer=$(lpadmin -p rig -E -v rig:/rig -m raw 2>&1)
    lpstat -p rig > /dev/null || fail "printer is not made: $answer"
    unique page > /run/rig/page
    answer=$(runuser -u tester -- lp -d rig - < /run/rig/page 2>&1) || fail "job: $answer"
    eventually 60 grep -qsf /run/rig/page /var/lib/printed/job || fail "job is not printed: $(tail -n 1 /var/log/cups/error_log)"
    grep -qx lp /var/lib/printed/job || fail "backend ran as $(head -n 1 /var/lib/printed/job)"
    lpstat -h 127.0.0.1 -p rig > /dev/null || fail "over TCP"
    # It waits with that for half a minute.
    eventually 60 grep -q '<Printer rig>\|DefaultPrinter rig' /etc/cups/printers.conf || fail "printer is not stored"
    grep -q POST /var/log/cups/access_log || fail "log"
}
