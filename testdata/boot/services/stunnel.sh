# stunnel: an instance of its template: TLS to a server, and to a program that it starts
unit=stunnel@rig.service
packages="stunnel4 openssl"

configure() {
    put /etc/stunnel/rig.conf << 'X'
foreground = yes
setuid = stunnel4
setgid = stunnel4
cert = /etc/stunnel/rig.pem
output = /var/log/stunnel4/rig.log
[gauge]
accept = 127.0.0.1:4433
connect = 127.0.0.1:700
[program]
accept = 127.0.0.1:4434
exec = /usr/bin/id
execArgs = id -un
X
    [ -s /etc/stunnel/rig.pem ] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=bootrig \
        -keyout /etc/stunnel/rig.pem -out /etc/stunnel/certificate 2> /dev/null
    cat /etc/stunnel/certificate >> /etc/stunnel/rig.pem
    chmod 600 /etc/stunnel/rig.pem
    mkdir -p /var/log/stunnel4
    chown stunnel4: /var/log/stunnel4
    systemctl enable stunnel@rig > /dev/null 2>&1
}

probe() {
    eventually 20 fetch --insecure https://127.0.0.1:4433/ || fail "TLS to a server"
    timeout 20 openssl s_client -quiet -connect 127.0.0.1:4434 2> /dev/null < /dev/null | grep -qx stunnel4 ||
        fail "TLS to a program"
    eventually 15 grep -q 'accepted connection' /var/log/stunnel4/rig.log || fail "log"
}
