// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// service is a loaded unit whose programs were looked at, and do nothing: text has
// its lines, of [Service] where no section is named.
func service(t testing.TB, version, text string, change ...func(*report.Unit)) report.Unit {
	t.Helper()
	u := report.Unit{Name: "x.service", LoadState: report.Loaded, Fragment: "/usr/lib/systemd/system/x.service",
		Syscalls: &report.Syscalls{Complete: true}, ExposureAfter: report.None}
	u.Settings = linesOf(t, version, u.Fragment, "ExecStart=/usr/bin/x\n"+text)
	for _, c := range change {
		c(&u)
	}
	u.Exposure = score(t, version, &u)
	return u
}

// linesOf parses a unit file of the given path.
func linesOf(t testing.TB, version, file, text string) []report.Setting {
	t.Helper()
	v, err := unit.ParseVersion(version)
	require.NoError(t, err)
	list, _, err := unit.Parse([]byte("[Service]\n"+text), file, "service", v)
	require.NoError(t, err)
	var out []report.Setting
	for _, a := range list {
		out = append(out, report.Setting{Section: a.Section, Key: a.Key, Value: a.Value, Source: report.Source{File: a.File, Line: a.Line}})
	}
	return out
}

// inDropIn adds a drop-in; they are given in the order in which PID 1 reads them.
func inDropIn(t testing.TB, name, text string) func(*report.Unit) {
	return func(u *report.Unit) {
		file := "/usr/lib/systemd/system/x.service.d/" + name
		u.DropIns = append(u.DropIns, file)
		u.Settings = append(u.Settings, linesOf(t, "257", file, text)...)
	}
}

func facts(pairs ...string) func(*report.Unit) {
	return func(u *report.Unit) {
		for _, p := range pairs {
			id, value, _ := strings.Cut(p, " ")
			u.Facts = append(u.Facts, report.Fact{ID: id, Value: value, Where: "/usr/bin/x"})
		}
	}
}

func calls(names ...string) func(*report.Unit) {
	return func(u *report.Unit) { u.Syscalls.Reachable = names }
}

func unknown(id string, blocks ...string) func(*report.Unit) {
	return func(u *report.Unit) {
		u.Unknowns = append(u.Unknowns, report.Unknown{ID: id, Where: "/usr/bin/x", Blocks: blocks})
	}
}

func assumed(id string) func(*report.Unit) {
	return func(u *report.Unit) {
		u.Unknowns = append(u.Unknowns, report.Unknown{ID: id, Where: "/usr/bin/x", Assumption: "it holds"})
	}
}

func without(u *report.Unit) { u.Syscalls = nil } // no evidence was collected

func triggeredBy(names ...string) func(*report.Unit) {
	return func(u *report.Unit) { u.PulledInBy = names }
}

func rulesOf(t testing.TB, version string) unit.Rules {
	t.Helper()
	v, err := unit.ParseVersion(version)
	require.NoError(t, err)
	return unit.NewRules(v)
}

func evaluate(t testing.TB, version string, u *report.Unit, more ...report.Setting) *unit.Service {
	t.Helper()
	v := *u
	v.Settings = append(slices.Clone(u.Settings), more...)
	s, err := rulesOf(t, version).Evaluate(u.Name, u.Fragment, assignmentsOf(&v))
	require.NoError(t, err)
	return s
}

func score(t testing.TB, version string, u *report.Unit) report.Level {
	t.Helper()
	return report.Level(assess(t, version, evaluate(t, version, u)).Exposure)
}

func assess(t testing.TB, version string, s *unit.Service) exposure.Result {
	t.Helper()
	v, err := unit.ParseVersion(version)
	require.NoError(t, err)
	return exposure.Assess(&exposure.Target{Version: v, Arch: seccomp.X8664, Compat: exposure.Online}, s)
}

func image(version string) report.Image {
	return report.Image{SystemdVersion: version, RulesVersion: version, Architecture: "x86-64", Compat: "online",
		Effects: []report.Effect{{Setting: "PrivateUsers", Effective: true}, {Setting: "SocketBindDeny", Effective: true}}}
}

// propose returns the unit with proposals for an image of the version.
func propose(t testing.TB, version string, u report.Unit, change ...func(*report.Image)) report.Unit {
	t.Helper()
	r := &report.Report{Image: image(version), Units: []report.Unit{u}}
	for _, c := range change {
		c(&r.Image)
	}
	require.NoError(t, Propose(r, report.Likely, nil))
	return r.Units[0]
}

// said is what was said of one setting: "VALUE (confidence); ...", "withheld: ..." or
// nothing.
func said(u report.Unit, setting string) string {
	var out []string
	for _, p := range u.Proposals {
		if p.Setting == setting {
			out = append(out, fmt.Sprintf("%s (%s)", p.Value, p.Confidence))
		}
	}
	for _, w := range u.Withheld {
		if w.Setting == setting {
			out = append(out, "withheld: "+strings.Join(w.Because, "; "))
		}
	}
	return strings.Join(out, "; ")
}

