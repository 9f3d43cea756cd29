// SPDX-License-Identifier: MIT

package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Class says what a finding is about; BitBake's QA classes have the same names.
type Class string

const (
	ClassExposure     Class = "unit-exposure"            // over the threshold, or without a required setting
	ClassRegression   Class = "unit-exposure-regression" // worse than the baseline
	ClassNotEffective Class = "unit-not-effective"       // the target would not enforce a setting
	ClassDiagnostic   Class = "unit-diagnostic"          // a line that systemd would ignore or stumble over
	ClassWaiver       Class = "unit-waiver-expired"      // a waiver that holds no more, or not for long
)

// Classes in the order of their gravity.
var Classes = []Class{ClassExposure, ClassRegression, ClassWaiver, ClassNotEffective, ClassDiagnostic}

// Finding is something that the gate found.
type Finding struct {
	Class    Class  `json:"class"`
	Severity string `json:"severity"` // error: may fail a gate; warning and info: never do
	Unit     string `json:"unit"`
	Package  string `json:"package,omitempty"`
	Recipe   string `json:"recipe,omitempty"`
	Message  string `json:"message"` // one line, with unit, figure and limit
	// Waived holds the reason when a waiver lets it pass.
	Waived string `json:"waived,omitempty"`
	// Setting that is required or not effective, without "="; empty when the finding
	// is about the unit as a whole.
	Setting string `json:"setting,omitempty"`
	// Source is the place in the image: the line where one decides, else the unit's
	// fragment; absent when neither is there.
	Source *Source `json:"source,omitempty"`
}

// Gate holds what a report is checked against.
type Gate struct {
	Policy   *Policy
	Baseline *Baseline // nil for none
	Today    time.Time // decides about waivers; midnight UTC
}

// Check compares a report with the gate. Findings are sorted by class, then unit.
func (g Gate) Check(r *Report) []Finding {
	c := &checking{gate: g, used: map[string]bool{}}
	for i := range r.Units {
		u := &r.Units[i]
		if !g.Policy.excluded(u) {
			c.unit(u)
		}
	}
	c.unusedWaivers()
	if g.Baseline != nil {
		c.gone(r)
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		return slices.Index(Classes, a.Class) - slices.Index(Classes, b.Class)
	})
	return c.findings
}

type checking struct {
	gate     Gate
	findings []Finding
	used     map[string]bool // waivers, by their place
}

func (c *checking) add(class Class, severity string, u *Unit, format string, args ...any) *Finding {
	where := u.Name
	switch {
	case u.Recipe != "" && u.Recipe != u.Package:
		where += fmt.Sprintf(" [package %s, recipe %s]", u.Package, u.Recipe)
	case u.Package != "":
		where += fmt.Sprintf(" [package %s]", u.Package)
	}
	message := Sanitize(where + ": " + fmt.Sprintf(format, args...))
	f := Finding{Class: class, Severity: severity, Unit: u.Name, Package: u.Package, Recipe: u.Recipe, Message: message}
	if u.Fragment != "" {
		f.Source = &Source{File: u.Fragment}
	}
	c.findings = append(c.findings, f)
	return &c.findings[len(c.findings)-1]
}

// about says which setting and which line a finding is about.
func (f *Finding) about(setting string, at *Source) *Finding {
	f.Setting = setting
	if at != nil {
		f.Source = at
	}
	return f
}

func (c *checking) unit(u *Unit) {
	c.exposure(u)
	if c.gate.Baseline != nil {
		c.regression(u)
	}
	c.notEffective(u)
	for _, d := range u.Diagnostics {
		if d.Severity != Info {
			c.add(ClassDiagnostic, Error, u, "%s:%d: %s", d.File, d.Line, d.Message).about("", &Source{d.File, d.Line})
		}
	}
}

