// SPDX-License-Identifier: MIT

package report

import (
	"fmt"
	"slices"
	"strings"
)

// Baseline is what was reached: a file made to be committed and reviewed, one line
// for each unit, sorted:
//
//	UNIT EXPOSURE ROW,ROW,... [# accepted: REASON]
//
// ROW are the JSON names of the rows that hold. Merge conflicts resolve line by line.
type Baseline struct {
	file  string
	units map[string]baselineUnit
}

type baselineUnit struct {
	exposure Level
	rows     []string // sorted
	accepted string
}

const baselineHead = "# What the services of the image reached: unit, exposure, rows that hold.\n" +
	"# Written by systemd-hardening check --update-baseline; a unit may get better, worse only with a reason.\n"

// ParseBaseline reads a baseline file; errors say file and line.
func ParseBaseline(data []byte, file string) (*Baseline, error) {
	b := &Baseline{file: file, units: map[string]baselineUnit{}}
	for n, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		line, accepted, _ := strings.Cut(line, "# accepted:")
		fields := strings.Fields(line)
		if len(fields) < 2 || len(fields) > 3 {
			return nil, fmt.Errorf("%s:%d: expected UNIT EXPOSURE ROWS", file, n+1)
		}
		level, err := ParseLevel(fields[1])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n+1, err)
		}
		if _, twice := b.units[fields[0]]; twice {
			return nil, fmt.Errorf("%s:%d: %s stands twice", file, n+1, fields[0])
		}
		u := baselineUnit{exposure: level, accepted: strings.TrimSpace(accepted)}
		if len(fields) == 3 {
			u.rows = strings.Split(fields[2], ",")
			slices.Sort(u.rows)
		}
		b.units[fields[0]] = u
	}
	return b, nil
}

// String gives the file's text.
func (b *Baseline) String() string {
	names := make([]string, 0, len(b.units))
	for name := range b.units {
		names = append(names, name)
	}
	slices.Sort(names)
	var text strings.Builder
	text.WriteString(baselineHead)
	for _, name := range names {
		u := b.units[name]
		fmt.Fprintf(&text, "%s %s", name, u.exposure)
		if len(u.rows) > 0 {
			text.WriteString(" " + strings.Join(u.rows, ","))
		}
		if u.accepted != "" {
			text.WriteString(" # accepted: " + u.accepted)
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// reached is the line of a unit as it is now.
func reached(u *Unit) baselineUnit {
	now := baselineUnit{exposure: u.Exposure}
	for _, a := range u.Assessments {
		if a.Set != nil && *a.Set {
			now.rows = append(now.rows, a.JSONField)
		}
	}
	slices.Sort(now.rows)
	return now
}

// lost are the rows that held and hold no more; one that does not apply any more
// is not lost.
func (was baselineUnit) lost(u *Unit) []string {
	var lost []string
	for _, a := range u.Assessments {
		if a.Set != nil && !*a.Set && slices.Contains(was.rows, a.JSONField) {
			lost = append(lost, a.ID)
		}
	}
	return lost
}

func (c *checking) regression(u *Unit) {
	was, known := c.gate.Baseline.units[u.Name]
	if !known || !u.Exposure.Known() {
		return // a new unit is measured by its threshold
	}
	if u.Exposure > was.exposure {
		c.add(ClassRegression, Error, u, "exposure %s %s is worse than the %s of the baseline%s", u.Exposure, u.Rating, was.exposure, lostRows(was.lost(u)))
	} else if lost := was.lost(u); len(lost) > 0 {
		c.add(ClassRegression, Error, u, "rows of the baseline hold no more: %s", strings.Join(lost, ", "))
	}
}

func lostRows(rows []string) string {
	if len(rows) == 0 {
		return ""
	}
	return "; lost: " + strings.Join(rows, ", ")
}

// gone names units of the baseline that the image has no more.
func (c *checking) gone(r *Report) {
	var names []string
	for name := range c.gate.Baseline.units {
		if _, ok := r.Find(name); !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		c.add(ClassRegression, Info, &Unit{Name: name}, "stands in the baseline, and is not in the image any more")
	}
}

// Update records what is better and what is new; it never makes a unit worse
// unless accept names it, with a reason that the file keeps. It returns the
// units that stayed as they were because they got worse, and those that left.
func (b *Baseline) Update(r *Report, accept map[string]string) (worse, gone []string) {
	present := map[string]bool{}
	for i := range r.Units {
		u := &r.Units[i]
		if !u.Exposure.Known() {
			continue
		}
		present[u.Name] = true
		was, known := b.units[u.Name]
		now := reached(u)
		reason, accepted := accept[u.Name]
		switch {
		case accepted:
			now.accepted = reason
		case known && (u.Exposure > was.exposure || len(was.lost(u)) > 0):
			worse = append(worse, u.Name)
			continue
		case known && now.exposure == was.exposure:
			now.accepted = was.accepted
		}
		b.units[u.Name] = now
	}
	for name := range b.units {
		if !present[name] {
			gone = append(gone, name)
			delete(b.units, name)
		}
	}
	slices.Sort(gone)
	return worse, gone
}
