# postfix: mail to a user by SMTP and by sendmail (set-group-ID postdrop), to an alias with a command, and the queue
unit=postfix.service
packages="postfix"

configure() {
    # The package leaves main.cf to debconf.
    [ -s /etc/postfix/main.cf ] || cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
    postconf -e myhostname=bootrig.test mydestination='localhost, bootrig.test' inet_interfaces=loopback-only \
        inet_protocols=ipv4 alias_maps=hash:/etc/aliases alias_database=hash:/etc/aliases compatibility_level=3.6 \
        relayhost= default_transport=retry:closed maillog_file=/var/log/postfix.log mailbox_command=
    put /etc/aliases << 'X'
postmaster: root
commander: "|/usr/bin/tee -a /var/tmp/commander"
X
    newaliases
    systemctl enable postfix > /dev/null 2>&1
}

mail_has() {
    grep -q "$1" /var/mail/tester
}

letter() {
    printf 'From: root\r\nTo: %s\r\nSubject: %s\r\n\r\nhello\r\n' "$1" "$2"
}

probe() {
    local word log=/var/log/postfix.log
    word=$(unique mail)
    letter tester "$word-smtp" > /run/rig/mail
    fetch smtp://127.0.0.1/bootrig.test --mail-from root@localhost --mail-rcpt tester@localhost -T /run/rig/mail ||
        fail "SMTP"
    eventually 30 mail_has "$word-smtp" || fail "mail over SMTP is not delivered: $(tail -n 1 $log)"
    [ "$(stat -c %U /var/mail/tester)" = tester ] || fail "mail box is not the user's"
    letter tester "$word-sendmail" | runuser -u tester -- sendmail tester@localhost || fail "sendmail"
    eventually 30 mail_has "$word-sendmail" || fail "mail of a user is not delivered: $(tail -n 1 $log)"
    letter commander "$word-command" | sendmail commander@localhost
    eventually 30 grep -q "$word-command" /var/tmp/commander || fail "command of an alias: $(tail -n 1 $log)"
    letter other "$word" | sendmail other@elsewhere.test
    eventually 30 grep -q 'other@elsewhere.test.*status=' $log || fail "mail to elsewhere is not tried"
    postqueue -p > /dev/null || fail "queue is not listed"
    postfix status 2> /dev/null || fail "postfix status"
}

after_reload() {
    local word
    word=$(unique reloaded)
    letter tester "$word" | sendmail tester@localhost
    eventually 30 mail_has "$word" || fail "no delivery after the reload"
}
