# owserver: simulated sensors of a 1-Wire bus are read and set over TCP
unit=owserver.service
packages="owserver ow-shell"

configure() {
    put /etc/owfs.conf << 'X'
server: FAKE = DS18S20,DS2408
server: port = localhost:4304
! server: server = localhost:4304
X
    systemctl enable owserver owserver.socket > /dev/null 2>&1
}

probe() {
    local sensor
    eventually 20 eval 'owdir | grep -q "/10\."' || fail "list: $(owdir 2>&1 | tail -n 1)"
    sensor=$(owdir | grep '/10\.' | head -n 1)
    owread "$sensor/temperature" | grep -q '[0-9]' || fail "temperature"
    owwrite "$sensor/temphigh" 33 || fail "change"
}
