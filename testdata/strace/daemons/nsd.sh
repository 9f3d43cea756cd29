# SPDX-License-Identifier: MIT
packages='nsd bind9-dnsutils'
start='/usr/sbin/nsd -d -P ""'
configure() {
    printf '$ORIGIN recorder.test.\n$TTL 60\n@ SOA ns hostmaster 1 60 60 60 60\n@ NS ns\nns A 192.0.2.7\n' > /etc/nsd/recorder.zone
    printf 'server:\n  ip-address: 127.0.0.1@5301\nzone:\n  name: recorder.test\n  zonefile: /etc/nsd/recorder.zone\n' > /etc/nsd/nsd.conf.d/recorder.conf
}
before() { mkdir -p /run/nsd && chown nsd: /run/nsd; }
requests() {
    try dig +short -p 5301 @127.0.0.1 ns.recorder.test
    dig +tcp -p 5301 @127.0.0.1 recorder.test AXFR || true
}
