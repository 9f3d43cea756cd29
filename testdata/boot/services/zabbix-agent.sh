# zabbix-agent: figures of the machine, of files and logs, a program of the configuration, one that is asked for
unit=zabbix-agent.service
packages="zabbix-agent python3"

configure() {
    put /etc/zabbix/zabbix_agentd.conf.d/rig.conf << 'X'
ListenIP=127.0.0.1
UserParameter=rig.users,cut -d : -f 1 /etc/passwd | grep -c -x tester
AllowKey=system.run[*]
X
    systemctl enable zabbix-agent > /dev/null 2>&1
}

ask() {
    timeout 20 python3 - "$1" << 'X'
import socket, sys
line = socket.create_connection(("127.0.0.1", 10050))
key = sys.argv[1].encode()
line.sendall(b"ZBXD\1" + len(key).to_bytes(8, "little") + key)
answer = b""
while data := line.recv(4096):
    answer += data
print(answer[13:].decode(errors="replace"))
X
}

probe() {
    eventually 20 eval 'ask agent.ping | grep -q 1' || fail "no answer: $(ask agent.ping 2>&1 | tail -n 1)"
    ask 'vfs.fs.size[/,total]' | grep -q '[0-9]\{6\}' || fail "file system"
    ask 'net.if.in[net0]' | grep -q '[0-9]' || fail "interface"
    ask 'proc.num[systemd,root]' | grep -q '[1-9]' || fail "processes"
    ask 'vfs.file.contents[/etc/hostname]' | grep -q bootrig || fail "file"
    ask 'net.tcp.listen[10050]' | grep -q 1 || fail "ports"
    ask rig.users | grep -q 1 || fail "program of the configuration"
    ask 'system.run[id -un]' | grep -q zabbix || fail "program that is asked for"
    ask 'system.uptime' | grep -q '[0-9]' || fail "uptime"
}
