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

// Target is the system that the score is for. It must not change once it was used.
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
	rows   []preparedRow
	groups map[string][]string // members of each group that exist on the architecture
}

// preparedRow is a row that the target's systemd has, with the policy applied.
type preparedRow struct {
	*row
	effectiveRow
	capabilities unit.CapabilitySet
}

// prepare works out once what is the same for all services.
func (t *Target) prepare() {
	for i := range rows {
		if r := &rows[i]; t.hasRow(r) {
			t.rows = append(t.rows, preparedRow{r, t.Policy.of(r), rowCapabilities[r.jsonField]})
		}
	}
	t.groups = map[string][]string{}
	set := seccomp.Groups(t.Version.Major, t.Version.Point)
	for _, name := range set.Names() {
		for _, call := range set.Expand(name) {
			if _, exists := t.Seccomp.Number(t.Arch, call); exists {
				t.groups[name] = append(t.groups[name], call)
			}
		}
	}
}

func (t *Target) nobody() string {
	if t.Nobody == "" {
		return "nobody"
	}
	return t.Nobody
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

	capabilities unit.CapabilitySet // that the row is about; 0 for other rows
}

// Good tells whether the row holds: it applies and has no badness.
func (r Row) Good() bool { return r.Applies && r.Badness == 0 }

// Source returns the line of the service's files that decided the row; ok is false
// when none did and defaults stand.
func (r Row) Source(s *unit.Service) (src unit.Source, ok bool) {
	if r.capabilities != 0 {
		return s.CapabilitySource(r.capabilities)
	}
	if r.Setting == "DeviceAllow" && s.DevicePolicy != "auto" { // a list counts only with a policy
		if src, ok = s.Source("DevicePolicy"); ok {
			return src, true
		}
	}
	if src, ok = s.Source(r.Setting); ok {
		return src, true
	}
	for _, setting := range alsoDecide(r.Setting) {
		if src, ok = s.Source(setting); ok {
			return src, true
		}
	}
	return src, false
}

// alsoDecide are settings that decide a row when its own is not set.
func alsoDecide(setting string) []string {
	switch setting {
	case "User":
		return []string{"DynamicUser"}
	case "RootDirectory":
		return []string{"RootImage"}
	case "DeviceAllow":
		return []string{"DevicePolicy"}
	case "IPAddressDeny":
		return []string{"IPIngressFilterPath", "IPEgressFilterPath"}
	}
	return nil
}

// Result is the assessment of one service.
type Result struct {
	Rows     []Row // in the order of systemd's table
	Exposure int   // in tenths, 0 to 100
}

// Assess scores a service. All divisions round up, as in systemd: a row counts
// ceil(badness*weight/range), the overall exposure is ceil(100*sum/weights) over
// the rows that apply.
func Assess(t *Target, s *unit.Service) Result { return AssessInto(nil, t, s) }

// AssessInto is Assess for many services: the result's rows take the memory of
// those of an earlier result, which is gone then.
func AssessInto(earlier []Row, t *Target, s *unit.Service) Result {
	t.once.Do(t.prepare)
	if len(earlier) != len(t.rows) {
		earlier = make([]Row, len(t.rows))
	}
	result := Result{Rows: earlier}
	var badness, weights uint64
	for i := range t.rows {
		row := &result.Rows[i]
		t.rows[i].assess(t, s, row)
		if row.Applies {
			badness += ceilDiv(row.Badness*row.Weight, row.Range)
			weights += row.Weight
		}
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

// assess fills in the row's result for a service.
func (p *preparedRow) assess(t *Target, s *unit.Service, out *Row) {
	*out = Row{ID: p.id, JSONField: p.jsonField, Setting: p.setting, Range: p.effectiveRow.valueMax, Weight: p.effectiveRow.weight,
		Description: p.na, capabilities: p.capabilities}
	switch {
	case out.Weight == 0, p.needs == defaultDependencies && !s.DefaultDependencies, p.needs == nonRoot && s.IsRoot():
		return
	}
	out.Applies = true
	out.Badness = p.judge(t, s)
	out.Description = p.effectiveRow.good
	if out.Badness > 0 {
		out.Description = p.effectiveRow.bad
	}
}

func ceilDiv(a, b uint64) uint64 {
	if b == 0 {
		return 0
	}
	return (a + b - 1) / b
}
