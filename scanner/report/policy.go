// SPDX-License-Identifier: MIT

package report

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Policy is what a gate asks of the units: limits, required settings, waivers and
// exclusions. The zero value asks nothing.
type Policy struct {
	limits  []limit
	waivers []Waiver
	exclude []string
}

// scope of a limit, the most specific last.
type scope int

const (
	everyUnit scope = iota
	listening       // units that listen on the network
	ofRecipe
	ofPackage
	ofUnit
)

var scopeNames = map[string]scope{"Policy": everyUnit, "Listening": listening, "Recipe": ofRecipe, "Package": ofPackage, "Unit": ofUnit}

// limit is one section of a policy: a threshold and settings for what it matches.
type limit struct {
	scope     scope
	pattern   string
	threshold Level
	require   []string
}

// Waiver lets a unit be over its threshold, for a reason and a time.
type Waiver struct {
	Pattern  string // unit name, glob, or a template's name for all its instances
	Exposure Level  // the unit may be at most this; None for any
	Reason   string
	Owner    string
	Until    time.Time // the last day that it holds; zero for ever
	Source   string    // file:line
}

// warnDays is how long before its last day a waiver is warned of.
const warnDays = 30

// Expired tells whether the waiver does not hold any more on a day.
func (w Waiver) Expired(today time.Time) bool { return !w.Until.IsZero() && today.After(w.Until) }

// EndsSoon tells whether at most 30 days are left.
func (w Waiver) EndsSoon(today time.Time) bool {
	return !w.Until.IsZero() && !w.Expired(today) && w.Until.Sub(today) <= warnDays*24*time.Hour
}

// NewPolicy is a policy of one threshold for all units.
func NewPolicy(threshold Level) *Policy {
	return &Policy{limits: []limit{{scope: everyUnit, threshold: threshold}}}
}

// Merge adds another policy; for the same units and setting the other one wins.
func (p *Policy) Merge(other *Policy) {
	p.limits = append(p.limits, other.limits...)
	p.waivers = append(p.waivers, other.waivers...)
	p.exclude = append(p.exclude, other.exclude...)
}

// ParsePolicy reads a policy in unit file syntax. Sections and their settings:
//
//	[Policy]            Threshold= Require=   for every unit
//	[Listening]         the same, for units that listen on the network
//	[Recipe PN]         the same, for the units of a recipe
//	[Package NAME]      the same, for the units of a package
//	[Unit NAME|GLOB]    the same, for units by name
//	[Waiver NAME|GLOB]  Exposure= Reason= Owner= Until=YYYY-MM-DD
//	[Exclude]           Unit=NAME|GLOB
//
// Unit over Package over Recipe over Listening over Policy; in one scope a name
// over a glob; else the last one wins. Require= adds up over all that match. A
// template's name stands for all its instances. Errors say file and line.
func ParsePolicy(data []byte, file string) (*Policy, error) {
	p := &policyParser{policy: &Policy{}, file: file}
	for n, line := range strings.Split(string(data), "\n") {
		p.line = n + 1
		if err := p.parse(strings.TrimSpace(line)); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, p.line, err)
		}
	}
	if err := p.endSection(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", file, p.line, err)
	}
	return p.policy, nil
}

type policyParser struct {
	policy *Policy
	file   string
	line   int

	section string
	limit   *limit
	waiver  *Waiver
}

func (p *policyParser) parse(line string) error {
	switch {
	case line == "" || line[0] == '#' || line[0] == ';':
		return nil
	case line[0] == '[':
		if err := p.endSection(); err != nil {
			return err
		}
		return p.startSection(line)
	case p.section == "":
		return fmt.Errorf("%q stands before any section", line)
	}
	key, value, found := strings.Cut(line, "=")
	if !found {
		return fmt.Errorf("%q has no '='", line)
	}
	return p.set(strings.TrimSpace(key), strings.TrimSpace(value))
}

