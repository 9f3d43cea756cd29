# babeld: tells its neighbours a route of the kernel, keeps its state, answers on its control port
unit=babeld.service
packages="babeld python3 socat"

configure() {
    put /etc/babeld.conf << 'X'
interface net0 hello-interval 2
local-port 33123
state-file /var/lib/babel-state
redistribute ip 198.18.0.0/16 allow
redistribute local deny
X
    systemctl enable babeld > /dev/null 2>&1
}

# A packet with Babel's port and magic numbers at the other end of the cable.
greets() {
    timeout 40 python3 - << 'X'
import socket
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
wire.bind(("net1", 0x86DD))
while True:
    frame, address = wire.recvfrom(2000)
    if address[2] != socket.PACKET_OUTGOING and frame[20] == 17 and frame[56:58] == (6696).to_bytes(2, "big") and frame[62:64] == b"\x2a\x02":
        break
X
}

dump() {
    echo dump | timeout 10 socat -t 3 - TCP6:[::1]:33123
}

probe() {
    greets || fail "no greeting leaves"
    dump | grep -q 'interface net0' || fail "control port"
    ip route add 198.18.7.0/24 dev net0 proto static
    eventually 40 eval 'dump | grep -q 198.18.7.0' || fail "kernel's route is not taken"
    ip route del 198.18.7.0/24 dev net0
}
