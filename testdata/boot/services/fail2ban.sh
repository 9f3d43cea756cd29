# fail2ban: reads a log, bans an address with nftables and by a command, stores it, takes it back
unit=fail2ban.service
packages="fail2ban nftables python3-systemd"

configure() {
    put /etc/fail2ban/jail.d/rig.conf << 'X'
[sshd]
backend = systemd
enabled = true
[rig]
enabled = true
filter = rig
backend = auto
logpath = /var/log/door.log
maxretry = 3
banaction = nftables
port = 4000
action = %(action_)s
         rig
X
    put /etc/fail2ban/filter.d/rig.conf << 'X'
[Definition]
failregex = wrong key from <HOST>$
X
    put /etc/fail2ban/action.d/rig.conf << 'X'
[Definition]
actionban = echo banned <ip> by $(id -un) >> /var/log/banned
actionunban = echo freed <ip> >> /var/log/banned
X
    touch /var/log/door.log
}

banned() {
    nft list ruleset | grep -q 192.0.2.66
}

not_banned() {
    ! banned
}

probe() {
    local number
    eventually 60 fail2ban-client ping || fail "does not answer"
    eventually 30 fail2ban-client status rig || fail "jail: $(fail2ban-client status rig 2>&1 | tail -n 1)"
    fail2ban-client status sshd > /dev/null || fail "jail that reads the journal"
    for number in 1 2 3 4; do
        echo "$(date '+%Y-%m-%d %H:%M:%S') door: wrong key from 192.0.2.66" >> /var/log/door.log
        sleep 1
    done
    eventually 40 banned || fail "address is not banned"
    eventually 10 grep -q 'banned 192.0.2.66 by root' /var/log/banned || fail "command did not run"
    [ -s /var/lib/fail2ban/fail2ban.sqlite3 ] || fail "ban is not stored"
    fail2ban-client set rig unbanip 192.0.2.66 > /dev/null || fail "unbanip"
    eventually 20 not_banned || fail "ban stays"
    grep -q 'Ban 192.0.2.66' /var/log/fail2ban.log || fail "log"
}

after_reload() {
    fail2ban-client status rig > /dev/null || fail "jail after the reload"
}
