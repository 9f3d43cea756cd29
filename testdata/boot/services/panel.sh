# panel (ours, shell): as of an init script: forks, writes a PID file, its child drops to a user, has a web page by busybox
unit=panel.service
packages="busybox-static"

configure() {
    id panel > /dev/null 2>&1 || useradd --system --home-dir /var/lib/panel --create-home --shell /bin/sh panel
    put /etc/systemd/system/panel.service << 'X'
[Unit]
Description=The machine's panel

[Service]
Type=forking
PIDFile=/run/panel/panel.pid
RuntimeDirectory=panel
EnvironmentFile=-/etc/default/panel
ExecStartPre=/usr/local/lib/rig/panel-check
ExecStart=/usr/local/lib/rig/panel start
ExecReload=/usr/local/lib/rig/panel reload
ExecStop=/usr/local/lib/rig/panel stop

[Install]
WantedBy=multi-user.target
X
    systemctl enable panel.service > /dev/null 2>&1
    put /etc/default/panel <<< 'PANEL_PORT=8006'
    put /usr/local/lib/rig/panel-check << 'X'
#!/bin/sh
[ -d /var/lib/panel/www ] || install -d -o panel -g panel /var/lib/panel/www
touch /etc/panel.checked
X
    put /usr/local/lib/rig/panel << 'X'
#!/bin/sh
. /etc/default/panel
pidfile=/run/panel/panel.pid

refresh() {
    trap 'echo again >> /var/lib/panel/reloads' HUP
    while :; do
        { uptime; cat /proc/loadavg; ls /sys/class/net; } > /var/lib/panel/www/new
        mv /var/lib/panel/www/new /var/lib/panel/www/index.html
        sleep 1
    done
}

case $1 in
    start)
        busybox httpd -p "127.0.0.1:$PANEL_PORT" -u panel -h /var/lib/panel/www
        start-stop-daemon --start --background --make-pidfile --pidfile $pidfile --chuid panel --exec "$0" -- refresh
        ;;
    reload) start-stop-daemon --stop --signal HUP --pidfile $pidfile ;;
    stop) start-stop-daemon --stop --pidfile $pidfile ;;
    refresh) refresh ;;
esac
X
    chmod 755 /usr/local/lib/rig/panel /usr/local/lib/rig/panel-check
}

page() {
    fetch http://127.0.0.1:8006/index.html
}

probe() {
    eventually 20 page || fail "no page"
    page | grep -q 'load average' || fail "page has no load"
    page | grep -q net0 || fail "page has no interfaces"
    [ "$(stat -c %U "/proc/$(cat /run/panel/panel.pid)")" = panel ] || fail "it is not its user's"
    [ -e /etc/panel.checked ] || fail "script before the start"
}

after_reload() {
    eventually 10 grep -qx again /var/lib/panel/reloads || fail "reload is not heard"
    page > /dev/null || fail "no page after the reload"
}
