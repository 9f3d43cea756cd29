# uuidd: identifiers by time and by chance, started by its socket; the clock that it stores
unit=uuidd.service
packages="uuid-runtime"

configure() {
    systemctl enable uuidd.socket > /dev/null 2>&1
}

probe() {
    local first second
    first=$(uuidd --time --uuids 5) || fail "by time"
    second=$(uuidd --time --uuids 5)
    [ "$first" != "$second" ] || fail "twice the same"
    uuidd --random --uuids 3 > /dev/null || fail "by chance"
    runuser -u tester -- uuidgen --time > /dev/null || fail "for a user"
    eventually 10 ls /var/lib/libuuid/clock*.txt || fail "clock is not stored"
}
