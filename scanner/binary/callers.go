// SPDX-License-Identifier: MIT

package binary

import (
	"slices"
)

// open tells whether the item depends on its group's parameters.
func (it *item) open() bool {
	if len(it.number.params) > 0 {
		return true
	}
	for i := range it.args {
		if len(it.args[i].params) > 0 {
			return true
		}
	}
	return false
}

// atCallers resolves the items from..end that depend on parameters at their
// groups' callers.
func (s *siteFinder) atCallers(from, end int) {
	type use struct {
		item int
		caller
	}
	byGroup := map[int32][]use{}
	for i := from; i < end; i++ {
		it := &s.items[i]
		callers := s.callersOf(it)
		if !it.open() || len(callers) > maxCallers || len(it.via) >= maxVia-1 {
			continue
		}
		it.depends = true
		for _, c := range callers {
			if c.group != it.group && !slices.Contains(it.via, c.group) {
				byGroup[c.group] = append(byGroup[c.group], use{i, c})
			}
		}
	}
	order := make([]int32, 0, len(byGroup))
	for g := range byGroup {
		order = append(order, g)
	}
	slices.Sort(order)
	for _, g := range order {
		f := s.newFlow(s.groups, g)
		for _, u := range byGroup[g] {
			s.add(s.atCaller(f, u.item, u.caller))
		}
		f.done()
	}
}

// callersOf are the places where the parameters of an item get their values:
// the callers of its group, or the code that sets the variable that a number is read through.
func (s *siteFinder) callersOf(it *item) []caller {
	for _, p := range it.number.params {
		if p.at.variable != 0 {
			it.variable = true
			return s.stores[p.at.variable]
		}
	}
	return s.groups[it.group].callers
}

// findStores lists the code that sets each variable.
func (s *siteFinder) findStores() {
	s.stores = map[uint64][]caller{}
	for i := range s.parts {
		for _, f := range s.parts[i].found {
			if f.kind == findStore {
				s.stores[f.target] = append(s.stores[f.target], caller{group: s.parts[i].group, at: f.at, store: true})
			}
		}
	}
}

// atCaller is an item as one of the callers of its group determines it.
func (s *siteFinder) atCaller(f *flow, i int, c caller) item {
	of := s.items[i]
	it := item{group: c.group, at: c.at, kind: of.kind, imp: of.imp, shift: of.shift, compat: of.compat, places: of.places}
	it.via = append([]int32{of.group}, of.via...)
	n := f.find(c.at)
	f.keep, f.settled = true, s.settled
	clear(f.memo)
	it.number = s.substitute(f, n, of.number, c)
	f.keep, f.settled = false, nil
	clear(f.memo)
	for _, v := range of.args {
		it.args = append(it.args, s.substitute(f, n, v, c))
	}
	if of.kind == SyscallSite && len(of.number.params) > 0 && len(it.number.params) == 0 {
		s.narrowPlaces(&it)
	}
	return it
}

// narrowPlaces keeps the arguments that decide, now that the number is known.
func (s *siteFinder) narrowPlaces(it *item) {
	all, values := it.places, it.args
	s.choosePlaces(it)
	it.args = nil
	for _, p := range it.places {
		v := unknown(anything)
		for i, q := range all {
			if q.index == p.index && q.deref == p.deref && q.offset == p.offset && (!q.deref || q.size == p.size) {
				v = values[i]
			}
		}
		it.args = append(it.args, v)
	}
}

// substitute replaces parameters by what the caller passes, or what a variable
// is set to.
func (s *siteFinder) substitute(f *flow, n int, v values, c caller) values {
	out := values{ints: v.ints, mask: v.mask}
	for _, p := range v.params {
		q := p.at
		switch {
		case c.store != (q.variable != 0):
			out = out.union(unknown(anything))
			continue
		case c.store && n >= 0:
			q.reg, q.variable = f.nodes[n].Src, 0
		case q.mem && q.reg == s.abi.SP && !c.jump:
			q.disp -= s.abi.CallPush
		}
		out = out.union(f.askAt(n, q).plus(p.add))
	}
	return out
}
