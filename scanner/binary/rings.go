// SPDX-License-Identifier: MIT

package binary

import "slices"

// closeRings gives an object to the one before it when nothing but what the object
// itself leads to refers to it: all that uses it is in one ring with it. It is the rest
// of a structure that was cut at an address in its middle: module.actions, which a
// function of module.actions uses.
func (f *File) closeRings() {
	users := f.objectUsers()
	seen := f.fromRoots()
	ring := f.rings()
	for i := 1; i < len(f.Objects); i++ {
		if seen.objects[int32(i)] || len(users[i]) == 0 {
			continue
		}
		own := ring[len(f.Funcs)+i]
		if slices.ContainsFunc(users[i], func(u user) bool { return u.id < 0 || ring[f.node(u)] != own }) {
			continue
		}
		before := &f.Objects[i-1]
		before.Refs = uniqueRefs(append(before.Refs, newRef(RefObject, i)))
		if seen.objects[int32(i-1)] {
			seen.object(int32(i))
			seen.run()
		}
	}
}

// node numbers functions and objects together.
func (f *File) node(u user) int {
	if u.function {
		return int(u.id)
	}
	return len(f.Funcs) + int(u.id)
}

// rings numbers the strongly connected components of functions and objects: what leads
// to each other has one number (Tarjan's algorithm, without recursion, since a chain
// may be as long as the file).
func (f *File) rings() []int32 {
	n := len(f.Funcs) + len(f.Objects)
	ring, low, index := make([]int32, n), make([]int32, n), make([]int32, n)
	next := make([]int32, n) // of the references of a node, the one to follow
	var open, path []int32
	count, rings := int32(0), int32(0)
	enter := func(v int32) {
		count++
		index[v], low[v], ring[v] = count, count, -1
		open, path = append(open, v), append(path, v)
	}
	for root := range n {
		if index[root] > 0 {
			continue
		}
		enter(int32(root))
		for len(path) > 0 {
			v := path[len(path)-1]
			if to, ok := f.successor(v, &next[v]); ok {
				switch {
				case index[to] == 0:
					enter(to)
				case ring[to] < 0:
					low[v] = min(low[v], index[to])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				low[path[len(path)-1]] = min(low[path[len(path)-1]], low[v])
			}
			if low[v] == index[v] {
				for ring[v] < 0 {
					last := open[len(open)-1]
					open, ring[last] = open[:len(open)-1], rings
				}
				rings++
			}
		}
	}
	return ring
}

// successor is the next function or object that a node refers to.
func (f *File) successor(v int32, next *int32) (to int32, ok bool) {
	refs := f.refsOf(v)
	for int(*next) < len(refs) {
		r := refs[*next]
		*next++
		switch r.Kind() {
		case RefCall, RefTake, RefIFunc:
			return int32(r.ID()), true
		case RefObject:
			return int32(len(f.Funcs) + r.ID()), true
		}
	}
	return 0, false
}

func (f *File) refsOf(v int32) []Ref {
	if int(v) < len(f.Funcs) {
		return f.Funcs[v].Refs
	}
	return f.Objects[int(v)-len(f.Funcs)].Refs
}

// user is a function, or an object, that refers to something.
type user struct {
	function bool
	id       int32
}

// objectUsers lists what refers to each object.
func (f *File) objectUsers() [][]user {
	users := make([][]user, len(f.Objects))
	note := func(refs []Ref, u user) {
		for _, r := range refs {
			if r.Kind() == RefObject && (u.function || r.ID() != int(u.id)) {
				users[r.ID()] = append(users[r.ID()], u)
			}
		}
	}
	for i := range f.Funcs {
		note(f.Funcs[i].Refs, user{true, int32(i)})
	}
	for i := range f.Objects {
		note(f.Objects[i].Refs, user{false, int32(i)})
	}
	note(f.Always, user{true, -1})
	return users
}

// walk collects what references lead to.
type walk struct {
	f       *File
	funcs   map[int32]bool
	objects map[int32]bool
	open    []Ref
}

func (f *File) newWalk() *walk {
	return &walk{f: f, funcs: map[int32]bool{}, objects: map[int32]bool{}}
}

func (w *walk) function(id FuncID) {
	if id >= 0 && !w.funcs[int32(id)] {
		w.funcs[int32(id)] = true
		w.open = append(w.open, w.f.Funcs[id].Refs...)
	}
}

func (w *walk) object(id int32) {
	if id >= 0 && !w.objects[id] {
		w.objects[id] = true
		w.open = append(w.open, w.f.Objects[id].Refs...)
	}
}

func (w *walk) run() {
	for len(w.open) > 0 {
		r := w.open[len(w.open)-1]
		w.open = w.open[:len(w.open)-1]
		switch r.Kind() {
		case RefCall, RefTake, RefIFunc:
			w.function(FuncID(r.ID()))
		case RefObject:
			w.object(int32(r.ID()))
		}
	}
}

// fromRoots is all that the start, the loader and other files can reach.
func (f *File) fromRoots() *walk {
	w := f.newWalk()
	w.function(f.Start)
	for _, list := range [][]FuncID{f.Init, f.Fini, f.Resolvers} {
		for _, id := range list {
			w.function(id)
		}
	}
	for i := range f.Exports {
		w.function(f.Exports[i].Func)
		w.object(f.Exports[i].Object)
	}
	w.open = append(w.open, f.Always...)
	w.run()
	return w
}
