# SPDX-License-Identifier: MIT
packages='nbd-server'
start='/usr/bin/nbd-server -p /run/nbd-server.pid'
pidfile=/run/nbd-server.pid
configure() {
    printf '[generic]\n\tuser = nbd\n\tgroup = nbd\n\tlistenaddr = 127.0.0.1\nallowlist = true\n[disk]\n\texportname = /srv/disk\n' > /etc/nbd-server/config
    mkdir -p /srv
    truncate -s 1M /srv/disk && chown nbd: /srv/disk
}
requests() {
    # The greeting, the client's flags, the list of exports, and a read of the disk.
    try python3 -c '
import socket, struct
s = socket.create_connection(("127.0.0.1", 10809), 5)
s.recv(18)
s.sendall(struct.pack(">I", 1) + b"IHAVEOPT" + struct.pack(">II", 3, 0))
s.recv(200)
s.sendall(b"IHAVEOPT" + struct.pack(">II", 1, 4) + b"disk")
s.recv(200)
s.sendall(struct.pack(">IHHQQI", 0x25609513, 0, 0, 1, 0, 512))
s.recv(600)
s.sendall(struct.pack(">IHHQQI", 0x25609513, 0, 1, 2, 0, 4) + b"data")
s.recv(600)
s.sendall(struct.pack(">IHHQQI", 0x25609513, 0, 2, 3, 0, 0))
'
}
