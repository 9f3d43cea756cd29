// SPDX-License-Identifier: MIT

package patcher

import (
	"slices"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// rule is what is known about one setting: since when systemd has it, when a unit
// has no need of it, and what speaks for or against it in a given service.
type rule struct {
	setting string
	since   int // systemd version that brought it
	// holds tells whether the unit has the setting, or something stricter.
	holds func(*unit.Service) bool
	// judge gives the lines to write with their reasons, or why not.
	judge func(*subject) verdict
}

// line is one assignment of [Service].
type line struct{ setting, value string }

// verdict is what a rule says of a service: with a confidence, to set it and why;
// without one, why not.
type verdict struct {
	confidence string
	lines      []line
	because    []string
}

func withheld(because ...string) verdict { return verdict{because: because} }

// rules is the table of what can be proposed. A rule that asks for evidence looks
// at the facts and unknowns of the service; each is right for the reason that it
// gives. Sources: systemd.exec(5), systemd.resource-control(5), capabilities(7), and
// the system calls' manual pages for what they ask of the caller.
var rules = []rule{
	{"NoNewPrivileges", 187, func(s *unit.Service) bool { return s.NoNewPrivileges }, noNewPrivileges},
	{"CapabilityBoundingSet", 187, func(s *unit.Service) bool { return s.CapabilityBoundingSet == 0 }, capabilityBoundingSet},
	{"PrivateDevices", 209, func(s *unit.Service) bool { return s.PrivateDevices }, mounts(privateDevices)},
	{"DevicePolicy", 208, func(s *unit.Service) bool { return s.DevicePolicy != "auto" || s.PrivateDevices }, either(listedDevices, devicePolicy)},
	{"PrivateUsers", 232, func(s *unit.Service) bool { return s.PrivateUsers != "no" }, privateUsers},
	{"PrivateTmp", 183, func(s *unit.Service) bool { return s.PrivateTmp != "no" }, mounts(unless("PrivateTmp", report.Likely,
		"nothing that it runs, and no configuration in the image, names /tmp or /var/tmp, but for files that get names of their own", sharedTemporary, fact("datagram-server", "")))},
	{"PrivateMounts", 239, func(s *unit.Service) bool { return s.PrivateMounts == unit.Yes }, either(
		unprivileged(yes("PrivateMounts"), "mount(2) in the host's mount name space needs CAP_SYS_ADMIN, so the host never sees a mount of this service"),
		mounts(unless("PrivateMounts", report.Proven, "no system call that mounts or enters a mount name space is reached", fact("mount", ""), fact("namespace", "mnt"), fact("namespace", "all"))))},
	{"ProtectSystem", 214, func(s *unit.Service) bool { return s.ProtectSystem != "no" }, mounts(unless("ProtectSystem", report.Likely,
		"it names nothing below /boot and /efi, and writes to nothing that it names below /usr; heuristic: to files there that are named at run time it does not write",
		below("/boot", "/efi"), fact("path-written", "")))},
	{"ProtectHome", 214, func(s *unit.Service) bool { return s.ProtectHome != "no" }, mounts(unless("ProtectHome", report.Likely,
		"nothing that it runs, and no configuration in the image, names a home directory, and it starts nothing as another user",
		below("/home", "/root", "/run/user"), fact("user-change", ""), fact("session", ""), fact("mount-table", "")))},
	{"ProtectClock", 245, func(s *unit.Service) bool { return s.ProtectClock }, protectClock},
	{"ProtectControlGroups", 232, func(s *unit.Service) bool { return s.ProtectControlGroups != "no" }, either(
		unprivileged(yes("ProtectControlGroups"), "only root may write below /sys/fs/cgroup, and no subtree is delegated to this service"),
		mounts(unless("ProtectControlGroups", report.Likely, "nothing that it runs names /sys/fs/cgroup but to read", changedBelow("/sys/fs/cgroup"), exactly("/sys", "/sys/fs"), delegated)))},
	{"ProtectKernelLogs", 244, func(s *unit.Service) bool { return s.ProtectKernelLogs }, mounts(unless("ProtectKernelLogs", report.Likely,
		"syslog(2) is not reached, and nothing names /dev/kmsg or /proc/kmsg", fact("kernel-log", ""), below("/dev/kmsg", "/proc/kmsg")))},
	{"ProtectKernelModules", 232, func(s *unit.Service) bool { return s.ProtectKernelModules }, mounts(unless("ProtectKernelModules", report.Likely,
		"no system call that loads or removes modules is reached, and nothing names their folder", fact("module", ""), below("/lib/modules", "/usr/lib/modules", "/proc/modules")))},
	{"ProtectKernelTunables", 232, func(s *unit.Service) bool { return s.ProtectKernelTunables }, mounts(unless("ProtectKernelTunables", report.Likely,
		"nothing that it runs, and no configuration in the image, names a kernel variable in /proc or /sys that can be written", kernelTunables))},
	{"ProtectHostname", 242, func(s *unit.Service) bool { return s.ProtectHostname != "no" }, unless("ProtectHostname", report.Likely,
		"sethostname(2) and setdomainname(2) are not reached; heuristic: it does not have to notice that the host name changes", fact("hostname", ""), exactly("/etc/hostname"), below("/proc/sys/kernel/hostname"))},
	{"ProtectProc", 247, func(s *unit.Service) bool { return s.ProtectProc != "default" }, mounts(either(protectProc, seesAllProcesses))},
	{"LockPersonality", 235, func(s *unit.Service) bool { return s.LockPersonality }, unless("LockPersonality", report.Proven, "personality(2) is not reached", fact("personality", ""))},
	{"MemoryDenyWriteExecute", 231, func(s *unit.Service) bool { return s.MemoryDenyWriteExecute }, unless("MemoryDenyWriteExecute", report.Proven,
		"no memory is mapped or made executable but the segments of its files, and none of these is writable", fact("wx-memory", ""))},
	{"RestrictRealtime", 231, func(s *unit.Service) bool { return s.RestrictRealtime }, either(realtime,
		unless("RestrictRealtime", report.Proven, "no call that sets a real-time scheduling policy is reached", fact("realtime", ""), asks("CPUSchedulingPolicy")))},
	{"RestrictSUIDSGID", 242, func(s *unit.Service) bool { return s.RestrictSUIDSGID }, unless("RestrictSUIDSGID", report.Likely,
		"no call sets a set-user-ID or set-group-ID bit; heuristic: a mode of open(2) that is not a constant is not looked at", fact("set-id-bits", ""), call("openat2"))}, // which the filter refuses as a whole
	{"RestrictNamespaces", 233, func(s *unit.Service) bool { return s.RestrictNamespaces == 0 }, restrictNamespaces},
	{"RestrictAddressFamilies", 211, func(s *unit.Service) bool { return s.RestrictAddressFamilies.Allow }, either(restrictAddressFamilies, absentFamilies)},
	{"PrivateNetwork", 209, func(s *unit.Service) bool { return s.PrivateNetwork }, unless("PrivateNetwork", report.Proven,
		"it makes no socket and is handed none, and looks at nothing of the network in /proc and /sys", fact("socket-family", ""), fact("listens", ""),
		fact("mount", ""), hostNetwork, asks("Sockets"), asks("NetworkNamespacePath"), socketActivated)},
	{"IPAddressDeny", 235, func(s *unit.Service) bool { return len(s.IPAddressDeny) > 0 }, ipAddressDeny},
	{"SocketBindDeny", 249, func(*unit.Service) bool { return false }, socketBindDeny},
	{"SystemCallFilter", 187, func(s *unit.Service) bool { return s.SystemCallFilter.Active() }, either(systemCallFilter, refusedCalls, absentCalls)},
	{"SystemCallArchitectures", 209, func(s *unit.Service) bool { return slices.Equal(s.SystemCallArchitectures, []string{"native"}) }, nativeOnly},
}

// yes is the line that turns a boolean setting on.
func yes(setting string) []line { return []line{{setting, "yes"}} }

// either takes the first verdict that proposes, or else all reasons against.
func either(judges ...func(*subject) verdict) func(*subject) verdict {
	return func(s *subject) verdict {
		var against verdict
		for _, judge := range judges {
			v := judge(s)
			if v.confidence != "" {
				return v
			}
			for _, why := range v.because {
				if !slices.Contains(against.because, why) {
					against.because = append(against.because, why)
				}
			}
		}
		return against
	}
}

func proposed(confidence string, lines []line, because ...string) verdict {
	return verdict{confidence, lines, because}
}
