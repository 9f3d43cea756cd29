# beanstalkd: a job is put, taken and deleted; its log of jobs on disk survives a restart
unit=beanstalkd.service
packages="beanstalkd socat"

configure() {
    put /etc/default/beanstalkd << 'X'
BEANSTALKD_LISTEN_ADDR=127.0.0.1
BEANSTALKD_LISTEN_PORT=11300
BEANSTALKD_EXTRA="-b /var/lib/beanstalkd -f 0"
X
    install -d -o beanstalkd -g beanstalkd /var/lib/beanstalkd
    systemctl enable beanstalkd > /dev/null 2>&1
}

say() {
    printf "$1" | timeout 20 socat -t 2 - TCP:127.0.0.1:11300
}

probe() {
    say 'put 0 0 60 5\r\nhello\r\n' | grep -q INSERTED || fail "job is not taken"
    say 'stats\r\n' | grep -q 'current-jobs-ready: 1' || fail "statistics"
    ls /var/lib/beanstalkd/binlog.* > /dev/null 2>&1 || fail "no log of jobs"
    systemctl restart beanstalkd || fail "restart"
    eventually 10 say 'stats\r\n'
    say 'reserve\r\ndelete 1\r\n' | grep -q DELETED || fail "job is gone after a restart"
}
