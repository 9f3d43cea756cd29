// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// familyNames by number, of <linux/socket.h>.
var familyNames = strings.Fields(`AF_UNSPEC AF_UNIX AF_INET AF_AX25 AF_IPX AF_APPLETALK AF_NETROM AF_BRIDGE AF_ATMPVC AF_X25 AF_INET6
	AF_ROSE AF_DECnet AF_NETBEUI AF_SECURITY AF_KEY AF_NETLINK AF_PACKET AF_ASH AF_ECONET AF_ATMSVC AF_RDS AF_SNA AF_IRDA AF_PPPOX
	AF_WANPIPE AF_LLC AF_IB AF_MPLS AF_CAN AF_TIPC AF_BLUETOOTH AF_IUCV AF_RXRPC AF_ISDN AF_PHONET AF_IEEE802154 AF_CAIF AF_ALG AF_NFC
	AF_VSOCK AF_KCM AF_QIPCRTR AF_SMC AF_XDP AF_MCTP`)

func judgeSocket(c *collector, x *call) {
	families, all := x.ints(0)
	netlink := false // a family that is not in the code comes with an address
	for _, f := range families {
		f &= 0xffffffff
		switch {
		case f == afVsock && c.namesNoMachine(x):
		case f < uint64(len(familyNames)):
			c.fact(FactSocketFamily, familyNames[f], x.at)
		default:
			all = false
		}
		netlink = netlink || f == afNetlink
	}
	switch {
	case all:
	case x.libc: // the resolver and name services take the family from addresses
		for _, f := range addressFamilies {
			c.fact(FactSocketFamily, f, x.at)
		}
	default:
		c.assume("socket-family-unresolved", "", "a family that is not in the code is that of a local, Internet or netlink address", x.at)
	}
	if x.name == "socketpair" || x.libc {
		return
	}
	types, allTypes := x.ints(1)
	c.familyCapabilities(families, x.at)
	raw := !allTypes && !onlyFamily(families, all, "AF_UNIX") && !c.asksNothing(x)
	for _, t := range types {
		raw = raw || t&0xf == sockRaw || t&0xf == sockPacket
	}
	if raw && !onlyFamily(families, all, "AF_NETLINK") && !onlyFamily(families, all, "AF_UNIX") {
		c.fact(FactCapability, "CAP_NET_RAW", x.at)
	}
	if netlink {
		judgeNetlink(c, x)
	}
}

// familyCapabilities: sockets of some families ask for a capability whatever their
// type (packet(7), xdp, pfkey, llc, isdn, caif and phonet of the kernel; the control and
// raw channels of Bluetooth).
func (c *collector) familyCapabilities(families []uint64, at place) {
	for _, f := range families {
		if f >= uint64(len(familyNames)) {
			continue
		}
		switch familyNames[f] {
		case "AF_PACKET", "AF_XDP", "AF_LLC", "AF_ISDN":
			c.capability(at, "CAP_NET_RAW")
		case "AF_CAIF", "AF_PHONET":
			c.capability(at, "CAP_SYS_ADMIN", "CAP_NET_ADMIN")
		case "AF_KEY":
			c.capability(at, "CAP_NET_ADMIN")
		case "AF_BLUETOOTH":
			c.capability(at, "CAP_NET_RAW", "CAP_NET_ADMIN")
		}
	}
}

func onlyFamily(families []uint64, all bool, name string) bool {
	return all && !slices.ContainsFunc(families, func(f uint64) bool {
		return f >= uint64(len(familyNames)) || familyNames[f] != name
	})
}

// addressFamilies are those that addresses from configuration or a resolver have.
var addressFamilies = []string{"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"}

// familiesWithPorts have addresses that the kernel keeps for CAP_NET_BIND_SERVICE:
// ports, and channels of Bluetooth (net/vmw_vsock, net/bluetooth, net/mctp of Linux).
var familiesWithPorts = []string{"AF_INET", "AF_INET6", "AF_VSOCK", "AF_BLUETOOTH", "AF_MCTP"}

