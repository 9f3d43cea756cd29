# SPDX-License-Identifier: MIT
packages='dnsmasq bind9-dnsutils'
start='/usr/sbin/dnsmasq --keep-in-foreground -u dnsmasq -7 /etc/dnsmasq.d,.dpkg-dist,.dpkg-old,.dpkg-new --local-service'
configure() {
    printf 'address=/recorder.test/192.0.2.7\nserver=/up.test/127.0.0.1#5300\ndhcp-range=192.0.2.50,192.0.2.60\nenable-tftp\ntftp-root=/srv\n' \
        > /etc/dnsmasq.d/recorder.conf
    mkdir -p /srv
}
requests() {
    try dig +short @127.0.0.1 recorder.test
    dig +tcp +short @127.0.0.1 recorder.test
    dig +time=1 +tries=1 @127.0.0.1 name.up.test || true
    dhcp_discover
    signal USR1
}
# A DHCP client asks over the cable.
dhcp_discover() {
    python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, 25, b"net1")
s.bind(("0.0.0.0", 68))
mac = bytes(6 * [2])
s.sendto(bytes([1, 1, 6, 0]) + b"abcd" + bytes(20) + mac + bytes(202) + bytes([99, 130, 83, 99, 53, 1, 1, 255]), ("255.255.255.255", 67))
'
}
