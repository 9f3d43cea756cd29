// SPDX-License-Identifier: MIT

package platform

import (
	"slices"
	"strings"
)

// Target is what decides whether a setting is enforced.
type Target struct {
	Architecture string  // systemd's name
	Systemd      int     // major version
	Build        *Build  // nil when it is not known
	Kernel       *Kernel // nil when it is not known
	// UsersForbidden is the file that forbids user name spaces; empty when none does.
	UsersForbidden string
}

// rule says what one setting needs of a target.
type rule struct {
	setting string
	values  string // the rule is for these values only; empty: for all
	needs   condition
	missing string // what systemd does where it is missing
	source  string // where that is public
}

// What systemd does with a setting that the target cannot enforce.
const (
	skipped  = "systemd skips it without a word and the service runs without it"
	passed   = "systemd goes on and the service runs without it"
	fails217 = "the service fails to start with status 217/USER"
	noEffect = "it has no effect"
)

// Combined conditions.
var (
	filters = all(built("SECCOMP"), option("SECCOMP_FILTER"))
	// cgroupBPF is what programs that are attached to a control group need.
	cgroupBPF = all(unified, option("BPF_SYSCALL", "CGROUP_BPF"))
	framework = all(built("BPF_FRAMEWORK"), cgroupBPF)
	// deviceControl works with either version of the control groups.
	deviceControl = either(
		all(unified, option("BPF_SYSCALL", "CGROUP_BPF"), kernel(4, 15)),
		all(divided, option("CGROUP_DEVICE")),
		all(option("BPF_SYSCALL", "CGROUP_BPF", "CGROUP_DEVICE"), kernel(4, 15)),
	)
	// socketFamilies are told apart where socket() is a system call of its own.
	socketFamilies = either(
		architectures("x86-64 x32 arm arm64 mips64 mips64-le mips64-n32 mips64-le-n32 riscv64", "x86 s390 s390x mips mips-le ppc ppc64 ppc64-le"),
		all(on("loongarch64"), systemd(255)),
	)
	// executableMemory is denied by the kernel itself since 6.3, by filters where
	// systemd knows the architecture's calls; x86, s390 and ppc keep shmat() there.
	executableMemory = either(
		all(systemd(254), kernel(6, 3)),
		all(option("SECCOMP_FILTER"), either(
			architectures("x86-64 x32 x86 arm arm64 riscv64 s390 s390x ppc ppc64 ppc64-le", "mips mips-le mips64 mips64-le mips64-n32 mips64-le-n32"),
			all(on("loongarch64"), systemd(255)),
		)),
	)
)

