// SPDX-License-Identifier: MIT

package evidence

import (
	"maps"
	"slices"
	"strings"
)

// numbers notes a call whose kinds or options a script gives as numbers: no name tells then
// what it asks for. Of setsockopt the value is none.
func (s *pyScripts) numbers(m *pyModule, c *pyCall) {
	args := c.args
	if c.function == "setsockopt" {
		args = args[:min(2, len(args))]
	}
	if c.function == "fcntl" {
		args = args[min(1, len(args)):min(2, len(args))]
	}
	if c.function == "mmap" { // a file, a length, flags, and what may be done
		args = args[min(3, len(args)):]
	}
	for _, arg := range args {
		if !m.standard && slices.ContainsFunc(arg, func(t pyToken) bool { return t.kind == pyNumber || t.kind == pyName && isOwnConstant(t.text) }) {
			s.numeric[c.function] = true
		}
	}
}

// isOwnConstant tells whether a name is that of a constant, and none of the system's.
func isOwnConstant(name string) bool {
	if name != strings.ToUpper(name) || strings.Trim(name, "_0123456789") == "" {
		return false
	}
	return !slices.ContainsFunc([]string{"AF_", "PF_", "SOCK_", "IPPROTO_", "SOL_", "SO_", "IP_", "IPV6_", "TCP_", "UDP_", "F_", "FD_", "PROT_", "MAP_", "ACCESS_"},
		func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// families takes the socket families that scripts name. One that they give as a number can
// be any.
func (c *collector) families(names map[string]bool, numeric bool, at place) {
	names = maps.Clone(names)
	for name, family := range map[string]string{"LOCAL": "AF_UNIX", "FILE": "AF_UNIX", "ROUTE": "AF_NETLINK"} {
		if names["AF_"+name] || names["PF_"+name] {
			names[family] = true
		}
		delete(names, "AF_"+name)
		delete(names, "PF_"+name)
	}
	for i, family := range familyNames {
		if !names[family] && !names["P"+family[1:]] {
			continue
		}
		c.fact(FactSocketFamily, family, at)
		c.familyCapabilities([]uint64{uint64(i)}, at)
		if family == "AF_NETLINK" {
			c.capability(at, "CAP_NET_ADMIN", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_SYS_ADMIN")
		}
	}
	for name := range names {
		family := "AF_" + strings.TrimPrefix(strings.TrimPrefix(name, "AF_"), "PF_")
		other := strings.HasPrefix(name, "AF_") || strings.HasPrefix(name, "PF_")
		numeric = numeric || other && !slices.Contains(familyNames, family) // a name of its own for a number
	}
	if numeric {
		c.unknown("socket-family-unresolved", "a number", at)
	}
}

// withoutNames are the names by which scripts ask a call of the interpreter for more than it
// needs for itself; without any of them a value that only the running program knows asks
// for nothing (socketmodule.c, fcntlmodule.c, mmapmodule.c, posixmodule.c, perf_trampoline.c).
// The interpreter's own ioctl() sets FIOCLEX of a file (fileutils.c).
var withoutNames = map[string]string{
	"ioctl":                          "ioctl",
	"socket":                         "SOCK_RAW SOCK_PACKET AF_PACKET AF_XDP AF_KEY AF_BLUETOOTH AF_NETLINK",
	"setsockopt":                     "SO_DEBUG SO_PRIORITY SO_SNDBUFFORCE SO_RCVBUFFORCE SO_MARK SO_BUSY_POLL SO_TXTIME SO_BINDTODEVICE SO_BINDTOIFINDEX IP_TRANSPARENT IPV6_TRANSPARENT TCP_REPAIR IP_IPSEC_POLICY IP_XFRM_POLICY IPV6_IPSEC_POLICY IPV6_XFRM_POLICY IPV6_HOPOPTS IPV6_RTHDRDSTOPTS IPV6_DSTOPTS IPPROTO_RAW SOL_RAW",
	"fcntl":                          "F_SETLEASE F_SETPIPE_SZ",
	"setxattr":                       "setxattr removexattr copystat copy2 copytree move copyfile preserve_metadata",
	"mmap":                           "PROT_EXEC prot",
	"mprotect":                       "activate_stack_trampoline",
	"posix_spawnattr_setschedpolicy": "scheduler sched_setscheduler SCHED_FIFO SCHED_RR",
}

// asksNothing tells whether a call that the interpreter or its module makes for its scripts
// asks for nothing by what only the running program knows.
func (c *collector) asksNothing(x *call) bool {
	if c.walked == nil || x.of == nil || len(x.of.file.Methods) == 0 {
		return false
	}
	s, ok := c.walked.scripts.(*pyScripts)
	call := strings.TrimSuffix(x.name, "64")
	if strings.HasSuffix(call, "xattr") {
		call = "setxattr"
	}
	return ok && s.without(call) && (call != "mprotect" || c.env["PYTHONPERFSUPPORT"] == "" && !slices.Contains(x.of.file.Strings, compilesAtRunTime))
}

// compilesAtRunTime is the variable that switches the compiler of an interpreter that was built
// with one (pylifecycle.c): such a one makes memory executable for itself.
const compilesAtRunTime = "PYTHON_JIT"

// without tells whether scripts have no name, and no number, by which they ask a call for more.
func (s *pyScripts) without(call string) bool {
	names, known := withoutNames[call]
	return known && !s.numeric[call] && !slices.ContainsFunc(strings.Fields(names), func(name string) bool {
		return s.others.names[name] || call == "ioctl" && s.names[name]
	})
}
