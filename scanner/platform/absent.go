// SPDX-License-Identifier: MIT

package platform

import (
	"slices"
	"strings"
)

// families of sockets with the option that each needs, and for those that Linux has
// dropped the release that did. Sources: net/Kconfig and the files that it includes,
// the sock_register() calls below net/ and drivers/, and the kernel's history (removed
// were econet in 3.5, irda in 4.17, ipx in 4.18, decnet in 6.1). Families that C
// libraries of systemd's age may not name are left out.
var families = []struct {
	name, option string
	gone         KernelVersion
}{
	{"AF_ALG", "CRYPTO_USER_API", KernelVersion{}},
	{"AF_APPLETALK", "ATALK", KernelVersion{}},
	{"AF_ATMPVC", "ATM", KernelVersion{}},
	{"AF_ATMSVC", "ATM", KernelVersion{}},
	{"AF_AX25", "AX25", KernelVersion{}},
	{"AF_BLUETOOTH", "BT", KernelVersion{}},
	{"AF_CAIF", "CAIF", KernelVersion{}},
	{"AF_CAN", "CAN", KernelVersion{}},
	{"AF_DECnet", "DECNET", KernelVersion{6, 1}},
	{"AF_ECONET", "ECONET", KernelVersion{3, 5}},
	{"AF_IEEE802154", "IEEE802154", KernelVersion{}},
	{"AF_INET6", "IPV6", KernelVersion{}},
	{"AF_IPX", "IPX", KernelVersion{4, 18}},
	{"AF_IRDA", "IRDA", KernelVersion{4, 17}},
	{"AF_ISDN", "MISDN", KernelVersion{}},
	{"AF_IUCV", "AFIUCV", KernelVersion{}},
	{"AF_KCM", "AF_KCM", KernelVersion{}},
	{"AF_KEY", "NET_KEY", KernelVersion{}},
	{"AF_LLC", "LLC2", KernelVersion{}},
	{"AF_NETROM", "NETROM", KernelVersion{}},
	{"AF_NFC", "NFC", KernelVersion{}},
	{"AF_PACKET", "PACKET", KernelVersion{}},
	{"AF_PHONET", "PHONET", KernelVersion{}},
	{"AF_PPPOX", "PPP", KernelVersion{}},
	{"AF_RDS", "RDS", KernelVersion{}},
	{"AF_ROSE", "ROSE", KernelVersion{}},
	{"AF_RXRPC", "AF_RXRPC", KernelVersion{}},
	{"AF_TIPC", "TIPC", KernelVersion{}},
	{"AF_VSOCK", "VSOCKETS", KernelVersion{}},
	{"AF_X25", "X25", KernelVersion{}},
}

// AbsentFamilies returns the address families of sockets that the kernel, and every
// other one of the image, lacks for certain, sorted: socket(2) refuses them with
// EAFNOSUPPORT, whoever asks.
func (k *Kernel) AbsentFamilies() []string { return k.inAll((*Kernel).absentFamilies) }

// inAll are the names that a list of the kernel has, and those of the others too.
func (k *Kernel) inAll(names func(*Kernel) []string) []string {
	list := names(k)
	if k == nil {
		return list
	}
	for _, other := range k.others {
		has := names(other)
		list = slices.DeleteFunc(list, func(name string) bool { return !slices.Contains(has, name) })
	}
	return list
}

func (k *Kernel) absentFamilies() []string {
	var list []string
	for _, f := range families {
		value, known := k.Option(f.option)
		gone := f.gone.Known() && k != nil && k.Version.Known() && !k.Version.before(f.gone)
		if gone || known && value == "" {
			list = append(list, f.name)
		}
	}
	return list
}

// optionalCalls are system calls that a kernel without the option answers with
// ENOSYS, for those groups of systemd's that can be absent as a whole. since is the
// release that brought the option; before it the calls were always there. Sources:
// kernel/sys_ni.c, arch/x86/kernel/ioport.c.
var optionalCalls = []struct {
	option string
	since  KernelVersion
	calls  string
}{
	{"MODULES", KernelVersion{}, "init_module finit_module delete_module"},
	{"SWAP", KernelVersion{}, "swapon swapoff"},
	{"MODIFY_LDT_SYSCALL", KernelVersion{4, 3}, "modify_ldt"},
	{"X86_IOPL_IOPERM", KernelVersion{5, 5}, "iopl ioperm"},
}

// AbsentCalls returns system calls that the kernel, and every other one of the image,
// was built without, sorted: they give ENOSYS, whoever asks. Those that the
// architecture never had are not listed.
func (k *Kernel) AbsentCalls() []string { return k.inAll((*Kernel).absentCalls) }

func (k *Kernel) absentCalls() []string {
	var list []string
	for _, o := range optionalCalls {
		value, known := k.Option(o.option)
		if !known || value != "" || o.since.Known() && (!k.Version.Known() || k.Version.before(o.since)) {
			continue
		}
		list = append(list, strings.Fields(o.calls)...)
	}
	slices.Sort(list)
	return list
}
