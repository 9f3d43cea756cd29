# keepalived: takes a shared address, tells scripts as their user, gives it up when a check by a script fails
unit=keepalived.service
packages="keepalived python3"

configure() {
    put /etc/keepalived/keepalived.conf << 'X'
global_defs {
    script_user tester
    enable_script_security
}
vrrp_script check {
    script "/usr/bin/test -e /var/lib/healthy"
    interval 1
}
vrrp_instance rig {
    interface net0
    state BACKUP
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.77.0.200/24 dev net0 label net0:rig
    }
    track_script {
        check
    }
    notify /usr/local/lib/rig/router
}
X
    touch /var/lib/healthy
    put /usr/local/lib/rig/router << 'X'
#!/bin/sh
echo "$(id -un) $*" >> /home/tester/router
X
    chmod 755 /usr/local/lib/rig/router
    systemctl enable keepalived > /dev/null 2>&1
}

has_the_address() {
    ip address show dev net0 | grep -q 10.77.0.200
}

has_not() {
    ! has_the_address
}

probe() {
    eventually 30 has_the_address || fail "shared address is not taken"
    eventually 10 grep -q '^tester .*MASTER' /home/tester/router || fail "script did not run"
    rm /var/lib/healthy
    eventually 20 has_not || fail "address stays when the check fails"
    touch /var/lib/healthy
    eventually 20 has_the_address || fail "address is not taken again"
}

after_reload() {
    eventually 20 has_the_address || fail "no address after the reload"
}
