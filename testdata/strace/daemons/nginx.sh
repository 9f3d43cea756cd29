# SPDX-License-Identifier: MIT
packages='nginx openssl'
start="/usr/sbin/nginx -g 'daemon off; master_process on;'"
configure() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=recorder -keyout /etc/ssl/private/recorder.key -out /etc/ssl/certs/recorder.crt
    rm -f /etc/nginx/sites-enabled/default
    mkdir -p /srv/www/upload && chown www-data: /srv/www/upload
    echo a page > /srv/www/index.html
    head -c 2000000 /dev/zero > /srv/www/large
    cat > /etc/nginx/conf.d/recorder.conf << 'X'
server {
    listen 80 default_server;
    listen 443 ssl;
    ssl_certificate /etc/ssl/certs/recorder.crt;
    ssl_certificate_key /etc/ssl/private/recorder.key;
    root /srv/www;
    client_max_body_size 10m;
    location /proxy/ { proxy_pass http://127.0.0.1:80/; }
    location /upload/ { dav_methods PUT; }
}
X
}
requests() {
    try curl -sf http://127.0.0.1/
    curl -s http://127.0.0.1/large > /dev/null
    curl -sk https://127.0.0.1/
    curl -s http://127.0.0.1/proxy/index.html
    curl -s -T /srv/www/large http://127.0.0.1/upload/large
    signal USR1
}
