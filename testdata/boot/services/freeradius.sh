# freeradius: login by password, a wrong one, accounting into a file
unit=freeradius.service
packages="freeradius freeradius-utils"

configure() {
    local folder=/etc/freeradius/3.0
    put $folder/mods-config/files/authorize << 'X'
tester Cleartext-Password := "tester"
    Reply-Message := "hello %{User-Name}"
X
    chown freerad:freerad $folder/mods-config/files/authorize
    rm -f $folder/sites-enabled/inner-tunnel $folder/mods-enabled/eap
    sed -i '/^[[:space:]]*eap {/,/}/s/^/#/; s/^\([[:space:]]*\)eap$/\1#eap/' $folder/sites-available/default
    # Four threads are enough here.
    sed -i 's/start_servers = .*/start_servers = 2/' $folder/radiusd.conf
    systemctl enable freeradius > /dev/null 2>&1
}

ask() {
    radtest "$1" "$2" 127.0.0.1 0 testing123 2>&1
}

probe() {
    ask tester tester | grep -q 'hello tester' || fail "login: $(ask tester tester | tail -n 1)"
    ask tester wrong | grep -q Access-Reject || fail "wrong password is taken"
    printf 'User-Name = tester\nAcct-Session-Id = 7\nAcct-Status-Type = Start\nNAS-IP-Address = 127.0.0.1\n' |
        radclient -t 20 127.0.0.1 acct testing123 2>&1 | grep -q Accounting-Response || fail "accounting"
    grep -rqs 'User-Name = "tester"' /var/log/freeradius/radacct || fail "accounting's file"
}

after_reload() {
    eventually 30 eval 'ask tester tester | grep -q Access-Accept' || fail "login after the reload"
}
