# nut-driver: an instance of its template, the (simulated) driver itself: its socket, its file, its user; needs nut-server
unit=nut-driver@rig.service
packages="nut-server nut-client"

configure() {
    :
}

probe() {
    eventually 40 eval 'pgrep -u nut -f dummy-ups > /dev/null' || fail "driver does not run as its user"
    eventually 20 eval '[ "$(upsc rig@127.0.0.1 ups.status 2> /dev/null)" = OL ]' || fail "status"
    ls /run/nut/dummy-ups-rig > /dev/null || fail "socket"
}

after_reload() {
    eventually 20 eval '[ "$(upsc rig@127.0.0.1 ups.status 2> /dev/null)" = OL ]' || fail "status after the reload"
}