const unprivilegedLines = "User=daemon\nNoNewPrivileges=yes\n"

// TestRules has for every rule what it says of a service that does nothing, and of
// each that has a reason against it.
func TestRules(t *testing.T) {
	const (
		likely, proven = "yes (likely)", "yes (proven)"
		early          = "withheld: DefaultDependencies=no: it may run before the file systems are set up"
		ownMounts      = "withheld: in a mount name space of its own the host would not see its mounts; mount in /usr/bin/x"
	)
	type (
		change = func(*report.Unit)
		row    struct {
			summary string
			lines   string
			change  []change
			want    string
		}
	)
	with := func(c ...change) []change { return c }
	in := func(f string) string { return "withheld: " + f + " in /usr/bin/x" }
	earlyBoot := row{"in the early boot", "[Unit]\nDefaultDependencies=no\n", nil, early}
	mounts := row{"mounts for the host", "", with(facts("mount")), ownMounts}

	for setting, rows := range map[string][]row{
		"NoNewPrivileges": {
			{"starts nothing", "", nil, proven},
			{"may start something", "", with(calls("execve")), likely},
			{"may start something by a descriptor", "", with(calls("execveat")), likely},
			{"starts something", "", with(facts("exec /bin/true")), likely},
			{"starts a set-ID program", "", with(facts("set-id-program /bin/su")), in("set-id-program /bin/su")},
			{"has it", "NoNewPrivileges=yes\n", nil, ""},
			{"root by name that changes its user", "User=root\n", with(facts("capability CAP_SETUID")), "withheld: it starts as User=root and changes its user: with a filter of system calls systemd takes CAP_SETUID, which NoNewPrivileges= would not give back"},
			{"has it by DynamicUser", "DynamicUser=yes\n", nil, ""},
		},
		"CapabilityBoundingSet": {
			{"as root", "", nil, "CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER (likely)"},
			{"as root that sets the time", "", with(facts("capability CAP_SYS_TIME")), "CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_SYS_TIME (likely)"},
			{"names a kernel variable", "", with(facts("path /proc/sys/net")),
				"CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_NET_ADMIN CAP_SYS_ADMIN (likely)"},
			{"reads what everybody may of other processes", "", with(facts("path /proc/%d/status", "path /proc/%u/task/%u/stat")), "CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER (likely)"},
			{"reads more of other processes", "", with(facts("path /proc/%d/task/%d/maps")), "CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_SYS_PTRACE (likely)"},
			{"names the folder of another process", "", with(facts("path /proc/%d")), "CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_SYS_PTRACE CAP_SYS_RESOURCE (likely)"},
			{"names a variable that nobody can write to", "", with(facts("path /proc/sys/kernel/osrelease")), "CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER (likely)"},
			{"names what keeps the system awake", "User=daemon\n", with(facts("path /sys/power/wake_lock", "set-id-program /bin/x")),
				"CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_BLOCK_SUSPEND (likely)"},
			{"as a user that can gain nothing", "User=daemon\n", with(facts("capability CAP_KILL")), " (proven)"},
			{"as a user that very likely can gain nothing", "User=daemon\n", with(facts("capability CAP_KILL", "exec /bin/true")), " (likely)"},
			{"as a user with an ambient capability", "User=daemon\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n", nil, "CAP_NET_BIND_SERVICE (likely)"},
			{"as a user that may become root", "User=daemon\nAmbientCapabilities=CAP_SETUID\n", nil,
				"CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_SETUID (likely)"},
			{"as a user with a set-ID helper", "User=daemon\n", with(facts("set-id-program /bin/su")), "CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER (likely)"},
			{"as a user with a command as root", "User=daemon\nExecStartPre=+/bin/true\n", nil, "CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER (likely)"},
			{"without privileges", unprivilegedLines, with(without), " (proven)"},
			{"has a set", "CapabilityBoundingSet=~CAP_SYS_PTRACE\n", nil, ""},
			{"has an empty set", "CapabilityBoundingSet=\n", nil, ""},
			{"has less by another setting", "PrivateDevices=yes\n", nil, "CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER (likely)"},
		},
		"PrivateDevices": {
			{"names none", "", nil, likely},
			{"names pseudo devices", "", with(facts("path /dev/null", "device /dev/null", "path /dev/log", "path /dev/pts/%d", "path /dev/shm/x")), likely},
			{"names one", "", with(facts("device /dev/rtc")), in("device /dev/rtc")},
			{"walks them", "", with(facts("path /dev")), in("path /dev")},
			{"a name that begins alike", "", with(facts("device /dev/null0")), in("device /dev/null0")},
			{"I/O ports", "", with(facts("raw-io")), in("raw-io")},
			{"makes devices", "", with(facts("capability CAP_MKNOD")), in("capability CAP_MKNOD")},
			{"has a list", "DeviceAllow=/dev/rtc r\n", nil, "withheld: DeviceAllow= is set (/usr/lib/systemd/system/x.service:3)"},
			{"has a terminal", "TTYPath=/dev/tty7\n", nil, "withheld: TTYPath= is set (/usr/lib/systemd/system/x.service:3)"},
			{"has it", "PrivateDevices=yes\n", nil, ""},
			earlyBoot, mounts,
		},
		"DevicePolicy": {
			{"is implied by what is proposed", "", nil, ""},
			{"has PrivateDevices", "PrivateDevices=yes\n", nil, ""},
			{"has a policy", "DevicePolicy=strict\n", nil, ""},
			{"has a list", "DeviceAllow=/dev/rtc\n", with(facts("device /dev/x"), without), "closed (proven)"},
			{"has a list that allows all", "DevicePolicy=auto\nDeviceAllow=/dev/x\nDeviceAllow=\n", with(facts("device /dev/x")), in("device /dev/x")},
			{"mounts", "", with(facts("mount")), in("mount")},
			{"swaps", "[Unit]\nDefaultDependencies=no\n", with(calls("swapon")), "withheld: swapon(2) is reached"},
			{"in the early boot", "[Unit]\nDefaultDependencies=no\n", nil, "closed (likely)"},
			{"names a device that may come later", "", with(facts("device /dev/ttyUSB0")), in("device /dev/ttyUSB0")},
			{"names one that is always there", "", with(facts("device /dev/kmsg")), "closed (likely)"},
			{"names one of these and another", "", with(facts("device /dev/kmsg", "device /dev/x")), in("device /dev/x")},
			{"walks /dev", "", with(facts("path /dev")), in("path /dev")},
			{"makes nodes", "", with(facts("capability CAP_MKNOD")), in("capability CAP_MKNOD")},
			{"writes to a terminal", "StandardOutput=tty\n", nil, "withheld: StandardOutput=tty opens a device"},
		},
		"DeviceAllow": {
			{"nothing is named", "[Unit]\nDefaultDependencies=no\n", nil, ""},
			{"what is named", "", with(facts("device /dev/kmsg", "path /dev/kmsg", "device /dev/net/tun", "device /dev/null")), "/dev/kmsg rw (likely); char-misc rw (likely)"},
		},
		"PrivateUsers": {
			{"as root", "", nil, "withheld: the service starts as root"},
			{"may gain privileges", "User=daemon\n", with(facts("set-id-program /bin/su")),
				"withheld: NoNewPrivileges= is not set, so set-user-ID programs and file capabilities give privileges"},
			{"will have none", "User=daemon\n", nil, likely},
			{"without privileges", unprivilegedLines, nil, likely},
			{"changes its user", unprivilegedLines, with(facts("user-change")), in("user-change")},
			{"gives files away", unprivilegedLines, with(facts("capability CAP_CHOWN")), in("capability CAP_CHOWN")},
			{"maps users itself", unprivilegedLines, with(facts("namespace user")), in("namespace user")},
			{"makes local sockets", unprivilegedLines, with(facts("socket-family AF_UNIX")), likely},
			{"serves the network", unprivilegedLines, with(facts("socket-family AF_INET"), calls("listen")), likely},
			{"serves local clients", unprivilegedLines, with(facts("socket-family AF_UNIX"), calls("listen")), in("socket-family AF_UNIX")},
			{"is handed sockets", unprivilegedLines, with(triggeredBy("x.socket triggers")), "withheld: x.socket triggers it: its sockets are of the host's network"},
			{"has further groups", unprivilegedLines + "SupplementaryGroups=adm\n", nil, "withheld: SupplementaryGroups= is set (/usr/lib/systemd/system/x.service:5)"},
			{"has it", unprivilegedLines + "PrivateUsers=yes\n", nil, ""},
		},
		"SocketBindDeny": {
			{"binds nothing", "", with(facts("socket-family AF_INET")), "any (proven)"},
			{"binds", "", with(calls("bind")), "withheld: bind(2) is reached"},
			{"has a list", "SocketBindAllow=80\n", nil, "withheld: the unit has a list of its own, which stays"},
		},
		"PrivateTmp": {
			{"names none", "", nil, likely},
			{"names /tmp", "", with(facts("path /tmp/.X11-unix")), in("path /tmp/.X11-unix")},
			{"names /var/tmp", "", with(facts("path /var/tmp")), in("path /var/tmp")},
			{"answers datagrams", "", with(facts("datagram-server")), in("datagram-server")},
			{"makes a file with a name of its own", "", with(facts("path /tmp/xXXXXXX")), likely},
			{"makes one in a folder with such a name", "", with(facts("path /tmp/xXXXXXX/socket")), in("path /tmp/xXXXXXX/socket")},
			{"names neither", "", with(facts("path /tmpfiles", "path /var/tmpl")), likely},
			{"has it", "PrivateTmp=yes\n", nil, ""},
			earlyBoot, mounts,
			{"in the early boot, behind others that wait for the file systems", "[Unit]\nDefaultDependencies=no\n", with(func(u *report.Unit) { u.AfterFileSystems = true }), likely},
			{"in the early boot, after the file systems", "[Unit]\nDefaultDependencies=no\nAfter=foo.service local-fs.target\n", nil, likely},
		},
		"PrivateMounts": {
			{"mounts nothing", "", nil, proven},
			{"enters a mount name space", "", with(facts("namespace mnt")), "withheld: the service starts as root; " +
				"namespace mnt in /usr/bin/x"},
			{"without privileges", unprivilegedLines, with(without), proven},
			{"has it", "PrivateMounts=yes\n", nil, ""},
		},
		"ProtectSystem": {
			{"names neither", "", with(facts("path /usr/share/x")), likely},
			{"names /boot", "", with(facts("path /boot/config")), in("path /boot/config")},
			{"writes below /usr", "", with(facts("path-written /usr/local/x/state")), in("path-written /usr/local/x/state")},
			{"names /efi", "", with(facts("path /efi")), in("path /efi")},
			{"has it stricter", "ProtectSystem=strict\n", nil, ""},
			earlyBoot, mounts,
		},
		"ProtectHome": {
			{"names none", "", nil, likely},
			{"names /home", "", with(facts("path /home/x")), in("path /home/x")},
			{"names /root", "", with(facts("path /root")), in("path /root")},
			{"names /run/user", "", with(facts("path /run/user/0")), in("path /run/user/0")},
			{"changes its user", "", with(facts("user-change")), in("user-change")},
			{"runs sessions", "", with(facts("session SHELL")), in("session SHELL")},
			{"has less", "ProtectHome=read-only\n", nil, ""},
			earlyBoot, mounts,
		},
		"ProtectClock": {
			{"sets none", "", nil, likely},
			{"sets one", "", with(facts("clock")), in("clock")},
			{"names a clock", "", with(facts("device /dev/rtc0")), in("device /dev/rtc0")},
			{"names a time source", "", with(facts("path /dev/pps0")), in("path /dev/pps0")},
			{"wakes the system", "", with(facts("capability CAP_WAKE_ALARM")), in("capability CAP_WAKE_ALARM")},
			{"names another device", "", with(facts("device /dev/net/tun")), likely},
			{"has a list of devices", "DeviceAllow=/dev/net/tun\n", nil, "withheld: DeviceAllow= is set (/usr/lib/systemd/system/x.service:3)"},
			{"has a policy for devices", "DevicePolicy=closed\n", nil, "withheld: DevicePolicy= is set (/usr/lib/systemd/system/x.service:3)"},
			{"has devices of its own", "PrivateDevices=yes\nDeviceAllow=/dev/net/tun\n", nil, likely},
			{"has it", "ProtectClock=yes\n", nil, ""},
		},
		"ProtectControlGroups": {
			{"names none", "", with(facts("path /sys/class/net")), likely},
			{"names one", "", with(facts("path /sys/fs/cgroup/x")), "withheld: the service starts as root; " +
				"path /sys/fs/cgroup/x in /usr/bin/x"},
			{"walks /sys", unprivilegedLines + "AmbientCapabilities=CAP_CHOWN\n", with(facts("path /sys")), "withheld: AmbientCapabilities= gives CAP_CHOWN; path /sys in /usr/bin/x"},
			{"has a subtree", unprivilegedLines + "Delegate=yes\n", nil, "withheld: Delegate= hands a control group subtree to the service"},
			{"without privileges", unprivilegedLines, with(without), proven},
			{"has it", "ProtectControlGroups=yes\n", nil, ""},
		},
		"ProtectKernelLogs": {
			{"reads none", "", nil, likely},
			{"reads it", "", with(facts("kernel-log")), in("kernel-log")},
			{"names its device", "", with(facts("device /dev/kmsg")), in("device /dev/kmsg")},
			{"names its file", "", with(facts("path /proc/kmsg")), in("path /proc/kmsg")},
			{"has it", "ProtectKernelLogs=yes\n", nil, ""},
			earlyBoot, mounts,
		},
		"ProtectKernelModules": {
			{"loads none", "", nil, likely},
			{"loads one", "", with(facts("module")), in("module")},
			{"names their folder", "", with(facts("path /lib/modules/%s")), in("path /lib/modules/%s")},
			{"names their folder below /usr", "", with(facts("path /usr/lib/modules")), in("path /usr/lib/modules")},
			{"lists them", "", with(facts("path /proc/modules")), in("path /proc/modules")},
			{"has it", "ProtectKernelModules=yes\n", nil, ""},
			earlyBoot, mounts,
		},
		"ProtectKernelTunables": {
			{"names none", "", with(facts("path /proc/meminfo")), likely},
			{"names a variable", "", with(facts("path /proc/sys/net/core")), in("path /proc/sys/net/core")},
			{"names /sys", "", with(facts("path /sys/class/net")), in("path /sys/class/net")},
			{"names what nobody can write to", "", with(facts("path /proc/sys/kernel/random/boot_id", "path /sys/devices/system/cpu/online")), likely},
			{"names what stays as it is", "", with(facts("path /sys/fs/cgroup/x", "path /sys/fs/selinux")), likely},
			{"names what is hidden", "", with(facts("path /proc/kallsyms")), in("path /proc/kallsyms")},
			{"has it", "ProtectKernelTunables=yes\n", nil, ""},
			earlyBoot, mounts,
		},
		"ProtectHostname": {
			{"sets none", "", nil, likely},
			{"sets it", "", with(facts("hostname")), in("hostname")},
			{"names its file", "", with(facts("path /etc/hostname")), in("path /etc/hostname")},
			{"names its variable", "", with(facts("path /proc/sys/kernel/hostname")), in("path /proc/sys/kernel/hostname")},
			{"has it", "ProtectHostname=yes\n", nil, ""},
			{"in the early boot", "[Unit]\nDefaultDependencies=no\n", nil, likely},
		},
		"ProtectProc": {
			{"looks at none", "", with(facts("path /proc/self/stat", "path /proc/meminfo")), "invisible (likely)"},
			{"walks /proc", "User=daemon\n", with(facts("path /proc")), in("path /proc")},
			{"looks at others", "User=daemon\n", with(facts("path /proc/%d/stat")), in("path /proc/%d/stat")},
			{"looks at PID 1", "User=daemon\n", with(facts("path /proc/1/root")), in("path /proc/1/root")},
			{"traces", "User=daemon\n", with(facts("ptrace")), in("ptrace")},
			{"looks at others and stays root", "", with(facts("path /proc/%d/stat", "path /proc", "ptrace")), "invisible (likely)"},
			{"looks at others and stays root by name", "User=root\nGroup=0\n", with(facts("path /proc")), "invisible (likely)"},
			{"is root in another group", "Group=adm\n", with(facts("path /proc")), in("path /proc")},
			{"is no more root later", "", with(facts("path /proc", "user-change")), in("path /proc") + "; user-change in /usr/bin/x"},
			{"may get another group", "", with(facts("path /proc", "set-id-program /bin/x")), in("path /proc") + "; set-id-program /bin/x in /usr/bin/x"},
			{"uses what is mounted below /proc", "", with(facts("path /proc/fs/nfsd/threads")), in("path /proc/fs/nfsd/threads")},
			{"has it", "ProtectProc=invisible\n", nil, ""},
			{"has noaccess", "ProtectProc=noaccess\n", nil, ""},
			{"has ptraceable", "ProtectProc=ptraceable\n", nil, ""},
			earlyBoot, mounts,
		},
		"LockPersonality": {
			{"sets none", "", nil, proven},
			{"sets one", "", with(facts("personality")), in("personality")},
			{"has it", "LockPersonality=yes\n", nil, ""},
		},
		"MemoryDenyWriteExecute": {
			{"makes none", "", nil, proven},
			{"makes some", "", with(facts("wx-memory mprotect")), in("wx-memory mprotect")},
			{"may make some", "", with(unknown("protection-unresolved", "MemoryDenyWriteExecute")), in("protection-unresolved")},
			{"has it", "MemoryDenyWriteExecute=yes\n", nil, ""},
		},
		"RestrictRealtime": {
			{"asks for none", "", nil, proven},
			{"asks for it", "", with(facts("realtime sched_setscheduler")), "withheld: the service starts as root; " +
				"realtime sched_setscheduler in /usr/bin/x"},
			{"the unit asks for it", unprivilegedLines + "CPUSchedulingPolicy=rr\n", nil, "withheld: CPUSchedulingPolicy= asks for real-time scheduling; " +
				"CPUSchedulingPolicy= is set (/usr/lib/systemd/system/x.service:5)"},
			{"may ask by a limit", unprivilegedLines + "LimitRTPRIO=5\n", with(without), ""},
			{"without privileges", unprivilegedLines, with(without), proven},
			{"has it", "RestrictRealtime=yes\n", nil, ""},
		},
		"RestrictSUIDSGID": {
			{"sets no bit", "", nil, likely},
			{"sets one", "", with(facts("set-id-bits chmod")), in("set-id-bits chmod")},
			{"opens files by openat2(2)", "", with(calls("openat2")), "withheld: openat2(2) is reached"},
			{"has it", "RestrictSUIDSGID=yes\n", nil, ""},
		},
		"RestrictNamespaces": {
			{"makes none", "", nil, proven},
			{"makes some", "", with(facts("namespace mnt", "namespace net")), "mnt net (proven)"},
			{"enters any", "", with(facts("namespace all")), in("namespace all")},
			{"has it", "RestrictNamespaces=yes\n", nil, ""},
			{"permits more than it makes", "RestrictNamespaces=user\n", nil, proven},
			{"permits others than it makes", "RestrictNamespaces=~user\n", with(facts("namespace user")), "withheld: the unit has a list of its own, which stays"},
		},
		"RestrictAddressFamilies": {
			{"makes no socket", "", nil, "none (proven)"},
			{"makes some", "", with(facts("socket-family AF_INET", "socket-family AF_UNIX", "socket-family AF_UNSPEC")), "AF_INET AF_UNIX (proven)"},
			{"denies some", "RestrictAddressFamilies=~AF_PACKET AF_INET\n", with(facts("socket-family AF_INET", "socket-family AF_UNIX")), " (proven); AF_UNIX (proven)"},
			{"denies all that it makes", "RestrictAddressFamilies=~AF_INET\n", with(facts("socket-family AF_INET")), "none (proven)"},
			{"has it", "RestrictAddressFamilies=AF_INET AF_PACKET\n", with(facts("socket-family AF_INET")), ""},
			{"assumed", "", with(facts("socket-family AF_UNIX"), assumed("socket-family-unresolved")), "AF_UNIX (likely)"},
		},
		"PrivateNetwork": {
			{"has none", "", nil, proven},
			{"makes a socket", "", with(facts("socket-family AF_UNIX")), in("socket-family AF_UNIX")},
			{"listens", "", with(facts("listens *:80")), in("listens *:80")},
			{"is handed sockets", "Sockets=y.socket\n", nil, "withheld: Sockets= is set (/usr/lib/systemd/system/x.service:3)"},
			{"joins another", "NetworkNamespacePath=/run/netns/a\n", nil, "withheld: NetworkNamespacePath= is set (/usr/lib/systemd/system/x.service:3)"},
			{"is started by a socket", "", with(triggeredBy("x.socket triggers")), "withheld: x.socket triggers it: its sockets are of the host's network"},
			{"is started by a timer", "", with(triggeredBy("x.timer triggers")), proven},
			{"sets the network up by files", "", with(facts("path /proc/sys/net/ipv4/ip_forward")), in("path /proc/sys/net/ipv4/ip_forward")},
			{"sets kernel variables", "", with(facts("path /proc/sys")), in("path /proc/sys")},
			{"reads the network", "", with(facts("path /sys/class/net")), in("path /sys/class/net")},
			{"mounts", "", with(facts("mount")), in("mount")},
			{"has it", "PrivateNetwork=yes\n", nil, ""},
		},
		"IPAddressDeny": {
			{"has no Internet socket", "", with(facts("socket-family AF_UNIX", "socket-family AF_NETLINK")), "any (proven)"},
			{"makes one", "", with(facts("socket-family AF_INET6")), in("socket-family AF_INET6")},
			{"makes a raw one", "", with(facts("socket-family AF_PACKET")), in("socket-family AF_PACKET")},
			{"listens", "", with(facts("listens *:80")), in("listens *:80")},
			{"is started by a socket", "", with(triggeredBy("x.socket triggers")), "withheld: x.socket triggers it: its sockets are of the host's network"},
			{"allows some", "IPAddressAllow=localhost\n", nil, "withheld: IPAddressAllow= is set (/usr/lib/systemd/system/x.service:3)"},
			{"has it", "IPAddressDeny=any\n", nil, ""},
			{"has some", "IPAddressDeny=10.0.0.0/8\n", nil, ""},
		},
		"SystemCallFilter": {
			{"reaches nothing special", "", with(calls("read")), "@system-service (proven); " +
				"~@clock @cpu-emulation @debug @module @mount @obsolete @privileged @raw-io @reboot @resources @swap (proven)"},
			{"reaches the clock", "", with(calls("clock_settime")), "@system-service clock_settime (proven); " +
				"~@cpu-emulation @debug @module @mount @obsolete @raw-io @reboot @resources @swap (proven)"},
			{"unknown, without privileges", unprivilegedLines, with(without), "~@module @reboot @swap (proven)"},
			{"has one", "SystemCallFilter=~@clock\n", nil, ""},
			{"has an empty allow list", "SystemCallFilter=@default\n", nil, ""},
		},
		"SystemCallErrorNumber": {
			{"is written with the filter", "", nil, "EPERM (proven)"},
			{"is there", "SystemCallErrorNumber=ENOSYS\n", nil, ""},
			{"is there, without privileges", unprivilegedLines + "SystemCallErrorNumber=ENOSYS\n", with(without), ""},
			{"is not written without a filter", "SystemCallFilter=@default\n", nil, ""},
		},
		"SystemCallArchitectures": {
			{"needs no evidence", "", with(without), "native (likely)"},
			{"has it", "SystemCallArchitectures=native\n", nil, ""},
			{"has a list", "SystemCallArchitectures=native x86\n", nil, "withheld: the unit has a list of its own, which stays"},
		},
	} {
		for _, r := range rows {
			t.Run(setting+"/"+r.summary, func(t *testing.T) {
				got := propose(t, "257", service(t, "257", r.lines, r.change...))
				assert.Equal(t, r.want, said(got, setting))
			})
		}
	}
}

