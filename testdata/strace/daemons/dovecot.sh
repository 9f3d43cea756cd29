# SPDX-License-Identifier: MIT
packages=dovecot-imapd
start='/usr/sbin/dovecot -F'
configure() {
    useradd -m tester 2> /dev/null || true
    echo tester:tester | chpasswd
    mkdir -p /home/tester/mail && chown tester: /home/tester/mail
    printf 'auth_allow_cleartext = yes\nmail_driver = mbox\nmail_path = ~/mail\nmail_inbox_path = ~/mail/inbox\nssl = no\nlisten = 127.0.0.1\n' > /etc/dovecot/local.conf
}
requests() {
    try curl -s -u tester:tester imap://127.0.0.1/
    printf 'Subject: hello\r\n\r\nhello\r\n' > /tmp/mail
    curl -s -u tester:tester -T /tmp/mail imap://127.0.0.1/INBOX
    curl -s -u tester:tester 'imap://127.0.0.1/INBOX;MAILINDEX=1'
    curl -s -u tester:wrong imap://127.0.0.1/ || true
}
