# logrotate: a oneshot: rotates and packs logs of root and of a user, runs their scripts, keeps its state
unit=logrotate.service
packages="logrotate"

configure() {
    put /etc/logrotate.d/rig << 'X'
/var/log/rig-root.log {
    size 1
    rotate 2
    compress
    create 640 root adm
    postrotate
        id -un > /var/log/rig-rotated
        systemctl kill --signal=WINCH cron.service
    endscript
}
/home/tester/own.log {
    su tester tester
    size 1
    rotate 2
    copytruncate
}
X
}

probe() {
    echo 'a line' > /var/log/rig-root.log
    runuser -u tester -- sh -c 'echo "a line" > ~/own.log'
    systemctl start logrotate || fail "start: $(journalctl -b -u logrotate -o cat | grep -i error | head -n 1)"
    zgrep -q 'a line' /var/log/rig-root.log.1.gz || fail "log is not rotated and packed"
    [ "$(stat -c %G:%a /var/log/rig-root.log)" = adm:640 ] || fail "new log"
    grep -qx root /var/log/rig-rotated || fail "script"
    grep -q 'a line' /home/tester/own.log.1 || fail "log in a user's home"
    grep -q rig-root /var/lib/logrotate/status || fail "state"
}
