# serial-getty: an instance of systemd's template: a person logs in over a serial cable, with a session and sudo
unit=serial-getty@ttyS1.service
may_restart=yes
packages="login util-linux python3"

configure() {
    systemctl enable serial-getty@ttyS1 > /dev/null 2>&1
}

# Plays the terminal at the other end of the cable, ttyS2.
person() {
    timeout 100 python3 - << 'X'
import os, select, sys, termios, time
line = os.open("/dev/ttyS2", os.O_RDWR | os.O_NOCTTY)
mode = termios.tcgetattr(line)
mode[0] = mode[1] = mode[3] = 0
mode[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
mode[4] = mode[5] = termios.B115200
termios.tcsetattr(line, termios.TCSANOW, mode)

def wait(*words, seconds=30):
    seen, end = "", time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([line], [], [], 0.5)[0]:
            seen += os.read(line, 4096).decode(errors="replace")
        for word in words:
            if word in seen:
                return
    raise SystemExit("no '%s' in: %s" % (words[0], " ".join(seen.split())[-150:]))

os.write(line, b"\r")
wait("login:")
for text, answer in (("tester", "assword:"), ("tester", "$ ")):
    os.write(line, text.encode() + b"\r")
    wait(answer)
for command, answer in (
    ("echo i-am-$(id -un)", "i-am-tester"),
    ("tty", "/dev/ttyS1"),
    ("echo session-${XDG_SESSION_ID:+yes}", "session-yes"),
    ("sudo -n sh -c 'mount -t tmpfs none /mnt && umount /mnt && hostname bootrig && echo d''one'", "done"),
):
    os.write(line, command.encode() + b"\r")
    wait(answer)
os.write(line, b"exit\r")
wait("login:")
X
}

probe() {
    local answer
    answer=$(person 2>&1) || fail "$(tail -n 1 <<< "$answer")"
}
