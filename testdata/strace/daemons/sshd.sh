# SPDX-License-Identifier: MIT
packages='openssh-server openssh-client'
start='/usr/sbin/sshd -D'
configure() {
    mkdir -p -m 700 /root/.ssh
    [ -e /root/.ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
    cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
    useradd -m tester 2> /dev/null || true
    install -d -m 700 -o tester -g tester ~tester/.ssh
    install -m 600 -o tester -g tester /root/.ssh/id_ed25519.pub ~tester/.ssh/authorized_keys
}
requests() {
    local options='-o StrictHostKeyChecking=no'
    try ssh $options root@127.0.0.1 true
    sleep 3 | ssh $options -tt tester@127.0.0.1 'tty; id'
    echo 'put /etc/services' | sftp $options -b - tester@127.0.0.1
}
