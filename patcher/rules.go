// SPDX-License-Identifier: MIT

package patcher

import (
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// rule is what is known about one setting: since when systemd has it, when a unit
// has no need of it, and what speaks for or against it in a given service.
type rule struct {
	setting string
	since   int    // systemd version that brought it
	lines   []line // what is written
	// holds tells whether the unit has the setting, or something stricter.
	holds func(*unit.Service) bool
	judge func(*subject) verdict
}

// line is one assignment of [Service].
type line struct{ setting, value string }

// verdict is what a rule says of a service: with a confidence, to set it and why;
// without one, why not.
type verdict struct {
	confidence string
	because    []string
}

func proven(reasons ...string) verdict { return verdict{report.Proven, reasons} }

func likely(reasons ...string) verdict { return verdict{report.Likely, reasons} }

func withheld(because ...string) verdict { return verdict{"", because} }

// rules need nothing but the unit's own settings and the image; each is right for
// the reason that it gives. Sources: systemd.exec(5), capabilities(7), and the
// system calls' manual pages for what they ask of the caller.
var rules = []rule{
	{
		"CapabilityBoundingSet", 187, []line{{"CapabilityBoundingSet", ""}},
		func(s *unit.Service) bool { return s.CapabilityBoundingSet == 0 },
		unprivileged("a process without capabilities that cannot gain any has no use for the bounding set"),
	},
	{
		"PrivateMounts", 239, []line{{"PrivateMounts", "yes"}},
		func(s *unit.Service) bool { return s.PrivateMounts == unit.Yes },
		unprivileged("mount(2) in the host's mount name space needs CAP_SYS_ADMIN, so the host never sees a mount of this service"),
	},
	{
		"ProtectControlGroups", 232, []line{{"ProtectControlGroups", "yes"}},
		func(s *unit.Service) bool { return s.ProtectControlGroups != "no" },
		unprivileged("only root may write below /sys/fs/cgroup, and no subtree is delegated to this service"),
	},
	{
		"RestrictRealtime", 231, []line{{"RestrictRealtime", "yes"}},
		func(s *unit.Service) bool { return s.RestrictRealtime },
		realtime,
	},
	{
		"SystemCallFilter", 187, []line{{"SystemCallFilter", "~@module @reboot @swap"}, {"SystemCallErrorNumber", "EPERM"}},
		func(s *unit.Service) bool { return s.SystemCallFilter.Active() },
		unprivileged("the kernel answers these calls with EPERM to a caller without capabilities; the filter answers the same"),
	},
	{
		"SystemCallArchitectures", 209, []line{{"SystemCallArchitectures", "native"}},
		func(s *unit.Service) bool { return slices.Equal(s.SystemCallArchitectures, []string{"native"}) },
		nativeOnly,
	},
}

// unprivileged is for settings that cannot change anything for a service whose
// processes have no capability and no way to get one.
func unprivileged(reason string) func(*subject) verdict {
	return func(s *subject) verdict {
		if why := s.privileges(); len(why) > 0 {
			return withheld(why...)
		}
		return proven("runs as "+s.service.User+" with NoNewPrivileges= and without ambient capabilities", reason)
	}
}

// privileges says by what the service has capabilities or can get them.
func (s *subject) privileges() []string {
	var why []string
	x := s.service
	if x.IsRoot() {
		why = append(why, "the service starts as root")
	}
	if !x.NoNewPrivileges {
		why = append(why, "NoNewPrivileges= is not set, so set-user-ID programs and file capabilities give privileges")
	}
	if x.AmbientCapabilities != 0 {
		why = append(why, "AmbientCapabilities= gives "+strings.Join(x.AmbientCapabilities.Names(), " "))
	}
	if x.PAMName != "" {
		why = append(why, "PAMName= runs PAM modules with privileges")
	}
	for _, a := range s.Settings {
		if on := strings.ToLower(a.Value); a.Key == "PermissionsStartOnly" && slices.Contains([]string{"1", "y", "yes", "t", "true", "on"}, on) {
			why = append(why, "PermissionsStartOnly= runs all but ExecStart= as root")
		}
	}
	if x.Delegate {
		why = append(why, "Delegate= hands a control group subtree to the service")
	}
	for _, setting := range sortedKeys(x.Commands) {
		for _, c := range x.Commands[setting] {
			if strings.ContainsAny(c.Prefixes, "+!|") {
				why = append(why, setting+"= runs "+c.Path+" with full privileges by its prefix "+c.Prefixes)
			}
		}
	}
	return why
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
	for _, a := range s.Settings {
		if a.Key == "LimitRTPRIO" || a.Key == "CPUSchedulingPolicy" {
			return withheld(a.Key + "= asks for real-time scheduling")
		}
	}
	return proven("without CAP_SYS_NICE and RLIMIT_RTPRIO the kernel refuses real-time scheduling with EPERM, as this setting does")
}

// nativeOnly: an image without another architecture's dynamic loader runs programs
// of its own architecture; a static program of another one would be missed.
func nativeOnly(s *subject) verdict {
	if len(s.image.ForeignLoaders) > 0 {
		return withheld("the image has a dynamic loader of another architecture: " + strings.Join(s.image.ForeignLoaders, " "))
	}
	return likely("the image has no dynamic loader of another architecture than " + s.image.Architecture + "; heuristic: a static program of another one would not be seen")
}
