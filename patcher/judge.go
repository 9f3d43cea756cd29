// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// everything is what an unknown blocks that hides code.
const everything = "*"

// contradiction finds facts of a service that speak against a setting, in words.
type contradiction func(*subject) []string

// fact contradicts by its ID, and by its value unless that is empty.
func fact(id, value string) contradiction {
	return func(s *subject) []string {
		return s.facts(func(f report.Fact) bool { return f.ID == id && (value == "" || f.Value == value) })
	}
}

// below contradicts with every path that lies at or below one of the places.
func below(places ...string) contradiction {
	return func(s *subject) []string {
		return s.facts(func(f report.Fact) bool {
			return isPath(f) && slices.ContainsFunc(places, func(p string) bool { return f.Value == p || strings.HasPrefix(f.Value, p+"/") })
		})
	}
}

// exactly contradicts with the paths themselves, as a program names that walks them.
func exactly(paths ...string) contradiction {
	return func(s *subject) []string {
		return s.facts(func(f report.Fact) bool { return isPath(f) && slices.Contains(paths, f.Value) })
	}
}

func isPath(f report.Fact) bool { return f.ID == "path" || f.ID == "device" }

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

// noEvidence stands where the code was not looked at: nothing is said then.
const noEvidence = "no evidence was collected"

const maxReasons = 5 // shown of one kind

// facts puts those that match into words, with where they are.
func (s *subject) facts(match func(report.Fact) bool) []string {
	var because []string
	for _, f := range s.Facts {
		if !match(f) {
			continue
		}
		if len(because) == maxReasons {
			return append(because, "and more of the kind")
		}
		because = append(because, strings.TrimSpace(fmt.Sprintf("%s %s", f.ID, f.Value))+" in "+f.Where)
	}
	return because
}

// blocked says why nothing can be concluded about a setting: no evidence, or
// unknowns that block it.
func (s *subject) blocked(setting string) []string {
	if s.Syscalls == nil {
		return []string{noEvidence}
	}
	var because []string
	for _, u := range s.ownFirst() {
		if slices.Contains(u.Blocks, everything) || slices.Contains(u.Blocks, setting) {
			if len(because) == maxReasons {
				return append(because, "and more unknowns")
			}
			because = append(because, strings.TrimSpace(fmt.Sprintf("%s %s", u.ID, u.Value))+" in "+u.Where)
		}
	}
	return because
}

// ownFirst are the unknowns, those of the unit's own executables before those of
// what they start or load: the first few are shown.
func (s *subject) ownFirst() []report.Unknown {
	own := func(u report.Unknown) bool {
		return slices.ContainsFunc(s.Executables, func(e report.Executable) bool { return strings.HasPrefix(u.Where, e.Path+"+") })
	}
	list := slices.Clone(s.Unknowns)
	slices.SortStableFunc(list, func(a, b report.Unknown) int {
		if own(a) == own(b) {
			return 0
		}
		return map[bool]int{true: -1, false: 1}[own(a)]
	})
	return list
}

// unless proposes SETTING=yes when nothing is unknown that blocks it and nothing
// contradicts it.
func unless(setting, confidence, reason string, contradictions ...contradiction) func(*subject) verdict {
	return func(s *subject) verdict {
		if v, against := s.against(setting, contradictions...); against {
			return v
		}
		return s.proposed(confidence, yes(setting), reason)
	}
}

// proposed is a proposal from evidence: where something was assumed that it stands
// on, it is likely at most, and names the unknowns; explain shows them.
func (s *subject) proposed(confidence string, lines []line, because ...string) verdict {
	var assumed []string
	for _, u := range s.Unknowns {
		if u.Assumption != "" && concerns(u.ID, lines[0].setting) {
			assumed = append(assumed, u.ID)
		}
	}
	if len(assumed) > 0 {
		slices.Sort(assumed)
		confidence = report.Likely
		because = append(because, "on the assumption for "+strings.Join(slices.Compact(assumed), ", "))
	}
	return proposed(confidence, lines, because...)
}

// concerns tells whether an unknown with an assumption matters for a setting: one
// about addresses does for what restricts sockets, the others hide code.
func concerns(unknown, setting string) bool {
	return unknown != "socket-family-unresolved" || setting == "RestrictAddressFamilies" || setting == "CapabilityBoundingSet"
}

