# vnstat: counts an interface's traffic into its database
unit=vnstat.service
packages="vnstat"

configure() {
    put /etc/vnstat.conf << 'X'
DatabaseDir "/var/lib/vnstat"
UpdateInterval 1
PollInterval 1
SaveInterval 1
AlwaysAddNewInterfaces 1
X
}

counts() {
    vnstat --json -i "$1" | grep -q '"rx":[0-9]'
}

probe() {
    [ -s /var/lib/vnstat/vnstat.db ] || fail "no database"
    eventually 30 counts net0 || fail "net0 is not counted"
    vnstat -h -i net0 > /dev/null || fail "hours"
}
