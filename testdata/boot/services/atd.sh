# atd: jobs of root and of a user, now and later, one that is taken back; sudo in a job
unit=atd.service
packages="at"

configure() {
    :
}

probe() {
    local number
    echo 'id -un > /var/tmp/at-root' | at now 2> /dev/null || fail "at"
    echo 'id -un > at-user; sudo -n id -un > at-sudo 2>&1' | (cd /home/tester && runuser -u tester -- at now 2> /dev/null) ||
        fail "at of a user"
    number=$(echo 'touch /var/tmp/at-never' | at now + 1 minute 2>&1 | sed -n 's/^job \([0-9]*\).*/\1/p')
    atq | grep -q "^$number" || fail "queue"
    atrm "$number" || fail "atrm"
    echo 'id -un > /var/tmp/batch' | batch 2> /dev/null
    eventually 70 grep -qx root /var/tmp/at-root || fail "root's job did not run"
    eventually 30 grep -qx tester /home/tester/at-user || fail "user's job did not run"
    eventually 30 grep -qx root /home/tester/at-sudo || fail "sudo in a job: $(cat /home/tester/at-sudo)"
    [ ! -e /var/tmp/at-never ] || fail "job is not taken back"
}
