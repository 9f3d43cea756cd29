// SPDX-License-Identifier: MIT

package scanner

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/systemd-hardening/systemd-hardening/scanner/cache"
	"github.com/systemd-hardening/systemd-hardening/scanner/evidence"
	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/pkgdata"
	"github.com/systemd-hardening/systemd-hardening/scanner/platform"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// Options say what to scan and for which target. The zero value scans what the
// booted device would list, for what is found in the image.
type Options struct {
	Units []string // only these, by any of their names
	All   bool     // every service file, templates as an instance

	SystemdVersion string // empty: found in the image
	Architecture   string // systemd's or OpenEmbedded's name; empty: found in the image
	Compat         exposure.Compat
	Presets        unit.Presets
	Policy         *exposure.Policy
	PolicyName     string // shown in the report
	Version        string // of the tool, for the report

	// Pkgdata knows which package and recipe ships a unit; nil when nobody does.
	Pkgdata *pkgdata.Data
	// Evidence asks for a look into the programs of each service: slower, and what
	// most proposals need.
	Evidence bool
	// Cache keeps the evidence for the next scan of the same or a similar image; nil for none.
	Cache *cache.Dir
	// KernelConfig is the target kernel's configuration, plain or packed by gzip; nil:
	// what the image has. Its name is shown in the report.
	KernelConfig     []byte
	KernelConfigName string
	// Progress is called with done and total units; nil for none.
	Progress func(done, total int)
}

// Scan scores the services of an image. It reads the image and nothing else, and
// the same image gives the same report everywhere. What is odd in the image
// becomes a diagnostic; an error is for what makes a report impossible.
func Scan(image *rootfs.FS, opts Options) (*report.Report, error) {
	memory := newMemory(image, opts.Cache)
	if !unit.InImage(image) {
		return withoutSystemd(opts), nil
	}
	target, img, diagnostics, err := findTarget(image, opts)
	if err != nil {
		return nil, err
	}
	enforcer, odd, err := findPlatform(image, opts, target, &img)
	if err != nil {
		return nil, err
	}
	diagnostics = append(diagnostics, odd...)
	tree, err := unit.Open(image, target.Version)
	if err != nil {
		return nil, err
	}
	if target.WithoutSeccomp {
		tree.Rules = tree.Rules.WithoutSeccomp()
	}
	boot := tree.Boot(opts.Presets)
	listed := list(tree, boot, opts)
	if opts.Evidence {
		if err := memory.prepare(target, listed); err != nil {
			return nil, err
		}
	}
	units := assess(tree, memory, target, enforcer, listed, opts)
	if opts.Evidence {
		memory.keep()
	}
	for i := range units {
		addListeners(&units[i], boot.Listeners(listed[i].Unit))
		units[i].DropInLink = dropInLink(image, units[i].Name)
	}
	diagnostics = append(diagnostics, toDiagnostics(tree.Diagnostics)...)
	unowned, err := findOwners(units, opts.Pkgdata)
	if err != nil {
		return nil, err
	}
	return newReport(opts, img, units, append(diagnostics, unowned...)), nil
}

func newReport(opts Options, img report.Image, units []report.Unit, diagnostics []report.Diagnostic) *report.Report {
	return &report.Report{
		SchemaVersion: report.SchemaVersion,
		Generator:     report.Generator{Name: "systemd-hardening", Version: opts.Version},
		Image:         img,
		Units:         units,
		Diagnostics:   append([]report.Diagnostic{}, diagnostics...), // [] in JSON, never null
	}
}

// withoutSystemd is the report of an image that has no unit directory, as that of
// an initramfs: no services, and a diagnostic so that nobody takes it for a pass.
func withoutSystemd(opts Options) *report.Report {
	return newReport(opts, report.Image{Compat: string(opts.Compat), ForeignLoaders: []string{}}, []report.Unit{}, []report.Diagnostic{{
		Severity: report.Warning, File: "/", Message: "the image has no systemd unit directory: there are no services to score"}})
}

// findOwners fills in package and recipe of each unit's fragment.
func findOwners(units []report.Unit, data *pkgdata.Data) ([]report.Diagnostic, error) {
	if data == nil {
		return nil, nil
	}
	var paths []string
	for _, u := range units {
		if u.Fragment != "" {
			paths = append(paths, u.Fragment)
		}
	}
	owners, err := data.Owners(paths)
	if err != nil {
		return nil, err
	}
	var diagnostics []report.Diagnostic
	for i := range units {
		u := &units[i]
		switch list := owners[u.Fragment]; {
		case u.Fragment == "":
		case len(list) == 1:
			u.Package, u.Recipe = list[0].Package, list[0].Recipe
		case len(list) == 0:
			u.Diagnostics = append(u.Diagnostics, report.Diagnostic{Severity: report.Info, File: u.Fragment,
				Message: "no package ships this file: a post-install script or the image made it"})
		default:
			diagnostics = append(diagnostics, report.Diagnostic{Severity: report.Info, File: u.Fragment,
				Message: fmt.Sprintf("%d packages of the build ship this file; give --manifest to decide", len(list))})
		}
	}
	return diagnostics, nil
}

