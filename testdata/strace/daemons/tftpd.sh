# SPDX-License-Identifier: MIT
packages='tftpd-hpa tftp-hpa'
start='/usr/sbin/in.tftpd --listen --foreground --user tftp --address :69 --secure --create /srv/tftp'
configure() { mkdir -p /srv/tftp && echo text > /srv/tftp/file && chown -R tftp: /srv/tftp; }
requests() {
    cd /tmp
    try tftp 127.0.0.1 -c get file
    try tftp 127.0.0.1 -c put file copy
}
