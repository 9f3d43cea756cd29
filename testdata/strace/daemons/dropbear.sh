# SPDX-License-Identifier: MIT
packages='dropbear-bin openssh-client'
start='/usr/sbin/dropbear -F -E -R -p 2222'
configure() {
    mkdir -p -m 700 /root/.ssh /etc/dropbear
    [ -e /root/.ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
    cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
}
requests() {
    local to='-o StrictHostKeyChecking=no -p 2222 root@127.0.0.1'
    try ssh $to true
    sleep 3 | ssh -tt $to 'tty; id'
    echo text | ssh $to 'cat > /root/file'
}
reload() { :; }
