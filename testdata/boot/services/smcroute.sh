# smcroute: multicast routes of its configuration and of its control program get into the kernel; a group is joined
unit=smcroute.service
packages="smcroute"

configure() {
    put /etc/smcroute.conf << 'X'
phyint net0 enable
phyint net1 enable
mgroup from net0 group 225.1.2.3
mroute from net0 group 225.1.2.3 source 10.77.0.9 to net1
X
    systemctl enable smcroute > /dev/null 2>&1
}

probe() {
    eventually 20 eval 'smcroutectl show routes | grep -q 225.1.2.3' || fail "control socket"
    grep -q '030201E1' /proc/net/ip_mr_cache || fail "route is not in the kernel"
    ip maddress show dev net0 | grep -q 225.1.2.3 || fail "group is not joined"
    smcroutectl add net0 10.77.0.10 225.1.2.4 net1 || fail "new route"
    grep -q '040201E1' /proc/net/ip_mr_cache || fail "new route is not in the kernel"
}

after_reload() {
    eventually 10 grep -q '030201E1' /proc/net/ip_mr_cache || fail "route after the reload"
}
