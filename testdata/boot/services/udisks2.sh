# udisks2: a disk image as a loop device, a file system made on it, mounted, used, taken away
unit=udisks2.service
packages="udisks2 dosfstools e2fsprogs"

configure() {
    systemctl enable udisks2 > /dev/null 2>&1
}

object() {
    echo "/org/freedesktop/UDisks2/block_devices/$(basename "$1")"
}

probe() {
    local answer device folder
    truncate -s 40M /var/tmp/disk.img
    udisksctl status > /dev/null || fail "status"
    answer=$(udisksctl loop-setup -f /var/tmp/disk.img --no-user-interaction 2>&1) || fail "loop device: $answer"
    device=$(grep -o '/dev/loop[0-9]*' <<< "$answer")
    answer=$(busctl --timeout=60 call org.freedesktop.UDisks2 "$(object "$device")" org.freedesktop.UDisks2.Block \
        Format 'sa{sv}' ext4 1 label s rig 2>&1) || fail "file system: $answer"
    eventually 20 test -e /dev/disk/by-label/rig
    answer=$(udisksctl mount -b "$device" --no-user-interaction 2>&1) || fail "mount: $answer"
    folder=$(sed -n 's/^Mounted .* at \([^ ]*\)$/\1/p' <<< "$answer")
    touch "${folder:-/none}/file" || fail "mounted at '$folder': cannot write"
    grep -q "^$device $folder ext4" /proc/mounts || fail "mount is not seen"
    udisksctl info -b "$device" | grep -q 'IdLabel: *rig' || fail "information"
    answer=$(udisksctl unmount -b "$device" --no-user-interaction 2>&1) || fail "unmount: $answer"
    answer=$(udisksctl loop-delete -b "$device" --no-user-interaction 2>&1) || fail "loop device stays: $answer"
}
