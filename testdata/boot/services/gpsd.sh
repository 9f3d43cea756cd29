# gpsd: a receiver (played over UDP), a client, one more receiver (a terminal) added by its control socket
unit=gpsd.service
packages="gpsd gpsd-tools python3 socat"

configure() {
    put /etc/default/gpsd << 'X'
DEVICES="udp://127.0.0.1:5555"
GPSD_OPTIONS="-n"
USBAUTO="false"
X
    systemctl enable gpsd.socket gpsd > /dev/null 2>&1
}

# Plays a receiver, over UDP and at a terminal, whose name goes to FILE.
receiver() {
    timeout 100 python3 - "$1" << 'X'
import os, pty, socket, sys, time, tty
import operator, functools
end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
master, slave = pty.openpty()
tty.setraw(slave)
os.set_blocking(master, False)
with open(sys.argv[1] + ".new", "w") as file:
    file.write(os.ttyname(slave))
os.chmod(os.ttyname(slave), 0o666)
os.rename(sys.argv[1] + ".new", sys.argv[1])

def sentence(text):
    return "$%s*%02X\r\n" % (text, functools.reduce(operator.xor, text.encode()))

while True:
    now = time.strftime("%H%M%S.00", time.gmtime())
    date = time.strftime("%d%m%y", time.gmtime())
    data = "".join(map(sentence, (
        "GPGGA,%s,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,," % now,
        "GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1",
        "GPRMC,%s,A,4807.038,N,01131.000,E,022.4,084.4,%s,003.1,W" % (now, date)))).encode()
    end.sendto(data, ("127.0.0.1", 5555))
    try:
        os.write(master, data)
    except BlockingIOError:
        pass
    time.sleep(1)
X
}

# What a client hears in some seconds.
reports() {
    (echo '?WATCH={"enable":true,"json":true}'; sleep 6) | timeout 20 socat -t 1 - TCP:127.0.0.1:2947
}

probe() {
    local name=/run/rig/receiver
    receiver $name 2> /run/rig/receiver.log &
    eventually 20 test -s $name || fail "receiver does not play: $(tail -n 1 /run/rig/receiver.log)"
    eventually 40 eval "reports | grep -q '\"lat\":48.117'" || fail "no position: $(reports | tail -n 1)"
    gpsdctl add "$(cat $name)" > /dev/null || fail "control socket"
    eventually 30 eval "reports | grep TPV | grep -q '$(cat $name)'" || fail "receiver at a terminal"
    kill %1
}