// settled holds a verdict against what else decides whether the setting does only
// what it says: lines that are read after ours, and, up to systemd 254, that PID 1
// can filter system calls of a service without CAP_SYS_ADMIN only by setting
// NoNewPrivileges= too (systemd.exec(5)).
func (s *subject) settled(setting string, v verdict) verdict {
	if v.confidence == "" {
		return v
	}
	for _, a := range s.own {
		if a.Key == setting && readAfterOurs(a) {
			return withheld(fmt.Sprintf("%s sets it, and is read after what would be written", a.Source))
		}
	}
	x := s.service
	implied := s.version.Major < 255 && slices.Contains(filters, setting) && !x.NoNewPrivileges &&
		!x.IsRoot() && x.AmbientCapabilities&unit.Capability("CAP_SYS_ADMIN") == 0
	if nnp := noNewPrivileges(s); implied && nnp.confidence == "" {
		return withheld(append([]string{"before systemd 255 it implies NoNewPrivileges= for a service that does not run as root"}, nnp.because...)...)
	}
	return v
}

// filters are the settings that PID 1 enforces with a filter of system calls.
var filters = strings.Fields(`LockPersonality MemoryDenyWriteExecute PrivateDevices ProtectClock ProtectHostname ProtectKernelLogs ProtectKernelModules
	ProtectKernelTunables RestrictAddressFamilies RestrictNamespaces RestrictRealtime RestrictSUIDSGID SystemCallArchitectures SystemCallFilter`)

// against collects what blocks or contradicts a setting.
func (s *subject) against(setting string, contradictions ...contradiction) (verdict, bool) {
	because := s.blocked(setting)
	for _, c := range contradictions {
		because = append(because, c(s)...)
	}
	return withheld(because...), len(because) > 0
}

// mounts is for settings that give the service a mount name space: a service of the
// early boot may run before what they need is there.
func mounts(judge func(*subject) verdict) func(*subject) verdict {
	return func(s *subject) verdict {
		if !s.service.DefaultDependencies && !s.after("local-fs.target", "sysinit.target", "basic.target") {
			return withheld("DefaultDependencies=no: it may run before the file systems are set up")
		}
		if f := s.facts(func(f report.Fact) bool { return f.ID == "mount" }); len(f) > 0 {
			return withheld(append([]string{"in a mount name space of its own the host would not see its mounts"}, f...)...)
		}
		return judge(s)
	}
}

// after tells whether the unit is ordered after one of the targets by its own lines.
func (s *subject) after(targets ...string) bool {
	return slices.ContainsFunc(s.own, func(x unit.Assignment) bool {
		return x.Section == "Unit" && x.Key == "After" && slices.ContainsFunc(strings.Fields(x.Value), func(w string) bool { return slices.Contains(targets, w) })
	})
}

func noNewPrivileges(s *subject) verdict {
	if v, against := s.against("NoNewPrivileges", fact("set-id-program", ""), selinux); against {
		return v
	}
	if len(s.facts(func(f report.Fact) bool { return f.ID == "exec" })) == 0 &&
		!slices.Contains(s.Syscalls.Reachable, "execve") && !slices.Contains(s.Syscalls.Reachable, "execveat") {
		return s.proposed(report.Proven, yes("NoNewPrivileges"), "it starts no program")
	}
	return s.proposed(report.Likely, yes("NoNewPrivileges"), "no program that it starts has a set-ID bit; heuristic: file capabilities are not seen")
}

// selinux: the policy has to allow nnp_transition for every change of domain, that
// of PID 1 to the service's included (kernel, security/selinux/hooks.c).
func selinux(s *subject) []string {
	if slices.Contains(s.image.SecurityModules, "selinux") {
		return []string{"the image has SELinux, whose policy has to allow changes of domain under NoNewPrivileges="}
	}
	return nil
}

// pseudoDevices stay with PrivateDevices=yes (systemd.exec(5)); /dev/log is a link
// to a socket that stays too.
var pseudoDevices = strings.Fields(`/dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx /dev/log /dev/stdin /dev/stdout
	/dev/stderr /dev/fd /dev/pts /dev/shm /dev/mqueue`)

func realDevices(s *subject) []string {
	return s.facts(func(f report.Fact) bool {
		if !isPath(f) || f.Value != "/dev" && !strings.HasPrefix(f.Value, "/dev/") {
			return false
		}
		return !slices.ContainsFunc(pseudoDevices, func(d string) bool {
			return f.Value == d || strings.HasPrefix(f.Value, d+"/")
		})
	})
}

func privateDevices(s *subject) verdict {
	if v, against := s.against("PrivateDevices", realDevices, fact("raw-io", ""), fact("capability", "CAP_MKNOD"), asks("DeviceAllow"), asks("TTYPath")); against {
		return v
	}
	return s.proposed(report.Likely, yes("PrivateDevices"), "nothing that it runs, and no configuration in the image, names a device but the pseudo devices that stay")
}

func clockDevices(s *subject) []string {
	return s.facts(func(f report.Fact) bool {
		return isPath(f) && slices.ContainsFunc([]string{"/dev/rtc", "/dev/ptp", "/dev/pps"}, func(d string) bool { return strings.HasPrefix(f.Value, d) })
	})
}

