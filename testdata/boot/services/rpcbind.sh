# rpcbind: its list over TCP, UDP and its socket; a service that comes and goes; its state
unit=rpcbind.service
packages="rpcbind python3"

configure() {
    :
}

# Registers program 400077 over UDP, as its oldest clients do.
register() {
    python3 - "$1" << 'X'
import socket, struct, sys
line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
line.settimeout(10)
call = struct.pack(">IIIIII", 7, 0, 2, 100000, 2, int(sys.argv[1])) + 16 * b"\0"
line.sendto(call + struct.pack(">IIII", 400077, 1, 17, 4000), ("127.0.0.1", 111))
sys.exit(line.recv(100)[-1] != 1)
X
}

probe() {
    rpcinfo -p 127.0.0.1 | grep -q portmapper || fail "list"
    rpcinfo 127.0.0.1 | grep -q rpcbind || fail "list of version 4"
    rpcinfo -T tcp 127.0.0.1 portmapper > /dev/null || fail "over TCP"
    rpcinfo -T udp 127.0.0.1 portmapper > /dev/null || fail "over UDP"
    register 1 || fail "a service does not come"
    rpcinfo -p 127.0.0.1 | grep -q 400077 || fail "service that came is not listed"
    register 2 || fail "a service does not go"
    runuser -u tester -- rpcinfo -p > /dev/null || fail "list for a user, over its socket"
}
