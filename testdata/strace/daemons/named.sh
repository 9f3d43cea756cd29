# SPDX-License-Identifier: MIT
packages='bind9 bind9-dnsutils'
start='/usr/sbin/named -f -u bind'
before() { mkdir -p /run/named && chown root:bind /run/named && chmod 775 /run/named; }
requests() {
    try dig +short @127.0.0.1 localhost
    dig +tcp +short @127.0.0.1 -x 127.0.0.1
    dig +time=2 +tries=1 @127.0.0.1 www.example.org || true
    rndc status
}
reload() { rndc reload; }
