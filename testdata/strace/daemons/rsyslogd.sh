# SPDX-License-Identifier: MIT
packages='rsyslog bsdutils'
start='/usr/sbin/rsyslogd -n -iNONE'
log=''
configure() {
    cat > /etc/rsyslog.d/recorder.conf << 'X'
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="514")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="514")
local5.* action(type="omfile" file="/var/log/recorder/local5.log" createDirs="on")
X
}
requests() {
    try test -S /dev/log
    logger -p local5.info local
    logger -n 127.0.0.1 -d -P 514 -p local5.info udp
    logger -n 127.0.0.1 -T -P 514 -p local5.info tcp
    try test -s /var/log/recorder/local5.log
}
