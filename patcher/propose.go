// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// Propose fills in what each loaded service of a report could be given: its
// proposals with their reasons and gain, what is withheld and why, and the
// exposure after the proposals of at least the given confidence. The exposure is
// computed by the assessors on the merged unit, so a scan of the written result
// gives the same. A service that would not load any more gets no proposals.
func Propose(r *report.Report, confidence string, policy *exposure.Policy) error {
	p, err := newProposer(r, policy)
	if err != nil {
		return err
	}
	var units []*report.Unit
	for i := range r.Units {
		if u := &r.Units[i]; u.Exposure.Known() {
			units = append(units, u)
		}
	}
	if err := each(units, p.propose); err != nil {
		return err
	}
	agree(units)
	return each(units, func(u *report.Unit) error { return p.after(u, confidence) })
}

func each(units []*report.Unit, do func(*report.Unit) error) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, u := range units {
		group.Go(func() error { return do(u) })
	}
	return group.Wait()
}

// agree leaves to the instances of a template what is right for all of them: they
// get one drop-in together.
func agree(units []*report.Unit) {
	instances := map[string][]*report.Unit{}
	for _, u := range units {
		if name := template(*u); name != u.Name {
			instances[name] = append(instances[name], u)
		}
	}
	for name, list := range instances {
		targets := make([]target, len(list))
		for i, u := range list {
			targets[i] = target{unit: *u, proposals: u.Proposals}
		}
		together, _ := merge(targets)
		if len(of("NoNewPrivileges", together.proposals)) == 0 && slices.ContainsFunc(targets, func(t target) bool { return len(of("NoNewPrivileges", t.proposals)) > 0 }) {
			together.proposals = nil // others of one of them stand on it
		}
		for _, u := range list {
			leave(u, together.proposals, name)
		}
	}
}

// leave keeps those proposals of an instance that are common to all of its template.
func leave(u *report.Unit, common []report.Proposal, template string) {
	confidence := map[string]string{}
	for _, p := range common {
		confidence[p.Setting] = p.Confidence
	}
	kept := []report.Proposal{}
	for _, p := range u.Proposals {
		if c, ok := confidence[p.Setting]; ok {
			p.Confidence = c
			kept = append(kept, p)
		} else if p.Setting == leader(p.Setting) && (len(u.Withheld) == 0 || u.Withheld[len(u.Withheld)-1].Setting != p.Setting) {
			u.Withheld = append(u.Withheld, report.Withheld{Setting: p.Setting, Because: []string{"it is not right for all instances of " + template}})
		}
	}
	u.Proposals = kept
}

// proposer holds what all units of a report share.
type proposer struct {
	report *report.Report
	rules  unit.Rules
	target *exposure.Target
}

// subject is one service as the rules see it: without what an earlier run wrote.
type subject struct {
	*report.Unit
	own     []unit.Assignment // its lines, without those that an earlier run wrote
	service *unit.Service
	image   report.Image
	version unit.Version
}

func newProposer(r *report.Report, policy *exposure.Policy) (*proposer, error) {
	if len(r.Units) == 0 {
		return &proposer{report: r}, nil
	}
	version, err := unit.ParseVersion(r.Image.RulesVersion)
	if err != nil {
		return nil, fmt.Errorf("the report's rules_version: %w", err)
	}
	arch, ok := seccomp.ParseArch(r.Image.Architecture)
	if !ok {
		return nil, fmt.Errorf("the report's architecture %q is unknown", r.Image.Architecture)
	}
	p := &proposer{r, unit.NewRules(version), &exposure.Target{
		Version: version, Arch: arch, Compat: exposure.Compat(r.Image.Compat), Policy: policy,
	}}
	if slices.Contains(r.Image.BuiltWithout, "SECCOMP") {
		p.rules, p.target.WithoutSeccomp = p.rules.WithoutSeccomp(), true
	}
	return p, nil
}

func (p *proposer) propose(u *report.Unit) error {
	if why := unreachable(u); why != "" {
		u.Proposals = []report.Proposal{}
		u.Withheld = []report.Withheld{{Setting: "all", Because: []string{why}}}
		u.ExposureAfter, u.RatingAfter = report.None, ""
		return nil
	}
	own := ownLines(u)
	service, err := p.rules.Evaluate(u.Name, u.Fragment, own)
	if err != nil {
		return fmt.Errorf("evaluate the settings of the report: %w", err)
	}
	s := &subject{u, own, service, p.report.Image, p.target.Version}
	u.Proposals, u.Withheld = []report.Proposal{}, []report.Withheld{}
	u.ExposureAfter, u.RatingAfter = report.None, ""
	for i := range rules {
		p.judge(&rules[i], s)
	}
	return nil
}

// ownLines are the lines of a unit without those that an earlier run wrote.
func ownLines(u *report.Unit) []unit.Assignment {
	return slices.DeleteFunc(assignmentsOf(u), func(a unit.Assignment) bool { return path.Base(a.File) == DropInName })
}

// unreachable says why no drop-in of ours would count for a unit.
func unreachable(u *report.Unit) string {
	if u.DropInLink != "" {
		return u.DropInLink + " is not a folder but a link or a file, so that no drop-in can be laid there"
	}
	if other := foreignDropIn(u); other != "" {
		return other + " has the name that is written, and only one of them would count"
	}
	return ""
}

