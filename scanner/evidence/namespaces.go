// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"
)

// namespaceFlags are the flags of clone(2) (include/uapi/linux/sched.h) by the names that
// RestrictNamespaces= has.
var namespaceFlags = []struct {
	flag uint64
	name string
}{
	{newMount, "mnt"}, {0x02000000, "cgroup"}, {0x04000000, "uts"}, {0x08000000, "ipc"}, {0x10000000, "user"}, {0x20000000, "pid"}, {0x40000000, "net"},
}

const (
	newTime  = 0x80
	newMount = 0x00020000
)

func judgeNamespaces(c *collector, x *call, libraryArg, syscallArg int) {
	if x.libc || x.ofGo() {
		return // threads, fork and posix_spawn
	}
	index := syscallArg
	if strings.HasSuffix(x.name, "clone") && !x.kernel {
		index = libraryArg
	}
	flags, all := x.ints(index)
	if !all && !x.from(forksOnly) {
		c.unknown("namespace-flags-unresolved", x.name, x.at)
	}
	for _, f := range flags {
		c.namespaces(f, x.name == "unshare", x.at)
	}
}

// namespaces takes the name spaces of some flags; of clone(2) one bit of them is a part
// of the signal.
func (c *collector) namespaces(flags uint64, time bool, at place) {
	if time && flags&newTime != 0 {
		c.fact(FactNamespace, "time", at)
		c.capability(at, "CAP_SYS_ADMIN")
	}
	for _, n := range namespaceFlags {
		if flags&n.flag != 0 {
			c.fact(FactNamespace, n.name, at)
			c.capability(at, "CAP_SYS_ADMIN")
		}
	}
}

// judgeEntered: setns(2) with 0 for the kind enters whatever the file is, and is not
// permitted when one kind is not. A mount name space asks for CAP_SYS_CHROOT as well.
func judgeEntered(c *collector, x *call) {
	if x.libc || x.from(entersOnRequest) && !slices.ContainsFunc(opensContainers, c.walked.imports) {
		return
	}
	kinds, all := x.ints(1)
	if !all || len(kinds) == 0 || slices.Contains(kinds, 0) {
		c.fact(FactNamespace, "all", x.at)
		c.capability(x.at, "CAP_SYS_ADMIN", "CAP_SYS_CHROOT")
	}
	for _, kind := range kinds {
		c.namespaces(kind, true, x.at)
		if kind&newMount != 0 {
			c.capability(x.at, "CAP_SYS_CHROOT")
		}
	}
}

// judgeClone3: its flags lie in memory.
func judgeClone3(c *collector, x *call) {
	if !x.libc {
		c.unknown("namespace-flags-unresolved", x.name, x.at)
	}
}
