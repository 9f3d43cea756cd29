# SPDX-License-Identifier: MIT
packages=postfix
start='/usr/lib/postfix/sbin/master -s'
configure() {
    useradd -m tester 2> /dev/null || true
    postconf -e inet_interfaces=loopback-only mydestination=localhost myhostname=recorder.test
    mkdir -p /var/spool/postfix/etc
    cp /etc/services /etc/resolv.conf /etc/hosts /etc/nsswitch.conf /var/spool/postfix/etc/
    newaliases || true
}
before() { postfix check; }
requests() {
    try nc -z 127.0.0.1 25
    printf 'From: root\r\nSubject: hello\r\n\r\nhello\r\n' > /tmp/mail
    curl -s smtp://127.0.0.1/recorder.test --mail-from root@localhost --mail-rcpt tester@localhost -T /tmp/mail
    sendmail tester@localhost < /tmp/mail
    try test -s /var/mail/tester
    mailq
}
