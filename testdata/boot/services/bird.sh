# bird: a route of its configuration gets into the kernel's table, one of the kernel is learnt; control socket, a RIP packet
unit=bird.service
packages="bird2 python3"

configure() {
    put /etc/bird/bird.conf << 'X'
log "/var/log/bird/bird.log" all;
router id 10.77.0.1;
protocol device { scan time 2; }
protocol direct { ipv4; interface "net0"; }
protocol kernel { ipv4 { export all; import all; }; learn; scan time 2; kernel table 177; }
protocol static { ipv4; route 198.51.100.0/24 blackhole; }
protocol rip { ipv4 { import all; export all; }; interface "net0" { mode broadcast; update time 3; }; }
X
    install -d -o bird -g bird /var/log/bird
    systemctl enable bird > /dev/null 2>&1
}

knows() {
    birdc show route | grep -q "$1"
}

# A packet of RIP that leaves through the cable.
announces() {
    timeout 40 python3 - << 'X'
import socket
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
wire.bind(("net1", 0x0800))
while True:
    frame, address = wire.recvfrom(2000)
    if address[2] != socket.PACKET_OUTGOING and frame[23] == 17 and frame[36:38] == b"\x02\x08" and bytes((198, 51, 100, 0)) in frame:
        break
X
}

probe() {
    birdc show status | grep -q 'Daemon is up' || fail "control socket"
    eventually 20 eval 'ip route show table 177 | grep -q 198.51.100.0/24' || fail "route is not in the kernel"
    ip route add blackhole 203.0.113.0/24 table 177
    eventually 20 knows 203.0.113.0/24 || fail "kernel's route is not learnt"
    announces || fail "no RIP packet leaves"
    birdc disable static1 > /dev/null
    eventually 20 eval '! ip route show table 177 | grep -q 198.51.100.0/24' || fail "route stays in the kernel"
    birdc enable static1 > /dev/null
    [ -s /var/log/bird/bird.log ] || fail "log"
}

after_reload() {
    birdc show status | grep -q 'Daemon is up' || fail "control socket after the reload"
    eventually 20 knows 198.51.100.0/24 || fail "route after the reload"
}
