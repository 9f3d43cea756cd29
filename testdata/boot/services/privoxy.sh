# privoxy: a page through it, one that it refuses, one that it changes, a tunnel, its own pages, its log
unit=privoxy.service
packages="privoxy"

configure() {
    put /etc/privoxy/config << 'X'
confdir /etc/privoxy
logdir /var/log/privoxy
logfile logfile
actionsfile rig.action
filterfile rig.filter
listen-address 127.0.0.1:8118
toggle 1
debug 1
accept-intercepted-requests 0
X
    put /etc/privoxy/rig.action << 'X'
{+filter{rig}}
127.0.0.1
{+block{rig}}
refused.test
X
    put /etc/privoxy/rig.filter << 'X'
FILTER: rig a word
s/page/leaf/g
X
    put /srv/privoxy/index.html <<< '<p>a page</p>'
    systemctl enable privoxy > /dev/null 2>&1
}

probe() {
    local site=http://127.0.0.1:8183/
    (cd /srv/privoxy && exec python3 -m http.server --bind 127.0.0.1 8183) > /dev/null 2>&1 &
    eventually 30 fetch $site || fail "no page behind it"
    fetch --proxy 127.0.0.1:8118 $site | grep -q 'a leaf' || fail "page through it"
    fetch --proxy 127.0.0.1:8118 --proxytunnel $site | grep -q 'a page' || fail "tunnel"
    curl --silent --max-time 30 --proxy 127.0.0.1:8118 http://refused.test/ | grep -qi 'blocked' || fail "page that it refuses"
    fetch --proxy 127.0.0.1:8118 http://p.p/show-status | grep -qi privoxy || fail "its own page"
    eventually 10 grep -q 8183 /var/log/privoxy/logfile || fail "log"
    kill %1
}
