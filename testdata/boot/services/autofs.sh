# autofs: a folder is mounted when it is looked at, by a map and by a program, for all to see, and goes away again
unit=autofs.service
packages="autofs"

configure() {
    put /etc/auto.master << 'X'
/auto /etc/auto.rig --timeout=5
/made program:/etc/auto.made --timeout=5
X
    printf 'memory -fstype=tmpfs,size=1m :none\nbound -fstype=bind :/etc/ssl\n' | put /etc/auto.rig
    put /etc/auto.made << 'X'
#!/bin/sh
[ "$1" = rig ] && echo "-fstype=tmpfs,size=1m :$(id -un)"
X
    chmod 755 /etc/auto.made
    systemctl enable autofs > /dev/null 2>&1
}

# Others that look at all file systems keep it in use, so it is told to give up what nobody uses now.
gone() {
    systemctl kill --signal=USR1 autofs
    sleep 1
    ! grep -q ' /auto/memory ' /proc/self/mounts
}

probe() {
    touch /auto/memory/file || fail "tmpfs by a map"
    grep -q ' /auto/memory tmpfs' /proc/self/mounts || fail "mount is not seen by others"
    runuser -u tester -- ls /auto/bound > /dev/null || fail "folder for a user"
    touch /made/rig/file || fail "tmpfs by a program"
    grep -q '^root /made/rig ' /proc/self/mounts || fail "program's word"
    eventually 60 gone || fail "folder stays mounted"
    touch /auto/memory/file || fail "mounted again"
}

after_reload() {
    touch /auto/memory/again || fail "mount after the reload"
}
