// SPDX-License-Identifier: MIT

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Explain prints the chain of evidence for and against the settings of a unit, or
// of one of them: the verdict, why, and what was seen and not seen.
func (t Text) Explain(w io.Writer, u Unit, setting string) error {
	e := explanation{text: t, unit: u, setting: strings.TrimSuffix(setting, "=")}
	e.printf("%s  %s %s", e.paint("1", u.Name), u.Exposure, e.paint(ratingColors[u.Rating], u.Rating))
	if u.ExposureAfter.Known() {
		e.printf(" -> %s %s with what is proposed", u.ExposureAfter, e.paint(ratingColors[u.RatingAfter], u.RatingAfter))
	}
	e.printf("\n%s\n", orDash(u.Fragment))
	for _, x := range u.Executables {
		interpreter := ""
		if x.Interpreter != "" {
			interpreter = " through " + x.Interpreter
		}
		e.printf("  %s runs %s (%s%s)\n", x.Command, x.Path, x.Kind, interpreter)
	}
	if e.setting != "" {
		e.rows()
	}
	e.verdicts()
	if e.setting == "" {
		e.seen()
	}
	e.notSeen()
	_, err := io.WriteString(w, e.out.String())
	return err
}

type explanation struct {
	text    Text
	unit    Unit
	setting string
	out     strings.Builder
}

// rows are the setting's rows with the line that decides them.
func (e *explanation) rows() {
	for _, a := range e.unit.Assessments {
		if settingOf(a) == e.setting || a.ID == e.setting {
			e.printf("\n%s %s  %s", mark(a), a.ID, a.Description)
			if a.Source != nil {
				e.printf("  (%s)", decidedBy(a))
			}
		}
	}
	e.out.WriteByte('\n')
}

// verdicts are what is proposed and what is withheld, each with its reasons.
func (e *explanation) verdicts() {
	for _, p := range e.unit.Proposals {
		if e.setting == "" || p.Setting == e.setting {
			e.printf("\n%s  %s, -%s\n", e.paint("32", p.Setting+"="+p.Value), p.Confidence, p.Gain)
			e.reasons(p.Reasons)
		}
	}
	for _, x := range e.unit.Withheld {
		if e.setting == "" || x.Setting == e.setting {
			e.printf("\n%s\n", e.paint("33", x.Setting+"=  withheld"))
			e.reasons(x.Because)
		}
	}
}

func (e *explanation) reasons(list []string) {
	for _, r := range list {
		e.printf("    %s\n", r)
	}
}

// seen are the facts, one line for each ID, and the system calls.
func (e *explanation) seen() {
	if e.unit.Syscalls == nil {
		e.printf("\nNo evidence was collected from the programs of this unit.\n")
		return
	}
	complete := "all that can be reached"
	if !e.unit.Syscalls.Complete {
		complete = "at least; see what was not seen"
	}
	e.printf("\n%s\n    %d system calls (%s): %s\n", e.paint("1", "Seen"), len(e.unit.Syscalls.Reachable), complete, strings.Join(e.unit.Syscalls.Reachable, " "))
	for _, f := range e.unit.Facts {
		e.printf("    %s  %s%s\n", strings.TrimSpace(f.ID+" "+f.Value), f.Where, way(f.Why))
	}
}

// way is the path of calls to a fact.
func way(calls []string) string {
	calls = slices.DeleteFunc(slices.Clone(calls), func(c string) bool { return c == "" })
	if len(calls) == 0 {
		return ""
	}
	return "  by " + strings.Join(calls, " > ")
}

// notSeen are the unknowns and what they block.
func (e *explanation) notSeen() {
	printed := false
	for _, u := range e.unit.Unknowns {
		blocks := strings.Join(u.Blocks, " ")
		if e.setting != "" && u.Assumption == "" && !slices.Contains(u.Blocks, e.setting) && !slices.Contains(u.Blocks, "*") {
			continue
		}
		if !printed {
			e.printf("\n%s\n", e.paint("1", "Not seen"))
			printed = true
		}
		if blocks == "*" {
			blocks = "everything that depends on what the code does"
		}
		if u.Assumption != "" {
			e.printf("    %s  %s  assumed: %s\n", strings.TrimSpace(u.ID+" "+u.Value), u.Where, u.Assumption)
			continue
		}
		e.printf("    %s  %s  blocks %s\n", strings.TrimSpace(u.ID+" "+u.Value), u.Where, blocks)
	}
}

// painted is text with escapes of ours in it.
type painted string

// paint colours text after making it safe to print.
func (e *explanation) paint(sgr, text string) painted {
	return painted(e.text.paint(sgr, Sanitize(text)))
}

// printf formats with every text argument made safe to print.
func (e *explanation) printf(format string, args ...any) {
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = Sanitize(text)
		}
	}
	fmt.Fprintf(&e.out, format, args...)
}
