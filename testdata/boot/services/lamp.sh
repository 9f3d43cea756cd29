# lamp (ours, shell): started by its socket, a FIFO; switches outputs like those of /sys/class/gpio, tells who is there
unit=lamp.service
packages=""

configure() {
    put /etc/systemd/system/lamp.socket << 'X'
[Socket]
ListenFIFO=/run/lamp/commands
SocketUser=tester
SocketMode=0620

[Install]
WantedBy=sockets.target
X
    put /etc/systemd/system/lamp.service << 'X'
[Unit]
Description=Switches the lamps

[Service]
Type=exec
Environment=OUTPUTS=/var/lib/outputs
ExecStart=/usr/local/sbin/lamp
StandardInput=socket
StandardOutput=journal
X
    put /usr/local/sbin/lamp << 'X'
#!/bin/sh
# Reads "NAME on|off|blink" lines; an output is a folder with a direction and a value.
set -u

switch() {
    mkdir -p "$OUTPUTS/$1"
    echo out > "$OUTPUTS/$1/direction"
    echo "$2" > "$OUTPUTS/$1/value"
}

blink() {
    for number in 1 2 3; do
        switch "$1" 1
        sleep 0.2
        switch "$1" 0
    done
    echo "blinked $1 since $(cut -d ' ' -f 1 /proc/uptime)"
}

while read -r name command; do
    case $command in
        on) switch "$name" 1 ;;
        off) switch "$name" 0 ;;
        blink) blink "$name" & ;;
        *) echo "$name: no command $command" >&2 ;;
    esac
    printf '%s %s\n' "$name" "$command" >> /var/log/lamp.log
done
X
    chmod 755 /usr/local/sbin/lamp
    systemctl enable lamp.socket > /dev/null 2>&1
}

says() {
    journalctl --sync
    journalctl -b -u lamp -o cat | grep -q "$1"
}

tell() {
    runuser -u tester -- sh -c 'echo "$*" > /run/lamp/commands' - "$@"
}

probe() {
    local value=/var/lib/outputs/red/value
    tell red on
    eventually 15 grep -qx 1 $value || fail "lamp is not on"
    tell red off
    eventually 15 grep -qx 0 $value || fail "lamp is not off"
    tell green blink
    eventually 15 says 'blinked green since [0-9]' || fail "lamp did not blink"
    tell green dance
    eventually 15 says 'no command dance' || fail "wrong command is not told"
    grep -qx 'green dance' /var/log/lamp.log || fail "log"
}