// rules has what is known, one row for a setting; those for some values of a
// setting stand before the one for all. Settings that are not here are unknown.
//
// Sources: the man pages systemd.exec(5) and systemd.resource-control(5), README of
// systemd ("REQUIREMENTS": kernel options), src/core/exec-invoke.c and
// src/shared/seccomp-util.c for what happens where something is missing.
var rules = []rule{
	{"SystemCallFilter", "", filters, skipped, "systemd.exec(5)"},
	{"SystemCallArchitectures", "", filters, skipped, "systemd.exec(5)"},
	{"SystemCallLog", "", filters, skipped, "systemd.exec(5)"},
	{"RestrictRealtime", "", filters, skipped, "systemd.exec(5)"},
	{"RestrictSUIDSGID", "", filters, skipped, "systemd.exec(5)"},
	{"LockPersonality", "", filters, skipped, "systemd.exec(5)"},
	{"RestrictAddressFamilies", "", all(filters, socketFamilies), skipped, "systemd.exec(5)"},
	// The manual page names these architectures; the filters are made on all others
	// too, so that nothing sure can be said there.
	{"RestrictNamespaces", "", all(filters, architectures("x86 x86-64 mips mips-le mips64 mips64-le mips64-n32 mips64-le-n32 ppc64 ppc64-le s390 s390x", "")), skipped, "systemd.exec(5)"},
	{"MemoryDenyWriteExecute", "", all(built("SECCOMP"), executableMemory), skipped, "systemd.exec(5), PR_SET_MDWE(2const)"},

	// Mount name spaces have no option of their own: every kernel has them.
	{"ProtectSystem", "", always, "", "systemd.exec(5)"},
	{"ProtectHome", "", always, "", "systemd.exec(5)"},
	{"PrivateTmp", "", always, "", "systemd.exec(5)"},
	{"PrivateMounts", "", always, "", "systemd.exec(5)"},
	{"ReadOnlyPaths", "", always, "", "systemd.exec(5)"},
	{"InaccessiblePaths", "", always, "", "systemd.exec(5)"},
	{"ExecPaths", "", always, "", "systemd.exec(5)"},
	{"NoExecPaths", "", always, "", "systemd.exec(5)"},
	{"TemporaryFileSystem", "", always, "", "systemd.exec(5)"},
	{"ProtectProc", "", all(option("PROC_FS"), kernel(5, 8)), skipped, "systemd.exec(5); hidepid= for one mount: Linux 5.8"},
	{"ProcSubset", "", all(option("PROC_FS"), kernel(5, 8)), skipped, "systemd.exec(5); subset= of procfs: Linux 5.8"},

	// These are enforced by mounts or by capabilities that are taken away; filters
	// and device control only come on top.
	{"PrivateDevices", "", always, "", "systemd.exec(5)"},
	{"ProtectKernelTunables", "", always, "", "systemd.exec(5)"},
	{"ProtectKernelModules", "", always, "", "systemd.exec(5)"},
	{"ProtectKernelLogs", "", always, "", "systemd.exec(5)"},
	{"ProtectClock", "", always, "", "systemd.exec(5)"},
	{"ProtectControlGroups", "private", unified, passed, "systemd.exec(5)"},
	{"ProtectControlGroups", "", always, "", "systemd.exec(5)"},
	{"NoNewPrivileges", "", always, "", "prctl(2)"},
	{"UMask", "", always, "", "umask(2)"},
	{"User", "", unlessOff("MULTIUSER"), "the service cannot change to its user", "init/Kconfig of Linux"},
	{"DynamicUser", "", unlessOff("MULTIUSER"), "the service cannot change to its user", "init/Kconfig of Linux"},
	{"CapabilityBoundingSet", "", unlessOff("MULTIUSER"), noEffect, "init/Kconfig of Linux"},
	{"AmbientCapabilities", "", unlessOff("MULTIUSER"), noEffect, "init/Kconfig of Linux"},

	{"PrivateNetwork", "", option("NET_NS"), passed, "systemd.exec(5)"},
	{"PrivateIPC", "", option("IPC_NS"), passed, "systemd.exec(5)"},
	{"PrivatePIDs", "", option("PID_NS"), passed, "systemd.exec(5)"},
	{"PrivateUsers", "", all(option("USER_NS"), usersPermitted), fails217, "systemd.exec(5); user.max_user_namespaces: namespaces(7)"},
	{"ProtectHostname", "private", option("UTS_NS"), passed, "systemd.exec(5)"},
	{"ProtectHostname", "", either(filters, option("UTS_NS")), passed, "systemd.exec(5)"},

	{"DeviceAllow", "", deviceControl, skipped, "systemd.resource-control(5)"},
	{"DevicePolicy", "", deviceControl, skipped, "systemd.resource-control(5)"},
	{"IPAddressDeny", "", all(cgroupBPF, kernel(4, 11)), passed, "systemd.resource-control(5)"},
	{"IPIngressFilterPath", "", all(cgroupBPF, kernel(4, 11)), passed, "systemd.resource-control(5)"},
	{"IPEgressFilterPath", "", all(cgroupBPF, kernel(4, 11)), passed, "systemd.resource-control(5)"},
	{"SocketBindDeny", "", all(framework, kernel(4, 17)), passed, "systemd.resource-control(5)"},
	{"RestrictNetworkInterfaces", "", all(framework, kernel(5, 7)), passed, "systemd.resource-control(5)"},
	{"RestrictFileSystems", "", all(framework, option("BPF_LSM", "DEBUG_INFO_BTF"), kernel(5, 7), activeLSM("bpf")), skipped, "systemd.exec(5)"},

	{"SELinuxContext", "", all(built("SELINUX"), option("SECURITY_SELINUX")), skipped, "systemd.exec(5)"},
	{"AppArmorProfile", "", all(built("APPARMOR"), option("SECURITY_APPARMOR")), noEffect, "systemd.exec(5)"},
	{"SmackProcessLabel", "", all(built("SMACK"), option("SECURITY_SMACK")), skipped, "systemd.exec(5)"},
}

// activeLSM asks whether the kernel starts a security module; one that is not in
// its list may still be named on the command line.
func activeLSM(name string) condition {
	return func(t *Target) (answer, string) {
		if list, _ := t.Kernel.Option("LSM"); slices.Contains(strings.Split(list, ","), name) {
			return yes, ""
		}
		return unknown, ""
	}
}

// Effect tells whether the target would enforce a setting that has a value other
// than its default: true, false with the reason and with what systemd does instead,
// or nil when too little is known. The value matters for some settings only.
func (t *Target) Effect(setting, value string) (effective *bool, why string) {
	r := ruleFor(setting, value)
	if r == nil {
		return nil, ""
	}
	a, why := r.needs(t)
	if a == unknown {
		return nil, ""
	}
	enforced := a == yes
	if !enforced {
		why = strings.Trim(why+"; "+r.missing, "; ")
	}
	return &enforced, why
}

// Effect is what is known of one setting, whatever its value.
type Effect struct {
	Setting   string
	Effective bool
	Why       string // not
}

// Effects returns what is known of each setting, in the order of the table.
func (t *Target) Effects() []Effect {
	var list []Effect
	for _, r := range rules {
		if r.values != "" {
			continue
		}
		if effective, why := t.Effect(r.setting, ""); effective != nil {
			list = append(list, Effect{r.setting, *effective, why})
		}
	}
	return list
}

// ruleFor finds the row of a setting and value; "private:NAME" is of the value private.
func ruleFor(setting, value string) *rule {
	value, _, _ = strings.Cut(value, ":")
	for i := range rules {
		if r := &rules[i]; r.setting == setting && (r.values == "" || slices.Contains(strings.Fields(r.values), value)) {
			return r
		}
	}
	return nil
}
