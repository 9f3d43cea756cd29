# dropbear: login with a key, a terminal, a forwarded port, and an administrator's session that nothing confines
unit=dropbear.service
packages="dropbear openssh-client"

configure() {
    sed -i 's/^#*DROPBEAR_PORT=.*/DROPBEAR_PORT=2222/' /etc/default/dropbear
    systemctl enable dropbear > /dev/null 2>&1
}

login() {
    ssh -p 2222 "$@" 2>&1
}

administer() {
    login tester@127.0.0.1 sudo -n sh -e << 'X'
mount -t tmpfs none /opt
umount /opt
sysctl -q vm.swappiness=34
modprobe ifb
hostname bootrig
unshare --user --map-root-user true
X
}

probe() {
    local answer
    answer=$(login -n tester@127.0.0.1 'id -un; touch /tmp/from-dropbear') || fail "login: $answer"
    grep -qx tester <<< "$answer" || fail "login: $answer"
    [ -e /tmp/from-dropbear ] || fail "session has a /tmp of its own"
    answer=$(sleep 5 | login -tt tester@127.0.0.1 'tty; exit')
    grep -q /dev/pts <<< "$answer" || fail "no terminal: $answer"
    login -n -f -L 127.0.0.1:2223:127.0.0.1:700 tester@127.0.0.1 sleep 20 > /dev/null || fail "forwarded port"
    eventually 15 fetch http://127.0.0.1:2223/ || fail "nothing over the forwarded port"
    answer=$(administer) || fail "administrator in a session: $(tail -n 1 <<< "$answer")"
}
