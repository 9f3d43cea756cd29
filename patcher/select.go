// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// target is a unit file to harden: a unit's, or the template of its instances.
type target struct {
	unit      report.Unit // with the name that the settings are written for
	proposals []report.Proposal
	// kept says that nothing is written for it, but what an earlier run wrote
	// stays: it was not asked for, or nothing is proposed, as when its settings are
	// all in force.
	kept bool
}

// validUnit is a unit name of a type with sandbox settings.
// Source: systemd.unit(5), "Unit files".
var validUnit = regexp.MustCompile(`^[A-Za-z0-9:_.\\@-]{1,248}\.(service|socket|mount|swap)$`)

// validName is what recipes and packages are called.
var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9+._-]*$`)

var validSetting = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// targets are the unit files of the report's loaded units, sorted by name.
func targets(r *report.Report, opts Options) ([]target, []report.Diagnostic) {
	var diags []report.Diagnostic
	instances := map[string][]target{}
	for _, u := range r.Units {
		if u.LoadState != report.Loaded || !validUnit.MatchString(u.Name) {
			if len(u.Proposals) > 0 {
				diags = append(diags, warning(u, "no settings are written for a unit of this name or load state"))
			}
			continue
		}
		list, refused := writable(u, opts.Confidence)
		diags = append(diags, refused...)
		t := target{unit: u, proposals: list, kept: !asked(u, opts.Units)}
		t.unit.Name = template(u)
		instances[t.unit.Name] = append(instances[t.unit.Name], t)
	}
	var out []target
	for _, name := range sorted(instances) {
		t, notes := merge(instances[name])
		if !t.kept {
			diags = append(diags, notes...)
		}
		t.kept = t.kept || len(t.proposals) == 0
		out = append(out, t)
	}
	return out, diags
}

func warning(u report.Unit, format string, args ...any) report.Diagnostic {
	return diagnostic(report.Warning, u, format, args...)
}

func diagnostic(severity string, u report.Unit, format string, args ...any) report.Diagnostic {
	file := u.Fragment
	if file == "" {
		file = u.Name
	}
	return report.Diagnostic{Severity: severity, File: file, Message: u.Name + ": " + fmt.Sprintf(format, args...)}
}

// asked reports whether the user named the unit, or none.
func asked(u report.Unit, names []string) bool {
	if len(names) == 0 || slices.Contains(names, u.Name) || slices.Contains(names, template(u)) {
		return true
	}
	return slices.ContainsFunc(u.Aliases, func(a string) bool { return slices.Contains(names, a) })
}

// template is the name of the unit file that a unit was loaded from, so of the
// template for its instances, and for an instance with a file of its own, the
// instance.
func template(u report.Unit) string {
	name, rest, ok := strings.Cut(u.Name, "@")
	if file := name + "@" + path.Ext(rest); ok && path.Base(u.Fragment) == file {
		return file
	}
	return u.Name
}

// writable gives the proposals of a unit that may be written. All lines that
// belong together go together, with the lowest confidence among them: half of a list
// would mean something else.
func writable(u report.Unit, least string) ([]report.Proposal, []report.Diagnostic) {
	var diags []report.Diagnostic
	out := map[string]bool{} // the settings that are left out
	for _, p := range u.Proposals {
		if p.Confidence != report.Proven && (p.Confidence != report.Likely || least == report.Proven) {
			out[leader(p.Setting)] = true
		}
		if why := unwritable(p); why != "" && !out[leader(p.Setting)] {
			out[leader(p.Setting)] = true
			diags = append(diags, warning(u, "%q is not written: %s", p.Setting+"="+p.Value, why))
		}
	}
	var list []report.Proposal
	for _, p := range u.Proposals {
		if !out[leader(p.Setting)] {
			list = append(list, p)
		}
	}
	return list, diags
}

// unwritable says why a proposal would not come out as the one line it is.
// Reports are files that anyone may have written.
func unwritable(p report.Proposal) string {
	switch {
	case !validSetting.MatchString(p.Setting):
		return "the setting's name is not one"
	case !utf8.ValidString(p.Value) || strings.ContainsFunc(p.Value, unicode.IsControl):
		return "the value has control characters"
	case p.Value != strings.TrimSpace(p.Value):
		return "the value begins or ends with a space"
	case strings.HasSuffix(p.Value, `\`):
		return "the value ends with a backslash"
	}
	return ""
}

// merge makes one target of the instances of a template: with the settings that
// are right for every one of them, and the least of their confidences.
func merge(instances []target) (target, []report.Diagnostic) {
	t := instances[0]
	var diags []report.Diagnostic
	for _, other := range instances[1:] {
		t.kept = t.kept && other.kept
		differ := map[string]bool{}
		for _, p := range append(slices.Clone(t.proposals), other.proposals...) {
			if !slices.EqualFunc(of(p.Setting, t.proposals), of(p.Setting, other.proposals), sameValue) {
				differ[leader(p.Setting)] = true
			}
		}
		for _, setting := range sorted(differ) {
			diags = append(diags, diagnostic(report.Info, t.unit, "%s= is not written: it is not right for all of its instances", setting))
		}
		t.proposals = common(t.proposals, other.proposals, differ)
	}
	return t, diags
}

func sameValue(a, b report.Proposal) bool { return a.Value == b.Value }

// of gives the proposals of one setting.
func of(setting string, proposals []report.Proposal) []report.Proposal {
	var list []report.Proposal
	for _, p := range proposals {
		if p.Setting == setting {
			list = append(list, p)
		}
	}
	return list
}

// common gives the proposals whose settings do not differ, with the reasons of
// both sides.
func common(a, b []report.Proposal, differ map[string]bool) []report.Proposal {
	var list []report.Proposal
	seen := map[string]int{}
	for _, p := range a {
		if differ[leader(p.Setting)] {
			continue
		}
		other := of(p.Setting, b)[seen[p.Setting]]
		seen[p.Setting]++
		if other.Confidence == report.Likely {
			p.Confidence = report.Likely
		}
		p.Gain = min(p.Gain, other.Gain)
		p.Reasons = slices.Clone(p.Reasons)
		for _, reason := range other.Reasons {
			if !slices.Contains(p.Reasons, reason) {
				p.Reasons = append(p.Reasons, reason)
			}
		}
		list = append(list, p)
	}
	return list
}

func sorted[V any](set map[string]V) []string {
	var list []string
	for k := range set {
		list = append(list, k)
	}
	sort.Strings(list)
	return list
}