// needNoEvidence can be said of a service whose code nobody looked at.
var needNoEvidence = []string{"SystemCallArchitectures"}

// TestRulesNeedEvidence: without a look at the code nothing is proposed but what
// needs none, and nothing is said to be withheld.
func TestRulesNeedEvidence(t *testing.T) {
	got := propose(t, "257", service(t, "257", "", without))
	var settings []string
	for _, p := range got.Proposals {
		settings = append(settings, p.Setting)
	}
	assert.Equal(t, needNoEvidence, settings)
	assert.Empty(t, got.Withheld)
}

// toBeProposed are lines of a service that gets a setting, or gets it for another
// reason, only with them.
var toBeProposed = map[string]string{"PrivateUsers": unprivilegedLines, "DevicePolicy": "[Unit]\nDefaultDependencies=no\n", "ProtectProc": "User=daemon\n"}

// TestRulesBlocked: an unknown blocks the setting that it names, or all.
func TestRulesBlocked(t *testing.T) {
	for _, r := range rules {
		t.Run(r.setting, func(t *testing.T) {
			if slices.Contains(needNoEvidence, r.setting) {
				t.Skip("needs no evidence")
			}
			lines := toBeProposed[r.setting]
			base := propose(t, "257", service(t, "257", lines))
			all := propose(t, "257", service(t, "257", lines, unknown("interpreter", "*")))
			require.Contains(t, said(base, r.setting), " (", "it is proposed otherwise")
			require.Contains(t, said(all, r.setting), "withheld: ")
			assert.Contains(t, said(all, r.setting), "interpreter in /usr/bin/x")

			one := propose(t, "257", service(t, "257", lines, unknown("odd", r.setting)))
			assert.Contains(t, said(one, r.setting), "odd in /usr/bin/x")
			for _, other := range rules {
				if other.setting != r.setting && !strings.Contains(said(base, other.setting), "withheld") && !(r.setting == "PrivateDevices" && other.setting == "DevicePolicy") {
					assert.NotContains(t, said(one, other.setting), "withheld", other.setting)
				}
			}
		})
	}
}

