# lighttpd: a page, CGI as its user, a password, an upload through WebDAV, the log and its reopening
unit=lighttpd.service
packages="lighttpd"

configure() {
    sed -i 's/^server.port .*/server.port = 8002/; s|^\(server.document-root\) .*|\1 = "/srv/lighttpd"|' \
        /etc/lighttpd/lighttpd.conf
    rm -f /etc/lighttpd/conf-enabled/99-unconfigured.conf
    put /etc/lighttpd/conf-enabled/90-rig.conf << 'X'
server.modules += ( "mod_cgi", "mod_accesslog", "mod_auth", "mod_authn_file", "mod_status" )
server.bind = "127.0.0.1"
accesslog.filename = "/var/log/lighttpd/access.log"
$HTTP["url"] =~ "^/cgi/" { cgi.assign = ( "" => "" ) }
$HTTP["url"] == "/status" { status.status-url = "/status" }
auth.backend = "plain"
auth.backend.plain.userfile = "/etc/lighttpd/users"
auth.require = ( "/closed/" => ( "method" => "basic", "realm" => "rig", "require" => "valid-user" ) )
X
    put /etc/lighttpd/users <<< 'tester:tester'
    put /srv/lighttpd/page.html <<< 'a page'
    put /srv/lighttpd/closed/page.html <<< 'a closed page'
    put /srv/lighttpd/cgi/who << 'X'
#!/bin/sh
read -r body
printf 'Content-Type: text/plain\r\n\r\n%s %s\n' "$(id -un)" "$body" | tee /var/cache/lighttpd/who
X
    chmod 755 /srv/lighttpd/cgi/who
    chown -R www-data: /var/log/lighttpd /var/cache/lighttpd
    systemctl enable lighttpd > /dev/null 2>&1
}

serves() {
    fetch http://127.0.0.1:8002/page.html | grep -qx 'a page' || fail "page $1"
    fetch --data "word$1" http://127.0.0.1:8002/cgi/who | grep -qx "www-data word$1" || fail "CGI $1"
}

probe() {
    local log=/var/log/lighttpd/access.log
    serves ''
    fetch -u tester:tester http://127.0.0.1:8002/closed/page.html | grep -q closed || fail "password"
    fetch http://127.0.0.1:8002/closed/page.html > /dev/null 2>&1 && fail "closed page is open"
    fetch http://127.0.0.1:8002/status | grep -qi uptime || fail "status"
    head -c 300000 /dev/zero > /run/rig/zeros
    fetch --data-binary @/run/rig/zeros http://127.0.0.1:8002/cgi/who > /dev/null || fail "large request"
    eventually 20 grep -q 'GET /page' $log || fail "access log"
    mv $log $log.1
    systemctl kill --kill-whom=main --signal=HUP lighttpd
    eventually 15 test -e $log || fail "log is not reopened"
}

after_reload() {
    sleep 2
    serves reloaded
}
