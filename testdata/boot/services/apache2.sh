# apache2: a page, CGI, a password, an upload, a log that is piped to a program; a graceful restart
unit=apache2.service
packages="apache2 apache2-utils"

configure() {
    put /etc/apache2/ports.conf <<< 'Listen 127.0.0.1:8003'
    a2enmod -q cgid dav dav_fs > /dev/null
    put /etc/apache2/sites-available/000-default.conf << 'X'
<VirtualHost *:8003>
    DocumentRoot /srv/apache2
    CustomLog ${APACHE_LOG_DIR}/access.log combined
    CustomLog "|/usr/bin/rotatelogs /var/log/apache2/piped.log 3600" common
    ScriptAlias /cgi/ /srv/apache2/cgi/
    <Directory /srv/apache2>
        Require all granted
    </Directory>
    <Directory /srv/apache2/closed>
        AuthType Basic
        AuthName rig
        AuthUserFile /etc/apache2/users
        Require valid-user
    </Directory>
    <Location /dav>
        DAV On
    </Location>
</VirtualHost>
X
    htpasswd -bc /etc/apache2/users tester tester 2> /dev/null
    put /srv/apache2/page.html <<< 'a page'
    put /srv/apache2/closed/page.html <<< 'a closed page'
    put /srv/apache2/cgi/who << 'X'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n%s\n' "$(id -un)"
X
    chmod 755 /srv/apache2/cgi/who
    mkdir -p /srv/apache2/dav
    chown www-data: /srv/apache2/dav
    systemctl enable apache2 > /dev/null 2>&1
}

serves() {
    fetch http://127.0.0.1:8003/page.html | grep -qx 'a page' || fail "page $1"
    fetch http://127.0.0.1:8003/cgi/who | grep -qx www-data || fail "CGI $1"
}

probe() {
    local site=http://127.0.0.1:8003
    serves ''
    fetch -u tester:tester $site/closed/page.html | grep -q closed || fail "password"
    fetch $site/closed/page.html > /dev/null 2>&1 && fail "closed page is open"
    fetch -T /etc/services $site/dav/services > /dev/null || fail "upload"
    cmp -s /etc/services /srv/apache2/dav/services || fail "uploaded file"
    fetch $site/server-status?auto > /dev/null || fail "status"
    eventually 15 grep -q 'GET /page' /var/log/apache2/access.log || fail "access log"
    eventually 15 grep -qs 'GET /page' /var/log/apache2/piped.log* || fail "log piped to a program"
}

after_reload() {
    eventually 15 fetch http://127.0.0.1:8003/page.html
    serves 'after the reload'
}
