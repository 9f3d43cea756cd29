// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"
)

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
