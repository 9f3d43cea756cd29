# openvpn: the server's instance of a template: a client in a net of its own goes through the tunnel; scripts; its own user
unit=openvpn-server@rig.service
packages="openvpn openssl iproute2 iputils-ping"

configure() {
    local name folder=/etc/openvpn/server
    for name in server client; do
        [ -s $folder/$name.key ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
            -subj /CN=$name -keyout $folder/$name.key -out $folder/$name.crt 2> /dev/null
    done
    chmod 600 $folder/*.key
    put $folder/rig.conf << X
dev tun0
dev-type tun
port 1194
proto udp
server 10.8.0.0 255.255.255.0
topology subnet
dh none
cert server.crt
key server.key
peer-fingerprint $(openssl x509 -in $folder/client.crt -noout -fingerprint -sha256 | cut -d = -f 2)
script-security 2
client-connect /usr/local/lib/rig/tunnel
keepalive 5 30
user nobody
group nogroup
persist-key
persist-tun
verb 3
X
    put $folder/client.ovpn << X
client
nobind
remote 10.78.0.1
dev tun
cert $folder/client.crt
key $folder/client.key
peer-fingerprint $(openssl x509 -in $folder/server.crt -noout -fingerprint -sha256 | cut -d = -f 2)
X
    put /usr/local/lib/rig/tunnel << 'X'
#!/bin/sh
echo "$(id -un) $common_name" >> /var/lib/tunnel/clients
X
    chmod 755 /usr/local/lib/rig/tunnel
    install -d -o nobody /var/lib/tunnel
    systemctl enable openvpn-server@rig > /dev/null 2>&1
}

through_the_tunnel() {
    ip netns exec vpn ping -c 1 -W 2 10.8.0.1
}

probe() {
    local log=/run/rig/openvpn
    ip netns add vpn
    ip link add vpn0 type veth peer name vpn1 netns vpn
    ip address add 10.78.0.1/24 dev vpn0
    ip link set vpn0 up
    ip -n vpn address add 10.78.0.2/24 dev vpn1
    ip -n vpn link set vpn1 up
    ip netns exec vpn openvpn --config /etc/openvpn/server/client.ovpn --daemon --log $log || fail "client does not start"
    eventually 40 grep -q 'Initialization Sequence Completed' $log || fail "no connection: $(tail -n 1 $log)"
    eventually 20 through_the_tunnel || fail "nothing goes through the tunnel"
    # The client's connection is told to the script by the server's own user.
    eventually 10 grep -q 'nobody client' /var/lib/tunnel/clients || fail "script did not run"
    eventually 70 grep -qs client /run/openvpn-server/status-rig.log || fail "status"
}