// judgeNetlink: which netlink protocol decides what the kernel asks for.
func judgeNetlink(c *collector, x *call) {
	protocols, all := x.ints(2)
	if !all && x.from(netlinkLibraries) {
		return
	}
	if !all {
		c.capability(x.at, "CAP_NET_ADMIN", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ")
	}
	c.netlinkProtocols(protocols, x.at)
}

// netlinkProtocols: who listens to events of the kernel's devices and of SELinux needs nothing,
// nor does who talks to another process; iSCSI's has a question of its own.
func (c *collector) netlinkProtocols(protocols []uint64, at place) {
	for _, p := range protocols {
		switch p & 0xffffffff {
		case netlinkUevent, netlinkSELinux, netlinkUser:
		case netlinkAudit:
			c.capability(at, "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ")
		case netlinkISCSI:
			c.capability(at, "CAP_NET_ADMIN", "CAP_SYS_ADMIN")
		default:
			c.capability(at, "CAP_NET_ADMIN")
		}
	}
}

// netlinkLibraries make a socket of the protocol that their callers name, who are seen
// (judgeNetlinkOf).
var netlinkLibraries = []string{"libnl-3.so", "libmnl.so"}

// judgeNetlinkOf takes the protocol from an argument of a library's function
// (libnl's nl_connect(), libmnl's mnl_socket_open()).
func judgeNetlinkOf(index int) func(*collector, *call) {
	return func(c *collector, x *call) {
		protocols, all := x.ints(index)
		if !all {
			c.capability(x.at, "CAP_NET_ADMIN", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_SYS_ADMIN")
		}
		c.netlinkProtocols(protocols, x.at)
	}
}

// privilegedOptions are the options of sockets that ask for a capability, by their level: those of
// SOL_SOCKET (sk_setsockopt() of net/core/sock.c), IP (net/ipv4/ip_sockglue.c), IPv6
// (net/ipv6/ipv6_sockglue.c), TCP (net/ipv4/tcp.c), and the tables of netfilter.
var privilegedOptions = map[uint64]map[uint64]string{
	1: {1: netAdmin, 12: netAdmin, 32: netAdmin, 33: netAdmin, 36: netAdmin, 46: netAdmin, 61: netAdmin, 69: netAdmin, 70: netAdmin, // DEBUG PRIORITY SNDBUFFORCE RCVBUFFORCE MARK BUSY_POLL TXTIME, polling
		25: netRaw, 62: netRaw}, // BINDTODEVICE BINDTOIFINDEX
	0: {16: netAdmin, 17: netAdmin, 19: netAdmin + " " + netRaw, 64: netAdmin, 65: netAdmin, 96: netAdmin, 97: netAdmin, 128: netAdmin, 129: netAdmin}, // IPSEC_POLICY XFRM_POLICY TRANSPARENT, iptables, arptables, ebtables
	41: {34: netAdmin, 35: netAdmin, 75: netAdmin + " " + netRaw, 64: netAdmin, 65: netAdmin, // IPSEC_POLICY XFRM_POLICY TRANSPARENT, ip6tables
		54: netRaw, 55: netRaw, 59: netRaw}, // HOPOPTS RTHDRDSTOPTS DSTOPTS
	6:   {19: netAdmin},           // REPAIR
	270: {8: "CAP_NET_BROADCAST"}, // NETLINK_LISTEN_ALL_NSID (net/netlink/af_netlink.c)
}

const (
	netAdmin = "CAP_NET_ADMIN"
	netRaw   = "CAP_NET_RAW"
)

// judgeSetsockopt: a level that is not known may be any of them.
func judgeSetsockopt(c *collector, x *call) {
	if x.libc {
		return
	}
	options, all := x.ints(2)
	if !all && c.asksNothing(x) {
		return
	}
	if !all {
		c.capability(x.at, netAdmin, netRaw)
		return
	}
	levels, known := x.ints(1)
	for level, asks := range privilegedOptions {
		if known && !slices.ContainsFunc(levels, func(l uint64) bool { return l&0xffffffff == level }) {
			continue
		}
		for _, o := range options {
			c.capability(x.at, strings.Fields(asks[o&0xffffffff])...)
		}
	}
}

// bindsPorts are the functions of the C library that give an Internet socket a name; others
// that do, do it for netlink sockets, or let the kernel choose the port.
var bindsPorts = strings.Fields("bindresvport bindresvport6 rresvport rresvport_af rcmd rcmd_af rexec rexec_af")

// judgeBind: a port below 1024 asks for a capability (ip(7)); an address of a family without
// ports has none, and port 0 lets the kernel choose. The port is in the order of the network;
// of other families than the Internet's it lies elsewhere, and may be any.
func judgeBind(c *collector, x *call) {
	internet := func(f uint64) bool { return f == 2 || f == 10 }
	hasPorts := func(f uint64) bool {
		return f < uint64(len(familyNames)) && slices.Contains(familiesWithPorts, familyNames[f])
	}
	if x.libc && !slices.ContainsFunc(bindsPorts, c.walked.imports) {
		return
	}
	if words := x.words(1); len(words) == 2 {
		family, port := words[0], words[1]
		if family.Complete() && len(family.Ints) > 0 && !slices.ContainsFunc(family.Ints, hasPorts) {
			return
		}
		elsewhere := slices.ContainsFunc(family.Ints, func(f uint64) bool { return hasPorts(f) && !internet(f) })
		if !elsewhere && port.Complete() && len(port.Ints) > 0 && !slices.ContainsFunc(port.Ints, func(p uint64) bool {
			p = p&0xff<<8 | p>>8&0xff
			return p > 0 && p < 1024
		}) {
			return
		}
	}
	if !c.mayBind {
		c.mayBind, c.mayBindAt = true, x.at
	}
}

// answersDatagrams notes a module that answers local datagrams at the address from which
// they came (recvfrom(2), sendto(2)): a client makes that socket, often below /tmp.
func (c *collector) answersDatagrams(m *loaded) {
	if m.libc || !m.reaches("bind") || !m.reaches("recvfrom") || !m.reaches("sendto") {
		return
	}
	for _, s := range m.sites() {
		if s.Kind != elfcode.CallSite || m.file.Imports[s.Import].Name != "socket" {
			continue
		}
		x := &call{args: s.Args}
		families, _ := x.ints(0)
		types, _ := x.ints(1)
		if slices.Contains(families, afUnix) && slices.ContainsFunc(types, func(t uint64) bool { return t&0xf == sockDgram }) {
			c.fact(FactDatagramServer, "", place{where: m.path})
			return
		}
	}
}

// reaches tells whether reached code of a module calls a function of another one.
func (m *loaded) reaches(function string) bool {
	return slices.ContainsFunc(m.reached.Imports, func(id int32) bool { return m.file.Imports[id].Name == function })
}
