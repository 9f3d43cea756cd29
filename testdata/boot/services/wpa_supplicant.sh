# wpa_supplicant: an instance of its template logs in to a switch (IEEE 802.1X over a cable), which hostapd plays; control socket
unit=wpa_supplicant-wired@cable0.service
packages="wpasupplicant hostapd"

configure() {
    put /etc/wpa_supplicant/wpa_supplicant-wired-cable0.conf << 'X'
ctrl_interface=DIR=/run/wpa_supplicant GROUP=tester
ap_scan=0
network={
    key_mgmt=IEEE8021X
    eap=PEAP
    identity="tester"
    password="tester"
    phase2="auth=MSCHAPV2"
    eapol_flags=0
}
X
    systemctl enable wpa_supplicant-wired@cable0 > /dev/null 2>&1
}

command() {
    wpa_cli -i cable0 "$@"
}

logged_in() {
    command status | grep -q 'suppPortStatus=Authorized'
}

probe() {
    command status > /dev/null || fail "control socket"
    command reauthenticate > /dev/null
    eventually 60 logged_in || fail "not logged in: $(command status | tr '\n' ' ')"
    command logoff > /dev/null
    command logon > /dev/null
    eventually 60 logged_in || fail "not logged in again"
}

after_reload() {
    eventually 60 logged_in || fail "not logged in after the reload"
}
