# haproxy: passes requests on to gauge, tells its state, logs, hands its sockets to a new process on reload
unit=haproxy.service
packages="haproxy socat"

configure() {
    grep -q 'frontend rig' /etc/haproxy/haproxy.cfg || cat >> /etc/haproxy/haproxy.cfg << 'X'

frontend rig
    bind 127.0.0.1:8001
    default_backend gauges
backend gauges
    server one 127.0.0.1:700 check
X
}

command() {
    echo "$1" | socat -t 5 - "UNIX-CONNECT:$2"
}

probe() {
    eventually 30 fetch http://127.0.0.1:8001/ || fail "request is not passed on"
    command 'show info' /run/haproxy/admin.sock | grep -q Uptime || fail "admin socket"
    command 'show servers state' /run/haproxy/admin.sock | grep -q one || fail "state of the servers"
    command 'show proc' /run/haproxy-master.sock | grep -q worker || fail "master's socket"
    command 'disable server gauges/one' /run/haproxy/admin.sock
    fetch http://127.0.0.1:8001/ > /dev/null 2>&1 && fail "server is not disabled"
    command 'enable server gauges/one' /run/haproxy/admin.sock
    eventually 30 fetch http://127.0.0.1:8001/ || fail "server is not enabled"
}

after_reload() {
    eventually 30 fetch http://127.0.0.1:8001/ || fail "request is not passed on after the reload"
}
