# ser2net: a terminal (as of a serial line) behind a TCP port, a program behind another one
unit=ser2net.service
packages="ser2net socat"

configure() {
    put /etc/ser2net.yaml << 'X'
%YAML 1.1
---
connection: &line
    accepter: tcp,127.0.0.1,5001
    connector: serialdev,/dev/rig-line,115200n81,local
    options:
        kickolduser: true
connection: &program
    accepter: tcp,127.0.0.1,5002
    connector: stdio,/usr/local/lib/rig/answer
X
    put /usr/local/lib/rig/answer << 'X'
#!/bin/sh
read -r line
echo "answer $line"
X
    chmod 755 /usr/local/lib/rig/answer
    systemctl enable ser2net > /dev/null 2>&1
}

# says PORT TEXT ANSWER
says() {
    (echo "$2"; sleep 3) | timeout 20 socat -t 3 - "TCP:127.0.0.1:$1" 2> /run/rig/ser2net.log | grep -q "$3"
}

probe() {
    socat pty,rawer,link=/dev/rig-line SYSTEM:'while read -r line; do echo "line $line"; done' &
    eventually 10 test -e /dev/rig-line || fail "no terminal"
    says 5001 hello 'line hello' || fail "serial line: $(tail -n 1 /run/rig/ser2net.log)"
    says 5002 hello "answer hello" || fail "program"
}

after_reload() {
    says 5001 again 'line again' || fail "serial line after the reload"
}
