# xinetd: services of its own and programs as other users, over TCP and UDP; a set-ID program in one; its log
unit=xinetd.service
packages="xinetd python3-minimal"

configure() {
    put /etc/xinetd.d/rig << 'X'
service rig-who
{
    type = UNLISTED
    port = 7001
    socket_type = stream
    wait = no
    user = tester
    bind = 127.0.0.1
    server = /usr/bin/sudo
    server_args = -n /usr/bin/id -un
    log_type = FILE /var/log/xinetd.log
    log_on_success = HOST PID EXIT
}
service rig-copy
{
    type = UNLISTED
    port = 7002
    socket_type = stream
    wait = no
    user = nobody
    nice = -5
    bind = 127.0.0.1
    server = /usr/bin/cat
}
service daytime
{
    type = INTERNAL UNLISTED
    id = daytime-rig
    port = 7003
    socket_type = dgram
    protocol = udp
    wait = yes
    user = root
    bind = 127.0.0.1
}
X
}

# talk tcp|udp PORT: sends a line, prints what comes back.
talk() {
    python3 - "$1" "$2" << 'X'
import socket, sys
kind = socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM
line = socket.socket(socket.AF_INET, kind)
line.settimeout(20)
line.connect(("127.0.0.1", int(sys.argv[2])))
line.send(b"a line\n")
print(line.recv(1000).decode())
X
}

probe() {
    talk tcp 7001 | grep -qx root || fail "sudo of a user's program: $(talk tcp 7001 2>&1 | tail -n 1)"
    talk tcp 7002 | grep -qx 'a line' || fail "program of a user"
    talk udp 7003 | grep -q ':' || fail "service of its own"
    eventually 10 grep -q rig-who /var/log/xinetd.log || fail "log"
}

after_reload() {
    talk tcp 7002 | grep -qx 'a line' || fail "program after the reload"
}
