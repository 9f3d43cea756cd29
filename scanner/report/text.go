// SPDX-License-Identifier: MIT

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Text says how reports are printed for people.
type Text struct {
	Color bool
	Width int // columns of the terminal; 0 when the output is no terminal: nothing is cut
}

// colours of the ratings as systemd-analyze uses them: SGR parameters.
var ratingColors = map[string]string{
	"DANGEROUS": "1;31", "UNSAFE": "1;31", "EXPOSED": "1;33", "MEDIUM": "33", "OK": "32", "SAFE": "32", "PERFECT": "1;32",
}

// Overview prints one line for each unit, the worst first, then what is odd in the
// image as a whole.
func (t Text) Overview(w io.Writer, r *Report) error {
	rows := [][]string{{"UNIT", "EXPOSURE", "PREDICATE", "AFTER", "STATE", "PACKAGE", "IGNORED", "INEFFECTIVE"}}
	units := slices.Clone(r.Units)
	slices.SortStableFunc(units, func(a, b Unit) int { return int(b.Exposure) - int(a.Exposure) })
	for _, u := range units {
		rows = append(rows, []string{
			u.Name, u.Exposure.String(), predicate(u), u.ExposureAfter.String(), orDash(u.State), orDash(u.Package),
			count(ignoredLines(u)), count(ineffective(u)),
		})
	}
	colors := func(row, column int) string {
		if row == 0 {
			return "4"
		}
		if column == 1 || column == 2 {
			return ratingColors[units[row-1].Rating]
		}
		return ""
	}
	if err := t.table(w, dropEmpty(rows, 3, 5, 6, 7), colors); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "\n%s\n", summary(r)); err != nil {
		return err
	}
	return t.Diagnostics(w, r.Diagnostics)
}

// predicate is the rating, or for a unit without a score its load state.
func predicate(u Unit) string {
	if u.Rating != "" {
		return u.Rating
	}
	return u.LoadState
}

func summary(r *Report) string {
	loaded, sum := 0, 0
	for _, u := range r.Units {
		if u.Exposure.Known() {
			loaded++
			sum += int(u.Exposure)
		}
	}
	text := fmt.Sprintf("%d services", len(r.Units))
	if loaded > 0 {
		mean := (sum + loaded/2) / loaded
		text += fmt.Sprintf(", mean exposure %s", Level(mean))
	}
	text += fmt.Sprintf("; systemd %s (%s), %s", r.Image.SystemdVersion, r.Image.SystemdVersionFrom, r.Image.Architecture)
	if r.Image.Compat != "online" {
		text += ", scored as systemd-analyze --" + r.Image.Compat + " does"
	}
	return Sanitize(text)
}

func ignoredLines(u Unit) int {
	n := 0
	for _, d := range u.Diagnostics {
		if d.Severity != Info {
			n++
		}
	}
	return n
}

func ineffective(u Unit) int {
	settings := map[string]bool{}
	for _, a := range u.Assessments {
		if a.Effective != nil && !*a.Effective {
			name, _, _ := strings.Cut(a.ID, "=")
			settings[name] = true
		}
	}
	return len(settings)
}

// Detail prints the rows of one unit, those that cost most first.
func (t Text) Detail(w io.Writer, u Unit) error {
	if _, err := fmt.Fprintf(w, "%s\n", t.paint("1", Sanitize(unitHeading(u)))); err != nil {
		return err
	}
	if !u.Exposure.Known() {
		if _, err := fmt.Fprintf(w, "Not scored: %s\n", notScored(u)); err != nil {
			return err
		}
		return t.Diagnostics(w, u.Diagnostics)
	}
	list := slices.Clone(u.Assessments)
	slices.SortStableFunc(list, func(a, b Assessment) int { return int(b.Exposure) - int(a.Exposure) })
	rows := [][]string{{"", "NAME", "DESCRIPTION", "EXPOSURE", "DECIDED BY"}}
	for _, a := range list {
		rows = append(rows, []string{mark(a), a.ID, rowDescription(u, a), blank(a.Exposure), decidedBy(a)})
	}
	colors := func(row, column int) string {
		switch {
		case row == 0:
			return "4"
		case column == 0 && list[row-1].Set != nil && *list[row-1].Set:
			return "32"
		case column == 0 || column == 3:
			return "31"
		}
		return ""
	}
	if err := t.table(w, dropEmpty(rows, 4), colors); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nOverall exposure level for %s: %s %s\n%s", Sanitize(u.Name), u.Exposure, t.paint(ratingColors[u.Rating], u.Rating), t.gains(u))
	if err != nil {
		return err
	}
	return t.Diagnostics(w, u.Diagnostics)
}

