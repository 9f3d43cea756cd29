# iperf3: a measurement over TCP and UDP, both ways
unit=iperf3.service
packages="iperf3"

configure() {
    systemctl enable iperf3 > /dev/null 2>&1
}

measure() {
    timeout 40 iperf3 -c 127.0.0.1 -n 2M "$@" 2>&1 | grep -q 'iperf Done'
}

probe() {
    eventually 20 measure || fail "TCP: $(timeout 20 iperf3 -c 127.0.0.1 -n 1M 2>&1 | tail -n 1)"
    measure -R || fail "TCP to the client"
    measure -u -b 10M || fail "UDP"
}
