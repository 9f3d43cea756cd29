// SPDX-License-Identifier: MIT

package binary

// closeRings gives an object to the one before it when nothing but what the object
// itself leads to refers to it. It is the rest of a structure that was cut at an
// address in its middle: module.actions, which a function of module.actions uses.
func (f *File) closeRings() {
	users := f.objectUsers()
	seen := f.fromRoots()
	for i := 1; i < len(f.Objects); i++ {
		if seen.objects[int32(i)] || len(users[i]) == 0 {
			continue
		}
		own := f.newWalk()
		own.object(int32(i))
		own.run()
		if !own.hasAll(users[i]) {
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

func (w *walk) hasAll(users []user) bool {
	for _, u := range users {
		if u.function && !w.funcs[u.id] || !u.function && !w.objects[u.id] {
			return false
		}
	}
	return true
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
