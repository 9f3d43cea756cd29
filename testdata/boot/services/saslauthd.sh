# saslauthd: a program asks over its socket whether a password is right, by PAM
unit=saslauthd.service
packages="sasl2-bin"

configure() {
    sed -i 's/^START=.*/START=yes/; s/^MECHANISMS=.*/MECHANISMS="pam"/' /etc/default/saslauthd
    systemctl enable saslauthd > /dev/null 2>&1
}

probe() {
    eventually 20 eval 'testsaslauthd -u tester -p tester | grep -q OK' || fail "login: $(testsaslauthd -u tester -p tester)"
    if testsaslauthd -u tester -p wrong | grep -q OK; then fail "wrong password is taken"; fi
}
