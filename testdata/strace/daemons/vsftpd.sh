# SPDX-License-Identifier: MIT
packages='vsftpd curl'
start='/usr/sbin/vsftpd /etc/vsftpd.conf'
configure() {
    useradd -m tester 2> /dev/null || true
    echo tester:tester | chpasswd
    printf '%s\n' listen=YES listen_ipv6=NO anonymous_enable=YES anon_root=/srv/ftp local_enable=YES write_enable=YES xferlog_enable=YES \
        connect_from_port_20=YES chroot_local_user=YES allow_writeable_chroot=YES secure_chroot_dir=/var/run/vsftpd/empty pam_service_name=vsftpd > /etc/vsftpd.conf
    mkdir -p /srv/ftp && echo public > /srv/ftp/public.txt
}
before() { mkdir -p /run/vsftpd/empty; }
requests() {
    try curl -s ftp://127.0.0.1/public.txt
    curl -s -u tester:tester -T /etc/services ftp://127.0.0.1/up.txt
    curl -s -u tester:tester -P 127.0.0.1 ftp://127.0.0.1/up.txt > /dev/null
    curl -s -u tester:wrong ftp://127.0.0.1/up.txt || true
}
