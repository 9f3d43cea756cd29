// SPDX-License-Identifier: MIT

package patcher

import (
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

func noNewPrivileges(s *subject) verdict {
	if v, against := s.against("NoNewPrivileges", fact("set-id-program", ""), selinux, namedRoot); against {
		return v
	}
	if len(s.facts(func(f report.Fact) bool { return f.ID == "exec" })) == 0 &&
		!slices.Contains(s.Syscalls.Reachable, "execve") && !slices.Contains(s.Syscalls.Reachable, "execveat") {
		return s.proposed(report.Proven, yes("NoNewPrivileges"), "it starts no program")
	}
	return s.proposed(report.Likely, yes("NoNewPrivileges"), "no program that it starts has a set-ID bit or capabilities; heuristic: those that are given on the device are not seen")
}

// keptCapabilities pass over permissions of files, whose owners a look at the code
// does not tell: a service that starts as root keeps them.
var keptCapabilities = []string{"CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER"}

// pathCapabilities are what the use of other places may ask for.
var pathCapabilities = []struct {
	place string
	names []string
}{
	{"/proc/self/oom", []string{"CAP_SYS_RESOURCE"}}, {"/proc/self/loginuid", []string{"CAP_AUDIT_CONTROL"}},
	{"/proc/kmsg", []string{"CAP_SYSLOG"}}, {"/dev/kmsg", []string{"CAP_SYSLOG"}}, {"/dev/mem", []string{"CAP_SYS_RAWIO"}}, {"/dev/port", []string{"CAP_SYS_RAWIO"}},
	{"/proc/kcore", []string{"CAP_SYS_RAWIO"}}, {"/dev/rtc", []string{"CAP_SYS_TIME"}},
	{"/proc/kallsyms", []string{"CAP_SYSLOG"}}, {"/sys/fs/pstore", []string{"CAP_SYSLOG"}}, // kernel/kallsyms.c, fs/pstore/inode.c
}

// asksPath returns the capabilities that the use of a path may ask for.
func asksPath(path string) []string {
	switch {
	case lies(path, readOnlyVariables):
		return nil
	case lies(path, []string{"/proc/sys", "/sys"}):
		return append(asksReader(path), asksWriter(path)...)
	case isOfProcess(path):
		return asksOfProcess(path)
	}
	return asksReader(path)
}

// isOfProcess tells whether a path is below the folder of a process in /proc: one that is put in at
// run time, or of a number, as that of the first.
func isOfProcess(path string) bool {
	rest, ok := strings.CutPrefix(path, "/proc/")
	return ok && rest != "" && (rest[0] == '%' || rest[0] >= '0' && rest[0] <= '9')
}

// asksReader returns what the reader of a file may be asked for, too: the configuration of a PCI device
// behind its first 64 bytes (pci_read_config() of drivers/pci/pci-sysfs.c), and pathCapabilities.
func asksReader(path string) []string {
	if strings.HasPrefix(path, "/sys/") && strings.HasSuffix(path, "/config") {
		return []string{"CAP_SYS_ADMIN"}
	}
	var names []string
	for _, p := range pathCapabilities {
		if strings.HasPrefix(path, p.place) {
			names = append(names, p.names...)
		}
	}
	return names
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
		if isChanged(f) {
			for _, name := range asksPath(f.Value) {
				needs[name] = true
			}
		}
		if f.ID == "path-read" {
			for _, name := range asksReader(f.Value) {
				needs[name] = true
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

// unprivileged is for settings that cannot change anything for a service whose
// processes have no capability and no way to get one.
func unprivileged(lines []line, reason string) func(*subject) verdict {
	return func(s *subject) verdict {
		if why := s.privileges(); len(why) > 0 {
			return withheld(why...)
		}
		confidence, set := s.noNewPrivileges()
		return proposed(confidence, lines, "runs as "+s.service.User+" with NoNewPrivileges="+set+" and without ambient capabilities", reason)
	}
}

// noNewPrivileges tells how sure it is that the service has NoNewPrivileges=: by its
// own lines, or as it is proposed, which the second result says; not at all when
// there is no confidence.
func (s *subject) noNewPrivileges() (confidence, how string) {
	if s.service.NoNewPrivileges {
		return report.Proven, ""
	}
	for _, p := range s.Proposals { // its row is the first of the table
		if p.Setting == "NoNewPrivileges" {
			return p.Confidence, ", as is proposed,"
		}
	}
	return "", ""
}

// privileges says by what the service has capabilities or can get them.
func (s *subject) privileges() []string {
	var why []string
	x := s.service
	if x.IsRoot() {
		why = append(why, "the service starts as root")
	}
	if confidence, _ := s.noNewPrivileges(); confidence == "" {
		why = append(why, "NoNewPrivileges= is not set, so set-user-ID programs and file capabilities give privileges")
	}
	if x.AmbientCapabilities != 0 {
		why = append(why, "AmbientCapabilities= gives "+strings.Join(x.AmbientCapabilities.Names(), " "))
	}
	if x.PAMName != "" {
		why = append(why, "PAMName= runs PAM modules with privileges")
	}
	for _, a := range s.own {
		if on := strings.ToLower(a.Value); a.Key == "PermissionsStartOnly" && slices.Contains([]string{"1", "y", "yes", "t", "true", "on"}, on) {
			why = append(why, "PermissionsStartOnly= runs all but ExecStart= as root")
		}
	}
	if x.Delegate {
		why = append(why, "Delegate= hands a control group subtree to the service")
	}
	return append(why, s.prefixed()...)
}

func sortedKeys(m map[string][]unit.Command) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func realtime(s *subject) verdict {
	if why := s.privileges(); len(why) > 0 {
		return withheld(why...)
	}
	for _, a := range s.own {
		if a.Key == "LimitRTPRIO" || a.Key == "CPUSchedulingPolicy" {
			return withheld(a.Key + "= asks for real-time scheduling")
		}
	}
	confidence, _ := s.noNewPrivileges()
	return proposed(confidence, yes("RestrictRealtime"), "without CAP_SYS_NICE and RLIMIT_RTPRIO the kernel refuses real-time scheduling with EPERM, as this setting does")
}

// privateUsers maps but root and the service's own user: everybody else's files and
// messages come from "nobody", and nothing can be given to another group. That is
// for a service without privileges that does not look who its clients are.
func privateUsers(s *subject) verdict {
	if s.Syscalls == nil {
		return withheld(noEvidence)
	}
	if why := s.privileges(); len(why) > 0 {
		return withheld(why...)
	}
	if effective, known := s.effective("PrivateUsers"); !known || !effective {
		return withheld("nothing tells that the kernel has user name spaces, without which the service would not start")
	}
	if v, against := s.against("PrivateUsers", fact("user-change", ""), fact("capability", "CAP_CHOWN"), fact("namespace", "user"), fact("namespace", "all"),
		localClients, socketActivated, asks("SupplementaryGroups")); against {
		return v
	}
	return s.proposed(report.Likely, yes("PrivateUsers"), "it has no privileges, serves no local socket and changes no owner; heuristic: it does not ask who owns the files that it reads")
}

// localClients: the other end of a local socket may be asked for its user, who
// would be "nobody".
func localClients(s *subject) []string {
	if len(call("listen")(s)) == 0 {
		return nil
	}
	return fact("socket-family", "AF_UNIX")(s)
}
