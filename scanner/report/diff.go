// SPDX-License-Identifier: MIT

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Difference is what changed between two reports.
type Difference struct {
	Added  []UnitChange `json:"added"`
	Gone   []UnitChange `json:"gone"`
	Better []UnitChange `json:"better"`
	Worse  []UnitChange `json:"worse"` // also with an equal figure when a row was lost
}

// UnitChange is one unit in both reports; exposures are null where it is not scored.
type UnitChange struct {
	Unit   string      `json:"unit"`
	Before Level       `json:"exposure_before"`
	After  Level       `json:"exposure_after"`
	Rows   []RowChange `json:"rows"`
}

// RowChange is a row whose badness changed, or that came to apply or does not any more.
type RowChange struct {
	ID     string  `json:"id"`
	Before *uint64 `json:"badness_before"`
	After  *uint64 `json:"badness_after"`
	// Source is the line that decides the row now, or did before.
	Source *Source `json:"source,omitempty"`
}

// Diff compares two reports, unit by unit and row by row.
func Diff(before, after *Report) Difference {
	d := Difference{Added: []UnitChange{}, Gone: []UnitChange{}, Better: []UnitChange{}, Worse: []UnitChange{}}
	for i := range after.Units {
		now := &after.Units[i]
		was, known := before.Find(now.Name)
		if !known {
			d.Added = append(d.Added, UnitChange{Unit: now.Name, Before: None, After: now.Exposure, Rows: []RowChange{}})
			continue
		}
		change := UnitChange{Unit: now.Name, Before: was.Exposure, After: now.Exposure, Rows: changedRows(was, now)}
		switch {
		case change.Before == change.After && len(change.Rows) == 0:
		case change.worse():
			d.Worse = append(d.Worse, change)
		default:
			d.Better = append(d.Better, change)
		}
	}
	for i := range before.Units {
		if _, known := after.Find(before.Units[i].Name); !known {
			d.Gone = append(d.Gone, UnitChange{Unit: before.Units[i].Name, Before: before.Units[i].Exposure, After: None, Rows: []RowChange{}})
		}
	}
	return d
}

// worse tells whether a unit got worse: a higher figure, or a row that got worse.
func (c UnitChange) worse() bool {
	return c.After > c.Before && c.Before.Known() || slices.ContainsFunc(c.Rows, RowChange.worse)
}

func (c RowChange) worse() bool { return c.Before != nil && c.After != nil && *c.After > *c.Before }

func changedRows(was, now *Unit) []RowChange {
	old := map[string]Assessment{}
	for _, a := range was.Assessments {
		old[a.ID] = a
	}
	rows := []RowChange{}
	for _, a := range now.Assessments {
		o, known := old[a.ID]
		if !known || equal(o.Badness, a.Badness) {
			continue
		}
		source := a.Source
		if source == nil {
			source = o.Source
		}
		rows = append(rows, RowChange{ID: a.ID, Before: o.Badness, After: a.Badness, Source: source})
	}
	return rows
}

func equal(a, b *uint64) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Difference prints what changed for people.
func (t Text) Difference(w io.Writer, d Difference) error {
	var b strings.Builder
	section := func(title, sgr string, list []UnitChange) {
		for _, c := range list {
			fmt.Fprintf(&b, "%s %s %s -> %s\n", t.paint(sgr, title), Sanitize(c.Unit), c.Before, c.After)
			for _, r := range c.Rows {
				fmt.Fprintf(&b, "    %s %s -> %s%s\n", r.ID, badness(r.Before), badness(r.After), at(r.Source))
			}
		}
	}
	section("worse ", "31", d.Worse)
	section("better", "32", d.Better)
	section("added ", "1", d.Added)
	section("gone  ", "1", d.Gone)
	if b.Len() == 0 {
		b.WriteString("no difference\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func badness(b *uint64) string {
	if b == nil {
		return "n/a"
	}
	return fmt.Sprint(*b)
}

func at(s *Source) string {
	if s == nil {
		return ""
	}
	return Sanitize(fmt.Sprintf("  %s:%d", s.File, s.Line))
}
