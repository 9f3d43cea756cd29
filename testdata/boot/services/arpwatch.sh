# arpwatch: a new neighbour on the cable is seen, stored and told
unit=arpwatch@net0.service
packages="arpwatch python3"

configure() {
    systemctl enable arpwatch@net0 > /dev/null 2>&1
}

neighbour() {
    python3 - << 'X'
import socket
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
wire.bind(("net1", 0x0806))
station, address = bytes.fromhex("020304050607"), bytes((10, 77, 0, 77))
wire.send(b"\xff" * 6 + station + b"\x08\x06" + bytes.fromhex("0001080006040001") + station + address + bytes(6) + bytes((10, 77, 0, 1)) + bytes(18))
X
}

told() {
    neighbour
    journalctl --sync
    journalctl -b -o cat -t arpwatch | grep -q '10.77.0.77'
}

probe() {
    eventually 30 told || fail "neighbour is not told"
    systemctl restart arpwatch@net0 || fail "restart"
    grep -q 10.77.0.77 /var/lib/arpwatch/net0.dat || fail "neighbour is not stored"
}
