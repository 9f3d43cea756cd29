# SPDX-License-Identifier: MIT
packages='lighttpd curl'
start='/usr/sbin/lighttpd -D -f /etc/lighttpd/lighttpd.conf'
configure() {
    mkdir -p /var/www/html/cgi
    echo a page > /var/www/html/page.txt
    printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"; id\n' > /var/www/html/cgi/id
    chmod 755 /var/www/html/cgi/id
    sed -i 's/^server.port .*/server.port = 8082/' /etc/lighttpd/lighttpd.conf
    printf 'server.modules += ("mod_cgi")\n$HTTP["url"] =~ "^/cgi/" { cgi.assign = ("" => "") }\n' > /etc/lighttpd/conf-enabled/90-recorder.conf
}
before() { mkdir -p /run/lighttpd && chown www-data: /run/lighttpd; }
requests() {
    try curl -sf http://127.0.0.1:8082/page.txt
    curl -s http://127.0.0.1:8082/cgi/id
    curl -s http://127.0.0.1:8082/missing
}
reload() { signal HUP; }
