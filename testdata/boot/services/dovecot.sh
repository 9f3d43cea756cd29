# dovecot: PAM login of two users, a message put, found, read and moved over IMAP, delivery over LMTP, TLS
unit=dovecot.service
packages="dovecot-imapd dovecot-lmtpd python3 openssl"

configure() {
    id reader > /dev/null 2>&1 || useradd --create-home --shell /usr/sbin/nologin reader
    echo reader:reader | chpasswd
    [ -e /etc/dovecot/private/rig.key ] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=bootrig \
        -keyout /etc/dovecot/private/rig.key -out /etc/dovecot/private/rig.crt 2> /dev/null
    put /etc/dovecot/local.conf << 'X'
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = ~/mail
mail_inbox_path =
ssl = yes
ssl_server_cert_file = /etc/dovecot/private/rig.crt
ssl_server_key_file = /etc/dovecot/private/rig.key
listen = 127.0.0.1
auth_username_format = %{user | username | lower}
X
}

exchange() {
    python3 - "$1" << 'X'
import imaplib, smtplib, ssl, sys
word = sys.argv[1]
message = b"Subject: " + word.encode() + b"\r\n\r\nhello\r\n"

def found(server, box):
    server.select(box)
    return server.search(None, "SUBJECT", word)[1][0].split()

for user in "tester", "reader":
    server = imaplib.IMAP4("127.0.0.1")
    server.login(user, user)
    server.create("kept")
    server.append("INBOX", None, None, message)
    numbers = found(server, "INBOX")
    assert numbers, "message is not found"
    body = server.fetch(numbers[-1], "(RFC822)")[1][0][1]
    assert word.encode() in body, "message is not read"
    server.copy(numbers[-1], "kept")
    server.store(numbers[-1], "+FLAGS", r"\Deleted")
    server.expunge()
    assert found(server, "kept"), "message is not moved"
    server.logout()
context = ssl._create_unverified_context()
server = imaplib.IMAP4_SSL("127.0.0.1", ssl_context=context)
server.login("tester", "tester")
server.logout()
try:
    imaplib.IMAP4("127.0.0.1").login("tester", "wrong")
except imaplib.IMAP4.error:
    pass
else:
    raise SystemExit("wrong password is taken")
lmtp = smtplib.LMTP("/run/dovecot/lmtp")
lmtp.sendmail("root@localhost", ["reader@localhost"], message.replace(word.encode(), word.encode() + b"-delivered"))
lmtp.quit()
X
}

delivered() {
    grep -rq "$1-delivered" /home/reader/mail
}

probe() {
    local word
    word=$(unique mail)
    exchange "$word" 2>&1 || fail "IMAP or LMTP"
    eventually 15 delivered "$word" || fail "delivered message is not in the user's mail"
    [ -z "$(find /home/reader/mail ! -user reader)" ] || fail "mail is not the user's"
    doveadm who > /dev/null || fail "doveadm who"
    doveadm mailbox list -u tester | grep -q kept || fail "doveadm mailbox list"
}

after_reload() {
    exchange "$(unique again)" 2>&1 || fail "IMAP or LMTP after the reload"
}
