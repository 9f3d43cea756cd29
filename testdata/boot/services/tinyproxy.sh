# tinyproxy: a page through it, a tunnel, a page that it refuses, its statistics, reopening of its log
unit=tinyproxy.service
packages="tinyproxy"

configure() {
    cat >> /etc/tinyproxy/tinyproxy.conf << 'X'
ConnectPort 443
Filter "/etc/tinyproxy/filter"
X
    put /etc/tinyproxy/filter <<< 'refused'
}

through() {
    fetch -x http://127.0.0.1:8888 "$@"
}

probe() {
    eventually 20 through http://127.0.0.1:700/ || fail "page"
    through --insecure https://127.0.0.1/ | grep -qx 'a page' || fail "tunnel"
    through http://refused.test/ > /dev/null 2>&1 && fail "refused page is served"
    through http://tinyproxy.stats/ | grep -qi connections || fail "statistics"
    grep -q 'GET http' /var/log/tinyproxy/tinyproxy.log || fail "log"
    mv /var/log/tinyproxy/tinyproxy.log /var/log/tinyproxy/tinyproxy.log.1
}

after_reload() {
    through http://127.0.0.1:700/ > /dev/null || fail "page after the reload"
    eventually 10 test -s /var/log/tinyproxy/tinyproxy.log || fail "log is not reopened"
}
