// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"
)

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
