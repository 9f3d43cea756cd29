// SPDX-License-Identifier: MIT

package report

import "slices"

// Checked is what the formats of build systems show beside the report: what a gate
// found, or what Observe found where there is none.
type Checked struct {
	Findings []Finding
	Failing  []Class   // classes whose errors fail the gate
	Baseline *Baseline // nil when the gate has none
}

// Observe returns what is to be said of a report that no gate asked anything of:
// lines that systemd would ignore, and settings that the target would not enforce.
func Observe(r *Report) Checked {
	return Checked{Findings: Gate{Policy: &Policy{}}.Check(r)}
}

// fails tells whether a finding is one that fails the gate.
func (c Checked) fails(f Finding) bool { return Fails([]Finding{f}, c.Failing) }

// of returns the findings of one unit.
func (c Checked) of(unit string) []Finding {
	return slices.DeleteFunc(slices.Clone(c.Findings), func(f Finding) bool { return f.Unit != unit })
}

// others returns the findings about what is no unit of the report, as a waiver that
// matches none.
func (c Checked) others(r *Report) []Finding {
	return slices.DeleteFunc(slices.Clone(c.Findings), func(f Finding) bool {
		return slices.ContainsFunc(r.Units, func(u Unit) bool { return u.Name == f.Unit })
	})
}