// foreignDropIn returns a drop-in of the name that is written which is not ours:
// ours lies in the vendor's folder of the unit or its template. Of several files of
// one name PID 1 reads the most important only, so ours would hide it or be hidden.
func foreignDropIn(u *report.Unit) string {
	for _, file := range u.DropIns {
		if path.Base(file) != DropInName {
			continue
		}
		folder := path.Dir(file)
		vendor := path.Dir(folder) == "/usr/lib/systemd/system" || path.Dir(folder) == "/lib/systemd/system"
		name := strings.TrimSuffix(path.Base(folder), ".d")
		if vendor && (name == u.Name || unit.IsInstance(u.Name) && name == unit.Template(u.Name)) {
			continue
		}
		return file
	}
	return ""
}

// judge adds what one rule says of a service: a proposal, or why not.
func (p *proposer) judge(r *rule, s *subject) {
	switch {
	case s.version.Major < r.since || r.holds(s.service):
		return
	}
	v := s.settled(r.setting, r.judge(s))
	if v.confidence == "" {
		if len(v.because) > 0 && !slices.Contains(v.because, noEvidence) {
			s.Withheld = append(s.Withheld, report.Withheld{Setting: r.setting, Because: v.because})
		}
		return
	}
	for _, line := range v.lines {
		s.Proposals = append(s.Proposals, report.Proposal{
			Setting: line.setting, Value: line.value, Confidence: v.confidence, Gain: report.Level(0), Reasons: v.because, Since: r.since,
		})
	}
}

// after computes the exposure with the proposals that would be written, and the
// gain of each setting alone. Settings that would keep the service from loading
// are withdrawn, with all their lines.
func (p *proposer) after(u *report.Unit, confidence string) error {
	if len(u.Proposals) == 0 {
		return nil
	}
	own := ownLines(u)
	base := int(u.Exposure)
	if len(own) != len(u.Settings) { // lines of an earlier run are in force
		var err error
		if base, err = p.exposure(u, own); err != nil {
			return err
		}
	}
	written := []report.Proposal{}
	for _, lines := range settings(u.Proposals) {
		alone, err := p.exposure(u, withDropIn(own, lines))
		if err != nil {
			u.Withheld = append(u.Withheld, report.Withheld{Setting: lines[0].Setting, Because: []string{"PID 1 would refuse the service: " + err.Error()}})
			continue
		}
		for _, x := range lines {
			if x.Setting == lines[0].Setting {
				x.Gain = report.Level(max(base-alone, 0))
			}
			written = append(written, x)
		}
	}
	u.Proposals = written
	chosen := chosen(u, confidence)
	if len(chosen) == 0 {
		return nil
	}
	after, err := p.exposure(u, withDropIn(own, chosen))
	if err != nil {
		u.Withheld = append(u.Withheld, report.Withheld{Setting: "all", Because: []string{"PID 1 would refuse the service: " + err.Error()}})
		u.Proposals = []report.Proposal{}
		return nil
	}
	u.ExposureAfter = report.Level(after)
	u.RatingAfter = u.ExposureAfter.Rating()
	return nil
}

func (p *proposer) exposure(u *report.Unit, assignments []unit.Assignment) (int, error) {
	service, err := p.rules.Evaluate(u.Name, u.Fragment, assignments)
	if err != nil {
		return 0, err
	}
	return exposure.Assess(p.target, service).Exposure, nil
}

// chosen are the proposals of a unit that are written at a confidence.
func chosen(u *report.Unit, confidence string) []report.Proposal {
	return slices.DeleteFunc(slices.Clone(u.Proposals), func(x report.Proposal) bool { return !isWritten(x.Confidence, confidence) })
}

// isWritten tells whether a proposal's confidence reaches the least that is written.
func isWritten(confidence, least string) bool {
	return confidence == report.Proven || confidence == report.Likely && least != report.Proven
}

func assignmentsOf(u *report.Unit) []unit.Assignment {
	list := make([]unit.Assignment, len(u.Settings))
	for i, s := range u.Settings {
		list[i] = unit.Assignment{Section: s.Section, Key: s.Key, Value: s.Value, Source: unit.Source{File: s.File, Line: s.Line}}
	}
	return list
}

// withDropIn inserts proposals where PID 1 would read our drop-in: drop-ins are
// read in the order of their names, so one that sorts after ours still wins.
func withDropIn(own []unit.Assignment, proposals []report.Proposal) []unit.Assignment {
	at := slices.IndexFunc(own, readAfterOurs)
	if at < 0 {
		at = len(own)
	}
	var ours []unit.Assignment
	for n, x := range proposals {
		ours = append(ours, unit.Assignment{Section: "Service", Key: x.Setting, Value: x.Value, Source: unit.Source{File: DropInName, Line: n + 1}})
	}
	return slices.Insert(slices.Clone(own), at, ours...)
}

// readAfterOurs tells whether a line is of a drop-in that sorts after ours.
func readAfterOurs(a unit.Assignment) bool {
	return strings.HasSuffix(path.Dir(a.File), ".d") && path.Base(a.File) > DropInName
}
