// SPDX-License-Identifier: MIT

package evidence

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
)

// pyScripts is what a script in Python runs: itself, and all modules that it imports,
// directly or not.
type pyScripts struct {
	im         *Image
	home       *pyHome
	folders    []string // where modules are looked for
	moved      bool     // a script adds to them at run time
	modules    map[string]*pyModule
	all        []*pyModule            // with the texts that are run as part of others, in order
	names      map[string]bool        // that code which may run has in it
	having     map[string][]*pyModule // the modules whose code has a name in it
	others     *pyModule              // the names of all modules besides the standard library
	prefixes   []string               // beginnings of names that it makes
	waiting    []pyPlace              // functions of the standard library that nothing names yet
	queue      []pyPlace
	extensions []pyExtension
	problems   []problem
	starts     bool            // scripts besides the standard library ask for programs
	shells     bool            // and for lines of a shell
	numeric    map[string]bool // functions to which scripts give numbers that have no name
	lazy       []pyLazy
	called     map[string]bool // names in the data of modules in native code
	foreign    []string        // of such besides the standard library, that are still to be taken
	once       sync.Once
	walked     *program
}

// pyModule is one module.
type pyModule struct {
	name     string
	file     string
	bundle   bool // a package
	standard bool // of the standard library
	blocks   []pyBlock
	reached  []bool
	aliases  map[string]string // names that stand for modules
	names    map[string]bool   // in its code that may run
	handles  map[string]bool   // names by which others have the module
	stars    []*pyModule       // modules that have all that it has
}

// pyPlace is a block of a module.
type pyPlace struct {
	module *pyModule
	block  int
}

// pyLazy is an import that a module makes when others ask it for what it imports.
type pyLazy struct {
	module   *pyModule
	imported pyImport
}

// pyExtension is a module in native code.
type pyExtension struct{ name, file string }

const (
	maxPyModules  = 5000
	maxPyProblems = 50
)

// startup are the modules that every interpreter loads (pylifecycle.c, site.py), and those
// that are part of it.
var startup = strings.Fields("importlib._bootstrap importlib._bootstrap_external zipimport encodings encodings.aliases encodings.utf_8 encodings.latin_1 encodings.ascii codecs io abc site os stat posixpath genericpath _collections_abc _sitebuiltins")

// readPython reads a script with all that it imports. search are folders before those of
// the interpreter.
func (im *Image) readPython(home *pyHome, file, text string, search []string) *pyScripts {
	s := &pyScripts{im: im, home: home, folders: append(search, home.folders...), modules: map[string]*pyModule{}, names: map[string]bool{}, having: map[string][]*pyModule{},
		others: &pyModule{names: map[string]bool{}}, numeric: map[string]bool{}, called: map[string]bool{}}
	for _, name := range startup {
		s.load(name, "")
	}
	for _, line := range home.lines {
		s.add("site "+line, home.library+"/site-packages", line, true, false)
	}
	s.add("__main__", file, text, true, false)
	for len(s.queue) > 0 && len(s.problems) < maxPyProblems {
		place := s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		if s.take(place); len(s.queue) == 0 {
			s.ofForeign()
			s.waiting = slices.DeleteFunc(s.waiting, func(x pyPlace) bool {
				live := s.mayRun(x)
				if live {
					s.reach(x)
				}
				return live
			})
			s.lazy = slices.DeleteFunc(s.lazy, func(x pyLazy) bool {
				asked := slices.ContainsFunc(x.imported.names, func(n string) bool { return s.accessibleOutside(x.module, n, map[*pyModule]bool{}) })
				if asked {
					s.imports(x.module, x.imported)
				}
				return asked
			})
		}
	}
	slices.SortFunc(s.extensions, func(a, b pyExtension) int { return strings.Compare(a.file, b.file) })
	return s
}

func (s *pyScripts) problem(value, where string, line int) {
	if line > 0 {
		where = fmt.Sprintf("%s:%d", where, line)
	}
	if x := (problem{"interpreter", value, where}); !slices.Contains(s.problems, x) {
		s.problems = append(s.problems, x)
	}
}

// add makes a module of a text.
func (s *pyScripts) add(name, file, text string, main, bundle bool) {
	blocks, err := parsePython(text, main)
	s.addBlocks(name, file, blocks, err, bundle)
}

// pyParsed is what a file of the image has, for all scripts that import it.
type pyParsed struct {
	blocks []pyBlock
	err    error
}

func (im *Image) parsedPython(file string) pyParsed {
	data, err := im.fs.ReadFileLimit(file, maxPython)
	if err != nil {
		return pyParsed{err: errUnread}
	}
	blocks, err := parsePython(string(data), false)
	return pyParsed{blocks, err}
}

var errUnread = errors.New("cannot be read")

// addBlocks makes a module of what a text has.
func (s *pyScripts) addBlocks(name, file string, blocks []pyBlock, err error, bundle bool) {
	if err != nil {
		s.problem(err.Error(), file, 0)
		return
	}
	standard := s.isStandard(file) && name != "__main__" && !strings.HasPrefix(name, "site ")
	m := &pyModule{name: name, file: file, bundle: bundle, standard: standard, blocks: blocks, reached: make([]bool, len(blocks)), aliases: map[string]string{},
		names: map[string]bool{}, handles: map[string]bool{name[strings.LastIndexByte(name, '.')+1:]: true}}
	s.modules[name] = m
	s.all = append(s.all, m)
	for i := range blocks {
		b := &blocks[i]
		if !standard {
			s.foldersIn(b)
		}
		for _, x := range b.imports {
			if !x.from {
				first, _, _ := strings.Cut(x.as, ".")
				m.aliases[first] = first
				if x.as != x.module {
					m.aliases[first] = x.module
				}
			}
		}
	}
	s.reach(pyPlace{m, 0})
}

