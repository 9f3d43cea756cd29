# oidentd: says who has a connection, by the kernel's tables, and another name where its configuration has one
unit=oidentd.service
packages="oidentd python3"

configure() {
    put /etc/oidentd.conf << 'X'
user "tester" { default { force reply "somebody" } }
X
    systemctl disable oidentd.socket > /dev/null 2>&1
    systemctl enable oidentd.service > /dev/null 2>&1
}

# asks USER: what oidentd says of a connection of USER to itself.
asks() {
    timeout 30 runuser -u "$1" -- python3 - << 'X'
import socket
line = socket.create_connection(("127.0.0.1", 113))
line.sendall(b"%d,113\r\n" % line.getsockname()[1])
print(line.recv(500).decode())
X
}

probe() {
    eventually 20 eval 'asks root | grep -q ": *root"' || fail "root's connection: $(asks root 2>&1 | tail -n 1)"
    asks tester | grep -q somebody || fail "name of the configuration"
}
