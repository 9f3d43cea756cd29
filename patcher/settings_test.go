// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

const settingsPage = "../docs/settings.md"

// probe is something that a service does, has or is, in words: alone it shows which
// rules it changes.
type probe struct {
	words  string
	change func(*report.Unit)
	image  func(*report.Image)
}

// observations are facts in the words of the page.
var observations = []struct{ fact, words string }{
	{"capability CAP_MKNOD", "it may make device nodes"},
	{"capability CAP_CHOWN", "it changes owners of files"},
	{"capability CAP_WAKE_ALARM", "it may wake the system from sleep"},
	{"capability CAP_SYS_TIME", "it may need a capability, as CAP_SYS_TIME"},
	{"clock", "it sets or tunes a clock"},
	{"device /dev/net/tun", "it names a device that is not a pseudo device"},
	{"device /dev/console", "it names a device that is always there, as /dev/console"},
	{"device /dev/rtc0", "it names a device of a clock (/dev/rtc*, /dev/ptp*, /dev/pps*)"},
	{"path /dev", "it names /dev itself"},
	{"device /dev/kmsg", "it names /dev/kmsg"},
	{"exec /bin/true", "it starts a program"},
	{"set-id-program /bin/su", "it starts a program that has a set-ID bit"},
	{"datagram-server", "it answers local datagrams at the address of who asked, which may lie below /tmp"},
	{"hostname", "it sets the host or domain name"},
	{"path /etc/hostname", "it names /etc/hostname"},
	{"path /proc/sys/kernel/hostname", "it names /proc/sys/kernel/hostname"},
	{"kernel-log", "it reads or controls the kernel's log"},
	{"path /proc/kmsg", "it names /proc/kmsg"},
	{"listens *:80", "it listens on the network"},
	{"module", "it loads or removes kernel modules"},
	{"path /usr/lib/modules", "it names the folder of kernel modules, or /proc/modules"},
	{"mount", "it mounts or unmounts"},
	{"namespace net", "it makes or enters a name space other than mnt"},
	{"namespace mnt", "it makes or enters a mount name space"},
	{"namespace all", "it enters name spaces of a kind that the code does not tell"},
	{"path /boot", "it names /boot or /efi"},
	{"path /home/x", "it names a home directory or /run/user"},
	{"path /proc", "it names /proc itself"},
	{"path /proc/%d/stat", "it names the folders of other processes in /proc"},
	{"path /proc/%d/exe", "it names what belongs to other processes in /proc and is not open to all, as /proc/%d/exe"},
	{"path-written /usr/x", "it writes to something below /usr"},
	{"path /proc/sys/vm/x", "it names a kernel variable in /proc"},
	{"path /proc/sys/net/x", "it names the network's variables in /proc"},
	{"path /sys", "it names /sys itself"},
	{"path /sys/class/net/x", "it names network devices in /sys"},
	{"path /sys/fs/cgroup/x", "it names /sys/fs/cgroup"},
	{"path /proc/fs/nfsd/threads", "it names a file system that is mounted below /proc"},
	{"path /sys/class/leds", "it names something else in /sys"},
	{"path /tmp/x", "it names /tmp or /var/tmp"},
	{"personality", "it changes its execution domain"},
	{"ptrace", "it looks into other processes by ptrace(2) or its like"},
	{"raw-io", "it uses I/O ports"},
	{"realtime x", "it asks for real-time scheduling"},
	{"session SHELL", "it runs what its users ask for"},
	{"set-id-bits chmod", "it sets a set-user-ID or set-group-ID bit"},
	{"socket-family AF_UNIX", "it makes local sockets"},
	{"socket-family AF_INET", "it makes Internet sockets"},
	{"socket-family AF_PACKET", "it makes packet sockets"},
	{"user-change", "it changes its user or group"},
	{"wx-memory mmap", "it has memory that is writable and executable, or becomes executable"},
}

