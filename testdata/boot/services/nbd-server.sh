# nbd-server: a file as a disk, written and read, one that is read only, as its own user, from its own process
unit=nbd-server.service
packages="nbd-server libnbd-bin"

configure() {
    put /etc/nbd-server/config << 'X'
[generic]
    user = nbd
    group = nbd
    includedir = /etc/nbd-server/conf.d
    allowlist = true
[disk]
    exportname = /srv/nbd/disk
    prerun = /usr/bin/test -e %s
    flush = true
    fua = true
[fixed]
    exportname = /srv/nbd/fixed
    readonly = true
[copy]
    exportname = /srv/nbd/fixed
    copyonwrite = true
X
    install -d -o nbd -g nbd /srv/nbd
    truncate -s 4M /srv/nbd/disk /srv/nbd/fixed
    chown nbd:nbd /srv/nbd/*
    systemctl enable nbd-server > /dev/null 2>&1
}

probe() {
    local file=/run/rig/nbd site=nbd://127.0.0.1
    head -c 4M /dev/urandom > $file
    nbdinfo --list $site | grep -q disk || fail "list of disks"
    nbdcopy --flush $file $site/disk || fail "writing"
    nbdcopy $site/disk $file.back || fail "reading"
    cmp -s $file $file.back || fail "other data than written"
    cmp -s $file /srv/nbd/disk || fail "data is not in the file"
    if nbdcopy $file $site/fixed 2> /dev/null; then fail "read-only disk is written"; fi
    nbdcopy $file $site/copy || fail "copy on write"
}

after_reload() {
    nbdcopy nbd://127.0.0.1/disk - | cmp -s - /srv/nbd/disk || fail "disk after the reload"
}
