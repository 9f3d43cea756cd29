// SPDX-License-Identifier: MIT

package unit

import (
	"errors"
	"fmt"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
)

// Rules are how one systemd version reads the settings of a unit.
type Rules struct {
	version Version
	filter  filterRules
	known   map[string]bool // "Section.Key"
	// withoutSeccomp is a systemd built without: it ignores some settings.
	withoutSeccomp bool
}

// NewRules returns the rules of a known version; see Version.Known.
func NewRules(v Version) Rules {
	return Rules{version: v, filter: filterRules{groups: seccomp.Groups(v.Major, v.Point)}, known: keysOf(v.Major)}
}

// WithSeccomp returns the rules for a systemd that runs with this libseccomp: names
// of system calls that it does not know are ignored.
func (r Rules) WithSeccomp(release seccomp.Release) Rules {
	r.filter.release = release
	return r
}

// WithoutSeccomp returns the rules for a systemd that was built without seccomp: it
// knows the settings that are nothing but filters, and ignores them.
func (r Rules) WithoutSeccomp() Rules {
	r.withoutSeccomp = true
	return r
}

// filterSettings are ignored by a systemd that was built without seccomp
// (systemd.exec(5); src/core/load-fragment-gperf.gperf.in, HAVE_SECCOMP).
var filterSettings = map[string]bool{
	"SystemCallFilter": true, "SystemCallArchitectures": true, "SystemCallLog": true, "SystemCallErrorNumber": true,
	"MemoryDenyWriteExecute": true, "RestrictNamespaces": true, "RestrictAddressFamilies": true, "RestrictRealtime": true,
	"RestrictSUIDSGID": true, "LockPersonality": true,
}

// Knows tells whether a service may have the setting, by section and key.
func (r Rules) Knows(section, key string) bool { return r.known[section+"."+key] }

// Evaluate applies assignments in their order, as PID 1 would for a service of
// that name and fragment. The error says why it would not load.
func (r Rules) Evaluate(name, fragment string, assignments []Assignment) (*Service, error) {
	u := &Unit{Name: name, Fragment: fragment}
	s := newService(r.version)
	if r.apply(u, r.loading(name, fragment), s, assignments) {
		return nil, fmt.Errorf("%s: %s", name, u.Diagnostics[len(u.Diagnostics)-1].Message)
	}
	s.finish(name, r.version)
	if reason := s.refused(r.version); reason != "" {
		return nil, fmt.Errorf("%s: %s", name, reason)
	}
	return s, nil
}

func (r Rules) loading(name, fragment string) *loading {
	return &loading{r.version, r.filter, specifiers{name, fragment}}
}

// apply applies assignments in order; it stops and returns true at one that PID 1
// stops at.
func (r Rules) apply(u *Unit, l *loading, s *Service, assignments []Assignment) (stopped bool) {
	service := Type(u.Name) == "service"
	for i, a := range assignments {
		name := a.Section + "." + a.Key
		if service && !r.known[name] {
			if !strings.HasPrefix(a.Key, "X-") {
				u.add(Warning, a.Source, "unknown setting %s= in [%s] is ignored by systemd %s", a.Key, a.Section, r.version)
			}
			continue
		}
		u.Assignments = append(u.Assignments, a)
		if service && r.withoutSeccomp && filterSettings[a.Key] {
			u.add(Warning, a.Source, "%s= is ignored: this systemd is built without seccomp", a.Key)
			continue
		}
		set := setters[name]
		if !service || set == nil {
			continue
		}
		err := set(l, s, a)
		var partly skippedWords
		switch {
		case err == nil, errors.As(err, &partly):
			s.sources[a.Key] = a.Source
			if err != nil {
				u.add(Warning, a.Source, "%s=: %v", a.Key, err)
			}
		case errors.Is(err, errFatal):
			u.add(Error, a.Source, "%s=: %v", a.Key, err)
			u.Assignments = append(u.Assignments[:len(u.Assignments)-1], installSection(assignments[i:])...) // without this one
			return true
		default:
			u.add(Warning, a.Source, "%s= is ignored: %v", a.Key, err)
		}
	}
	return false
}

// installSection keeps what systemctl enable reads, which goes on where PID 1 stops.
func installSection(assignments []Assignment) (list []Assignment) {
	for _, a := range assignments {
		if a.Section == "Install" {
			list = append(list, a)
		}
	}
	return list
}
