// SPDX-License-Identifier: MIT

package evidence

import (
	"fmt"
	"slices"
	"strings"
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
	raw := !allTypes && !onlyFamily(families, all, "AF_UNIX")
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
// type (packet(7), xdp and pfkey of the kernel; the control and raw channels of Bluetooth).
func (c *collector) familyCapabilities(families []uint64, at place) {
	for _, f := range families {
		if f >= uint64(len(familyNames)) {
			continue
		}
		switch familyNames[f] {
		case "AF_PACKET", "AF_XDP":
			c.capability(at, "CAP_NET_RAW")
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

// judgeNetlink: which netlink protocol decides what the kernel asks for.
func judgeNetlink(c *collector, x *call) {
	protocols, all := x.ints(2)
	if !all {
		c.capability(x.at, "CAP_NET_ADMIN", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ")
	}
	for _, p := range protocols {
		switch p & 0xffffffff {
		case netlinkUevent:
		case netlinkAudit:
			c.capability(x.at, "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ")
		default:
			c.capability(x.at, "CAP_NET_ADMIN")
		}
	}
}

// Options of SOL_SOCKET and the IP levels that ask for a capability (socket(7), ip(7)).
func judgeSetsockopt(c *collector, x *call) {
	if x.libc {
		return
	}
	options, all := x.ints(2)
	if !all {
		c.capability(x.at, "CAP_NET_ADMIN", "CAP_NET_RAW")
		return
	}
	levels, known := x.ints(1)
	for _, o := range options {
		socketLevel := !known || slices.Contains(levels, 1)
		ipLevel := !known || slices.ContainsFunc(levels, func(l uint64) bool { return l != 1 && l != 6 && l != 17 })
		switch {
		case socketLevel && slices.Contains([]uint64{1, 12, 32, 33, 36, 46, 61, 69, 70}, o): // DEBUG PRIORITY SNDBUFFORCE RCVBUFFORCE MARK BUSY_POLL TXTIME, polling
			c.capability(x.at, "CAP_NET_ADMIN")
		case socketLevel && (o == 25 || o == 62): // BINDTODEVICE BINDTOIFINDEX
			c.capability(x.at, "CAP_NET_RAW")
		case o == 19 && (!known || slices.Contains(levels, 6)): // TCP_REPAIR, and TRANSPARENT of a level that is not known
			c.capability(x.at, "CAP_NET_ADMIN", "CAP_NET_RAW")
		case ipLevel && slices.Contains([]uint64{17, 19, 64, 75}, o): // IPSEC/XFRM policies, TRANSPARENT, IP6T
			c.capability(x.at, "CAP_NET_ADMIN", "CAP_NET_RAW")
		}
	}
}

// harmlessIoctl are requests that ask for nothing: terminals but for stealing
// input or the console, sockets, and interface getters.
func harmlessIoctl(request uint64) bool {
	request &= 0xffffffff
	switch {
	case slices.Contains([]uint64{0x540e, 0x5412, 0x541c, 0x541d, 0x541f, 0x5423, 0x5437, 0x5457}, request):
		return false // TIOCSCTTY TIOCSTI TIOCLINUX TIOCCONS TIOCSSERIAL TIOCSETD TIOCVHANGUP TIOCSLCKTRMIOS
	case request >= 0x5401 && request <= 0x545f, request >= 0x8901 && request <= 0x8907:
		return true
	case request == 0x80045430 || request == 0x40045431 || request == 0x80045432 || request == 0x5441: // pseudo-terminals
		return true
	}
	return slices.Contains(questions, request) || slices.Contains(harmlessGroups, request>>8&0xff) && request>>16 != 0 || slices.Contains([]uint64{0x8910, 0x8912, 0x8913, 0x8915, 0x8917, 0x8919, 0x891b, 0x891d, 0x8921, 0x8927, 0x8933, 0x8942, 0x8970}, request)
}

// questions are requests of files and block devices that only ask, or share and copy
// extents of files that the caller has open (linux/fs.h, linux/fiemap.h, linux/random.h).
var questions = []uint64{0x40049409, 0x4020940d, 0xc0189436, 0xc020660b, 0x80086601, 0x80046601, 0x80087601, 0x80047601, 2,
	0x1260, 0x80081272, 0x80041272, 0x1268, 0x80081270, 0x80041270, 0x127b, 0x1278, 0x1279, 0x127a, 0x127e, 0x125e, 0x1263, 0x301, 0x80045200}

// harmlessGroups are the types of requests of devices that ask for no capability beyond
// the right to open them: input (E), watchdogs (W), hidraw (H), SPI (k), GPIO, KVM.
var harmlessGroups = []uint64{0x45, 0x57, 0x48, 0x6b, 0xb4, 0xae}

func judgeIoctl(c *collector, x *call) {
	requests, all := x.ints(1)
	if x.libc || slices.Contains(harmlessWrappers, x.in) {
		return // of the C library: terminals and interface lists
	}
	if !all {
		c.capability(x.at, "CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SYS_RAWIO", "CAP_SYS_TTY_CONFIG", "CAP_LINUX_IMMUTABLE", "CAP_SYS_TIME")
		c.unknown("ioctl-unresolved", "", x.at)
	}
	for _, r := range requests {
		r &= 0xffffffff
		switch {
		case harmlessIoctl(r):
		case r>>8 == 0x89:
			c.capability(x.at, "CAP_NET_ADMIN")
		case r&0xff00 == 0x7000: // rtc
			c.capability(x.at, "CAP_SYS_TIME", "CAP_SYS_RESOURCE")
			c.fact(FactClock, fmt.Sprintf("ioctl %#x", r), x.at)
		case r == 0x40086602 || r == 0x40046602:
			c.capability(x.at, "CAP_LINUX_IMMUTABLE")
		case r>>8 == 0x4b || r>>8 == 0x56:
			c.capability(x.at, "CAP_SYS_TTY_CONFIG")
		default:
			c.capability(x.at, "CAP_SYS_ADMIN", "CAP_SYS_RAWIO", "CAP_NET_ADMIN", "CAP_SYS_TTY_CONFIG")
		}
	}
}
