// SPDX-License-Identifier: MIT

// Package exposure computes what systemd-analyze security says of a service: one
// table of assessors with the versions as a column, integer arithmetic that
// rounds up as systemd's does, and systemd's own policy files.
//
// Everything here is a pure function of a loaded unit.Service and a Target.
package exposure

import (
	"sync"

	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// Compat says which of systemd's two readers is followed.
type Compat string

const (
	Online  Compat = "online"  // what the booted device prints: the default
	Offline Compat = "offline" // what systemd-analyze --offline prints
)

// Target is the system that the score is for.
type Target struct {
	Version unit.Version
	Arch    seccomp.Arch
	Compat  Compat
	// Policy changes weights, ranges and texts; nil for none.
	Policy *Policy
	// Seccomp is the libseccomp that systemd runs with: members of a group that it
	// does not know do not count. Zero is the newest.
	Seccomp seccomp.Release
	// WithoutSeccomp is a systemd built without seccomp: rows about system calls are absent.
	WithoutSeccomp bool
	// Nobody is the user name that the build calls nobody; "nobody" when empty.
	Nobody string

	once   sync.Once
	groups map[string][]string // members of each group that exist on the architecture
}

func (t *Target) nobody() string {
	if t.Nobody == "" {
		return "nobody"
	}
	return t.Nobody
}

// members returns the calls of a group that the target's architecture has.
func (t *Target) members(group string) []string {
	t.once.Do(func() {
		t.groups = map[string][]string{}
		set := seccomp.Groups(t.Version.Major, t.Version.Point)
		for _, name := range set.Names() {
			for _, call := range set.Expand(name) {
				if _, exists := t.Seccomp.Number(t.Arch, call); exists {
					t.groups[name] = append(t.groups[name], call)
				}
			}
		}
	})
	return t.groups[group]
}

// Row is the result of one assessor.
type Row struct {
	ID, JSONField string
	Setting       string // the setting whose line decides it, without "="
	Applies       bool
	Badness       uint64 // meaningful when it applies
	Range, Weight uint64
	Exposure      int // in tenths; 0 when systemd prints none
	Description   string
}

// Good tells whether the row holds: it applies and has no badness.
func (r Row) Good() bool { return r.Applies && r.Badness == 0 }

// Source returns the line of the service's files that decided the row; ok is false
// when none did and defaults stand.
func (r Row) Source(s *unit.Service) (src unit.Source, ok bool) {
	if set := rowCapabilities[r.JSONField]; set != 0 {
		return s.CapabilitySource(set)
	}
	for _, setting := range append([]string{r.Setting}, alsoDecide[r.Setting]...) {
		if src, ok = s.Source(setting); ok {
			return src, true
		}
	}
	return src, false
}

// alsoDecide are settings that decide a row when its own is not set.
var alsoDecide = map[string][]string{
	"User": {"DynamicUser"}, "RootDirectory": {"RootImage"}, "DeviceAllow": {"DevicePolicy"},
	"IPAddressDeny": {"IPIngressFilterPath", "IPEgressFilterPath"},
}

// Result is the assessment of one service.
type Result struct {
	Rows     []Row // in the order of systemd's table
	Exposure int   // in tenths, 0 to 100
}

// Assess scores a service. All divisions round up, as in systemd: a row counts
// ceil(badness*weight/range), the overall exposure is ceil(100*sum/weights) over
// the rows that apply.
func Assess(t *Target, s *unit.Service) Result {
	result := Result{Rows: make([]Row, 0, len(rows))}
	var badness, weights uint64
	for i := range rows {
		r := &rows[i]
		if !t.hasRow(r) {
			continue
		}
		row := t.assess(r, s)
		if row.Applies {
			badness += ceilDiv(row.Badness*row.Weight, row.Range)
			weights += row.Weight
		}
		result.Rows = append(result.Rows, row)
	}
	if weights == 0 {
		return result
	}
	result.Exposure = int(ceilDiv(badness*100, weights))
	for i := range result.Rows {
		if r := &result.Rows[i]; r.Applies && r.Badness > 0 {
			r.Exposure = int(ceilDiv(ceilDiv(r.Badness*r.Weight*100, r.Range), weights))
		}
	}
	return result
}

// hasRow tells whether the target's systemd has the row at all.
func (t *Target) hasRow(r *row) bool {
	if r.needs == seccompBuild && t.WithoutSeccomp {
		return false
	}
	return len(r.since) == 0 || t.Version.Has(r.since...)
}

func (t *Target) assess(r *row, s *unit.Service) Row {
	p := t.Policy.of(r)
	out := Row{ID: r.id, JSONField: r.jsonField, Setting: r.setting, Range: p.valueMax, Weight: p.weight, Description: p.na}
	switch {
	case p.weight == 0, r.needs == defaultDependencies && !s.DefaultDependencies, r.needs == nonRoot && s.IsRoot():
		return out
	}
	out.Applies = true
	out.Badness = r.judge(t, s)
	if out.Badness > 0 {
		out.Description = p.bad
	} else {
		out.Description = p.good
	}
	return out
}

func ceilDiv(a, b uint64) uint64 {
	if b == 0 {
		return 0
	}
	return (a + b - 1) / b
}
