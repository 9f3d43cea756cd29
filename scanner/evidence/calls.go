// SPDX-License-Identifier: MIT

package evidence

import (
	"fmt"
	"path"
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// place is where something was found: a file with an offset, and the calls that
// lead there.
type place struct {
	where string
	why   []string

	// Instead of both a site, of which most are never shown.
	site *elfcode.Site
	in   *loaded
}

// named is the place in words.
func (p place) named() place {
	if p.site == nil {
		return p
	}
	return place{where: fmt.Sprintf("%s+%#x", p.in.path, p.site.Addr), why: p.in.way(p.site.Func)}
}

// call is a reached system call or library function whose arguments decide.
type call struct {
	name   string
	args   []elfcode.Arg
	libc   bool   // made by the C library for itself
	kernel bool   // a system call, not a function of the C library
	in     string // the function that makes it, if it has a name
	soname string // of the module that makes it
	module string // its path
	of     *loaded
	at     place
}

// ofGo tells whether Go's runtime makes the call for itself: its functions have names
// in the program's own tables.
func (c *call) ofGo() bool { return strings.HasPrefix(c.in, "runtime.") }

// arg returns the values of an argument; ok is false when the analysis has none.
func (c *call) arg(i int) (v elfcode.Values, ok bool) {
	for _, a := range c.args {
		if int(a.Index) == i {
			return a.Values, true
		}
	}
	return v, false
}

// ints are the known values of an argument, and whether these are all.
func (c *call) ints(i int) (values []uint64, all bool) {
	v, ok := c.arg(i)
	return v.Ints, ok && v.Complete()
}

// anyBit tells whether a value may have one of the bits.
func (c *call) anyBit(i int, bits uint64) bool {
	v, ok := c.arg(i)
	if !ok || v.FromParam || v.Mask&bits != 0 {
		return true
	}
	return slices.ContainsFunc(v.Ints, func(x uint64) bool { return x&bits != 0 })
}

// judges decide by the arguments of a call; the key is the name of the system call
// or of the C library's function. Constants: the kernel's uapi headers.
var judges = map[string]func(*collector, *call){
	"socket": judgeSocket, "socketpair": judgeSocket,
	"bind":       judgeBind,
	"setsockopt": judgeSetsockopt,
	"getenv":     judgeVariable, "secure_getenv": judgeVariable, "g_getenv": judgeVariable,
	"ioctl":    judgeIoctl,
	"mprotect": judgeProtection, "pkey_mprotect": judgeProtection, "mmap": judgeProtection, "mmap2": judgeProtection, "mmap64": judgeProtection,
	"shmat":             judgeShmat,
	"open":              func(c *collector, x *call) { judgeCreate(c, x, 1, 2) },
	"open64":            func(c *collector, x *call) { judgeCreate(c, x, 1, 2) },
	"openat":            func(c *collector, x *call) { judgeCreate(c, x, 2, 3) },
	"openat64":          func(c *collector, x *call) { judgeCreate(c, x, 2, 3) },
	"creat":             func(c *collector, x *call) { judgeCreate(c, x, -1, 1) },
	"creat64":           func(c *collector, x *call) { judgeCreate(c, x, -1, 1) },
	"sched_setaffinity": judgeAffinity,
	"prctl":             judgePrctl,
	"setxattr":          judgeXattr, "lsetxattr": judgeXattr, "fsetxattr": judgeXattr, "removexattr": judgeXattr, "lremovexattr": judgeXattr, "fremovexattr": judgeXattr,
	"clone":                func(c *collector, x *call) { judgeNamespaces(c, x, 2, 0) },
	"__clone":              func(c *collector, x *call) { judgeNamespaces(c, x, 2, 0) },
	"clone3":               judgeClone3,
	"unshare":              func(c *collector, x *call) { judgeNamespaces(c, x, 0, 0) },
	"setns":                judgeEntered,
	"sched_setscheduler":   func(c *collector, x *call) { judgePolicy(c, x, 1) },
	"sched_setattr":        func(c *collector, x *call) { c.fact(FactRealtime, "sched_setattr", x.at) },
	"chmod":                func(c *collector, x *call) { judgeMode(c, x, 1) },
	"fchmod":               func(c *collector, x *call) { judgeMode(c, x, 1) },
	"fchmodat":             func(c *collector, x *call) { judgeMode(c, x, 2) },
	"fchmodat2":            func(c *collector, x *call) { judgeMode(c, x, 2) },
	"mkdir":                func(c *collector, x *call) { judgeMode(c, x, 1) },
	"mkdirat":              func(c *collector, x *call) { judgeMode(c, x, 2) },
	"mknod":                func(c *collector, x *call) { judgeMode(c, x, 1) },
	"mknodat":              func(c *collector, x *call) { judgeMode(c, x, 2) },
	"g_mkdir_with_parents": modeAt(1), "g_mkdir": modeAt(1), "g_chmod": modeAt(1), "g_mkdtemp_full": modeAt(1), "g_mkstemp_full": modeAt(2), "g_file_set_contents_full": modeAt(4),
	"uv_fs_mkdir": modeAt(3), "uv_fs_chmod": modeAt(3), "uv_fs_fchmod": modeAt(3),
	"capset":                         judgeCapset,
	"posix_spawnattr_setflags":       judgeSpawnFlags,
	"capng_update":                   judgeCapngUpdate,
	"capng_updatev":                  judgeCapngUpdate,
	"cap_set_flag":                   judgeCapFlags,
	"cap_from_text":                  judgeCapText,
	"cap_from_name":                  judgeCapText,
	"capng_fill":                     func(c *collector, x *call) { c.unknown("capabilities-unresolved", x.name, x.at) },
	"nl_connect":                     judgeNetlinkOf(1),
	"mnl_socket_open":                judgeNetlinkOf(0),
	"mnl_socket_open2":               judgeNetlinkOf(0),
	"timerfd_create":                 judgeAlarm,
	"timer_create":                   judgeAlarm,
	"fcntl":                          judgeFcntl,
	"fcntl64":                        judgeFcntl,
	"pthread_setschedparam":          func(c *collector, x *call) { judgePolicy(c, x, 1) },
	"pthread_attr_setschedpolicy":    func(c *collector, x *call) { judgePolicy(c, x, 1) },
	"posix_spawnattr_setschedpolicy": func(c *collector, x *call) { judgePolicy(c, x, 1) },
}

const (
	afUnix         = 1
	sockDgram      = 2
	sockRaw        = 3
	sockPacket     = 10
	afNetlink      = 16
	afVsock        = 40
	netlinkUevent  = 15
	netlinkUser    = 2
	netlinkSELinux = 7
	netlinkISCSI   = 8
	netlinkAudit   = 9
	protExec       = 4
	protWrite      = 2
	setIDBits      = 0o6000
	clockRealAlarm = 8
	clockBootAlarm = 9
	fcntlSetLease  = 1024
	fcntlSetPipe   = 1031
)

// judgeProtection: memory that is writable and executable, or made executable
// later (systemd.exec(5), MemoryDenyWriteExecute=).
func judgeProtection(c *collector, x *call) {
	if x.libc && !c.execStack || x.ofGo() {
		return // segments as the files ask for them, checked there; stacks of threads; Go's heap (runtime/mem_linux.go)
	}
	exec := x.anyBit(2, protExec)
	if strings.HasPrefix(x.name, "mmap") {
		const locked = 0x2000
		if flags, _ := x.ints(3); slices.ContainsFunc(flags, func(f uint64) bool { return f&locked != 0 }) {
			c.capability(x.at, "CAP_IPC_LOCK")
		}
		exec = exec && x.anyBit(2, protWrite)
	}
	if exec && !c.asksNothing(x) {
		if _, all := x.ints(2); !all {
			c.unknown("protection-unresolved", x.name, x.at)
			return
		}
		c.fact(FactWX, x.name, x.at)
	}
}

func judgeShmat(c *collector, x *call) {
	const shmExec = 0o100000
	if x.anyBit(2, shmExec) {
		c.fact(FactWX, "shmat", x.at)
	}
}

// judgeXattr: the class of an attribute decides (xattr(7)): those of users and of access
// control lists belong to the owner of the file.
func judgeXattr(c *collector, x *call) {
	if x.libc {
		return // hands on what its callers gave, who are seen
	}
	v, ok := x.arg(1)
	if (!ok || !v.Complete()) && !c.asksNothing(x) {
		c.capability(x.at, "CAP_SETFCAP", "CAP_SYS_ADMIN", "CAP_MAC_ADMIN")
	}
	for _, name := range v.Strings {
		switch {
		case strings.HasPrefix(name, "user."), strings.HasPrefix(name, "system.posix_acl_"):
		case name == "security.capability":
			c.capability(x.at, "CAP_SETFCAP")
		case name == "security.selinux":
			c.capability(x.at, "CAP_MAC_ADMIN")
		default:
			c.capability(x.at, "CAP_SETFCAP", "CAP_SYS_ADMIN", "CAP_MAC_ADMIN")
		}
	}
}

// judgePrctl: options that ask for a capability or change confinement (prctl(2)).
func judgePrctl(c *collector, x *call) {
	if x.libc {
		return // names of threads
	}
	options, all := x.ints(0)
	if !all {
		c.capability(x.at, "CAP_SETPCAP", "CAP_SYS_RESOURCE", "CAP_SYS_ADMIN")
	}
	for _, o := range options {
		switch o & 0xffffffff {
		case 24, 28: // PR_CAPBSET_DROP, PR_SET_SECUREBITS
			c.capability(x.at, "CAP_SETPCAP")
		case 47: // PR_CAP_AMBIENT
			judgeAmbient(c, x)
		case 35, 57: // PR_SET_MM, PR_SET_IO_FLUSHER
			c.capability(x.at, "CAP_SYS_RESOURCE")
		case 22: // PR_SET_SECCOMP
			c.capability(x.at, "CAP_SYS_ADMIN")
		}
	}
}

// timeSharing are SCHED_OTHER, SCHED_BATCH and SCHED_IDLE. RestrictRealtime= refuses all
// else, these with SCHED_RESET_ON_FORK included (seccomp_restrict_realtime() of systemd).
var timeSharing = []uint64{0, 3, 5}

func judgePolicy(c *collector, x *call, index int) {
	if x.libc {
		return // hands on what its callers gave, who are seen
	}
	policies, all := x.ints(index)
	if !all && !c.asksNothing(x) {
		c.unknown("scheduling-policy-unresolved", x.name, x.at)
	}
	for _, p := range policies {
		if !slices.Contains(timeSharing, p&0xffffffff) {
			c.fact(FactRealtime, x.name, x.at)
		}
	}
}

// copiers give a file the mode of another one.
var copiers = []string{"cp", "mv", "sed"}

func judgeMode(c *collector, x *call, index int) {
	if x.libc || !x.anyBit(index, setIDBits) || c.forgone(x.at, "mode") {
		return
	}
	switch _, all := x.ints(index); {
	case all:
		c.fact(FactSetIDBits, x.name, x.at)
	case hasPrefix(handsOnModes, x.soname):
		return
	case x.plainMode() != "":
		c.assume("mode-unresolved", x.name, x.plainMode(), x.at)
		return
	default:
		c.unknown("mode-unresolved", x.name, x.at)
	}
	c.capability(x.at, "CAP_FSETID")
}

// modeAt judges the mode that an argument is.
func modeAt(index int) func(*collector, *call) {
	return func(c *collector, x *call) { judgeMode(c, x, index) }
}

// plainMode is what is assumed of a mode that is not known, where the code is of one of plainModes
// or of a program that gives files the mode of others.
func (x *call) plainMode() string {
	for _, p := range plainModes {
		if strings.HasPrefix(x.soname, p.soname) {
			return p.assumption
		}
	}
	if x.soname == "" && slices.Contains(copiers, path.Base(x.module)) {
		return "the files that it copies, moves or edits have no set-ID bits"
	}
	return ""
}

// judgeCreate: a file that is made may get set-ID bits as well. A mode that is not a
// constant is not looked at.
func judgeCreate(c *collector, x *call, flags, mode int) {
	const create = 0o100
	modes, _ := x.ints(mode)
	if x.libc || flags >= 0 && !x.anyBit(flags, create) || !slices.ContainsFunc(modes, func(m uint64) bool { return m&setIDBits != 0 && m>>16 == 0 }) {
		return
	}
	c.fact(FactSetIDBits, x.name, x.at)
	c.capability(x.at, "CAP_FSETID")
}

// judgeAffinity: the processors of other users' processes (sched_setaffinity(2)).
func judgeAffinity(c *collector, x *call) {
	if processes, all := x.ints(0); !x.libc && !(all && onlyInts(processes, 0)) {
		c.capability(x.at, "CAP_SYS_NICE")
	}
}

func judgeAlarm(c *collector, x *call) {
	clocks, all := x.ints(0)
	if x.libc {
		return
	}
	if !all || slices.Contains(clocks, clockRealAlarm) || slices.Contains(clocks, clockBootAlarm) {
		c.capability(x.at, "CAP_WAKE_ALARM")
	}
}

func judgeFcntl(c *collector, x *call) {
	if x.libc {
		return
	}
	commands, all := x.ints(1)
	if !all && !c.asksNothing(x) {
		c.capability(x.at, "CAP_LEASE", "CAP_SYS_RESOURCE")
	}
	for _, cmd := range commands {
		switch cmd & 0xffffffff {
		case fcntlSetLease:
			c.capability(x.at, "CAP_LEASE")
		case fcntlSetPipe:
			c.capability(x.at, "CAP_SYS_RESOURCE")
		}
	}
}