// exposure checks threshold and required settings, and what a waiver says of them.
func (c *checking) exposure(u *Unit) {
	waiver, waived := c.gate.Policy.waiver(u)
	c.used[waiver.Source] = true
	holds := waived && !waiver.Expired(c.gate.Today) && (!waiver.Exposure.Known() || u.Exposure <= waiver.Exposure)
	switch today := c.gate.Today; {
	case waived && waiver.Expired(today):
		c.add(ClassWaiver, Error, u, "the waiver %q ended on %s%s (%s)", waiver.Reason, waiver.Until.Format(time.DateOnly), ownedBy(waiver), waiver.Source)
	case waived && waiver.EndsSoon(today):
		c.add(ClassWaiver, Warning, u, "the waiver %q ends on %s%s (%s)", waiver.Reason, waiver.Until.Format(time.DateOnly), ownedBy(waiver), waiver.Source)
	}
	if limit := c.gate.Policy.Threshold(u); limit.Known() && u.Exposure > limit {
		over := ""
		if waived && !waiver.Expired(c.gate.Today) && !holds {
			over = fmt.Sprintf(", and over the %s of its waiver", waiver.Exposure)
		}
		f := c.add(ClassExposure, Error, u, "exposure %s %s is over the limit %s%s%s", u.Exposure, u.Rating, limit, over, nextSteps(u))
		f.waive(holds, waiver)
	}
	for _, setting := range c.gate.Policy.required(u) {
		if u.Exposure.Known() && !u.has(setting) {
			c.add(ClassExposure, Error, u, "%s= is required and not set%s", setting, nextSteps(u)).about(setting, nil).waive(holds, waiver)
		}
	}
}

// waive marks a finding that a waiver lets pass: it is shown, and fails nothing.
func (f *Finding) waive(holds bool, w Waiver) {
	if holds {
		f.Severity, f.Waived = Info, w.Reason
		f.Message += fmt.Sprintf(" (waived: %s)", Sanitize(w.Reason))
	}
}

func ownedBy(w Waiver) string {
	if w.Owner == "" {
		return ""
	}
	return ", owner " + w.Owner
}

// nextSteps says what would help most and where to read more.
func nextSteps(u *Unit) string {
	text := ""
	if rows := Cheapest(*u, 3); len(rows) > 0 {
		text += "; cheapest to gain: " + strings.Join(rows, ", ")
	}
	return text
}

// has tells whether a unit has a setting, or a row by its id: a setting of one row
// holds; one of several rows is set by some line.
func (u *Unit) has(setting string) bool {
	rows, line := 0, false
	good := true
	for _, a := range u.Assessments {
		if a.ID != setting && a.ID != setting+"=" && settingOf(a) != setting {
			continue
		}
		rows++
		line = line || a.Source != nil
		good = good && (a.Set == nil || *a.Set)
	}
	if rows > 1 {
		return line
	}
	return rows == 1 && good
}

func (c *checking) notEffective(u *Unit) {
	seen := map[string]bool{}
	for _, a := range u.Assessments {
		if setting := settingOf(a); a.Effective != nil && !*a.Effective && !seen[setting] {
			seen[setting] = true
			c.add(ClassNotEffective, Error, u, "%s= is set but not effective: %s", setting, a.Why).about(setting, a.Source)
		}
	}
}

func (c *checking) unusedWaivers() {
	for _, w := range c.gate.Policy.waivers {
		if !c.used[w.Source] {
			c.add(ClassWaiver, Warning, &Unit{Name: w.Pattern}, "the waiver matches no unit of the image (%s)", w.Source)
		}
	}
}

// Fails tells whether findings of these classes fail the gate.
func Fails(findings []Finding, classes []Class) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool {
		return f.Severity == Error && slices.Contains(classes, f.Class)
	})
}

// Cheapest names the rows of a unit that gain most when they are set, at most n:
// those with a proposal first, then by what they cost now.
func Cheapest(u Unit, n int) []string {
	proposed := map[string]bool{}
	for _, p := range u.Proposals {
		proposed[p.Setting] = true
	}
	var open []Assessment
	for _, a := range u.Assessments {
		if a.Set != nil && !*a.Set && a.Exposure > 0 {
			open = append(open, a)
		}
	}
	slices.SortStableFunc(open, func(a, b Assessment) int {
		if pa, pb := proposed[settingOf(a)], proposed[settingOf(b)]; pa != pb {
			return map[bool]int{true: -1, false: 1}[pa]
		}
		return int(cost(b)) - int(cost(a))
	})
	var names []string
	for _, a := range open[:min(n, len(open))] {
		names = append(names, fmt.Sprintf("%s (-%s)", a.ID, a.Exposure))
	}
	return names
}

// cost is what a row adds to the sum that the exposure is computed from.
func cost(a Assessment) uint64 {
	if a.Badness == nil || a.Range == 0 {
		return 0
	}
	return *a.Badness * a.Weight / a.Range
}

// settingOf is the setting of a row: "RestrictNamespaces" for "RestrictNamespaces=~user".
func settingOf(a Assessment) string {
	name, _, _ := strings.Cut(a.ID, "=")
	return name
}
