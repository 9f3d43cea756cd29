# lldpd: a neighbour that is heard, its own frames, its control socket, what it tells of itself
unit=lldpd.service
packages="lldpd python3"

configure() {
    :
}

# wire listen|tell: hears a frame of lldpd on net1, or sends one of a neighbour.
wire() {
    timeout 40 python3 - "$1" << 'X'
import socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88CC))
wire.bind(("net1", 0x88CC))
if sys.argv[1] == "listen":
    while wire.recvfrom(2000)[1][2] == socket.PACKET_OUTGOING:
        pass
else:
    def tlv(kind, value):
        return (kind << 9 | len(value)).to_bytes(2, "big") + value
    wire.send(bytes.fromhex("0180c200000e") + bytes.fromhex("020202020202") + bytes.fromhex("88cc")
        + tlv(1, b"\x04" + bytes.fromhex("020202020202")) + tlv(2, b"\x05port") + tlv(3, b"\0\x78")
        + tlv(5, b"neighbour") + tlv(0, b""))
X
}

probe() {
    lldpcli configure lldp tx-interval 2 > /dev/null || fail "control socket"
    wire listen || fail "its frames are not sent"
    lldpcli show interfaces | grep -q net0 || fail "interfaces"
    wire tell
    sleep 2
    lldpcli show neighbors | grep -q neighbour || fail "neighbour is not heard"
    lldpcli show chassis | grep -q SysName || fail "its own chassis"
    lldpcli configure system description rig > /dev/null || fail "configuration"
    lldpcli show statistics | grep -q Transmitted || fail "statistics"
}
