// SPDX-License-Identifier: MIT

package unit

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// LoadState is what PID 1 made of a unit.
type LoadState string

const (
	Loaded     LoadState = "loaded"
	Masked     LoadState = "masked"
	NotFound   LoadState = "not-found"
	BadSetting LoadState = "bad-setting" // a setting or a combination refuses the unit
	LoadError  LoadState = "error"       // the unit file cannot be read or parsed
)

// Unit is a unit as PID 1 would have it in memory.
type Unit struct {
	Name      string   // its id: the name of its file, with the instance filled in
	Aliases   []string // its other names, sorted
	LoadState LoadState
	Fragment  string   // path of its file; empty when there is none
	DropIns   []string // paths in the order they are read, masks among them
	// Assignments are all of fragment and drop-ins, in the order they are applied.
	Assignments []Assignment
	Service     *Service // of services; nil unless loaded
	Diagnostics []Diagnostic
}

// Value returns the last value of a setting that is not a list, by section and key.
func (u *Unit) Value(section, key string) string {
	for i := len(u.Assignments) - 1; i >= 0; i-- {
		if a := u.Assignments[i]; a.Section == section && a.Key == key {
			return a.Value
		}
	}
	return ""
}

// List returns the words of a list setting after resets.
func (u *Unit) List(section, key string) []string {
	var words []string
	for _, a := range u.Assignments {
		if a.Section != section || a.Key != key {
			continue
		}
		if a.Value == "" {
			words = nil
			continue
		}
		more, _ := splitWords(a.Value, true, true)
		words = append(words, more...)
	}
	return words
}

// Load reads a unit by any of its names, once: the result is shared and must not
// be changed. A template without instance is loaded as the instance that
// systemd-analyze makes up for it.
func (t *Tree) Load(name string) *Unit {
	once, _ := t.units.LoadOrStore(name, sync.OnceValue(func() *Unit { return t.load(name) }))
	return once.(func() *Unit)()
}

// Preload loads units in parallel, for those who ask for many of them later.
func (t *Tree) Preload(names []string) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), len(names)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := next.Add(1) - 1; i < int64(len(names)); i = next.Add(1) - 1 {
				t.Load(names[i])
			}
		}()
	}
	wg.Wait()
}

func (t *Tree) load(name string) *Unit {
	if ValidName(name) && IsTemplate(name) {
		name = Instantiate(name, t.MadeUpInstance())
	}
	u := &Unit{Name: name, LoadState: NotFound}
	if !ValidName(name) {
		return u
	}
	id, fragment, ok := t.find(name)
	if !ok {
		return u
	}
	u.Name, u.Fragment = id, fragment
	u.Aliases = t.otherNames(id)
	if name != id && !slices.Contains(u.Aliases, name) {
		u.Aliases = append(u.Aliases, name)
		slices.Sort(u.Aliases)
	}
	data, state := t.readFragment(u)
	switch u.LoadState = state; state {
	case Loaded:
	case NotFound:
		u.Name, u.Fragment, u.Aliases = name, "", nil
		return u
	case Masked:
		if t.version.Major <= 255 { // reads them all the same; seen on 250 to 255, not on 257
			u.DropIns = t.dropInFiles(u)
		}
		return u
	default:
		return u
	}
	u.DropIns = t.dropInFiles(u)
	t.parse(u, data)
	return u
}

// MadeUpInstance is the instance that systemd-analyze gives to a template that is
// asked for without one. Source: systemd-analyze(1), --instance=, for 257; seen
// for the others.
func (t *Tree) MadeUpInstance() string {
	if t.version.Major >= 257 {
		return "test_instance"
	}
	return "test-instance"
}

// readFragment reads the unit file, or finds that the unit is masked or absent.
func (t *Tree) readFragment(u *Unit) ([]byte, LoadState) {
	if data, ok := t.generated.files[u.Fragment]; ok {
		return data, Loaded
	}
	if t.isNull(u.Fragment) {
		return nil, Masked
	}
	data, err := t.fs.ReadFile(u.Fragment)
	switch {
	case err == nil && len(data) == 0:
		return nil, Masked
	case err == nil:
		return data, Loaded
	case errors.Is(err, fs.ErrNotExist):
		u.add(Error, Source{File: u.Fragment}, "dangling link: the unit is not found, files of that name in lower directories do not count")
		return nil, NotFound
	}
	if info, statErr := t.fs.Stat(u.Fragment); statErr == nil && info.Mode()&fs.ModeCharDevice != 0 {
		return nil, Masked
	} else if statErr == nil && info.IsDir() {
		u.add(Error, Source{File: u.Fragment}, "the unit file is a directory: the unit is not found")
		return nil, NotFound
	}
	u.add(Error, Source{File: u.Fragment}, "unit file cannot be read: %v", err)
	return nil, LoadError
}

