# SPDX-License-Identifier: MIT
packages=tinyproxy
start='/usr/bin/tinyproxy -d'
before() {
    mkdir -p /run/tinyproxy && chown tinyproxy: /run/tinyproxy
    while :; do printf 'HTTP/1.0 200 OK\r\n\r\npage' | nc -l -N 127.0.0.1 8084; done > /dev/null &
}
requests() { try curl -sf -x http://127.0.0.1:8888 http://127.0.0.1:8084/; }
reload() { signal USR1; }
