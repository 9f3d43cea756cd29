# SPDX-License-Identifier: MIT
packages='snmpd snmp'
start='/usr/sbin/snmpd -LOw -u Debian-snmp -g Debian-snmp -I -smux,mteTrigger,mteTriggerConf -f'
configure() {
    printf '%s\n' 'master agentx' 'agentaddress udp:127.0.0.1:161' 'rocommunity public 127.0.0.1' 'disk / 1%' 'proc sshd' 'extend recorder /bin/echo hello' > /etc/snmp/snmpd.conf
}
before() { mkdir -p /run/agentx; }
requests() {
    try snmpwalk -v2c -c public 127.0.0.1 .1.3.6.1.2.1.1
    snmpwalk -v2c -c public -t 10 127.0.0.1 .1.3.6.1.2.1 > /dev/null
    snmpwalk -v2c -c public -t 10 127.0.0.1 .1.3.6.1.4.1 > /dev/null
}
