# wg-quick: an instance of its template (a shell script), a oneshot: the tunnel's interface, its route, scripts; a packet through it
unit=wg-quick@rig.service
packages="wireguard-tools iproute2 iputils-ping"

configure() {
    put /etc/wireguard/rig.conf << 'X'
[Interface]
PrivateKey = EB8/9NYuHx4tPEtaaXiHlqW0w9Lh8P/+3cy7qpmId2U=
ListenPort = 51820
Address = 10.79.0.1/24
PostUp = id -un > /var/lib/tunnel-%i
[Peer]
PublicKey = PEER
AllowedIPs = 10.79.0.2/32, 198.18.79.0/24
X
    chmod 600 /etc/wireguard/rig.conf
    put /etc/wireguard/peer <<< 'AGEiQ2SFpsfoCRorTE1ub4CRorPE1eb3CBkqO0xdbn8='
    sed -i "s|PEER|$(wg pubkey < /etc/wireguard/peer)|" /etc/wireguard/rig.conf
    systemctl enable wg-quick@rig > /dev/null 2>&1
}

through_the_tunnel() {
    ip netns exec wg ping -c 1 -W 2 10.79.0.1
}

probe() {
    ip route show 198.18.79.0/24 | grep -q rig || fail "no route"
    grep -qx root /var/lib/tunnel-rig || fail "script did not run"
    ip netns add wg
    ip link add wg0 type veth peer name wg1 netns wg
    ip address add 10.80.0.1/24 dev wg0
    ip link set wg0 up
    ip -n wg address add 10.80.0.2/24 dev wg1
    ip -n wg link set wg1 up
    ip -n wg link add rig type wireguard
    ip netns exec wg wg set rig private-key /etc/wireguard/peer peer "$(wg show rig public-key)" \
        endpoint 10.80.0.1:51820 allowed-ips 10.79.0.0/24
    ip -n wg address add 10.79.0.2/24 dev rig
    ip -n wg link set rig up
    eventually 20 through_the_tunnel || fail "nothing goes through the tunnel"
}

after_reload() {
    eventually 20 through_the_tunnel || fail "nothing goes through the tunnel after the reload"
    systemctl restart wg-quick@rig || fail "restart"
    ip route show 198.18.79.0/24 | grep -q rig || fail "no route after a restart"
}
