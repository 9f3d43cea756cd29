// SPDX-License-Identifier: MIT

package platform

import (
	"fmt"
	"slices"
	"strings"
)

// answer to a question about the target, of which not everything is known.
type answer int

const (
	no answer = iota - 1
	unknown
	yes
)

// condition asks something of a target; why goes with no.
type condition func(t *Target) (a answer, why string)

// all holds when every condition does.
func all(conditions ...condition) condition {
	return func(t *Target) (answer, string) {
		least := yes
		for _, c := range conditions {
			a, why := c(t)
			if a == no {
				return no, why
			}
			least = min(least, a)
		}
		return least, ""
	}
}

// either holds when one of the conditions does; it does not hold for all their reasons.
func either(conditions ...condition) condition {
	return func(t *Target) (answer, string) {
		best := no
		var reasons []string
		for _, c := range conditions {
			a, why := c(t)
			best = max(best, a)
			if why != "" && !slices.Contains(reasons, why) {
				reasons = append(reasons, why)
			}
		}
		if best != no {
			return best, ""
		}
		return no, strings.Join(reasons, ", and ")
	}
}

// always is for what needs nothing that a target could lack.
func always(*Target) (answer, string) { return yes, "" }

// option asks for options of the kernel, built in or as a module.
func option(names ...string) condition {
	return func(t *Target) (answer, string) {
		least := yes
		for _, name := range names {
			switch value, known := t.Kernel.Option(name); {
			case !known:
				least = unknown
			case value == "":
				return no, fmt.Sprintf("the kernel has no CONFIG_%s (%s)", name, t.Kernel.From)
			}
		}
		return least, ""
	}
}

// unlessOff is option for what every system has that can run systemd, but for a
// kernel that is known to lack it.
func unlessOff(name string) condition {
	return func(t *Target) (answer, string) {
		a, why := option(name)(t)
		if a == unknown {
			a = yes
		}
		return a, why
	}
}

// kernel asks for a kernel of at least that version.
func kernel(major, minor int) condition {
	needed := KernelVersion{major, minor}
	return func(t *Target) (answer, string) {
		switch {
		case t.Kernel == nil || !t.Kernel.Version.Known():
			return unknown, ""
		case t.Kernel.Version.before(needed):
			return no, fmt.Sprintf("it needs Linux %s, the kernel is %s (%s)", needed, t.Kernel.Version, t.Kernel.From)
		}
		return yes, ""
	}
}

// systemd asks for a systemd of at least that major version.
func systemd(major int) condition {
	return func(t *Target) (answer, string) {
		if t.Systemd < major {
			return no, fmt.Sprintf("it needs systemd %d", major)
		}
		return yes, ""
	}
}

// built asks for a feature of systemd's build.
func built(feature string) condition {
	return func(t *Target) (answer, string) {
		switch has, known := t.Build.Has(feature); {
		case !known:
			return unknown, ""
		case !has:
			return no, fmt.Sprintf("systemd is built with -%s (%s)", feature, t.Build.From)
		}
		return yes, ""
	}
}

// architectures asks for one of those that are known to work; on those that are
// known not to the answer is no.
func architectures(work, fail string) condition {
	return func(t *Target) (answer, string) {
		switch {
		case slices.Contains(strings.Fields(work), t.Architecture):
			return yes, ""
		case slices.Contains(strings.Fields(fail), t.Architecture):
			return no, "it has no effect on " + t.Architecture
		}
		return unknown, ""
	}
}

// on is for one architecture alone.
func on(architecture string) condition {
	return func(t *Target) (answer, string) {
		if t.Architecture != architecture {
			return no, ""
		}
		return yes, ""
	}
}

// usersPermitted asks that no file of the image forbids user name spaces.
func usersPermitted(t *Target) (answer, string) {
	if t.UsersForbidden != "" {
		return no, "user.max_user_namespaces is 0 (" + t.UsersForbidden + ")"
	}
	return yes, ""
}

// unified asks for control groups version 2. systemd 258 has nothing else; from
// 256 on the old hierarchies need a word on the kernel's command line.
func unified(t *Target) (answer, string) {
	if t.Systemd >= 256 || t.Build != nil && t.Build.Hierarchy == "unified" {
		return yes, ""
	}
	return unknown, ""
}

// divided asks for control groups version 1, which releases before 258 can be told to use.
func divided(t *Target) (answer, string) {
	if t.Systemd >= 258 {
		return no, ""
	}
	return unknown, ""
}
