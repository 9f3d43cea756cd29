// SPDX-License-Identifier: MIT

package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed page.html.tmpl
var pageText string

// page is the whole report as one file: it loads nothing and asks nobody. Whatever
// an image holds, html/template escapes it and safe shows what cannot be printed.
// It is parsed when a page is written only: most calls write none.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"safe":  Sanitize,
		"words": func(list []string) string { return Sanitize(strings.Join(list, ", ")) },
		"path":  func(calls []string) string { return Sanitize(strings.Join(calls, " > ")) },
	}).Parse(pageText))
})

type (
	htmlPage struct {
		Report               *Report
		Summary              string
		Ratings              []htmlRating
		Units                []htmlUnit // the worst first
		HasAfter, HasPackage bool
	}
	htmlRating struct {
		Word, Tone string
		Count      int
	}
	htmlUnit struct {
		Unit                    *Unit
		Anchor, Predicate, Tone string
		NotScored               string
		Ignored, Ineffective    string
		Cheapest                []string
		Rows                    []htmlRow
		Facts                   []htmlFacts
		Unknowns                []htmlUnknown
	}
	htmlRow struct {
		Row                       Assessment
		Holds, Tone, Exposure, At string
		Ineffective               bool
	}
	htmlFacts struct {
		ID     string
		Values []htmlFact
		More   int // values beyond mostValues
	}
	// htmlFact is a value with the first place that has it and the number of others.
	htmlFact struct {
		Value, Where string
		Why          []string
		More         int
	}
	htmlUnknown struct {
		ID, Value, Where, Effect string
		More                     int
	}
)

// WriteHTML writes the report as one page that needs no network. Facts and unknowns
// of the same kind are shown once, with the number of places.
func WriteHTML(w io.Writer, r *Report) error {
	p := htmlPage{Report: r, Summary: summary(r), Ratings: countRatings(r)}
	units := make([]*Unit, len(r.Units))
	for i := range r.Units {
		units[i] = &r.Units[i]
		p.HasAfter = p.HasAfter || units[i].ExposureAfter.Known()
		p.HasPackage = p.HasPackage || units[i].Package != ""
	}
	slices.SortStableFunc(units, func(a, b *Unit) int { return int(b.Exposure) - int(a.Exposure) })
	for n, u := range units {
		p.Units = append(p.Units, unitForHTML(u, fmt.Sprintf("unit-%d", n+1)))
	}
	var b bytes.Buffer
	if err := page().Execute(&b, p); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// tones of the ratings: classes of the page's style.
var tones = map[string]string{
	"DANGEROUS": "bad", "UNSAFE": "bad", "EXPOSED": "warn", "MEDIUM": "warn", "OK": "good", "SAFE": "good", "PERFECT": "good",
}

func countRatings(r *Report) []htmlRating {
	var list []htmlRating
	for _, rating := range ratings {
		n := 0
		for _, u := range r.Units {
			if u.Rating == rating.word {
				n++
			}
		}
		if n > 0 {
			list = append(list, htmlRating{rating.word, tones[rating.word], n})
		}
	}
	return list
}

func unitForHTML(u *Unit, anchor string) htmlUnit {
	h := htmlUnit{
		Unit: u, Anchor: anchor, Predicate: predicate(*u), Tone: tones[u.Rating], Ignored: count(ignoredLines(*u)), Ineffective: count(ineffective(*u)),
		Cheapest: Cheapest(*u, 3), Facts: groupFacts(u.Facts), Unknowns: groupUnknowns(u.Unknowns),
	}
	if !u.Exposure.Known() {
		h.NotScored = notScored(*u)
	}
	rows := slices.Clone(u.Assessments)
	slices.SortStableFunc(rows, func(a, b Assessment) int { return int(b.Exposure) - int(a.Exposure) })
	for _, a := range rows {
		h.Rows = append(h.Rows, rowForHTML(a))
	}
	return h
}

// rowForHTML says in a word whether the row holds: a colour alone tells some readers nothing.
func rowForHTML(a Assessment) htmlRow {
	h := htmlRow{Row: a, Holds: "n/a", Tone: "muted", Exposure: blank(a.Exposure), At: decidedBy(a), Ineffective: a.Effective != nil && !*a.Effective}
	switch {
	case a.Set == nil:
	case *a.Set:
		h.Holds, h.Tone = "yes", "good"
	default:
		h.Holds, h.Tone = "no", "bad"
	}
	return h
}

// mostValues of one kind of fact that are shown for a unit: a shell touches
// hundreds of paths.
const mostValues = 25

// groupFacts puts facts of one kind together, each value once, in the order in
// which they come.
func groupFacts(facts []Fact) []htmlFacts {
	var groups []htmlFacts
	at := map[string]int{}      // of a kind
	seen := map[[2]string]int{} // of a value in its kind
	for _, f := range facts {
		g, known := at[f.ID]
		if !known {
			g = len(groups)
			at[f.ID] = g
			groups = append(groups, htmlFacts{ID: f.ID})
		}
		if v, known := seen[[2]string{f.ID, f.Value}]; known {
			groups[g].Values[v].More++
			continue
		}
		if len(groups[g].Values) == mostValues {
			groups[g].More++
			continue
		}
		seen[[2]string{f.ID, f.Value}] = len(groups[g].Values)
		groups[g].Values = append(groups[g].Values, htmlFact{Value: f.Value, Where: f.Where, Why: named(f.Why)})
	}
	return groups
}

// groupUnknowns shows an unknown of the same kind, value and effect once.
func groupUnknowns(unknowns []Unknown) []htmlUnknown {
	var list []htmlUnknown
	seen := map[[3]string]int{}
	for _, u := range unknowns {
		key := [3]string{u.ID, u.Value, effectOf(u)}
		if n, known := seen[key]; known {
			list[n].More++
			continue
		}
		seen[key] = len(list)
		list = append(list, htmlUnknown{ID: u.ID, Value: u.Value, Where: u.Where, Effect: effectOf(u)})
	}
	return list
}

// effectOf says what an unknown blocks, or what is taken to hold instead.
func effectOf(u Unknown) string {
	switch {
	case u.Assumption != "":
		return "assumed: " + u.Assumption
	case len(u.Blocks) == 0:
		return ""
	case slices.Equal(u.Blocks, []string{"*"}):
		return "blocks everything that depends on what the code does"
	}
	return "blocks " + strings.Join(u.Blocks, ", ")
}

// named are the calls of a path without those that have no name.
func named(calls []string) []string {
	return slices.DeleteFunc(slices.Clone(calls), func(c string) bool { return c == "" })
}