// protectClock also takes the capability to wake the system away, and puts the clock
// on the list of a unit that has one of devices. Before 251.14 it
// closed all devices too (DeviceAllow= of the clock); an unknown point release counts
// as an old one.
func protectClock(s *subject) verdict {
	contradictions := []contradiction{fact("clock", ""), fact("capability", "CAP_WAKE_ALARM"), clockDevices}
	if v := s.version; v.Major < 251 || v.Major == 251 && (v.Point == unit.AnyPoint || v.Point < 14) {
		contradictions = append(contradictions, realDevices)
	}
	if !s.service.PrivateDevices { // which keeps the clock out of /dev
		contradictions = append(contradictions, asks("DeviceAllow"), asks("DevicePolicy"))
	}
	if v, against := s.against("ProtectClock", contradictions...); against {
		return v
	}
	return s.proposed(report.Likely, yes("ProtectClock"), "no call that sets or reads the parameters of a clock is reached, and no clock device is named")
}

// protectProc: who looks at other processes needs to see them.
func protectProc(s *subject) verdict {
	others := func(s *subject) []string {
		return s.facts(func(f report.Fact) bool {
			return isPath(f) && (f.Value == "/proc" || strings.HasPrefix(f.Value, "/proc/%") || strings.HasPrefix(f.Value, "/proc/*") || strings.HasPrefix(f.Value, "/proc/1/"))
		})
	}
	if v, against := s.against("ProtectProc", others, fact("ptrace", "")); against {
		return v
	}
	return s.proposed(report.Likely, []line{{"ProtectProc", "invisible"}}, "nothing that it runs names the folders of other processes in /proc")
}

func restrictNamespaces(s *subject) verdict {
	if v, against := s.against("RestrictNamespaces", fact("namespace", "all")); against {
		return v
	}
	var used []string
	for _, f := range s.Facts {
		if f.ID == "namespace" && (f.Value != "time" || s.version.Major >= 252) {
			used = append(used, f.Value)
		}
	}
	if len(used) == 0 {
		return s.proposed(report.Proven, yes("RestrictNamespaces"), "no call that makes or enters a name space is reached")
	}
	if len(asks("RestrictNamespaces")(s)) > 0 { // lists add up, so another one could permit more
		return withheld("the unit has a list of its own, which stays")
	}
	return s.proposed(report.Proven, []line{{"RestrictNamespaces", strings.Join(used, " ")}}, "it makes these name spaces and reaches no call for others")
}

func restrictAddressFamilies(s *subject) verdict {
	if v, against := s.against("RestrictAddressFamilies"); against {
		return v
	}
	denied := s.service.RestrictAddressFamilies // a deny list: holds() passed an allow list over
	var families []string
	for _, f := range s.Facts {
		if f.ID == "socket-family" && f.Value != "AF_UNSPEC" && !denied.Lists(f.Value) {
			families = append(families, f.Value)
		}
	}
	if len(families) == 0 {
		return s.proposed(report.Proven, []line{{"RestrictAddressFamilies", "none"}}, "it makes no socket")
	}
	var lines []line
	if len(denied.Names) > 0 { // an allow list cannot be merged into it
		lines = []line{{"RestrictAddressFamilies", ""}}
	}
	return s.proposed(report.Proven, append(lines, line{"RestrictAddressFamilies", strings.Join(families, " ")}), "it makes sockets of no other family")
}

func ipAddressDeny(s *subject) verdict {
	internet := func(s *subject) []string {
		return s.facts(func(f report.Fact) bool {
			return f.ID == "socket-family" && (f.Value == "AF_INET" || f.Value == "AF_INET6" || f.Value == "AF_PACKET")
		})
	}
	if v, against := s.against("IPAddressDeny", internet, fact("listens", ""), socketActivated, asks("IPAddressAllow")); against {
		return v
	}
	return s.proposed(report.Proven, []line{{"IPAddressDeny", "any"}}, "it makes no Internet socket and is handed none")
}

// keptCapabilities pass over permissions of files, whose owners a look at the code
// does not tell: a service that starts as root keeps them.
var keptCapabilities = []string{"CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER"}

