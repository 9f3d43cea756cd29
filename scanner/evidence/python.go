// SPDX-License-Identifier: MIT

package evidence

import (
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
	standard := s.isStandard(file) && name != "__main__" && !strings.HasPrefix(name, "site ")
	blocks, err := parsePython(text, main)
	if err != nil {
		s.problem(err.Error(), file, 0)
		return
	}
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
		data, err := s.im.fs.ReadFileLimit(x.file, maxPython)
		if err != nil {
			s.problem("module "+name+" cannot be read", from, 0)
			return false
		}
		s.add(name, x.file, string(data), false, x.bundle != "")
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

// reach makes a block one that runs.
func (s *pyScripts) reach(place pyPlace) {
	if m := place.module; !m.reached[place.block] && !m.blocks[place.block].dead {
		m.reached[place.block] = true
		s.queue = append(s.queue, place)
	}
}

// name notes a name in a module's code.
func (s *pyScripts) name(m *pyModule, name string) {
	s.names[name] = true
	if !m.names[name] {
		m.names[name] = true
		s.having[name] = append(s.having[name], m)
	}
	if !m.standard && m != s.others {
		s.name(s.others, name)
	}
}

// prefix notes that names are made which begin so.
func (s *pyScripts) prefix(text string) {
	if slices.Contains(s.prefixes, text) {
		return
	}
	s.prefixes = append(s.prefixes, text)
}

// take follows a block.
func (s *pyScripts) take(place pyPlace) {
	m := place.module
	b := &m.blocks[place.block]
	for _, i := range b.inner {
		s.child(pyPlace{m, i}, &m.blocks[i])
	}
	for _, name := range b.names {
		s.name(m, name)
	}
	for _, x := range b.imports {
		lazy := b.name == "__getattr__" && b.parent == 0 && b.class == "" // what the module gets when others ask for it
		if lazy && x.from && !slices.ContainsFunc(x.names, func(n string) bool { return s.accessibleOutside(m, n, map[*pyModule]bool{}) }) {
			s.lazy = append(s.lazy, pyLazy{m, x})
			continue
		}
		s.imports(m, x)
	}
	for i := range b.calls {
		s.call(m, b, &b.calls[i])
	}
	if !m.standard && slices.ContainsFunc(b.names, func(n string) bool { return slices.Contains(pyStarters, n) }) {
		s.starts = true
	}
	if !m.standard && slices.ContainsFunc(b.names, func(n string) bool { return slices.Contains(pyShells, n) }) {
		s.shells = true
	}
}

// child decides whether a function may be called: those of the standard library are when
// something names them.
func (s *pyScripts) child(place pyPlace, b *pyBlock) {
	if b.dead {
		return
	}
	if !place.module.standard || b.name == "" || s.mayRun(place) {
		s.reach(place)
		return
	}
	s.waiting = append(s.waiting, place)
}

// mayRun tells whether something may call a function of the standard library: a function in
// another by its name in the module; one of a module, or a class, by its name there, or in code that
// has the module by a name, too; a method of such a class by its name anywhere. Code of the
// interpreter may have the name as well.
func (s *pyScripts) mayRun(place pyPlace) bool {
	m := place.module
	b := &m.blocks[place.block]
	named := s.home.called[b.name] || s.called[b.name] || slices.ContainsFunc(s.prefixes, func(prefix string) bool { return strings.HasPrefix(b.name, prefix) })
	switch {
	case slices.Contains(byHand, m.name+"."+b.class+"."+b.name):
		return false
	case b.class != "":
		return s.accessible(m, b.class) && (b.own || named || s.names[b.name])
	case b.own:
		return true
	case b.parent > 0:
		return m.names[b.name]
	}
	return named && !slices.Contains(selfTests, b.name) || b.name == "__getattr__" || s.accessible(m, b.name)
}

// selfTests are the names of functions of modules that are run as scripts: no code of the
// interpreter calls one.
var selfTests = strings.Fields("main _main test _test")

// byHand are functions for a person who types: the hook for that (pymain_run_interactive_hook()
// of main.c), and help().
var byHand = []string{"site..register_readline", "_sitebuiltins._Helper.__call__"}

// parts are modules that others make in their place (os.py, collections/__init__.py).
var parts = map[string]string{"os.path": "posixpath", "collections.abc": "_collections_abc"}

// accessible tells whether code has something of a module by its name.
func (s *pyScripts) accessible(m *pyModule, name string) bool {
	return m.names[name] || s.accessibleOutside(m, name, map[*pyModule]bool{})
}

func (s *pyScripts) accessibleOutside(m *pyModule, name string, seen map[*pyModule]bool) bool {
	if seen[m] {
		return false
	}
	seen[m] = true
	for _, x := range s.having[name] {
		for handle := range m.handles {
			if x != m && x.names[handle] {
				return true
			}
		}
	}
	return slices.ContainsFunc(m.stars, func(x *pyModule) bool { return x.names[name] || s.accessibleOutside(x, name, seen) })
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

// handle notes a name by which code has a module.
func (s *pyScripts) handle(name, as string) {
	if m := s.modules[name]; m != nil && m.handles != nil && as != "" {
		m.handles[as] = true
	}
}

// pyStarters are names of functions that start programs.
var pyStarters = strings.Fields(`subprocess Popen check_call check_output getoutput getstatusoutput create_subprocess_exec create_subprocess_shell subprocess_exec subprocess_shell
	system popen execl execle execlp execlpe execv execve execvp execvpe spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe posix_spawn posix_spawnp fork_exec spawn`)

// pyShells are names of functions that take a line, or of arguments that say so; some split
// it at blanks.
var pyShells = strings.Fields("shell system popen getoutput getstatusoutput create_subprocess_shell subprocess_shell shlex split")

// isNative tells whether a name of a module stands for one in native code, or for one that
// has all of such a one.
func (s *pyScripts) isNative(m *pyModule, alias string) bool {
	name, known := m.aliases[alias]
	if !known {
		return false
	}
	x := s.modules[name]
	return x != nil && (x.file == "" && !x.bundle || x.aliases["*"] != "") || name == "builtins"
}

// call judges a call of a function that runs what is not in the script as such.
func (s *pyScripts) call(m *pyModule, b *pyBlock, c *pyCall) {
	text, isConstant := constant(c.args, 0)
	bare := c.of == "" || c.of == "builtins"
	switch c.function {
	case "__import__", "import_module":
		if isConstant && !strings.HasPrefix(text, ".") {
			s.load(text, m.file)
			s.name(m, text)
			return
		}
	case "exec", "eval", "compile", "execfile", "globals":
		if !bare || c.function == "globals" {
			return
		}
		if isConstant {
			s.nested(m, text, c.line)
			return
		}
		if m.standard {
			return // texts that the library makes itself: of names (collections, dataclasses), annotations (typing, inspect)
		}
	case "getattr":
		s.attribute(m, c)
		return
	case "vars", "dir", "getmembers":
		if len(c.args) != 1 || len(c.args[0]) != 1 || !s.isNative(m, c.args[0][0].text) {
			return
		}
	case "socket", "setsockopt", "mmap", "fcntl":
		s.numbers(m, c)
		return
	}
	if m.standard && !slices.Contains(runners, m.name) {
		s.loadNamed(m)
		return
	}
	s.problem(c.function, m.file, c.line)
}

// runners are modules of the standard library that run texts or import modules which
// others give to them; the other ones run what they make themselves.
var runners = strings.Fields(`code codeop logging.config doctest pdb bdb timeit trace profile cProfile pydoc unittest.loader unittest.main xmlrpc.server`)

// unpacking are modules that make objects, and code, of data.
var unpacking = strings.Fields("pickle _pickle cPickle shelve marshal dill cloudpickle jsonpickle")

// loadNamed loads the modules that the texts of one name which imports some of them.
func (s *pyScripts) loadNamed(m *pyModule) {
	for i := range m.blocks {
		for _, t := range m.blocks[i].texts {
			if names := namesIn(t.text); len(names) > 1 || len(names) == 1 && strings.HasPrefix(t.text, "_") {
				s.load(t.text, m.file)
			}
		}
	}
}

// nested takes a text that is run as a part of a block.
func (s *pyScripts) nested(m *pyModule, text string, line int) {
	blocks, err := parsePython(text, true)
	if err != nil {
		s.problem("a text that is run", m.file, line)
		return
	}
	x := &pyModule{name: m.name, file: m.file, bundle: m.bundle, blocks: blocks, reached: make([]bool, len(blocks)), aliases: m.aliases, names: m.names, handles: m.handles, standard: m.standard}
	s.all = append(s.all, x)
	s.reach(pyPlace{x, 0})
}

// attribute judges getattr: a name that is not in the script can be any of the object's.
func (s *pyScripts) attribute(m *pyModule, c *pyCall) {
	if _, known := constant(c.args, 1); known || len(c.args) < 2 {
		return
	}
	if first := c.args[0]; len(first) == 1 && !m.standard {
		if s.isNative(m, first[0].text) {
			s.problem("getattr("+first[0].text+", ...)", m.file, c.line)
			return
		}
		if x := s.modules[m.aliases[first[0].text]]; x != nil {
			for i := range x.blocks {
				s.reach(pyPlace{x, i})
			}
		}
	}
	if begin := c.args[1][0]; (begin.kind == pyString || begin.kind == pyFormat) && begin.text != "" {
		if word, _, _ := strings.Cut(strings.ReplaceAll(begin.text, "%", "\x01"), "\x01"); len(word) > 1 && isName(word) {
			s.prefix(word)
		}
	}
}

// eachText hands over the texts in code that may run.
func (s *pyScripts) eachText(take func(m *pyModule, b *pyBlock, t pyText)) {
	for _, m := range s.all {
		for i := range m.blocks {
			if m.reached[i] {
				for _, t := range m.blocks[i].texts {
					take(m, &m.blocks[i], t)
				}
			}
		}
	}
}