// foldersIn notes where a script looks for modules besides.
func (s *pyScripts) foldersIn(b *pyBlock) {
	for i, name := range b.names {
		s.moved = s.moved || name == "addsitedir" || name == "path" && i > 0 && b.names[i-1] == "sys"
	}
	for _, t := range b.texts {
		if info, err := s.im.fs.Stat(path.Clean(t.text)); strings.HasPrefix(t.text, "/") && err == nil && info.IsDir() && !slices.Contains(sharedFolders, path.Clean(t.text)) {
			s.folders = append(s.folders, path.Clean(t.text))
		}
	}
}

func (s *pyScripts) isStandard(file string) bool {
	rest, inside := strings.CutPrefix(file, s.home.library+"/")
	return inside && !strings.HasPrefix(rest, "site-packages/") && !strings.HasPrefix(rest, "dist-packages/")
}

// load imports a module, with the packages around it; from says who does.
func (s *pyScripts) load(name, from string) bool {
	found := true
	for i := range name {
		if name[i] == '.' {
			found = found && s.loadOne(name[:i], from)
		}
	}
	return s.loadOne(name, from) && found
}

func (s *pyScripts) loadOne(name, from string) bool {
	if other, part := parts[name]; part {
		return s.loadOne(other, from)
	}
	if m, known := s.modules[name]; known {
		return m != nil
	}
	s.modules[name] = nil
	if len(s.modules) > maxPyModules {
		s.problem("too many modules", from, 0)
		return false
	}
	x, ok := s.home.find(s.im, name, s.folders)
	switch {
	case !ok:
		return false // who imports it does without, or does not run
	case x.broken:
		s.problem("module "+name+" without its source", from, 0)
	case x.builtin, x.library:
		if x.library {
			s.extend(name, x.file)
		}
		s.modules[name] = &pyModule{name: name}
	case x.file == "":
		s.modules[name] = &pyModule{name: name, bundle: true}
	default:
		parsed := s.im.pythonFiles.get(x.file, s.im.parsedPython)
		if parsed.err == errUnread {
			s.problem("module "+name+" cannot be read", from, 0)
			return false
		}
		s.addBlocks(name, x.file, parsed.blocks, parsed.err, x.bundle != "")
	}
	return true
}

// extend takes a module in native code. One that hands on calls (libffi) lets scripts call
// any function of any library.
func (s *pyScripts) extend(name, file string) {
	s.extensions = append(s.extensions, pyExtension{name, file})
	m, err := s.im.module(file)
	if err != nil {
		s.problem("module "+name+" cannot be read", file, 0)
		return
	}
	names := map[string]bool{}
	s.im.namesInData(file, names)
	for _, text := range sortedKeys(names) {
		s.called[text] = true
		if !s.isStandard(file) { // it may be made of a script, which imports and calls by name (Cython)
			s.foreign = append(s.foreign, text)
		}
	}
	for i := range m.Imports {
		if strings.HasPrefix(m.Imports[i].Name, "ffi_call") {
			s.problem("module "+name+", by which scripts call any function", file, 0)
		}
	}
}

// ofForeign takes what modules in native code besides the standard library name: each text may be a
// module or an attribute.
func (s *pyScripts) ofForeign() {
	for len(s.foreign) > 0 {
		text := s.foreign[0]
		s.foreign = s.foreign[1:]
		s.name(s.others, text)
		s.load(text, "")
	}
}

func sortedKeys(set map[string]bool) []string {
	keys := make([]string, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// imports follows a statement.
func (s *pyScripts) imports(m *pyModule, x pyImport) {
	name := x.module
	if x.level > 0 {
		base := strings.Split(m.name, ".")
		up := x.level
		if m.bundle {
			up--
		}
		if up >= len(base) && m.name != "" && up > 0 {
			up = len(base)
		}
		name = strings.Trim(strings.Join(append(base[:len(base)-up:len(base)-up], x.module), "."), ".")
	}
	if name == "" {
		return
	}
	if !m.standard && slices.Contains(unpacking, name) {
		s.problem("import "+name, m.file, x.line)
	}
	found := s.load(name, m.file)
	s.handle(name, x.as)
	if !found && s.moved && !m.standard {
		s.problem("module "+name+" that the image does not have where it is looked for", m.file, x.line)
	}
	for i, part := range x.names {
		switch {
		case part == "*" && s.modules[name] != nil:
			if s.modules[name].file == "" {
				m.aliases["*"] = name // what a native module has is had by this one, too
			}
			s.modules[name].stars = append(s.modules[name].stars, m)
		case part != "*":
			if s.loadOne(name+"."+part, m.file) {
				m.aliases[x.known[i]] = name + "." + part
				s.handle(name+"."+part, x.known[i])
			}
		}
	}
}
