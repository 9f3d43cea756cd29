// SPDX-License-Identifier: MIT

package patcher

import (
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
)

// What is right for a service whatever its programs and their children do, since the
// architecture or the kernel denies it already and with the same error.

// nativeOnly: an image without another architecture's dynamic loader runs programs
// of its own architecture; a static program of another one would be missed.
func nativeOnly(s *subject) verdict {
	if len(s.service.SystemCallArchitectures) > 0 {
		return withheld("the unit has a list of its own, which stays")
	}
	if len(s.image.ForeignLoaders) > 0 {
		return withheld("the image has a dynamic loader of another architecture: " + strings.Join(s.image.ForeignLoaders, " "))
	}
	return proposed(report.Likely, []line{{"SystemCallArchitectures", "native"}}, "the image has no dynamic loader of another architecture than "+s.image.Architecture+"; heuristic: a static program of another one would not be seen")
}

// runsNativeOnly tells whether the unit's processes make system calls of the image's
// architecture only, by its own line or by the one that is proposed.
func (s *subject) runsNativeOnly() bool {
	return slices.Equal(s.service.SystemCallArchitectures, []string{"native"}) || nativeOnly(s).confidence != ""
}

// absentGroups are the scored groups of which the target has no call at all: the
// architecture never had it, or the kernel was built without it.
func (s *subject) absentGroups() []string {
	arch, _ := seccomp.ParseArch(s.image.Architecture)
	if !arch.HasSeccomp() {
		return nil
	}
	groups := seccomp.Groups(s.version.Major, s.version.Point)
	var absent []string
	for _, g := range scoredGroups {
		if !slices.ContainsFunc(groups.Expand(g), func(call string) bool {
			_, exists := seccomp.Number(arch, call)
			return exists && !slices.Contains(s.image.AbsentSyscalls, call)
		}) {
			absent = append(absent, g)
		}
	}
	return absent
}

// absentCalls denies what does not exist, with the error that the kernel gives.
func absentCalls(s *subject) verdict {
	absent := s.absentGroups()
	if len(absent) == 0 {
		return withheld()
	}
	if !s.runsNativeOnly() {
		return withheld("the unit may run programs of another architecture, which may have the calls that " + s.image.Architecture + " lacks")
	}
	return proposed(report.Proven, []line{{"SystemCallFilter", "~" + strings.Join(withENOSYS(absent), " ")}},
		"this target has no call of these groups, so they fail already and with the same error; the line keeps it so")
}

func withENOSYS(groups []string) []string {
	list := make([]string, len(groups))
	for i, g := range groups {
		list[i] = g + ":ENOSYS"
	}
	return list
}

// refusedCalls denies an unprivileged service what the kernel denies it anyway.
func refusedCalls(s *subject) verdict {
	var absent []string
	if s.runsNativeOnly() {
		absent = s.absentGroups()
	}
	deny := slices.DeleteFunc(strings.Fields("@module @reboot @swap"), func(g string) bool { return slices.Contains(absent, g) })
	lines := []line{{"SystemCallFilter", "~" + strings.Join(append(deny, withENOSYS(absent)...), " ")}}
	return unprivileged(s.withError(lines),
		"the kernel answers these calls with EPERM to a caller without capabilities, and those that it lacks with ENOSYS; the filter answers the same")(s)
}

// absentFamilies denies sockets of families that the kernel lacks, with the error
// that the kernel gives. It adds to a deny list of the unit's own.
func absentFamilies(s *subject) verdict {
	var deny []string
	for _, f := range s.image.AbsentFamilies {
		if !s.service.RestrictAddressFamilies.Lists(f) {
			deny = append(deny, f)
		}
	}
	if len(deny) == 0 {
		return withheld()
	}
	return proposed(report.Likely, []line{{"RestrictAddressFamilies", "~" + strings.Join(deny, " ")}},
		"the kernel has none of these families ("+s.image.KernelFrom+"), so sockets of them fail already and with the same error; the line keeps it so; heuristic: no module from elsewhere brings one")
}
