// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// everything is what an unknown blocks that hides code.
const everything = "*"

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

// effective tells whether the target enforces a setting, when that is known.
func (s *subject) effective(setting string) (effective, known bool) {
	for _, e := range s.image.Effects {
		if e.Setting == setting {
			return e.Effective, true
		}
	}
	return false, false
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

// onlyFor are the settings that what is assumed for an unknown matters for; the others
// hide code.
var onlyFor = map[string][]string{
	"socket-family-unresolved": {"RestrictAddressFamilies", "CapabilityBoundingSet"},
	"capabilities-from-text":   {"CapabilityBoundingSet"},
	"capabilities-of-library":  {"CapabilityBoundingSet"},
	"mode-unresolved":          {"RestrictSUIDSGID", "CapabilityBoundingSet"},
}

// concerns tells whether an unknown with an assumption matters for a setting.
func concerns(unknown, setting string) bool {
	settings, limited := onlyFor[unknown]
	return !limited || slices.Contains(settings, setting)
}

// settled holds a verdict against what else decides whether the setting does what it
// says, and only that: lines that are read after ours, a target that lacks what it
// needs, and, up to systemd 254, that PID 1
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
	for _, e := range s.image.Effects {
		if e.Setting == setting && !e.Effective {
			return withheld("it would not be effective on this target: " + e.Why)
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

// against collects what blocks or contradicts a setting, each reason once.
func (s *subject) against(setting string, contradictions ...contradiction) (verdict, bool) {
	because := s.blocked(setting)
	for _, c := range contradictions {
		for _, why := range c(s) {
			if !slices.Contains(because, why) {
				because = append(because, why)
			}
		}
	}
	return withheld(because...), len(because) > 0
}

// after tells whether the unit is ordered after one of the targets by its own lines.
func (s *subject) after(targets ...string) bool {
	return slices.ContainsFunc(s.own, func(x unit.Assignment) bool {
		return x.Section == "Unit" && x.Key == "After" && slices.ContainsFunc(strings.Fields(x.Value), func(w string) bool { return slices.Contains(targets, w) })
	})
}