// TestRulesAssumed: what stands on an assumption is likely, and says so.
func TestRulesAssumed(t *testing.T) {
	got := propose(t, "257", service(t, "257", "", assumed("exec-unresolved"), assumed("exec-unresolved"), assumed("dlopen-unresolved")))
	require.NotEmpty(t, got.Proposals)
	for _, p := range got.Proposals {
		assert.Equal(t, report.Likely, p.Confidence, p.Setting)
		if !slices.Contains(needNoEvidence, p.Setting) {
			assert.Contains(t, p.Reasons, "on the assumption for dlopen-unresolved, exec-unresolved", p.Setting)
		}
	}

	addresses := propose(t, "257", service(t, "257", "", assumed("socket-family-unresolved")))
	var concerned []string
	for _, p := range addresses.Proposals {
		if slices.Contains(p.Reasons, "on the assumption for socket-family-unresolved") {
			concerned = append(concerned, p.Setting)
		}
	}
	assert.Equal(t, []string{"CapabilityBoundingSet", "RestrictAddressFamilies"}, concerned)
}

func TestPrivileges(t *testing.T) {
	for _, tt := range []struct{ summary, lines, want string }{
		{"none", unprivilegedLines, ""},
		{"a dynamic user", "DynamicUser=yes\n", ""},
		{"root", "NoNewPrivileges=yes\n", "the service starts as root"},
		{"root by name", "User=root\nNoNewPrivileges=yes\n", "the service starts as root"},
		{"root by number", "User=0\nNoNewPrivileges=yes\n", "the service starts as root"},
		{"can gain some", "User=daemon\n", "NoNewPrivileges= is not set, so set-user-ID programs and file capabilities give privileges"},
		{"ambient", unprivilegedLines + "AmbientCapabilities=CAP_NET_RAW\n", "AmbientCapabilities= gives CAP_NET_RAW"},
		{"PAM", unprivilegedLines + "PAMName=login\n", "PAMName= runs PAM modules with privileges"},
		{"a command as root", unprivilegedLines + "ExecStartPre=!/bin/a\nExecStop=+-/bin/b\n",
			"ExecStartPre= runs /bin/a with full privileges by its prefix !; ExecStop= runs /bin/b with full privileges by its prefix +-"},
		{"all but the start as root", unprivilegedLines + "PermissionsStartOnly=On\n", "PermissionsStartOnly= runs all but ExecStart= as root"},
		{"a subtree", unprivilegedLines + "Delegate=cpu\n", "Delegate= hands a control group subtree to the service"},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			u := service(t, "257", tt.lines)
			s := &subject{Unit: &u, own: assignmentsOf(&u), service: evaluate(t, "257", &u)}
			assert.Equal(t, tt.want, strings.Join(s.privileges(), "; "))
		})
	}
}

