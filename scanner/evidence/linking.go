// SPDX-License-Identifier: MIT

package evidence

import (
	"fmt"
	"slices"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// expose makes every export of a module a root: who loads it at run time may call
// any of them.
func (p *program) expose(m *loaded) {
	if m.plugin {
		return
	}
	m.plugin = true
	m.walk.giveAll()
	for _, e := range m.file.Exports {
		m.add(e.Name)
	}
}

// add makes an exported name a root.
func (m *loaded) add(name string) bool {
	w := m.walk
	if w.names[name] {
		return false
	}
	w.names[name] = true
	w.roots.Names = append(w.roots.Names, name)
	w.fresh.Names = append(w.fresh.Names, name)
	w.dirty = true
	return true
}

// resolve hands what a module reaches of others on to them: what is new, or
// everything when there are modules that were not asked yet.
func (p *program) resolve(im *Image, m *loaded) {
	w := m.walk
	imports := w.reached.Add(w.fresh)
	w.fresh = elfcode.Roots{}
	imports = append(imports, w.openRequests(p)...)
	if w.resolved < len(p.modules) {
		imports = w.reached.Imports()
	}
	w.resolved = len(p.modules)
	for _, id := range imports {
		if m.needsNot(m.file.Imports[id].Name) {
			continue
		}
		p.link(m, id)
		p.implicit(im, m.file.Imports[id].Name)
	}
	for _, id := range m.file.flagged {
		if provider := p.provider(m, id); provider != nil {
			provider.walk.give(m, id)
		}
	}
	for _, i := range m.file.dlopens {
		// Which modules there are decides who may hand a name over; libpam loads the same
		// modules for more, when it is asked for more.
		if before, followed := w.opened[i]; w.reached.HasSite(i) && (!followed || before != len(p.modules) || m.isPAM()) {
			w.opened[i] = len(p.modules)
			p.dlopen(im, m, m.file.Sites[i])
		}
	}
}

// link makes an import of a module a root of the module that provides it; a weak one
// of all that define it.
func (p *program) link(m *loaded, id int32) {
	imported := &m.file.Imports[id]
	if imported.Weak {
		for _, f := range m.file.exporters(id) {
			if other := p.byFile[f]; other != nil && (other != m || imported.Self) {
				other.add(imported.Name)
			}
		}
		return
	}
	if provider := p.provider(m, id); provider != nil {
		provider.add(imported.Name)
	}
}

// provider is the first module of the program that defines what another imports.
func (p *program) provider(m *loaded, id int32) *loaded {
	var first *loaded
	for _, f := range m.file.exporters(id) {
		other := p.byFile[f]
		if other == nil || other == m && !m.file.Imports[id].Self {
			continue
		}
		if first == nil || other.walk.index < first.walk.index {
			first = other
		}
	}
	return first
}

// sites are the reached sites of a module.
func (m *loaded) sites() []elfcode.Site {
	list := make([]elfcode.Site, 0, len(m.reached.Sites))
	for _, i := range m.reached.Sites {
		list = append(list, m.file.Sites[i])
	}
	return list
}

// handing are the modules that can hand a text to one of some modules: these, those
// that call into them, through others too, and the executable.
func (p *program) handing(to []string) []*loaded {
	var list []*loaded
	for _, m := range p.modules {
		if slices.Contains(to, m.path) {
			list = append(list, m)
		}
	}
	for i := 0; i < len(list); i++ {
		for _, m := range p.modules {
			if !m.libc && !slices.Contains(list, m) && m.callsInto(list[i]) {
				list = append(list, m)
			}
		}
	}
	if exe := p.modules[0]; !slices.Contains(list, exe) {
		list = append(list, exe)
	}
	return list
}

// callsInto tells whether a module uses a function that another provides.
func (m *loaded) callsInto(other *loaded) bool {
	return slices.Contains(m.uses, other)
}

// way names the functions from where control enters a module to one of its
// functions, by address where they have no name.
func (m *loaded) way(id elfcode.FuncID) []string {
	path := m.reached.Path(id)
	if len(path) > maxWay {
		path = path[len(path)-maxWay:]
	}
	names := make([]string, len(path))
	for i, f := range path {
		if names[i] = m.file.Funcs[f].Name; names[i] == "" {
			names[i] = fmt.Sprintf("%#x", m.file.Funcs[f].Addr)
		}
	}
	return names
}
