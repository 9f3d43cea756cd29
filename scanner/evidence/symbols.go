// SPDX-License-Identifier: MIT

package evidence

import (
	"strings"
	"sync"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// module is an analysed file with what every program that loads it asks of it.
type module struct {
	*elfcode.File
	symbols   *symbolTable
	imports   []*symbol // of File.Imports
	dlopens   []int32   // Sites that load other modules
	flagged   []int32   // Imports whose flags ask for such
	hidden    []hidden  // of the C library
	requests  []unasked // of the C library
	requested []string  // functions that ask for such, among its strings

	named       sync.Once
	importNames map[string][]int32
}

// importsNamed are the imports of a name, of all its versions.
func (m *module) importsNamed(name string) []int32 {
	m.named.Do(func() {
		m.importNames = make(map[string][]int32, len(m.Imports))
		for i := range m.Imports {
			m.importNames[m.Imports[i].Name] = append(m.importNames[m.Imports[i].Name], int32(i))
		}
	})
	return m.importNames[name]
}

// symbol is a name with the modules that define it.
type symbol struct{ exporters []*module }

// symbolTable has the symbols of all files that were analysed so far.
type symbolTable struct {
	mu     sync.RWMutex
	byName map[string]*symbol
}

// add makes a module of a file.
func (t *symbolTable) add(f *elfcode.File) *module {
	m := &module{File: f, symbols: t, imports: make([]*symbol, len(f.Imports)), hidden: findHidden(f), requests: findRequests(f), requested: requestedBy(f)}
	for i := range f.Sites {
		if s := &f.Sites[i]; s.Kind == elfcode.CallSite && isDlopen(f.Imports[s.Import].Name) {
			m.dlopens = append(m.dlopens, int32(i))
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range f.Imports {
		m.imports[i] = t.symbol(f.Imports[i].Name)
		if hasRequestFlags(f.Imports[i].Name) {
			m.flagged = append(m.flagged, int32(i))
		}
	}
	last := ""
	for i := range f.Exports { // sorted by name
		if name := f.Exports[i].Name; name != last {
			s := t.symbol(name)
			s.exporters = append(s.exporters, m)
			last = name
		}
	}
	return m
}

func (t *symbolTable) symbol(name string) *symbol {
	s := t.byName[name]
	if s == nil {
		s = &symbol{}
		t.byName[name] = s
	}
	return s
}

func isDlopen(name string) bool { return strings.HasPrefix(name, "dlopen") || name == "dlmopen" }

// exporters are the modules of the image that define what a module imports.
func (m *module) exporters(id int32) []*module {
	m.symbols.mu.RLock()
	defer m.symbols.mu.RUnlock()
	return m.imports[id].exporters
}
