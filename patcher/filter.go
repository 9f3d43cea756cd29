// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
)

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
