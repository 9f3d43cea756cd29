# nsd: a zone over UDP and TCP, its transfer, a zone from another server, a zone made while it runs; control, log
unit=nsd.service
packages="nsd bind9-dnsutils"

configure() {
    put /etc/nsd/nsd.conf.d/rig.conf << 'X'
server:
    ip-address: 127.0.0.1@5303
    logfile: "/var/log/nsd.log"
remote-control:
    control-enable: yes
pattern:
    name: ours
    zonefile: "/etc/nsd/%s.zone"
    provide-xfr: 127.0.0.1 NOKEY
zone:
    name: nsd.test
    include-pattern: ours
X
    put /etc/nsd/nsd.test.zone << 'X'
$TTL 60
@ SOA ns hostmaster 1 60 60 60 60
@ NS ns
ns A 192.0.2.20
X
    sed 's/192.0.2.20/192.0.2.21/' /etc/nsd/nsd.test.zone > /etc/nsd/more.test.zone
    [ -s /etc/nsd/nsd_control.pem ] || nsd-control-setup > /dev/null 2>&1
    systemctl enable nsd > /dev/null 2>&1
}

ask() {
    dig +short +time=5 +tries=2 -p 5303 @127.0.0.1 "$@"
}

probe() {
    ask ns.nsd.test | grep -qx 192.0.2.20 || fail "DNS over UDP"
    ask +tcp ns.nsd.test | grep -qx 192.0.2.20 || fail "DNS over TCP"
    ask nsd.test AXFR | grep -q '192.0.2.20' || fail "transfer"
    nsd-control status | grep -q version || fail "control channel"
    nsd-control addzone more.test ours > /dev/null || fail "new zone"
    eventually 20 eval 'ask ns.more.test | grep -qx 192.0.2.21' || fail "new zone is not served"
    sed -i 's/192.0.2.20/192.0.2.22/; s/hostmaster 1 /hostmaster 2 /' /etc/nsd/nsd.test.zone
    nsd-control reload nsd.test > /dev/null || fail "reload of a zone"
    eventually 20 eval 'ask ns.nsd.test | grep -qx 192.0.2.22' || fail "changed zone is not served"
    mv /var/log/nsd.log /var/log/nsd.log.1 2> /dev/null
    nsd-control log_reopen > /dev/null || fail "log is not reopened"
}

after_reload() {
    eventually 20 eval 'ask ns.nsd.test | grep -q 192.0.2' || fail "no answer after the reload"
}
