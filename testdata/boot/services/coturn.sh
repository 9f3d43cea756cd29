# coturn: a user's packets are relayed over UDP and TCP, a wrong password is refused, its user database and log
unit=coturn.service
packages="coturn"

configure() {
    put /etc/turnserver.conf << 'X'
listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port=3478
min-port=49200
max-port=49250
allow-loopback-peers
cli-password=tester
lt-cred-mech
realm=rig.test
userdb=/var/lib/turn/turndb
log-file=/var/log/turnserver/turn.log
simple-log
no-tls
no-dtls
X
    install -d -o turnserver -g turnserver /var/log/turnserver
    turnadmin -a -b /var/lib/turn/turndb -u tester -r rig.test -p tester > /dev/null 2>&1
    chown turnserver:turnserver /var/lib/turn/turndb
    systemctl enable coturn > /dev/null 2>&1
}

# relay PASSWORD OPTIONS...: two clients that talk to each other through it.
relay() {
    timeout 60 turnutils_uclient -y -u tester -w "$@" -n 5 127.0.0.1 2>&1
}

probe() {
    local answer
    answer=$(relay tester) || fail "UDP: $(tail -n 1 <<< "$answer")"
    grep -q 'Total lost packets 0 ' <<< "$answer" || fail "packets are lost: $(grep lost <<< "$answer" | tail -n 1)"
    relay tester -t | grep -q 'Total lost packets 0 ' || fail "TCP"
    if relay wrong | grep -q 'Total lost packets 0 '; then fail "wrong password is taken"; fi
    grep -qs tester /var/log/turnserver/turn* || fail "log"
}