// TestVersions has what depends on the systemd of the image.
func TestVersions(t *testing.T) {
	selinux := func(i *report.Image) { i.SecurityModules = []string{"selinux"} }
	foreign := func(i *report.Image) { i.ForeignLoaders = []string{"/lib/ld-linux.so.2"} }
	noSeccomp := func(i *report.Image) { i.BuiltWithout = []string{"SECCOMP"} }
	const closed = "withheld: device /dev/net/tun in /usr/bin/x"
	const impliedBySeccomp = "withheld: before systemd 255 it implies NoNewPrivileges= for a service that does not run as root; set-id-program /bin/su in /usr/bin/x"
	for _, tt := range []struct {
		summary, version, lines string
		change                  []func(*report.Unit)
		image                   func(*report.Image)
		setting, want           string
	}{
		{"the clock closed all devices", "250", "", []func(*report.Unit){facts("device /dev/net/tun")}, nil, "ProtectClock", closed},
		{"up to 251.13", "251.13", "", []func(*report.Unit){facts("device /dev/net/tun")}, nil, "ProtectClock", closed},
		{"an unknown point release may be old", "251", "", []func(*report.Unit){facts("device /dev/net/tun")}, nil, "ProtectClock", closed},
		{"from 251.14 on it does not", "251.14", "", []func(*report.Unit){facts("device /dev/net/tun")}, nil, "ProtectClock", "yes (likely)"},
		{"nor in 252", "252", "", []func(*report.Unit){facts("device /dev/net/tun")}, nil, "ProtectClock", "yes (likely)"},
		{"a filter implies NoNewPrivileges", "254", "User=daemon\n", []func(*report.Unit){facts("set-id-program /bin/su")}, nil, "LockPersonality", impliedBySeccomp},
		{"not for root", "254", "", []func(*report.Unit){facts("set-id-program /bin/su")}, nil, "LockPersonality", "yes (proven)"},
		{"not with CAP_SYS_ADMIN", "254", "User=daemon\nAmbientCapabilities=CAP_SYS_ADMIN\n", []func(*report.Unit){facts("set-id-program /bin/su")}, nil, "LockPersonality", "yes (proven)"},
		{"no matter where it is set", "254", unprivilegedLines, []func(*report.Unit){facts("set-id-program /bin/su")}, nil, "LockPersonality", "yes (proven)"},
		{"not from 255 on", "255", "User=daemon\n", []func(*report.Unit){facts("set-id-program /bin/su")}, nil, "LockPersonality", "yes (proven)"},
		{"what is no filter", "254", "User=daemon\n", []func(*report.Unit){facts("set-id-program /bin/su")}, nil, "PrivateTmp", "yes (likely)"},
		{"SELinux", "257", "", nil, selinux, "NoNewPrivileges", "withheld: the image has SELinux, whose policy has to allow changes of domain under NoNewPrivileges="},
		{"another architecture", "257", "", nil, foreign, "SystemCallArchitectures", "withheld: the image has a dynamic loader of another architecture: /lib/ld-linux.so.2"},
		{"time name spaces are restricted from 252 on", "252", "", []func(*report.Unit){facts("namespace net", "namespace time")}, nil, "RestrictNamespaces", "net time (proven)"},
		{"and not known before", "250", "", []func(*report.Unit){facts("namespace net", "namespace time")}, nil, "RestrictNamespaces", "net (proven)"},
		{"a systemd without seccomp", "257", "", nil, noSeccomp, "NoNewPrivileges", "yes (proven)"},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			u := service(t, tt.version, tt.lines, tt.change...)
			var change []func(*report.Image)
			if tt.image != nil {
				change = append(change, tt.image)
			}
			assert.Equal(t, tt.want, said(propose(t, tt.version, u, change...), tt.setting))
		})
	}
}
