# SPDX-License-Identifier: MIT
packages=rsync
start='/usr/bin/rsync --daemon --no-detach'
configure() {
    printf 'uid = nobody\n[files]\npath = /srv/rsync\nread only = no\n' > /etc/rsyncd.conf
    mkdir -p /srv/rsync && echo text > /srv/rsync/file && chown -R nobody: /srv/rsync
}
reload() { :; }
requests() {
    try rsync rsync://127.0.0.1/files/
    rsync -a rsync://127.0.0.1/files/ /tmp/copy
    rsync -a /etc/services rsync://127.0.0.1/files/
}
