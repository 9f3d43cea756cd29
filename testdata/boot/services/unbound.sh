# unbound: its own data and forwarded names over UDP and TCP, its cache and its control channel
unit=unbound.service
packages="unbound bind9-dnsutils"

configure() {
    put /etc/unbound/unbound.conf.d/rig.conf << 'X'
server:
    interface: 127.0.0.1@5302
    do-not-query-localhost: no
    module-config: "iterator"
    local-data: "own.unbound.test. A 192.0.2.9"
    local-zone: "test." transparent
    num-threads: 2
    logfile: "/var/lib/unbound/unbound.log"
stub-zone:
    name: "named.test."
    stub-addr: 127.0.0.1@5301
forward-zone:
    name: "rig.test."
    forward-addr: 127.0.0.1
X
    rm -f /etc/unbound/unbound.conf.d/root-auto-trust-anchor-file.conf
}

ask() {
    dig +short +time=5 +tries=2 -p 5302 @127.0.0.1 "$@"
}

probe() {
    local name
    ask own.unbound.test | grep -qx 192.0.2.9 || fail "DNS over UDP"
    ask +tcp own.unbound.test | grep -qx 192.0.2.9 || fail "DNS over TCP"
    # dnsmasq (port 53) answers for all below rig.test.
    name=$(unique name).rig.test
    ask "$name" | grep -qx 10.1.2.3 || fail "forwarded name"
    ask ns.named.test | grep -qx 192.0.2.7 || fail "name that it asks named for"
    unbound-control status | grep -q 'is running' || fail "control channel"
    unbound-control dump_cache | grep -q ns.named.test || fail "cache"
    unbound-control local_data new.unbound.test. A 192.0.2.10 | grep -q ok || fail "new data"
    ask new.unbound.test | grep -qx 192.0.2.10 || fail "new data is not served"
    mv /var/lib/unbound/unbound.log /var/lib/unbound/unbound.log.1
    unbound-control log_reopen | grep -q ok || fail "log is not reopened"
    eventually 10 test -e /var/lib/unbound/unbound.log || fail "no new log"
}

after_reload() {
    ask own.unbound.test | grep -qx 192.0.2.9 || fail "no answer after the reload"
    ask "$(unique name).rig.test" | grep -qx 10.1.2.3 || fail "no forwarded name after the reload"
}
