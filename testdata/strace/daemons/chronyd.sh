# SPDX-License-Identifier: MIT
packages=chrony
start='/usr/sbin/chronyd -n -x -F 1'
configure() {
    printf 'server 127.0.0.1 iburst\nlocal stratum 8\nallow\n' > /etc/chrony/conf.d/recorder.conf
}
before() { mkdir -p -m 750 /run/chrony && chown _chrony: /run/chrony; }
requests() {
    try chronyc tracking
    chronyc sources
    chronyc burst 1/1
    chronyc -h 127.0.0.1 activity || true
}
reload() { chronyc reload sources && chronyc cyclelogs; }