func (p *policyParser) startSection(line string) error {
	inner, closed := strings.CutSuffix(line[1:], "]")
	kind, pattern, _ := strings.Cut(strings.TrimSpace(inner), " ")
	pattern = strings.TrimSpace(pattern)
	if _, err := path.Match(pattern, ""); err != nil || !closed {
		return fmt.Errorf("%q is not a section header", line)
	}
	scope, isLimit := scopeNames[kind]
	wantsPattern := kind == "Waiver" || isLimit && scope >= ofRecipe
	switch {
	case !isLimit && kind != "Waiver" && kind != "Exclude":
		return fmt.Errorf("unknown section [%s]: use Policy, Listening, Recipe, Package, Unit, Waiver or Exclude", kind)
	case wantsPattern && pattern == "":
		return fmt.Errorf("[%s] needs a name: [%s NAME]", kind, kind)
	case !wantsPattern && pattern != "":
		return fmt.Errorf("[%s] takes no name", kind)
	}
	p.section, p.limit, p.waiver = kind, nil, nil
	if isLimit {
		p.limit = &limit{scope: scope, pattern: pattern, threshold: None}
	}
	if kind == "Waiver" {
		p.waiver = &Waiver{Pattern: pattern, Exposure: None, Source: fmt.Sprintf("%s:%d", p.file, p.line)}
	}
	return nil
}

func (p *policyParser) set(key, value string) (err error) {
	switch name := p.section + "." + key; {
	case p.limit != nil && key == "Threshold":
		p.limit.threshold, err = ParseLevel(value)
	case p.limit != nil && key == "Require":
		for _, setting := range strings.Fields(value) {
			p.limit.require = append(p.limit.require, strings.TrimSuffix(setting, "="))
		}
	case name == "Waiver.Exposure":
		p.waiver.Exposure, err = ParseLevel(value)
	case name == "Waiver.Reason":
		p.waiver.Reason = value
	case name == "Waiver.Owner":
		p.waiver.Owner = value
	case name == "Waiver.Until":
		if p.waiver.Until, err = time.Parse(time.DateOnly, value); err != nil {
			err = fmt.Errorf("the date in Until=%s is not one like 2027-06-30", value)
		}
	case name == "Exclude.Unit":
		if _, err = path.Match(value, ""); err == nil {
			p.policy.exclude = append(p.policy.exclude, value)
		}
	default:
		return fmt.Errorf("unknown setting %s= in [%s]", key, p.section)
	}
	return err
}

func (p *policyParser) endSection() error {
	if p.limit != nil {
		p.policy.limits = append(p.policy.limits, *p.limit)
	}
	if p.waiver != nil {
		if p.waiver.Reason == "" {
			return fmt.Errorf("the waiver of %s has no Reason=", p.waiver.Pattern)
		}
		p.policy.waivers = append(p.policy.waivers, *p.waiver)
	}
	p.limit, p.waiver = nil, nil
	return nil
}

// matches tells whether a unit has a name that the pattern means.
func matches(pattern string, u *Unit) bool {
	return slices.ContainsFunc(append([]string{u.Name}, u.Aliases...), func(name string) bool {
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
		prefix, rest, instance := strings.Cut(name, "@")
		dot := strings.LastIndexByte(rest, '.')
		return instance && dot >= 0 && pattern == prefix+"@"+rest[dot:]
	})
}

func (l *limit) applies(u *Unit) bool {
	switch l.scope {
	case listening:
		return slices.ContainsFunc(u.Facts, func(f Fact) bool { return f.ID == FactListens })
	case ofRecipe, ofPackage:
		name := map[scope]string{ofRecipe: u.Recipe, ofPackage: u.Package}[l.scope]
		ok, _ := path.Match(l.pattern, name)
		return ok && name != ""
	case ofUnit:
		return matches(l.pattern, u)
	}
	return true
}

// rank orders limits by how specific they are.
func (l *limit) rank() int {
	rank := 2 * int(l.scope)
	if !strings.ContainsAny(l.pattern, `*?[\`) {
		rank++
	}
	return rank
}

// Threshold is the limit that holds for a unit; None for none.
func (p *Policy) Threshold(u *Unit) Level {
	threshold, best := None, -1
	for i := range p.limits {
		if l := &p.limits[i]; l.threshold.Known() && l.rank() >= best && l.applies(u) {
			threshold, best = l.threshold, l.rank()
		}
	}
	return threshold
}

// required are the settings that a unit must have, sorted.
func (p *Policy) required(u *Unit) []string {
	var settings []string
	for i := range p.limits {
		if l := &p.limits[i]; len(l.require) > 0 && l.applies(u) {
			settings = append(settings, l.require...)
		}
	}
	slices.Sort(settings)
	return slices.Compact(settings)
}

// waiver returns the last waiver for a unit.
func (p *Policy) waiver(u *Unit) (w Waiver, ok bool) {
	for _, candidate := range p.waivers {
		if matches(candidate.Pattern, u) {
			w, ok = candidate, true
		}
	}
	return w, ok
}

func (p *Policy) excluded(u *Unit) bool {
	return slices.ContainsFunc(p.exclude, func(pattern string) bool { return matches(pattern, u) })
}
