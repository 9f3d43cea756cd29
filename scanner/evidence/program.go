// SPDX-License-Identifier: MIT

package evidence

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// program is an executable with all that is loaded into its process, and what of
// it is reached.
type program struct {
	path    string
	modules []*loaded
	byPath  map[string]*loaded
	byFile  map[*module]*loaded // while it is walked
	problem []problem           // block
	assumed []problem           // what was loaded instead of what is not named
	scripts scripts             // that it runs, if it is an interpreter whose scripts were read
	waiting []string            // modules that are loaded by their names, which nothing has named yet
}

// problem is something that could not be read or followed.
type problem struct{ id, value, where string }

// loaded is one module of a program.
type loaded struct {
	path    string
	file    *module
	reached *elfcode.Reached // once the walk is over
	uses    []*loaded        // modules that provide functions to it
	walk    *walk            // until then
	libc    bool             // the C library or its loader: its own use of the kernel is known by its functions
	plugin  bool             // loaded at run time: every export may be called
}

// walk is what the walk over a program's modules keeps for one of them.
type walk struct {
	reached    *elfcode.Walk
	index      int             // among the modules of the program
	roots      elfcode.Roots   // all
	fresh      elfcode.Roots   // those from which was not walked on yet
	names      map[string]bool // of roots.Names
	resolved   int             // modules there were when the imports were resolved
	unasked    []unasked       // what nobody has asked for yet
	dirty      bool
	opened     map[int32]int    // by site of dlopen: modules there were when it was followed
	pamModules []*loaded        // of libpam: those of its services
	plugged    map[*module]bool // those that may hand a name to its dlopen: what they name is loaded
}

const (
	maxModules = 600 // of one program
	maxRounds  = 200 // of the walk over modules
	maxWay     = 30  // calls that are shown
)

// walkProgram loads an executable and follows what it reaches until nothing is new.
// With the name of an applet, only that one of the file's is started.
func (im *Image) walkProgram(file, applet string, scripts scripts) *program {
	p := &program{path: file, byPath: map[string]*loaded{}, byFile: map[*module]*loaded{}, scripts: scripts}
	exe := p.load(im, file, false)
	if exe == nil {
		return p
	}
	if a, ok := exe.file.applet(applet); ok {
		exe.walk.fresh.Funcs, exe.walk.fresh.Without = []elfcode.FuncID{a.Func}, []int32{exe.file.AppletTable}
		exe.walk.roots.Funcs, exe.walk.roots.Without = exe.walk.fresh.Funcs, exe.walk.fresh.Without
	}
	if exe.file.Interp == "" && strings.Contains(path.Base(file), ".so") {
		p.expose(exe) // a plug-in that configuration names
	}
	if exe.file.Interp != "" {
		if p.load(im, exe.file.Interp, false) == nil {
			p.note("missing-file", exe.file.Interp, file)
		}
	}
	p.loadExtensions(im)
	for round := 0; ; round++ {
		if round == maxRounds {
			p.note("limit", "rounds of the walk", file)
			break
		}
		changed := false
		for _, m := range slices.Clone(p.modules) {
			if m.walk.dirty {
				m.walk.dirty, changed = false, true
				p.resolve(im, m)
			}
		}
		if !changed && !p.loadNamed(im) {
			break
		}
	}
	p.finish()
	return p
}

// finish keeps what was reached. It is walked to once more from all roots together, sorted,
// so that the ways to a function do not depend on the order in which they were found.
func (p *program) finish() {
	for _, m := range p.modules {
		slices.Sort(m.walk.roots.Names)
		m.walk.roots.Closed = m.walk.closed()
		m.reached = m.file.Reach(m.walk.roots)
		m.leaveRequests()
		for _, id := range m.reached.Imports {
			if other := p.provider(m, id); other != nil && !m.file.Imports[id].Data && !slices.Contains(m.uses, other) {
				m.uses = append(m.uses, other)
			}
		}
	}
	for _, m := range p.modules {
		m.walk = nil
	}
	p.byFile = nil
}

// applet returns one of the programs of a file that holds many.
func (m *module) applet(name string) (elfcode.Applet, bool) {
	i := slices.IndexFunc(m.Applets, func(a elfcode.Applet) bool { return a.Name == name })
	if name == "" || i < 0 {
		return elfcode.Applet{}, false
	}
	return m.Applets[i], true
}

