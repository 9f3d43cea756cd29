# SPDX-License-Identifier: MIT
packages='mosquitto mosquitto-clients'
start='/usr/sbin/mosquitto -c /etc/mosquitto/mosquitto.conf'
configure() {
    printf 'listener 1883 127.0.0.1\nallow_anonymous false\npassword_file /etc/mosquitto/passwords\n' > /etc/mosquitto/conf.d/recorder.conf
    mosquitto_passwd -b -c /etc/mosquitto/passwords tester tester
    chown mosquitto: /etc/mosquitto/passwords
}
before() { mkdir -p /run/mosquitto && chown mosquitto: /run/mosquitto; }
requests() {
    local login='-h 127.0.0.1 -u tester -P tester'
    try mosquitto_pub $login -t kept -r -m text
    mosquitto_sub $login -t kept -C 1 -W 10
    mosquitto_pub -h 127.0.0.1 -u tester -P wrong -t x -m x || true
    signal USR1
}