// pathCapabilities are what writing below a place may ask for.
var pathCapabilities = []struct {
	place string
	names []string
}{
	{"/proc/sys", []string{"CAP_SYS_ADMIN", "CAP_NET_ADMIN"}}, {"/sys", []string{"CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SYS_RAWIO"}},
	{"/proc/self/oom", []string{"CAP_SYS_RESOURCE"}}, {"/proc/%", []string{"CAP_SYS_PTRACE", "CAP_SYS_RESOURCE"}}, {"/proc/self/loginuid", []string{"CAP_AUDIT_CONTROL"}},
	{"/proc/kmsg", []string{"CAP_SYSLOG"}}, {"/dev/kmsg", []string{"CAP_SYSLOG"}}, {"/dev/mem", []string{"CAP_SYS_RAWIO"}}, {"/dev/port", []string{"CAP_SYS_RAWIO"}},
	{"/proc/kcore", []string{"CAP_SYS_RAWIO"}}, {"/dev/rtc", []string{"CAP_SYS_TIME"}}, {"/sys/power", []string{"CAP_BLOCK_SUSPEND"}},
}

func capabilityBoundingSet(s *subject) verdict {
	if len(asks("CapabilityBoundingSet")(s)) > 0 {
		return withheld() // the unit has a set of its own, which stays
	}
	if v := unprivileged([]line{{"CapabilityBoundingSet", ""}}, "a process without capabilities that cannot gain any has no use for the bounding set")(s); v.confidence != "" {
		return v
	}
	if v, against := s.against("CapabilityBoundingSet"); against {
		return v
	}
	needs := map[string]bool{}
	for _, f := range s.Facts {
		if f.ID == "capability" {
			needs[f.Value] = true
		}
		for _, p := range pathCapabilities {
			if isPath(f) && strings.HasPrefix(f.Value, p.place) {
				for _, name := range p.names {
					needs[name] = true
				}
			}
		}
	}
	if s.mayBeRoot() {
		for _, name := range keptCapabilities {
			needs[name] = true
		}
	}
	set := s.service.AmbientCapabilities // PID 1 cannot raise what the set lacks
	for name := range needs {
		set |= unit.Capability(name)
	}
	return s.proposed(report.Likely, []line{{"CapabilityBoundingSet", strings.Join(set.Names(), " ")}},
		"no system call and no path that it reaches asks for another capability; heuristic: what writing to files that are named at run time asks for is not seen")
}

// mayBeRoot tells whether a process of the service may run as root, by itself or by a
// program that it starts.
func (s *subject) mayBeRoot() bool {
	x := s.service
	return x.IsRoot() || x.PAMName != "" || x.AmbientCapabilities&unit.Capability("CAP_SETUID") != 0 || len(fact("set-id-program", "")(s)) > 0 ||
		len(asks("PermissionsStartOnly")(s)) > 0 || len(s.prefixed()) > 0
}

// prefixed are the commands that do not run as the service's user, in words.
func (s *subject) prefixed() []string {
	var why []string
	for _, setting := range sortedKeys(s.service.Commands) {
		for _, c := range s.service.Commands[setting] {
			if strings.ContainsAny(c.Prefixes, "+!|") {
				why = append(why, setting+"= runs "+c.Path+" with full privileges by its prefix "+c.Prefixes)
			}
		}
	}
	return why
}

// scoredGroups are the groups that a filter is worth having for, and that are
// denied when nothing of them is reached.
var scoredGroups = strings.Fields("@clock @cpu-emulation @debug @module @mount @obsolete @privileged @raw-io @reboot @resources @swap")

// systemCallFilter allows @system-service and the groups that hold what else is
// reached, and takes back scored groups of which nothing is reached. Only when all
// that can be reached is known.
func systemCallFilter(s *subject) verdict {
	if v, against := s.against("SystemCallFilter"); against {
		return v
	}
	groups := seccomp.Groups(s.version.Major, s.version.Point)
	allowed := map[string]bool{}
	for _, name := range append(groups.Expand("@system-service"), groups.Expand("@default")...) {
		allowed[name] = true
	}
	reached := map[string]bool{}
	allow := []string{"@system-service"}
	for _, name := range s.Syscalls.Reachable {
		reached[name] = true
		if !allowed[name] {
			allow = append(allow, name)
		}
	}
	var deny []string
	for _, g := range scoredGroups {
		if !slices.ContainsFunc(groups.Expand(g), func(call string) bool { return reached[call] }) {
			deny = append(deny, g)
		}
	}
	lines := []line{{"SystemCallFilter", strings.Join(allow, " ")}}
	if len(deny) > 0 {
		lines = append(lines, line{"SystemCallFilter", "~" + strings.Join(deny, " ")})
	}
	return s.proposed(report.Proven, s.withError(lines),
		fmt.Sprintf("all %d system calls that it can reach are allowed; of the groups that are taken back it reaches none", len(s.Syscalls.Reachable)))
}

// withError adds the error that a denied call gets, unless the unit names one.
func (s *subject) withError(lines []line) []line {
	if len(asks("SystemCallErrorNumber")(s)) > 0 {
		return lines
	}
	return append(lines, line{"SystemCallErrorNumber", "EPERM"})
}