func (p *program) note(id, value, where string) {
	if x := (problem{id, value, where}); !slices.Contains(p.problem, x) {
		p.problem = append(p.problem, x)
	}
}

// load adds a module and, breadth first, the libraries that it needs.
func (p *program) load(im *Image, file string, plugin bool) *loaded {
	queue := []string{file}
	var first *loaded
	var missing []problem
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		resolved, err := im.fs.Resolve(name)
		if err != nil {
			p.note("missing-file", name, p.path)
			continue
		}
		if m := p.byPath[resolved]; m != nil {
			if plugin && name == file {
				p.expose(m)
			}
			if first == nil {
				first = m
			}
			continue
		}
		m := p.open(im, resolved)
		if m == nil {
			continue
		}
		if first == nil {
			first = m
		}
		if plugin && name == file {
			p.expose(m)
		}
		found, lacks := needed(im, m)
		queue, missing = append(queue, found...), append(missing, lacks...)
	}
	for _, x := range missing {
		if !plugin && !p.has(x.value) { // a plug-in that lacks a library cannot be loaded
			p.note(x.id, x.value, x.where)
		}
	}
	return first
}

// has tells whether a library is loaded: the dynamic loader takes it for every module
// that needs it, wherever it lies (ld.so(8)).
func (p *program) has(soname string) bool {
	return slices.ContainsFunc(p.modules, func(m *loaded) bool { return m.file.SONAME == soname })
}

// open analyses a file and makes it part of the program.
func (p *program) open(im *Image, resolved string) *loaded {
	if len(p.modules) >= maxModules {
		p.note("limit", "modules of a program", p.path)
		return nil
	}
	f, err := im.module(resolved)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.note("missing-file", resolved, p.path)
		return nil
	case err != nil:
		p.note("unreadable-file", err.Error(), resolved)
		return nil
	}
	m := &loaded{path: resolved, file: f, libc: isLibc(f.File)}
	m.walk = &walk{reached: f.Walk(), index: len(p.modules), names: map[string]bool{}, dirty: true, opened: map[int32]int{}, plugged: map[*module]bool{}}
	m.walk.roots.Startup, m.walk.fresh.Startup = true, true
	m.walk.unasked = slices.Clone(f.requests)
	m.walk.fresh.Closed = m.walk.closed()
	p.byFile[f] = m
	if p.scripts != nil {
		m.walk.fresh.Unnamed = p.scripts.unnamed(f)
		m.walk.roots.Unnamed = m.walk.fresh.Unnamed
	}
	if m.libc {
		// The loaders find these by their names (glibc: elf/rtld.c; musl: ldso/dynlink.c).
		for _, name := range []string{"__libc_early_init", "__dls2b", "__dls3"} {
			m.add(name)
		}
	}
	p.modules = append(p.modules, m)
	p.byPath[resolved] = m
	if len(f.requested) > 0 {
		for _, other := range p.modules { // the C library may be asked for more
			other.walk.dirty = true
		}
	}
	for _, u := range f.Unknowns {
		p.note("code-"+u.ID, u.Text, resolved)
	}
	return m
}

// isLibc tells whether a file is the C library, a part of it, or its loader.
func isLibc(f *elfcode.File) bool {
	name := f.SONAME
	for _, prefix := range []string{"libc.so", "libc.musl-", "ld-linux", "ld-musl-", "ld64.so", "ld.so", "libpthread.so", "librt.so", "libanl.so", "libresolv.so"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	// As musl makes its library, which is the loader, too, it has no SONAME.
	return slices.ContainsFunc(f.Exports, func(e elfcode.Export) bool { return e.Name == "__dls3" })
}

// needed resolves DT_NEEDED, and says what of it is nowhere.
func needed(im *Image, m *loaded) (files []string, missing []problem) {
	origin := path.Dir(m.path)
	runPaths := []string{m.file.RPath, m.file.RunPath}
	for _, name := range m.file.Needed {
		if file, ok := im.library(name, origin, runPaths); ok {
			files = append(files, file)
		} else {
			missing = append(missing, problem{"missing-file", name, m.path})
		}
	}
	return files, missing
}
