# SPDX-License-Identifier: MIT
packages=inetutils-inetd
start='/usr/sbin/inetutils-inetd --foreground'
configure() {
    printf '%s\n' 'echo stream tcp nowait root internal' 'daytime dgram udp wait root internal' '7777 stream tcp nowait nobody /bin/cat cat' > /etc/inetd.conf
    grep -q ^echo /etc/services || printf 'echo 7/tcp\ndaytime 13/udp\n' >> /etc/services
}
requests() {
    try sh -c 'echo one | nc -N 127.0.0.1 7777'
    echo two | nc -N -w 2 127.0.0.1 7 || true
    echo three | nc -u -w 1 127.0.0.1 13 || true
}
