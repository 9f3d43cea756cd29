// SPDX-License-Identifier: MIT

package binary

import (
	"slices"
	"sort"
)

// Roots are where control enters a file.
type Roots struct {
	// Startup: the file is started or loaded, so that its entry point, its
	// initialisers and finalisers, the resolvers and everything in Always count.
	Startup bool
	// Names are exported symbols, as "name" or "name@version"; without a version, all
	// versions that are not hidden count. Names that the file lacks are ignored.
	Names   []string
	Funcs   []FuncID
	Objects []int32
}

// Reached is what of one file can be reached from some roots. All lists are
// sorted.
type Reached struct {
	Funcs   []FuncID
	Objects []int32
	Imports []int32 // called, or their address or data taken
	Called  []int32 // those of Imports that are called directly
	Strings []int32
	// Sites are the sites in the functions reached. A site whose values depend on the function's
	// parameters is left out when only callers in this file reach the function:
	// their own sites say more.
	Sites []int32
	// Open are those of Sites that depend on parameters that unseen callers
	// give: the function is a root, or its address is taken.
	Open []int32

	parent []Step // by function
}

// Step is how a function is reached.
type Step struct {
	From   FuncID // NoFunc at a root
	Object int32  // the data in between, or -1
	Root   bool
}

// reacher walks the graph of one file.
type reacher struct {
	f       *File
	funcs   []bool
	objects []bool
	open    []bool // entered by unseen callers
	imports []bool
	called  []bool
	strings []bool
	ifunc   []bool // the resolver's targets count, not only what it does itself
	parent  []Step
	queue   []FuncID
	data    []pendingObject
}

type pendingObject struct {
	id   int32
	from Step
}

// Reach finds what can be reached inside the file.
func (f *File) Reach(roots Roots) *Reached {
	r := &reacher{f: f, funcs: make([]bool, len(f.Funcs)), objects: make([]bool, len(f.Objects)),
		open: make([]bool, len(f.Funcs)), ifunc: make([]bool, len(f.Funcs)), imports: make([]bool, len(f.Imports)),
		called: make([]bool, len(f.Imports)), strings: make([]bool, len(f.Strings)), parent: make([]Step, len(f.Funcs))}
	root := Step{NoFunc, -1, true}
	if roots.Startup {
		r.enter(f.Start, root)
		for _, list := range [][]FuncID{f.Init, f.Fini} {
			for _, id := range list {
				r.enter(id, root)
			}
		}
		for _, id := range f.Resolvers {
			r.visit(id, root)
		}
		for _, ref := range f.Always {
			r.follow(ref, root)
		}
	}
	for _, name := range roots.Names {
		for _, e := range f.lookup(name) {
			if e.IFunc && e.Func >= 0 {
				r.choose(e.Func, root)
			} else {
				r.enter(e.Func, root)
			}
			r.object(e.Object, root)
		}
	}
	for _, id := range roots.Funcs {
		r.enter(id, root)
	}
	for _, id := range roots.Objects {
		r.object(id, root)
	}
	r.run()
	return r.result()
}

// lookup returns the exports that a name stands for.
func (f *File) lookup(name string) []Export {
	version := ""
	for i := 1; i < len(name); i++ {
		if name[i] == '@' {
			name, version = name[:i], name[i+1:]
			break
		}
	}
	i := sort.Search(len(f.Exports), func(i int) bool { return f.Exports[i].Name >= name })
	var out, all []Export
	for ; i < len(f.Exports) && f.Exports[i].Name == name; i++ {
		e := f.Exports[i]
		if version != "" && e.Version == version || version == "" && !e.Hidden {
			out = append(out, e)
		}
		all = append(all, e)
	}
	if len(out) == 0 {
		return all
	}
	return out
}

// enter reaches a function from where nothing is known of its arguments.
func (r *reacher) enter(id FuncID, from Step) {
	if id >= 0 {
		r.open[id] = true
		r.visit(id, from)
	}
}

func (r *reacher) visit(id FuncID, from Step) {
	if id >= 0 && !r.funcs[id] {
		r.funcs[id] = true
		r.parent[id] = from
		r.queue = append(r.queue, id)
	}
}

// choose reaches a resolver and the functions whose addresses it takes. One
// that was visited before as a resolver only is walked again.
func (r *reacher) choose(id FuncID, from Step) {
	if r.ifunc[id] {
		return
	}
	r.ifunc[id] = true
	if r.funcs[id] {
		r.queue = append(r.queue, id)
		return
	}
	r.visit(id, from)
}

func (r *reacher) object(id int32, from Step) {
	if id >= 0 && !r.objects[id] {
		r.objects[id] = true
		r.data = append(r.data, pendingObject{id, from})
	}
}

func (r *reacher) run() {
	resolver := make([]bool, len(r.f.Funcs))
	for _, id := range r.f.Resolvers {
		resolver[id] = true
	}
	for _, e := range r.f.Exports {
		if e.IFunc && e.Func >= 0 {
			resolver[e.Func] = true
		}
	}
	for len(r.queue)+len(r.data) > 0 {
		if n := len(r.queue); n > 0 {
			id := r.queue[n-1]
			r.queue = r.queue[:n-1]
			for _, ref := range r.f.Funcs[id].Refs {
				if ref.Kind() == RefTake && resolver[id] && !r.ifunc[id] {
					continue
				}
				r.follow(ref, Step{id, -1, false})
			}
			continue
		}
		n := len(r.data)
		o := r.data[n-1]
		r.data = r.data[:n-1]
		for _, ref := range r.f.Objects[o.id].Refs {
			r.follow(ref, Step{o.from.From, o.id, o.from.Root})
		}
	}
}

func (r *reacher) follow(ref Ref, from Step) {
	switch id := ref.ID(); ref.Kind() {
	case RefCall:
		r.visit(FuncID(id), from)
	case RefTake:
		r.enter(FuncID(id), from)
	case RefIFunc:
		r.choose(FuncID(id), from)
	case RefImport:
		r.imports[id], r.called[id] = true, true
	case RefTakeName:
		r.imports[id] = true
	case RefObject:
		r.object(int32(id), from)
	case RefString:
		r.strings[id] = true
	}
}

func (r *reacher) result() *Reached {
	out := &Reached{Objects: indices(r.objects), Imports: indices(r.imports), Called: indices(r.called),
		Strings: indices(r.strings), parent: r.parent}
	for _, id := range indices(r.funcs) {
		out.Funcs = append(out.Funcs, FuncID(id))
		fn := &r.f.Funcs[id]
		for i := fn.FirstSite; i < fn.FirstSite+fn.Sites; i++ {
			s := &r.f.Sites[i]
			if s.Depends && (s.Variable || !r.open[id]) {
				continue
			}
			out.Sites = append(out.Sites, i)
			if s.Depends {
				out.Open = append(out.Open, i)
			}
		}
	}
	return out
}

func indices(set []bool) []int32 {
	var out []int32
	for i, in := range set {
		if in {
			out = append(out, int32(i))
		}
	}
	return out
}

// Path is how a function is reached: the steps from a root to it, the root's
// function first.
func (r *Reached) Path(id FuncID) []FuncID {
	var path []FuncID
	for n := 0; id >= 0 && n < len(r.parent); n++ {
		path = append(path, id)
		if r.parent[id].Root {
			break
		}
		id = r.parent[id].From
	}
	slices.Reverse(path)
	return path
}

// Step is how the function is reached from the one before it on its path.
func (r *Reached) Step(id FuncID) Step { return r.parent[id] }
