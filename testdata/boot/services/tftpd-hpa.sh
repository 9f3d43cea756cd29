# tftpd-hpa: a file down and up, from its chroot; owner of what is uploaded
unit=tftpd-hpa.service
packages="tftpd-hpa"

configure() {
    sed -i 's/^TFTP_OPTIONS=.*/TFTP_OPTIONS="--secure --create"/' /etc/default/tftpd-hpa
    put /srv/tftp/file <<< 'a file'
    chown -R tftp: /srv/tftp
}

probe() {
    fetch tftp://127.0.0.1/file | grep -qx 'a file' || fail "download"
    fetch -T /etc/services tftp://127.0.0.1/up || fail "upload"
    eventually 5 cmp -s /etc/services /srv/tftp/up || fail "uploaded file"
    [ "$(stat -c %U /srv/tftp/up)" = tftp ] || fail "owner of the uploaded file"
}
