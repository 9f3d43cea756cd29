// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// contradiction finds facts of a service that speak against a setting, in words.
type contradiction func(*subject) []string

// fact contradicts by its ID, and by its value unless that is empty.
func fact(id, value string) contradiction {
	return func(s *subject) []string {
		return s.facts(func(f report.Fact) bool { return f.ID == id && (value == "" || f.Value == value) })
	}
}

// call contradicts when a system call is reached.
func call(name string) contradiction {
	return func(s *subject) []string {
		if s.Syscalls != nil && slices.Contains(s.Syscalls.Reachable, name) {
			return []string{name + "(2) is reached"}
		}
		return nil
	}
}

// below contradicts with every path that lies at or below one of the places.
func below(places ...string) contradiction {
	return func(s *subject) []string {
		return s.facts(func(f report.Fact) bool { return isPath(f) && lies(f.Value, places) })
	}
}

// sharedTemporary contradicts with paths below /tmp and /var/tmp that others may look
// for: the name of a file that mkstemp(3) or mktemp(1) makes is known to who makes it.
func sharedTemporary(s *subject) []string {
	return s.facts(func(f report.Fact) bool {
		return isPath(f) && lies(f.Value, []string{"/tmp", "/var/tmp"}) && !strings.Contains(path.Base(f.Value), "XXXX")
	})
}

// lies tells whether a path is one of the places or below one.
func lies(path string, places []string) bool {
	return slices.ContainsFunc(places, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

// exactly contradicts with the paths themselves, as a program names that walks them.
func exactly(paths ...string) contradiction {
	return func(s *subject) []string {
		return s.facts(func(f report.Fact) bool { return isPath(f) && slices.Contains(paths, f.Value) })
	}
}

// isPath tells whether a fact is a path, isChanged one that is not only looked at.
func isPath(f report.Fact) bool { return isChanged(f) || f.ID == "path-read" }

func isChanged(f report.Fact) bool { return f.ID == "path" || f.ID == "device" }

// changedBelow contradicts with every path at or below one of the places that may be
// written.
func changedBelow(places ...string) contradiction {
	return func(s *subject) []string {
		return s.facts(func(f report.Fact) bool { return isChanged(f) && lies(f.Value, places) })
	}
}

// asks contradicts when the unit itself has the setting.
func asks(setting string) contradiction {
	return func(s *subject) []string {
		if i := slices.IndexFunc(s.own, func(x unit.Assignment) bool { return x.Key == setting }); i >= 0 {
			return []string{fmt.Sprintf("%s= is set (%s)", setting, s.own[i].Source)}
		}
		return nil
	}
}

func delegated(s *subject) []string {
	if s.service.Delegate {
		return []string{"Delegate= hands a control group subtree to the service"}
	}
	return nil
}

// hostNetwork are the paths by which the host's network is read and set up without a
// socket: in a network name space of its own a service would see and set another one.
func hostNetwork(s *subject) []string {
	return append(below("/proc/net", "/proc/self/net", "/proc/sys/net", "/sys/class/net", "/sys/devices/virtual/net")(s),
		exactly("/proc", "/proc/self", "/proc/sys", "/sys", "/sys/class")(s)...)
}

func socketActivated(s *subject) []string {
	for _, by := range s.PulledInBy {
		if strings.HasSuffix(by, ".socket triggers") {
			return []string{by + " it: its sockets are of the host's network"}
		}
	}
	return nil
}

// selinux: the policy has to allow nnp_transition for every change of domain, that
// of PID 1 to the service's included (kernel, security/selinux/hooks.c).
func selinux(s *subject) []string {
	if slices.Contains(s.image.SecurityModules, "selinux") {
		return []string{"the image has SELinux, whose policy has to allow changes of domain under NoNewPrivileges="}
	}
	return nil
}

// namedRoot: with a user and a filter of system calls, even if the user is root, systemd
// takes CAP_SETUID from what it is about to execute. Root has it back by execve(2), but
// not with no_new_privs (src/core/exec-invoke.c; security/commoncap.c of the kernel).
func namedRoot(s *subject) []string {
	asks := func(f report.Fact) bool { return f.ID == "capability" && f.Value == "CAP_SETUID" }
	if s.service.User == "" || !s.service.IsRoot() || s.version.Major < 255 || len(s.facts(asks)) == 0 {
		return nil
	}
	return []string{"it starts as User=" + s.service.User + " and changes its user: with a filter of system calls systemd takes CAP_SETUID, which NoNewPrivileges= would not give back"}
}

// kernelVariables are the places that ProtectKernelTunables= makes read-only or hides.
var kernelVariables = strings.Fields(`/sys /proc/sys /proc/sysrq-trigger /proc/irq /proc/bus /proc/fs /proc/acpi /proc/asound /proc/scsi /proc/mtrr
	/proc/kcore /proc/kallsyms /proc/latency_stats /proc/timer_stats /proc/apm`)

// unchangedVariables it leaves as they are: control groups are for
// ProtectControlGroups=, and SELinux's stay (src/core/namespace.c of systemd).
var unchangedVariables = []string{"/sys/fs/cgroup", "/sys/fs/selinux"}

// readOnlyVariables are files that nobody can write to: the kernel gives them the mode
// 0444 (kernel/utsname_sysctl.c, kernel/sysctl.c, drivers/char/random.c,
// fs/file_table.c, fs/inode.c, fs/dcache.c, crypto/fips.c, drivers/base/cpu.c,
// mm/huge_memory.c).
var readOnlyVariables = strings.Fields(`
	/proc/sys/kernel/osrelease /proc/sys/kernel/ostype /proc/sys/kernel/version /proc/sys/kernel/cap_last_cap /proc/sys/kernel/ngroups_max
	/proc/sys/kernel/random/boot_id /proc/sys/kernel/random/uuid /proc/sys/kernel/random/entropy_avail /proc/sys/kernel/random/poolsize
	/proc/sys/fs/file-nr /proc/sys/fs/inode-nr /proc/sys/fs/inode-state /proc/sys/fs/dentry-state /proc/sys/crypto/fips_enabled
	/sys/devices/system/cpu/online /sys/devices/system/cpu/possible /sys/devices/system/cpu/present /sys/devices/system/cpu/offline
	/sys/kernel/mm/transparent_hugepage/hpage_pmd_size`)

// kernelTunables are the paths that a service may write to and could not.
func kernelTunables(s *subject) []string {
	return s.facts(func(f report.Fact) bool {
		return isChanged(f) && lies(f.Value, kernelVariables) && !lies(f.Value, unchangedVariables) && !lies(f.Value, readOnlyVariables)
	})
}
