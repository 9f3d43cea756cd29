# network-manager: a pair of interfaces is made, one with an address, one asks DHCP; its dispatcher's script; its files
unit=NetworkManager.service
packages="network-manager"

configure() {
    put /etc/NetworkManager/conf.d/rig.conf << 'X'
[main]
dns=none
[keyfile]
unmanaged-devices=*,except:interface-name:nm*
X
    put /etc/NetworkManager/dispatcher.d/50-rig << 'X'
#!/bin/sh
echo "$(id -un) $1 $2" >> /var/log/dispatched
X
    chmod 755 /etc/NetworkManager/dispatcher.d/50-rig
    put /etc/dnsmasq.d/nm.conf << 'X'
interface=nm0
dhcp-range=10.79.0.50,10.79.0.60,1h
X
    systemctl disable NetworkManager-wait-online > /dev/null 2>&1
}

has_a_lease() {
    ip address show dev nm1 | grep -q 10.79.0
}

probe() {
    local answer
    eventually 30 nmcli general status || fail "no answer: $(nmcli general status 2>&1)"
    answer=$(nmcli connection add type veth ifname nm0 con-name nm0 veth.peer nm1 ipv4.method manual \
        ipv4.addresses 10.79.0.1/24 ipv6.method disabled 2>&1) || fail "connection: $answer"
    answer=$(nmcli connection up nm0 2>&1) || fail "interface does not come up: $answer"
    ip address show dev nm0 | grep -q 10.79.0.1/24 || fail "address is not set"
    answer=$(nmcli connection add type ethernet ifname nm1 con-name nm1 ipv4.method auto ipv6.method disabled 2>&1) ||
        fail "second connection: $answer"
    answer=$(nmcli --wait 60 connection up nm1 2>&1) || fail "DHCP: $answer"
    has_a_lease || fail "no lease"
    ls /etc/NetworkManager/system-connections/nm0.nmconnection > /dev/null || fail "connection is not stored"
    eventually 30 grep -q '^root nm0 up' /var/log/dispatched || fail "dispatcher's script did not run"
    nmcli device status | grep -q 'nm1.*connected' || fail "status"
    nmcli connection delete nm1 nm0 > /dev/null || fail "connections stay"
}

after_reload() {
    nmcli general status > /dev/null || fail "no answer after the reload"
}
