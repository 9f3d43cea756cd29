# SPDX-License-Identifier: MIT
packages='unbound bind9-dnsutils'
start='/usr/sbin/unbound -d -p'
configure() { install -o unbound /usr/share/dns/root.key /var/lib/unbound/root.key; }
requests() {
    try dig +short @127.0.0.1 localhost
    dig +tcp +short @127.0.0.1 localhost
    dig +time=2 +tries=1 @127.0.0.1 www.example.org || true
}
