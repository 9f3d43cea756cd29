# acpid: a key is pressed; the script for it runs as root, a client of its socket hears of it
unit=acpid.service
packages="acpid python3"

configure() {
    put /etc/acpi/events/rig << 'X'
event=button/volumeup.*
action=/usr/local/lib/rig/key %e
X
    put /usr/local/lib/rig/key << 'X'
#!/bin/sh
echo "$(id -un) $*" >> /var/log/keys
logger -t key "$*"
X
    chmod 755 /usr/local/lib/rig/key
    # acpid watches the folder of input devices only if it is there already.
    put /etc/modules-load.d/rig.conf <<< evdev
    systemctl enable acpid > /dev/null 2>&1
}

# An event that is written to an input device counts as one of the device.
press() {
    python3 - "$1" << 'X'
import struct, sys
names = open("/proc/bus/input/devices").read().split("\n\n")
keyboard = next(name for name in names if "keyboard" in name.lower())
event = next(word for word in keyboard.split() if word.startswith(("event", "Handlers=event")))
with open("/dev/input/" + event.removeprefix("Handlers="), "wb", buffering=0) as device:
    for value in 1, 0:
        device.write(struct.pack("llHHi", 0, 0, 1, int(sys.argv[1]), value))
        device.write(struct.pack("llHHi", 0, 0, 0, 0, 0))
X
}

probe() {
    timeout 30 acpi_listen -c 1 > /run/rig/heard &
    sleep 2
    press 115
    eventually 15 grep -q 'root button/volumeup' /var/log/keys || fail "script did not run"
    eventually 15 grep -q button/volumeup /run/rig/heard || fail "client of the socket"
}