func probes(t *testing.T) []probe {
	list := make([]probe, 0, len(observations)+20)
	for _, o := range observations {
		list = append(list, probe{words: o.words, change: facts(o.fact)})
	}
	for _, text := range []string{"AmbientCapabilities=CAP_NET_RAW", "CPUSchedulingPolicy=rr", "Delegate=yes", "DeviceAllow=/dev/null", "DevicePolicy=closed",
		"IPAddressAllow=localhost", "NetworkNamespacePath=/run/netns/x", "Sockets=x.socket", "StandardOutput=tty", "SupplementaryGroups=adm", "SystemCallErrorNumber=ENOSYS", "TTYPath=/dev/tty1"} {
		key, _, _ := strings.Cut(text, "=")
		list = append(list, probe{words: "the unit has `" + key + "=`", change: func(u *report.Unit) {
			u.Settings = append(u.Settings, linesOf(t, "257", u.Fragment, text+"\n")...)
		}})
	}
	list = append(list, probe{words: "it gives a socket an address by bind(2)", change: calls("bind")})
	list = append(list, probe{words: "it serves local sockets", change: func(u *report.Unit) {
		facts("socket-family AF_UNIX")(u)
		calls("listen")(u)
	}})
	early := func(u *report.Unit) {
		u.Settings = append(u.Settings, linesOf(t, "257", u.Fragment, "[Unit]\nDefaultDependencies=no\n")...)
	}
	return append(list,
		probe{words: "the unit has `DefaultDependencies=no`, and neither it nor what it or the boot starts before it is ordered after local-fs.target, sysinit.target or basic.target", change: early},
		probe{words: "a socket unit starts it", change: triggeredBy("x.socket triggers")},
		probe{words: "the image has SELinux", image: func(i *report.Image) { i.SecurityModules = []string{"selinux"} }},
		probe{words: "the image has a dynamic loader of another architecture", image: func(i *report.Image) { i.ForeignLoaders = []string{"/lib/ld.so"} }},
		probe{words: "nothing is known of the kernel and of how systemd was built", image: func(i *report.Image) { i.Effects = nil }},
	)
}

// run proposes for a service that does nothing but what the probe says.
func (p probe) run(t *testing.T, lines string, change ...func(*report.Unit)) report.Unit {
	if p.change != nil {
		change = append(change, p.change)
	}
	u := service(t, "257", lines, change...)
	if p.image != nil {
		return propose(t, "257", u, p.image)
	}
	return propose(t, "257", u)
}

// manual is where systemd describes a setting.
func manual(setting string) string {
	page := "systemd.exec"
	if strings.HasPrefix(setting, "IPAddress") || strings.HasPrefix(setting, "Device") || strings.HasPrefix(setting, "SocketBind") {
		page = "systemd.resource-control"
	}
	return fmt.Sprintf("[%s(5)](https://www.freedesktop.org/software/systemd/man/latest/%s.html#%s=)", page, page, setting)
}

// values are the lines of a setting that are proposed, with the reason.
func values(u report.Unit, setting string) (value, confidence, reason string) {
	var list []string
	for _, p := range u.Proposals {
		if p.Setting == setting {
			list = append(list, "`"+setting+"="+p.Value+"`")
			confidence, reason = p.Confidence, strings.Join(p.Reasons, "; ")
		}
	}
	return strings.Join(list, " and "), confidence, reason
}

// page writes what the rules do, as they show it when they are asked.
func page(t *testing.T) string {
	var b strings.Builder
	b.WriteString(settingsHead)
	for _, r := range rules {
		value, confidence, reason := values(probe{}.run(t, toBeProposed[r.setting]), r.setting)
		require.NotEmpty(t, value, "%s is not proposed for a service that does nothing", r.setting)
		fmt.Fprintf(&b, "\n## %s\n\nKnown since systemd %d, described in %s.\nA service that %s gets %s (%s):\n%s.\n",
			r.setting, r.since, manual(r.setting), example(r.setting), value, confidence, reason)
		evidence(t, &b, r.setting)
		blocked, changed := effects(t, r.setting, value, confidence)
		bullets(&b, "Withheld when", blocked)
		bullets(&b, "Another value or confidence when", changed)
	}
	b.WriteString(settingsTail)
	return b.String()
}

// example describes the service that a section begins with.
func example(setting string) string {
	lines := strings.Fields(strings.ReplaceAll(toBeProposed[setting], "[Unit]", ""))
	if len(lines) == 0 {
		return "runs as root and does nothing"
	}
	return "has `" + strings.Join(lines, "` and `") + "` and does nothing"
}

func evidence(t *testing.T, b *strings.Builder, setting string) {
	unseen, _, _ := values(probe{}.run(t, toBeProposed[setting], without), setting)
	user, userConfidence, userReason := values(probe{}.run(t, unprivilegedLines, without), setting)
	lacking, lackingConfidence, lackingReason := values(probe{image: lacks}.run(t, "", without), setting)
	if lacking != "" && unseen == "" {
		fmt.Fprintf(b, "\nWhat the target lacks can be denied to every service; on arm64 with a kernel that has neither swap nor AF_CAN and AF_IPX,\nwithout a look into the programs: %s (%s): %s.\n", lacking, lackingConfidence, lackingReason)
	}
	switch {
	case unseen != "":
		fmt.Fprintf(b, "\nIt needs no look into the programs.\n")
	case user != "":
		fmt.Fprintf(b, "\nWithout a look into the programs, or when something blocks it, a service without privileges still gets\n%s (%s): %s.\n", user, userConfidence, userReason)
	default:
		fmt.Fprintf(b, "\nIt needs a look into the programs, and an unknown that hides code or names this setting blocks it.\n")
	}
}

