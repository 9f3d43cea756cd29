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
	{"capability CAP_WAKE_ALARM", "it may wake the system from sleep"},
	{"capability CAP_SYS_TIME", "it may need a capability, as CAP_SYS_TIME"},
	{"clock", "it sets or tunes a clock"},
	{"device /dev/net/tun", "it names a device that is not a pseudo device"},
	{"device /dev/rtc0", "it names a device of a clock (/dev/rtc*, /dev/ptp*, /dev/pps*)"},
	{"path /dev", "it names /dev itself"},
	{"device /dev/kmsg", "it names /dev/kmsg"},
	{"exec /bin/true", "it starts a program"},
	{"set-id-program /bin/su", "it starts a program that has a set-ID bit"},
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
	{"path /proc/sys/vm/x", "it names a kernel variable in /proc"},
	{"path /proc/sys/net/x", "it names the network's variables in /proc"},
	{"path /sys", "it names /sys itself"},
	{"path /sys/class/net/x", "it names network devices in /sys"},
	{"path /sys/fs/cgroup/x", "it names /sys/fs/cgroup"},
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
		"IPAddressAllow=localhost", "NetworkNamespacePath=/run/netns/x", "Sockets=x.socket", "SystemCallErrorNumber=ENOSYS", "TTYPath=/dev/tty1"} {
		key, _, _ := strings.Cut(text, "=")
		list = append(list, probe{words: "the unit has `" + key + "=`", change: func(u *report.Unit) {
			u.Settings = append(u.Settings, linesOf(t, "257", u.Fragment, text+"\n")...)
		}})
	}
	early := func(u *report.Unit) {
		u.Settings = append(u.Settings, linesOf(t, "257", u.Fragment, "[Unit]\nDefaultDependencies=no\n")...)
	}
	return append(list,
		probe{words: "the unit has `DefaultDependencies=no`, and no order after local-fs.target, sysinit.target or basic.target", change: early},
		probe{words: "a socket unit starts it", change: triggeredBy("x.socket triggers")},
		probe{words: "the image has SELinux", image: func(i *report.Image) { i.SecurityModules = []string{"selinux"} }},
		probe{words: "the image has a dynamic loader of another architecture", image: func(i *report.Image) { i.ForeignLoaders = []string{"/lib/ld.so"} }},
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
	if strings.HasPrefix(setting, "IPAddress") {
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
	base := probe{}.run(t, "")
	for _, r := range rules {
		value, confidence, reason := values(base, r.setting)
		require.NotEmpty(t, value, "%s is not proposed for a service that does nothing", r.setting)
		fmt.Fprintf(&b, "\n## %s\n\nKnown since systemd %d, described in %s.\nA service that runs as root and does nothing gets %s (%s):\n%s.\n",
			r.setting, r.since, manual(r.setting), value, confidence, reason)
		evidence(t, &b, r.setting)
		blocked, changed := effects(t, r.setting, value, confidence)
		bullets(&b, "Withheld when", blocked)
		bullets(&b, "Another value or confidence when", changed)
	}
	return b.String()
}

func evidence(t *testing.T, b *strings.Builder, setting string) {
	unseen, _, _ := values(probe{}.run(t, "", without), setting)
	user, userConfidence, userReason := values(probe{}.run(t, unprivilegedLines, without), setting)
	switch {
	case unseen != "":
		fmt.Fprintf(b, "\nIt needs no look into the programs.\n")
	case user != "":
		fmt.Fprintf(b, "\nWithout a look into the programs, or when something blocks it, a service without privileges still gets\n%s (%s): %s.\n", user, userConfidence, userReason)
	default:
		fmt.Fprintf(b, "\nIt needs a look into the programs, and an unknown that hides code or names this setting blocks it.\n")
	}
}

// effects tries every probe on one rule.
func effects(t *testing.T, setting, value, confidence string) (blocked, changed []string) {
	for _, p := range probes(t) {
		got := p.run(t, "")
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

"Without privileges" is a service with User= or DynamicUser= and NoNewPrivileges=yes, without
AmbientCapabilities=, PAMName=, Delegate=, PermissionsStartOnly= and commands with the prefixes + ! and |.

Up to systemd 254, settings that PID 1 enforces with a filter of system calls imply NoNewPrivileges= for a
service that does not run as root. There they are withheld when NoNewPrivileges= is:
` + "`%s`" + `.
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
	base := probe{}.run(t, "")
	for _, p := range probes(t) {
		got := p.run(t, "")
		assert.False(t, slices.EqualFunc(base.Proposals, got.Proposals, func(a, b report.Proposal) bool {
			return a.Setting == b.Setting && a.Value == b.Value && a.Confidence == b.Confidence
		}), p.words)
	}
}
