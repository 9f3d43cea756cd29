# ptp4l: an instance of its template: the cable's clock: its messages leave, its management socket answers
unit=ptp4l@net0.service
packages="linuxptp python3"

configure() {
    put /etc/linuxptp/ptp4l.conf << 'X'
[global]
serverOnly 1
time_stamping software
network_transport L2
free_running 1
X
    systemctl enable ptp4l@net0 > /dev/null 2>&1
}

# A message of its on the cable: 11 announces a clock, 0 is for its time.
sends() {
    timeout 40 python3 - "$1" << 'X'
import socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88F7))
wire.bind(("net1", 0x88F7))
while True:
    frame, address = wire.recvfrom(2000)
    if address[2] != socket.PACKET_OUTGOING and frame[14] & 15 == int(sys.argv[1]):
        break
X
}

probe() {
    sends 11 || fail "clock is not announced"
    sends 0 || fail "time is not sent"
    pmc -u -b 0 'GET PORT_DATA_SET' 2> /dev/null | grep -q 'portState *MASTER' || fail "management socket"
}
