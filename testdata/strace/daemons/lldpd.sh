# SPDX-License-Identifier: MIT
packages=lldpd
start='/usr/sbin/lldpd -d'
requests() {
    try lldpcli show interfaces
    lldpcli configure lldp tx-interval 1
    sleep 3
    lldpcli show neighbors
    ip link add net5 type dummy || true
}
reload() { lldpcli update; }
