# SPDX-License-Identifier: MIT
packages=haproxy
start='/usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg -p /run/haproxy.pid'
configure() {
    printf '\nfrontend recorder\n  bind 127.0.0.1:8080\n  default_backend pages\nbackend pages\n  server one 127.0.0.1:8081 check\n' >> /etc/haproxy/haproxy.cfg
}
before() {
    mkdir -p /run/haproxy
    while :; do printf 'HTTP/1.0 200 OK\r\n\r\npage' | nc -l -N 127.0.0.1 8081; done &
}
requests() {
    try curl -sf http://127.0.0.1:8080/
    echo show info | nc -N -U /run/haproxy/admin.sock
}
reload() { signal USR2; }
