# sslh: passes a connection on to a web server or to ssh by what the client says first
unit=sslh.service
packages="sslh socat openssh-server"

configure() {
    put /etc/default/sslh << 'X'
RUN=yes
DAEMON=/usr/sbin/sslh
DAEMON_OPTS="--user sslh --listen 127.0.0.1:444 --ssh 127.0.0.1:22 --http 127.0.0.1:8185"
X
    put /etc/sslh/sslh.cfg << 'X'
user: "sslh";
listen: ( { host: "127.0.0.1"; port: "444"; } );
protocols: (
    { name: "ssh"; host: "127.0.0.1"; port: "22"; },
    { name: "http"; host: "127.0.0.1"; port: "8185"; }
);
X
    put /srv/sslh/index.html <<< 'behind sslh'
    systemctl enable sslh > /dev/null 2>&1
}

probe() {
    (cd /srv/sslh && exec python3 -m http.server --bind 127.0.0.1 8185) > /dev/null 2>&1 &
    eventually 20 fetch http://127.0.0.1:8185 || fail "no page behind it"
    fetch http://127.0.0.1:444/ | grep -q 'behind sslh' || fail "web server"
    (echo SSH-2.0-rig; sleep 5) | timeout 20 socat -t 5 - TCP:127.0.0.1:444 | grep -q OpenSSH || fail "ssh"
    kill %1
}
