# radvd: a host on the cable gets an address from what it announces
unit=radvd.service
packages="radvd"

configure() {
    put /etc/radvd.conf << 'X'
interface net0 {
    AdvSendAdvert on;
    IgnoreIfMissing on;
    MinRtrAdvInterval 3;
    MaxRtrAdvInterval 4;
    prefix 2001:db8:77::/64 { };
    RDNSS 2001:db8:77::1 { };
};
X
    systemctl enable radvd > /dev/null 2>&1
}

has_an_address() {
    ip -6 address show dev net1 | grep -q 2001:db8:77
}

probe() {
    # babeld makes a router of the machine, which takes no address from others then.
    echo 2 > /proc/sys/net/ipv6/conf/net1/accept_ra
    eventually 30 has_an_address || fail "no address on the other end of the cable"
    ip -6 address flush dev net1 scope global
}

after_reload() {
    eventually 30 has_an_address || fail "no address after the reload"
}
