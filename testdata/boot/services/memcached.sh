# memcached: keys, large values until it throws some away, statistics
unit=memcached.service
packages="memcached python3"

configure() {
    :
}

probe() {
    python3 - << 'X' 2>&1 || fail "keys"
import socket
server = socket.create_connection(("127.0.0.1", 11211), 20).makefile("rwb")

def ask(text, end):
    server.write(text)
    server.flush()
    lines = []
    while not lines or lines[-1] != end:
        lines.append(server.readline())
        assert lines[-1], "connection is closed"
    return b"".join(lines)

ask(b"set key 0 0 5\r\nvalue\r\n", b"STORED\r\n")
assert b"value" in ask(b"get key\r\n", b"END\r\n")
assert b"threads" in ask(b"stats\r\n", b"END\r\n")
for number in range(100):
    ask(b"set large%d 0 0 900000\r\n%s\r\n" % (number, 900000 * b"x"), b"STORED\r\n")
assert b"large99" in ask(b"get large99\r\n", b"END\r\n")
X
    [ "$(stat -c %U "/proc/$(systemctl show --property MainPID --value memcached)")" = memcache ] || fail "wrong user"
}
