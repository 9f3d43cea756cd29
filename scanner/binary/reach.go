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
	// Without are objects that are not followed.
	Without []int32
	// Unnamed are functions to which pointers in data do not count (Method).
	Unnamed []FuncID
	// Closed are references from function to function that are not followed.
	Closed []Edge
}

// Edge leads from a function to another one.
type Edge struct{ From, To FuncID }

// Reached is what of one file can be reached from some roots. All lists are
// sorted.
type Reached struct {
	Funcs   []FuncID
	Objects []int32
	Imports []int32 // called, or their address or data taken
	Called  []int32 // those of Imports that are called directly
	Strings []int32
	// Copied are Strings too: path names that may be put together from immediates.
	// Some of them never are.
	Copied []int32
	// Sites are the sites in the functions reached. A site whose values depend on the function's
	// parameters is left out when only callers in this file reach the function:
	// their own sites say more.
	Sites []int32
	// Open are those of Sites that depend on parameters that unseen callers
	// give: the function is a root, or its address is taken.
	Open []int32

	from []FuncID // from where each of Funcs is reached first; NoFunc at a root
}

// Walk reaches more and more of a file, as its users find out what of it they need.
type Walk struct {
	f       *File
	funcs   []bool
	objects []bool
	open    []bool // entered by unseen callers
	imports []bool
	called  []bool
	strings []bool
	copied  []int32
	ifunc   []bool // the resolver's targets count, not only what it does itself
	unnamed map[FuncID]bool
	closed  map[Edge]bool
	from    []FuncID
	queue   []FuncID
	data    []pendingObject
	fresh   []int32 // imports reached since they were last asked for
}

type pendingObject struct {
	id   int32
	from FuncID
}

// Walk begins a walk that has reached nothing yet.
func (f *File) Walk() *Walk {
	return &Walk{f: f, funcs: make([]bool, len(f.Funcs)), objects: make([]bool, len(f.Objects)),
		open: make([]bool, len(f.Funcs)), ifunc: make([]bool, len(f.Funcs)), imports: make([]bool, len(f.Imports)),
		called: make([]bool, len(f.Imports)), strings: make([]bool, len(f.Strings)), from: make([]FuncID, len(f.Funcs))}
}

// Reach finds what can be reached inside the file.
func (f *File) Reach(roots Roots) *Reached {
	r := f.Walk()
	r.Add(roots)
	return r.result()
}

// Add walks on from more roots, and returns the imports that are reached now and were
// not before, sorted.
func (r *Walk) Add(roots Roots) []int32 {
	f, root := r.f, NoFunc
	for _, id := range roots.Without {
		r.objects[id] = true
	}
	if len(roots.Unnamed) > 0 {
		r.unnamed = map[FuncID]bool{}
	}
	for _, id := range roots.Unnamed {
		r.unnamed[id] = true
	}
	for _, e := range roots.Closed {
		if r.closed == nil {
			r.closed = map[Edge]bool{}
		}
		r.closed[e] = true
	}
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
			r.point(ref, root)
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
	return r.takeFresh()
}

// Open follows references that were among Closed, but for those that others are closed
// for, too. It returns what Add returns.
func (r *Walk) Open(edges, closed []Edge) []int32 {
	r.closed = map[Edge]bool{}
	for _, e := range closed {
		r.closed[e] = true
	}
	for _, e := range edges {
		if !r.funcs[e.From] || r.closed[e] {
			continue
		}
		for _, ref := range r.f.Funcs[e.From].Refs {
			if ref.toFunc() && FuncID(ref.ID()) == e.To {
				r.follow(ref, e.From)
			}
		}
	}
	r.run()
	return r.takeFresh()
}

// takeFresh returns the imports that were not asked for yet.
func (r *Walk) takeFresh() []int32 {
	fresh := r.fresh
	r.fresh = nil
	slices.Sort(fresh)
	return fresh
}

// Has tells whether a function is reached, and Entered whether from where nothing is known of its arguments.
func (r *Walk) Has(id FuncID) bool     { return r.funcs[id] }
func (r *Walk) Entered(id FuncID) bool { return r.open[id] }