func unitHeading(u Unit) string {
	text := u.Name
	if u.Fragment != "" {
		text += "  " + u.Fragment
	}
	if u.State != "" {
		text += "  " + u.State
	}
	if len(u.PulledInBy) > 0 {
		text += "  (" + u.PulledInBy[0] + ")"
	}
	return text
}

func notScored(u Unit) string {
	switch u.LoadState {
	case Masked:
		return "the unit is masked"
	case NotFound:
		return "there is no unit file of that name"
	case BadSetting:
		return "PID 1 refuses the unit for a setting"
	}
	return "the unit file cannot be read or parsed"
}

// rowDescription adds to a row what evidence says of it.
func rowDescription(u Unit, a Assessment) string {
	if a.Effective != nil && !*a.Effective {
		return a.Description + " (but not effective: " + a.Why + ")"
	}
	return a.Description
}

func decidedBy(a Assessment) string {
	if a.Source == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d", a.Source.File, a.Source.Line)
}

func mark(a Assessment) string {
	switch {
	case a.Set == nil:
		return " "
	case *a.Set:
		return "✓"
	}
	return "✗"
}

func blank(l Level) string {
	if !l.Known() {
		return ""
	}
	return l.String()
}

// gains names the rows that are cheapest to gain from.
func (t Text) gains(u Unit) string {
	rows := Cheapest(u, 3)
	if len(rows) == 0 {
		return ""
	}
	return "Cheapest to gain: " + strings.Join(rows, ", ") + "\n"
}

// Diagnostics prints one line for each.
func (t Text) Diagnostics(w io.Writer, list []Diagnostic) error {
	for _, d := range list {
		where := d.File
		if d.Line > 0 {
			where = fmt.Sprintf("%s:%d", d.File, d.Line)
		}
		color := "33"
		if d.Severity == Error {
			color = "31"
		}
		if _, err := fmt.Fprintf(w, "%s: %s: %s\n", Sanitize(where), t.paint(color, d.Severity), Sanitize(d.Message)); err != nil {
			return err
		}
	}
	return nil
}

// Findings prints those of the classes that fail a gate, then the others, and a
// verdict; explain is the command that shows more about a unit.
func (t Text) Findings(w io.Writer, findings []Finding, failing []Class, explain string) error {
	failed := map[string]bool{}
	var b strings.Builder
	for _, fails := range []bool{true, false} {
		for _, f := range findings {
			if fatal := f.Severity == Error && slices.Contains(failing, f.Class); fatal == fails {
				label, sgr := "note", "36"
				switch {
				case fatal:
					label, sgr = "FAIL", "1;31"
					failed[f.Unit] = true
				case f.Severity != Info:
					label, sgr = "warn", "33"
				}
				fmt.Fprintf(&b, "%s %s\n", t.paint(sgr, label), f.Message)
			}
		}
	}
	if len(failed) == 0 {
		fmt.Fprintf(&b, "%s\n", t.paint("32", "The gate is met."))
	} else {
		fmt.Fprintf(&b, "%s %d services. For the rows of one: %s\n", t.paint("1;31", "The gate is not met by"), len(failed), explain)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteQA prints one line for each finding: class, severity and message, separated
// by tabs. Waived findings are left out.
func WriteQA(w io.Writer, findings []Finding) error {
	for _, f := range findings {
		if f.Severity == Info {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\n", f.Class, f.Severity, f.Message); err != nil {
			return err
		}
	}
	return nil
}

// Proposals prints for each unit what would be written, and its exposure before
// and after.
func (t Text) Proposals(w io.Writer, r *Report, confidence string) error {
	for _, u := range r.Units {
		if !u.ExposureAfter.Known() {
			continue
		}
		after := t.paint(ratingColors[u.RatingAfter], u.ExposureAfter.String()+" "+u.RatingAfter)
		if _, err := fmt.Fprintf(w, "%s  %s %s -> %s\n", t.paint("1", Sanitize(u.Name)), u.Exposure, u.Rating, after); err != nil {
			return err
		}
		for _, p := range u.Proposals {
			if p.Confidence == Manual || confidence == Proven && p.Confidence != Proven {
				continue
			}
			if _, err := fmt.Fprintf(w, "    %s=%s  (-%s, %s) %s\n", p.Setting, p.Value, p.Gain, p.Confidence, Sanitize(strings.Join(p.Reasons, "; "))); err != nil {
				return err
			}
		}
	}
	return nil
}
