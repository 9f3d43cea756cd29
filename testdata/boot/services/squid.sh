# squid: a page from elsewhere, from its cache on disk, users checked by a helper program
unit=squid.service
packages="squid openssl"

configure() {
    put /etc/squid/rig.conf << 'X'
cache_dir ufs /var/spool/squid 50 16 16
cache_mem 8 MB
auth_param basic program /usr/lib/squid/basic_ncsa_auth /etc/squid/users
auth_param basic children 1 startup=1 idle=1
acl users proxy_auth REQUIRED
acl closed urlpath_regex ^/closed
http_access deny closed !users
shutdown_lifetime 1 second
visible_hostname bootrig
pinger_enable on
X
    # Before the rules of the package, which let all of this machine in.
    grep -q rig.conf /etc/squid/squid.conf || sed -i '1i include /etc/squid/rig.conf' /etc/squid/squid.conf
    put /etc/squid/users <<< "tester:$(openssl passwd -apr1 tester)"
}

through() {
    fetch -x http://127.0.0.1:3128 "$@"
}

probe() {
    local log=/var/log/squid/access.log page=http://127.0.0.1:8002
    eventually 60 through $page/page.html || fail "page"
    through $page/page.html | grep -qx 'a page' || fail "page again"
    through --proxy-user tester:tester -u tester:tester $page/closed/page.html | grep -q closed || fail "user"
    through -u tester:tester $page/closed/page.html > /dev/null 2>&1 && fail "closed page without a user"
    eventually 15 grep -q page.html $log || fail "access log"
    [ -d /var/spool/squid/00 ] || fail "cache on disk"
    squid -k check || fail "squid -k check"
}

after_reload() {
    eventually 30 through http://127.0.0.1:8002/page.html || fail "page after the reload"
}