// lacks makes an image whose kernel has less than others.
func lacks(i *report.Image) {
	i.Architecture, i.KernelFrom = "arm64", "/boot/config-6.12"
	i.AbsentFamilies, i.AbsentSyscalls = []string{"AF_CAN", "AF_IPX"}, []string{"swapoff", "swapon"}
}

// effects tries every probe on one rule.
func effects(t *testing.T, setting, value, confidence string) (blocked, changed []string) {
	for _, p := range probes(t) {
		got := p.run(t, toBeProposed[setting])
		v, c, _ := values(got, setting)
		switch {
		case v == "":
			blocked = append(blocked, p.words)
		case v != value:
			changed = append(changed, p.words+": "+v)
		case c != confidence:
			changed = append(changed, p.words+": "+c)
		}
	}
	return blocked, changed
}

func bullets(b *strings.Builder, title string, list []string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n\n", title)
	for _, item := range list {
		fmt.Fprintf(b, "- %s\n", item)
	}
}

const settingsHead = `# Settings that are proposed

This page is made from the rules by asking them: ` + "`go test ./patcher -run TestSettingsPage -update`" + `.
Each section was found by giving the rule a service that does one thing and nothing else, for systemd 257.
Nothing here weakens a unit: what it has already, or has stricter, is left alone, and a drop-in
that is read after ours (its name sorts after ` + "`" + DropInName + "`" + `) decides.

Confidence:

- proven: all code that the service can reach was read, and nothing in it contradicts
- likely: a heuristic was used, which the reason names, or something was assumed, which it names too

"Without privileges" is a service with User= or DynamicUser= and NoNewPrivileges=yes, its own or proposed, without
AmbientCapabilities=, PAMName=, Delegate=, PermissionsStartOnly= and commands with the prefixes + ! and |.

Up to systemd 254, settings that PID 1 enforces with a filter of system calls imply NoNewPrivileges= for a
service that does not run as root. There they are withheld when NoNewPrivileges= is:
` + "`%s`" + `.
`

const settingsTail = `
## What is not proposed, and why

- ` + "`ProtectSystem=full` and `strict`" + `: a path in a program or in its configuration does not tell whether it is read or
  written. Most services name something below /etc and /var.
- ` + "`ReadWritePaths=`" + `: for the same reason.
- ` + "`UMask=0077`" + `: other users and programs may read what a service makes: sockets, logs, PID files.
- ` + "`RemoveIPC=`" + `: it removes what all processes of the user share, also of those that no unit started. A helper
  unit of a database's user would take away the database's memory.
- ` + "`ProcSubset=pid`" + `: libraries read /proc/sys, /proc/cpuinfo, /proc/stat and /proc/meminfo for themselves, and mostly go on with a
  worse guess when that fails.
- ` + "`PrivatePIDs=`" + `: the first process of a name space ignores signals that it has no handler for, SIGTERM among them, and has
  to reap children that are not its own.
- ` + "`User=`, `DynamicUser=`" + `: who owns the files that a service has made so far is decided on the device.
- ` + "`CapabilityBoundingSet=`" + ` without a look into the programs, even for capabilities that the kernel has no use for: a
  program that asks for one by capset(2) fails when it may not have it.
- ` + "`RestrictNamespaces=`" + ` for kinds that the kernel lacks: it also forbids setns(2) without a kind, which has a use for the others.
- ` + "`NoExecPaths=`, `RestrictFileSystems=`" + `: a plug-in or a mount that comes later would be missing.
- ` + "`LimitCORE=0`" + `: whether crashes are recorded is a decision about maintenance, not something that a service needs.
- ` + "`PrivateNetwork=`" + ` for services that use local sockets only: names of local sockets that are not paths belong to the network
  name space, and the code does not tell which kind is used.
- What the target would ignore, as the report's ` + "`effects`" + ` say from its kernel's configuration, its architecture and how its
  systemd was built, is withheld, with what is missing.
`

// TestSettingsPage holds docs/settings.md to the rules.
func TestSettingsPage(t *testing.T) {
	got := strings.Replace(page(t), "%s", strings.Join(filters, "` `"), 1)
	if *update {
		require.NoError(t, os.WriteFile(settingsPage, []byte(got), 0o644))
	}
	want, err := os.ReadFile(settingsPage)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "run go test ./patcher -run TestSettingsPage -update")
}

// TestProbesAreUsed: a probe that changes nothing is a mistake in its text.
func TestProbesAreUsed(t *testing.T) {
	for _, p := range probes(t) {
		changed := false
		for _, lines := range []string{"", unprivilegedLines, "User=daemon\n", "[Unit]\nDefaultDependencies=no\n"} {
			changed = changed || !slices.EqualFunc(probe{}.run(t, lines).Proposals, p.run(t, lines).Proposals, func(a, b report.Proposal) bool {
				return a.Setting == b.Setting && a.Value == b.Value && a.Confidence == b.Confidence
			})
		}
		assert.True(t, changed, p.words)
	}
}
