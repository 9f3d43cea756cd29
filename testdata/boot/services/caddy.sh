# caddy (Go): a page, a large file, a request that is passed on, its own TLS, an access log, its API, a low port
unit=caddy.service
packages="caddy"

configure() {
    put /etc/caddy/Caddyfile << 'X'
{
    skip_install_trust
    http_port 86
    https_port 8443
}
http://127.0.0.1:86 {
    root * /srv/caddy
    handle_path /gauge/* {
        reverse_proxy 127.0.0.1:88
    }
    file_server browse
    log {
        output file /var/log/caddy/access.log
    }
}
https://localhost:8443 {
    tls internal
    respond "secret"
}
X
    put /srv/caddy/index.html <<< 'a page of caddy'
    head -c 2M /dev/zero > /srv/caddy/large
    install -d -o caddy -g caddy /var/log/caddy
    systemctl enable caddy > /dev/null 2>&1
}

probe() {
    fetch http://127.0.0.1:86/ | grep -qx 'a page of caddy' || fail "page"
    [ "$(fetch http://127.0.0.1:86/large | wc -c)" = 2097152 ] || fail "large file"
    eventually 60 fetch --insecure https://localhost:8443/ || fail "TLS: $(fetch --insecure https://localhost:8443/ 2>&1)"
    fetch http://127.0.0.1:2019/config/ | grep -q caddy || fail "API"
    eventually 10 grep -qs /large /var/log/caddy/access.log || fail "access log"
}

after_reload() {
    eventually 20 fetch http://127.0.0.1:86/ || fail "page after the reload"
}
