# SPDX-License-Identifier: MIT
packages='stunnel4 openssl'
start='/usr/bin/stunnel4 /etc/stunnel/recorder.conf'
configure() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=recorder -keyout /etc/stunnel/key.pem -out /etc/stunnel/cert.pem
    printf '%s\n' 'foreground = yes' 'setuid = stunnel4' '[echo]' 'accept = 127.0.0.1:4433' 'connect = 127.0.0.1:4434' 'cert = /etc/stunnel/cert.pem' 'key = /etc/stunnel/key.pem' \
        > /etc/stunnel/recorder.conf
    chmod 644 /etc/stunnel/*.pem
}
before() { while :; do echo text | nc -l -N 127.0.0.1 4434; done > /dev/null & }
requests() { try sh -c 'echo hello | timeout 5 openssl s_client -quiet -connect 127.0.0.1:4433'; }