// Imports are all that are reached, sorted.
func (r *Walk) Imports() []int32 { return indices(r.imports) }

// HasSite tells whether a site is one of those of Reached.
func (r *Walk) HasSite(i int32) bool {
	s := &r.f.Sites[i]
	return r.funcs[s.Func] && !(s.Depends && (s.Variable || !r.open[s.Func]))
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
func (r *Walk) enter(id FuncID, from FuncID) {
	if id >= 0 {
		r.open[id] = true
		r.visit(id, from)
	}
}

func (r *Walk) visit(id FuncID, from FuncID) {
	if id >= 0 && !r.funcs[id] {
		r.funcs[id] = true
		r.from[id] = from
		r.queue = append(r.queue, id)
	}
}

// choose reaches a resolver and the functions whose addresses it takes. One
// that was visited before as a resolver only is walked again.
func (r *Walk) choose(id FuncID, from FuncID) {
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

func (r *Walk) object(id int32, from FuncID) {
	if id >= 0 && !r.objects[id] {
		r.objects[id] = true
		r.data = append(r.data, pendingObject{id, from})
	}
}

func (r *Walk) run() {
	for len(r.queue)+len(r.data) > 0 {
		if n := len(r.queue); n > 0 {
			id := r.queue[n-1]
			r.queue = r.queue[:n-1]
			fn := &r.f.Funcs[id]
			for _, ref := range fn.Refs {
				if fn.Resolver && ref.Kind() == RefTake && !r.ifunc[id] || len(r.closed) > 0 && ref.toFunc() && r.closed[Edge{id, FuncID(ref.ID())}] {
					continue
				}
				r.follow(ref, id)
			}
			continue
		}
		n := len(r.data)
		o := r.data[n-1]
		r.data = r.data[:n-1]
		for _, ref := range r.f.Objects[o.id].Refs {
			r.point(ref, o.from)
		}
	}
}

// point follows a pointer in data.
func (r *Walk) point(ref Ref, from FuncID) {
	if ref.Kind() != RefTake || !r.unnamed[FuncID(ref.ID())] {
		r.follow(ref, from)
	}
}

func (r *Walk) follow(ref Ref, from FuncID) {
	switch id := ref.ID(); ref.Kind() {
	case RefCall:
		r.visit(FuncID(id), from)
	case RefTake:
		r.enter(FuncID(id), from)
	case RefIFunc:
		r.choose(FuncID(id), from)
	case RefImport:
		r.imported(id)
		r.called[id] = true
	case RefTakeName:
		r.imported(id)
	case RefObject:
		r.object(int32(id), from)
	case RefString:
		r.strings[id] = true
	case RefCopied:
		r.copied = append(r.copied, int32(id))
	}
}

func (r *Walk) imported(id int) {
	if !r.imports[id] {
		r.imports[id] = true
		r.fresh = append(r.fresh, int32(id))
	}
}

func (r *Walk) result() *Reached {
	out := &Reached{Objects: indices(r.objects), Imports: indices(r.imports), Called: indices(r.called),
		Strings: indices(r.strings)}
	slices.Sort(r.copied)
	out.Copied = slices.Compact(slices.Clone(r.copied))
	funcs := indices(r.funcs)
	out.Funcs, out.from = make([]FuncID, len(funcs)), make([]FuncID, len(funcs))
	for n, id := range funcs {
		out.Funcs[n], out.from[n] = FuncID(id), r.from[id]
		fn := &r.f.Funcs[id]
		for i := fn.FirstSite; i < fn.FirstSite+fn.Sites; i++ {
			if !r.HasSite(i) {
				continue
			}
			out.Sites = append(out.Sites, i)
			if r.f.Sites[i].Depends {
				out.Open = append(out.Open, i)
			}
		}
	}
	return out
}

func indices(set []bool) []int32 {
	n := 0
	for _, in := range set {
		if in {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	out := make([]int32, 0, n)
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
	for n := 0; id >= 0 && n < len(r.Funcs); n++ {
		i, found := slices.BinarySearch(r.Funcs, id)
		if !found {
			break
		}
		path = append(path, id)
		id = r.from[i]
	}
	slices.Reverse(path)
	return path
}
