# hostapd: an instance of its template asks for a login over a cable (IEEE 802.1X), by its own table of users and TLS
unit=hostapd@cable1.service
packages="hostapd wpasupplicant openssl"

configure() {
    local folder=/etc/hostapd
    [ -s $folder/key.pem ] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=bootrig \
        -keyout $folder/key.pem -out $folder/cert.pem 2> /dev/null
    put $folder/cable1.conf << 'X'
interface=cable1
driver=wired
ctrl_interface=/run/hostapd
ieee8021x=1
use_pae_group_addr=1
eap_server=1
eap_user_file=/etc/hostapd/users
server_cert=/etc/hostapd/cert.pem
private_key=/etc/hostapd/key.pem
X
    put $folder/users << 'X'
"tester" PEAP
"tester" MSCHAPV2 "tester" [2]
X
    systemctl enable hostapd@cable1 > /dev/null 2>&1
}

command() {
    hostapd_cli -i cable1 "$@"
}

knows_its_client() {
    command all_sta | grep -q 'AUTHORIZED'
}

probe() {
    command status > /dev/null || fail "control socket"
    eventually 60 knows_its_client || fail "client is not logged in: $(command all_sta | tr '\n' ' ' | cut -c 1-150)"
    command get_config > /dev/null || fail "configuration"
}