// isNull tells whether a path is a link to /dev/null, over other links too; an
// image need not have the device.
func (t *Tree) isNull(file string) bool {
	for range maxAliasSteps {
		text, err := t.fs.Readlink(file)
		if err != nil {
			return false
		}
		if !strings.HasPrefix(text, "/") {
			parent, err := t.fs.Resolve(path.Dir(file))
			if err != nil {
				return false
			}
			text = parent + "/" + text
		}
		if file = path.Clean(text); file == "/dev/null" {
			return true
		}
	}
	return false
}

// dropInFiles returns the drop-ins of a unit: of each file name the one in the
// most important folder, sorted by file name (systemd.unit(5)).
func (t *Tree) dropInFiles(u *Unit) []string {
	chosen := map[string]string{}
	for _, folder := range t.foldersOf(u, "d") {
		resolved, err := t.fs.Resolve(folder)
		if err != nil {
			continue
		}
		entries, err := t.fs.ReadDir(resolved)
		if err != nil {
			u.add(Warning, Source{File: folder}, "drop-in folder cannot be read: %v", err)
			continue
		}
		if path.Base(folder) != path.Base(resolved) { // a linked folder shows where it leads
			folder = resolved
		}
		for _, e := range entries {
			name := e.Name()
			if strings.HasSuffix(name, ".conf") && name[0] != '.' && chosen[name] == "" {
				chosen[name] = folder + "/" + name
			}
		}
	}
	names := make([]string, 0, len(chosen))
	for name := range chosen {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) > MaxDropIns {
		u.add(Warning, Source{File: u.Fragment}, "%d drop-ins: only the first %d are read here, PID 1 reads them all", len(names), MaxDropIns)
		names = names[:MaxDropIns]
	}
	files := make([]string, len(names))
	for i, name := range names {
		files[i] = chosen[name]
	}
	return files
}

// foldersOf returns the folders NAME.SUFFIX that apply to a unit, most important
// first: of its id, then of its aliases, last of its type; within each by search
// directory, within that by how specific the name is.
func (t *Tree) foldersOf(u *Unit, suffix string) []string {
	var folders []string
	collect := func(names []string) {
		for index := range t.search {
			for _, n := range names {
				if slices.Contains(t.folders[n+"."+suffix], index) {
					folders = append(folders, t.search[index].path+"/"+n+"."+suffix)
				}
			}
		}
	}
	for _, name := range append([]string{u.Name}, u.Aliases...) {
		collect(dropInNames(name))
	}
	collect([]string{Type(u.Name)})
	return folders
}

// parse reads fragment and drop-ins into the unit and applies them.
func (t *Tree) parse(u *Unit, data []byte) {
	typ := Type(u.Name)
	s := newService(t.version)
	l := t.loading(u.Name, u.Fragment)

	assignments, diagnostics, err := Parse(data, u.Fragment, typ, t.version)
	u.take(diagnostics...)
	if fatal := t.apply(u, l, s, assignments); fatal {
		u.LoadState = BadSetting
		return
	}
	if err != nil {
		u.LoadState = LoadError
		u.add(Error, Source{File: u.Fragment}, "%v", err)
		return
	}
	for _, file := range u.DropIns {
		t.applyDropIn(u, l, s, file)
	}
	if typ != "service" {
		return
	}
	s.finish(u.Name, t.version)
	if reason := s.refused(t.version); reason != "" {
		u.LoadState = BadSetting
		u.add(Error, Source{File: u.Fragment}, "PID 1 refuses the service: %s", reason)
		return
	}
	u.Service = s
}

// applyDropIn reads one drop-in; what stands before a broken line or a refused
// setting counts, the rest of the file does not.
func (t *Tree) applyDropIn(u *Unit, l *loading, s *Service, file string) {
	if t.isNull(file) {
		return
	}
	data, err := t.fs.ReadFile(file)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			u.add(Warning, Source{File: file}, "drop-in cannot be read and has no effect: %v", err)
		} else {
			u.add(Info, Source{File: file}, "dangling link: hides drop-ins of the same name in less important folders")
		}
		return
	}
	assignments, diagnostics, err := Parse(data, file, Type(u.Name), t.version)
	u.take(diagnostics...)
	if fatal := t.apply(u, l, s, assignments); fatal {
		u.add(Warning, Source{File: file}, "the rest of this drop-in has no effect")
	} else if err != nil {
		u.add(Warning, Source{File: file}, "%v; the rest of this drop-in has no effect", err)
	}
}

// add says something of the unit. Errors are always said; of what has no effect the
// first, so that no file of a million lines makes a report of a million.
func (u *Unit) add(severity Severity, src Source, format string, args ...any) {
	u.take(Diagnostic{severity, src, fmt.Sprintf(format, args...)})
}

func (u *Unit) take(diagnostics ...Diagnostic) {
	for _, d := range diagnostics {
		switch n := len(u.Diagnostics); {
		case n < MaxDiagnostics || d.Severity == Error:
			u.Diagnostics = append(u.Diagnostics, d)
		case n == MaxDiagnostics:
			u.Diagnostics = append(u.Diagnostics, Diagnostic{Info, d.Source, fmt.Sprintf("after %d lines without effect, further ones are not named", n)})
		}
	}
}
