# SPDX-License-Identifier: MIT
packages=mini-httpd
start='/usr/sbin/mini_httpd -D -C /etc/mini-httpd.conf -p 8083'
configure() { mkdir -p /var/www/html && echo a page > /var/www/html/page.txt; }
requests() {
    try curl -sf http://127.0.0.1:8083/page.txt
    curl -s http://127.0.0.1:8083/ > /dev/null
    curl -s http://127.0.0.1:8083/missing > /dev/null
}
