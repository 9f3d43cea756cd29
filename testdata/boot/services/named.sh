# named: a zone over UDP and TCP, its transfer, a change by a client (with its journal), and its control channel
unit=named.service
packages="bind9 bind9-dnsutils"

configure() {
    put /etc/bind/named.conf.options << 'X'
options {
    directory "/var/cache/bind";
    listen-on port 5301 { 127.0.0.1; };
    listen-on-v6 { none; };
    recursion no;
};
X
    put /etc/bind/named.conf.local << 'X'
zone "named.test" {
    type primary;
    file "/var/lib/bind/named.test";
    allow-transfer { localhost; };
    allow-update { localhost; };
};
X
    put /var/lib/bind/named.test << 'X'
$ORIGIN named.test.
$TTL 60
@ SOA ns hostmaster 1 60 60 60 60
@ NS ns
ns A 192.0.2.7
X
    chown bind: /var/lib/bind/named.test
}

ask() {
    dig +time=5 +tries=2 -p 5301 @127.0.0.1 "$@"
}

change() {
    nsupdate << X
server 127.0.0.1 5301
update add $1.named.test. 60 A 192.0.2.8
send
X
}

has_dumped() {
    rndc dumpdb -zones && grep -q "$1" /var/cache/bind/named_dump.db
}

probe() {
    local name
    eventually 30 ask ns.named.test || fail "no answer"
    ask +short ns.named.test | grep -qx 192.0.2.7 || fail "DNS over UDP"
    ask +short +tcp ns.named.test | grep -qx 192.0.2.7 || fail "DNS over TCP"
    ask AXFR named.test | grep -q hostmaster || fail "zone transfer"
    rndc status | grep -q 'server is up' || fail "control channel"
    name=$(unique changed)
    change "$name" || fail "change of the zone by a client"
    ask +short "$name.named.test" | grep -qx 192.0.2.8 || fail "changed zone"
    [ -s /var/lib/bind/named.test.jnl ] || fail "change is not stored"
    rndc sync -clean named.test || fail "zone is not written"
    eventually 10 grep -q "$name" /var/lib/bind/named.test || fail "zone file is not written"
    eventually 20 has_dumped "$name" || fail "dump"
}

after_reload() {
    ask +short ns.named.test | grep -qx 192.0.2.7 || fail "no answer after the reload"
}