// list says which services are scored.
func list(tree *unit.Tree, boot *unit.Boot, opts Options) []unit.Listed {
	var names []string
	switch {
	case len(opts.Units) > 0:
		names = opts.Units
	case opts.All:
		names = tree.Names("service")
	default:
		return boot.Services()
	}
	tree.Preload(names)
	known := map[string]unit.Listed{}
	for _, l := range boot.Services() {
		known[l.Name] = l
	}
	seen := map[string]bool{}
	var listed []unit.Listed
	for _, name := range names {
		if u := tree.Load(name); !seen[u.Name] {
			seen[u.Name] = true
			l := known[u.Name]
			l.Unit = u
			listed = append(listed, l)
		}
	}
	slices.SortFunc(listed, func(a, b unit.Listed) int { return strings.Compare(a.Name, b.Name) })
	return listed
}

// assess fills in the report's units, in parallel; their order is kept.
func assess(tree *unit.Tree, memory *memory, target *exposure.Target, enforcer *platform.Target, listed []unit.Listed, opts Options) []report.Unit {
	units := make([]report.Unit, len(listed))
	work := make(chan int, len(listed))
	for i := range listed {
		work <- i
	}
	close(work)
	progress := newProgress(opts.Progress, len(listed))
	var wg sync.WaitGroup
	for range min(workers, len(listed)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var rows []exposure.Row // of one unit after the other
			for i := range work {
				units[i], rows = assessUnit(tree, target, listed[i], rows)
				if opts.Evidence && listed[i].Service != nil {
					addEvidence(&units[i], memory.collect(i, listed[i].Unit))
				}
				addEnforcement(&units[i], listed[i].Unit, enforcer)
				progress()
			}
		}()
	}
	wg.Wait()
	return units
}

// newProgress returns what is to be called after each unit.
func newProgress(show func(done, total int), total int) func() {
	if show == nil {
		return func() {}
	}
	var mu sync.Mutex
	done := 0
	show(done, total)
	return func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		show(done, total)
	}
}

const workers = 4

// assessUnit uses the memory of rows, and returns it for the next unit.
func assessUnit(tree *unit.Tree, target *exposure.Target, l unit.Listed, rows []exposure.Row) (report.Unit, []exposure.Row) {
	u := report.Unit{
		Name: l.Name, Aliases: orEmpty(l.Aliases), LoadState: string(l.LoadState),
		Fragment: l.Fragment, DropIns: orEmpty(l.DropIns), State: tree.State(l.Unit), PulledInBy: orEmpty(l.PulledInBy), AfterFileSystems: l.AfterFileSystems,
		Exposure: report.None, ExposureAfter: report.None,
		Settings: settings(l.Assignments), Assessments: []report.Assessment{},
		Executables: []report.Executable{}, Facts: []report.Fact{}, Unknowns: []report.Unknown{},
		Proposals: []report.Proposal{}, Withheld: []report.Withheld{},
		Diagnostics: toDiagnostics(l.Diagnostics),
	}
	if l.Service != nil {
		result := exposure.AssessInto(rows, target, l.Service)
		rows = result.Rows
		u.Exposure = report.Level(result.Exposure)
		u.Rating = u.Exposure.Rating()
		u.Assessments = assessments(result, l.Service)
	}
	return u, rows
}

func assessments(result exposure.Result, s *unit.Service) []report.Assessment {
	list := make([]report.Assessment, len(result.Rows))
	for i, r := range result.Rows {
		a := report.Assessment{ID: r.ID, JSONField: r.JSONField, Exposure: report.None, Weight: r.Weight, Range: r.Range, Description: r.Description}
		if r.Applies {
			a.Set, a.Badness = &no, badness(r.Badness)
			if r.Good() {
				a.Set = &yes
			}
			if r.Badness > 0 {
				a.Exposure = report.Level(r.Exposure)
			}
		}
		if src, ok := r.Source(s); ok {
			a.Source = &report.Source{File: src.File, Line: src.Line}
		}
		list[i] = a
	}
	return list
}

// What assessments point to, so that not every row needs memory of its own.
var (
	yes, no      = true, false
	smallBadness = [...]uint64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
)

func badness(n uint64) *uint64 {
	if n < uint64(len(smallBadness)) {
		return &smallBadness[n]
	}
	large := n // so that only this case needs memory
	return &large
}

func settings(assignments []unit.Assignment) []report.Setting {
	list := make([]report.Setting, len(assignments))
	for i, a := range assignments {
		list[i] = report.Setting{Section: a.Section, Key: a.Key, Value: a.Value, Source: report.Source{File: a.File, Line: a.Line}}
	}
	return list
}

func toDiagnostics(list []unit.Diagnostic) []report.Diagnostic {
	out := make([]report.Diagnostic, len(list))
	for i, d := range list {
		out[i] = report.Diagnostic{Severity: string(d.Severity), File: d.File, Line: d.Line, Message: d.Message}
	}
	return out
}

// addEvidence puts what the programs of a service showed into the report.
func addEvidence(u *report.Unit, e *evidence.Result) {
	for _, x := range e.Executables {
		u.Executables = append(u.Executables, report.Executable{Command: x.Command, Path: x.Path, Kind: x.Kind, Interpreter: x.Interpreter})
	}
	for _, f := range e.Facts {
		u.Facts = append(u.Facts, report.Fact{ID: f.ID, Value: f.Value, Where: f.Where, Why: orEmpty(f.Why)})
	}
	for _, x := range e.Unknowns {
		u.Unknowns = append(u.Unknowns, report.Unknown{ID: x.ID, Value: x.Value, Where: x.Where, Blocks: x.Blocks, Assumption: x.Assumption})
	}
	u.Syscalls = &report.Syscalls{Reachable: orEmpty(e.Syscalls), Complete: e.Complete}
}

// orEmpty makes JSON lists of nothing "[]" instead of "null".
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
