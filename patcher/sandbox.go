// SPDX-License-Identifier: MIT

package patcher

import (
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// mounts is for settings that give the service a mount name space: a service of the
// early boot may run before what they need is there.
func mounts(judge func(*subject) verdict) func(*subject) verdict {
	return func(s *subject) verdict {
		if !s.service.DefaultDependencies && !s.AfterFileSystems && !s.after("local-fs.target", "sysinit.target", "basic.target") {
			return withheld("DefaultDependencies=no: it may run before the file systems are set up")
		}
		if f := s.facts(func(f report.Fact) bool { return f.ID == "mount" }); len(f) > 0 {
			return withheld(append([]string{"in a mount name space of its own the host would not see its mounts"}, f...)...)
		}
		return judge(s)
	}
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
			return isPath(f) && (f.Value == "/proc" || isOfProcess(f.Value) || strings.HasPrefix(f.Value, "/proc/*"))
		})
	}
	if v, against := s.against("ProtectProc", others, fact("ptrace", ""), belowProc); against {
		return v
	}
	return s.proposed(report.Likely, []line{{"ProtectProc", "invisible"}}, "nothing that it runs names the folders of other processes in /proc")
}

// belowProc are file systems that are mounted below /proc: a service with a /proc of
// its own would not see them.
var belowProc = below("/proc/sys/fs/binfmt_misc", "/proc/fs/nfsd", "/proc/xen", "/proc/bus/usb")

// seesAllProcesses: a process of the group root is shown all processes with
// "invisible", too (has_pid_permissions() in fs/proc/base.c of Linux asks for the
// group of the mount, which is root), so nothing changes for a service whose
// processes all stay in that group.
func seesAllProcesses(s *subject) verdict {
	x := s.service
	if !x.IsRoot() || !slices.Contains([]string{"", "root", "0"}, x.Group) {
		return withheld()
	}
	if v, against := s.against("ProtectProc", fact("user-change", ""), fact("set-id-program", ""), belowProc); against {
		return v
	}
	return s.proposed(report.Likely, []line{{"ProtectProc", "invisible"}},
		"it stays root, from which this setting hides nothing; heuristic: it uses nothing that is mounted below /proc")
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
