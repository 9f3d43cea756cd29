# knockd: hears a sequence of ports on the cable, runs the command for it
unit=knockd.service
packages="knockd python3"

configure() {
    put /etc/knockd.conf << 'X'
[options]
    logfile = /var/log/knockd.log
    interface = net0
[open]
    sequence = 7000,8000,9000
    seq_timeout = 15
    command = /usr/local/lib/rig/knocked %IP%
    tcpflags = syn
X
    put /usr/local/lib/rig/knocked << 'X'
#!/bin/sh
echo "$(id -un) $1" >> /var/lib/knocked
nft add table inet knocked && echo table >> /var/lib/knocked
nft delete table inet knocked
X
    chmod 755 /usr/local/lib/rig/knocked
    put /etc/default/knockd << 'X'
START_KNOCKD=1
KNOCKD_OPTS="-i net0"
X
    systemctl enable knockd > /dev/null 2>&1
}

# A frame that opens a connection comes over the cable from a station of its own.
knock() {
    python3 - "$(cat /sys/class/net/net0/address)" << 'X'
import socket, struct, sys, time
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("net1", 0x0800))
source, target = bytes((10, 77, 0, 66)), bytes((10, 77, 0, 1))
for port in 7000, 8000, 9000:
    segment = struct.pack("!HHIIBBHHH", 40000, port, 1, 0, 0x50, 2, 1000, 0, 0)
    pseudo = source + target + struct.pack("!BBH", 0, 6, len(segment))
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 40, 1, 0, 64, 6, 0) + source + target
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    wire.send(bytes.fromhex(sys.argv[1].replace(":", "")) + bytes.fromhex("020406080a0c") + b"\x08\x00" + header + segment)
    time.sleep(0.5)
X
}

knocked() {
    knock
    sleep 1
    grep -qs 'root 10.77.0.66' /var/lib/knocked
}

probe() {
    eventually 40 knocked || fail "command did not run: $(tail -n 1 /var/log/knockd.log)"
    eventually 10 grep -qx table /var/lib/knocked || fail "command may not change the packet filter"
}
