# mini-httpd: a page, CGI, a folder's list, a password
unit=mini-httpd.service
packages="mini-httpd apache2-utils"

configure() {
    put /etc/mini-httpd.conf << 'X'
host=127.0.0.1
port=8005
user=nobody
nochroot
data_dir=/srv/mini
cgipat=cgi-bin/*
logfile=/var/log/mini_httpd.log
pidfile=/run/mini_httpd.pid
X
    put /srv/mini/page.html <<< 'a page'
    put /srv/mini/closed/page.html <<< 'a closed page'
    htpasswd -bdc /srv/mini/closed/.htpasswd tester tester 2> /dev/null
    put /srv/mini/cgi-bin/who << 'X'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n%s\n' "$(id -un)"
X
    chmod 755 /srv/mini/cgi-bin/who
    touch /var/log/mini_httpd.log
    systemctl enable mini-httpd > /dev/null 2>&1
}

probe() {
    local site=http://127.0.0.1:8005
    fetch $site/page.html | grep -qx 'a page' || fail "page"
    fetch $site/cgi-bin/who | grep -qx nobody || fail "CGI"
    fetch -u tester:tester $site/closed/page.html | grep -q closed || fail "password"
    fetch $site/closed/page.html > /dev/null 2>&1 && fail "closed page is open"
    fetch $site/ | grep -q page.html || fail "list of a folder"
    fetch $site/missing > /dev/null 2>&1 && fail "missing page is there"
    grep -q page.html /var/log/mini_httpd.log || fail "log"
}
