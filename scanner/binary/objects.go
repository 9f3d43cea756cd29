// SPDX-License-Identifier: MIT

package binary

import (
	"debug/elf"
	"slices"
	"sort"
)

// dataMap divides the data of a file into objects and says what each one leads
// to. Without symbols the bounds are guessed: an object begins where code or
// other data forms an address, and ends where the next one begins. A field that
// code reads directly is no beginning, so that a pointer to the whole
// structure keeps all fields.
type dataMap struct {
	*code
	groups  []group
	anchors []uint64 // beginnings, sorted
	sized   []span   // objects whose symbols tell their size, sorted
	owners  []uint64 // beginnings of the objects that have pointers, sorted
	index   []int32  // their numbers in objects
	objects []Object
	always  []Ref
	strings *stringTable
	names   map[uint64]string // of objects with symbols
}

// mapData finds the objects.
func (c *code) mapData(groups []group, strings *stringTable) *dataMap {
	d := &dataMap{code: c, groups: groups, strings: strings, names: map[uint64]string{}}
	d.findAnchors()
	strings.next = d.nextAnchor
	slots := d.ownedSlots()
	d.number(slots)
	for _, s := range slots {
		refs := d.slotRefs(s.reloc, nil)
		if s.owner == 0 {
			d.always = append(d.always, refs...)
			continue
		}
		if id := d.objectAt(s.owner); id >= 0 {
			d.objects[id].Refs = append(d.objects[id].Refs, refs...)
		}
	}
	for i := range d.objects {
		d.objects[i].Refs = uniqueRefs(d.objects[i].Refs)
	}
	d.always = uniqueRefs(d.always)
	return d
}

// findAnchors collects the addresses at which objects begin.
func (d *dataMap) findAnchors() {
	for i := range d.parts {
		for _, f := range d.parts[i].found {
			if f.kind == findData {
				d.anchors = append(d.anchors, f.target)
			}
		}
	}
	for i := range d.relocs {
		if r := &d.relocs[i]; r.kind == relocAddress && !d.isFunction(r.target) {
			d.anchors = append(d.anchors, r.target)
		}
	}
	for _, syms := range [][]symbol{d.syms, d.locals} {
		for i := range syms {
			if s := &syms[i]; s.defined && s.typ == elf.STT_OBJECT && s.value != 0 {
				d.anchors = append(d.anchors, s.value)
				d.names[s.value] = s.name
				if s.size > 0 && s.value+s.size > s.value {
					d.sized = append(d.sized, span{s.value, s.value + s.size})
				}
			}
		}
	}
	sort.Slice(d.sized, func(i, j int) bool {
		a, b := d.sized[i], d.sized[j]
		return a.start < b.start || a.start == b.start && a.end > b.end
	})
	d.anchors = uniqueAddrs(d.anchors)
}

func (d *dataMap) isFunction(v uint64) bool {
	a, _ := d.codeAddr(v)
	return d.im.isCode(a)
}

// ownedSlot is a pointer in data with the beginning of the object it is in, or 0.
type ownedSlot struct {
	reloc *reloc
	owner uint64
}

// ownedSlots attributes every pointer. The global offset table is left out:
// code loads from it directly, which the scan resolves.
func (d *dataMap) ownedSlots() []ownedSlot {
	skip := d.tables()
	var out []ownedSlot
	for i := range d.relocs {
		r := &d.relocs[i]
		if r.jump || r.kind == relocCopy || inSpans(skip, r.slot) {
			continue
		}
		out = append(out, ownedSlot{r, d.owner(r.slot)})
	}
	return out
}

// tables are the ranges whose pointers are no object's: arrays of start-up
// functions, the dynamic section and, if its section says where it is, the
// global offset table.
func (d *dataMap) tables() []span {
	var out []span
	for _, t := range [][2]elf.DynTag{{elf.DT_INIT_ARRAY, elf.DT_INIT_ARRAYSZ}, {elf.DT_FINI_ARRAY, elf.DT_FINI_ARRAYSZ}, {elf.DT_PREINIT_ARRAY, elf.DT_PREINIT_ARRAYSZ}} {
		addr, _ := d.im.dynamic(t[0])
		if size, ok := d.im.dynamic(t[1]); ok {
			out = append(out, span{addr, addr + size})
		}
	}
	for _, s := range d.im.sections {
		switch s.name {
		case ".got", ".got.plt", ".dynamic", ".init_array", ".fini_array", ".preinit_array", ".eh_frame", ".eh_frame_hdr", ".gcc_except_table":
			if s.addr != 0 {
				out = append(out, span{s.addr, s.addr + s.size})
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].start < out[j].start })
	return out
}

func inSpans(spans []span, addr uint64) bool {
	for _, s := range spans {
		if s.has(addr) {
			return true
		}
	}
	return false
}

// owner is the beginning of the object that addr is in.
func (d *dataMap) owner(addr uint64) uint64 {
	if s, ok := d.sizedAt(addr); ok {
		return s.start
	}
	i := sort.Search(len(d.anchors), func(i int) bool { return d.anchors[i] > addr }) - 1
	if i < 0 || d.anchors[i] < d.im.regionStart(addr) {
		return 0
	}
	if s, ok := d.sizedAt(d.anchors[i]); ok && s.end <= addr {
		return 0 // behind an object whose end is known: nobody's
	}
	return d.anchors[i]
}

// sizedAt is the object with a symbol that addr lies in.
func (d *dataMap) sizedAt(addr uint64) (span, bool) {
	i := sort.Search(len(d.sized), func(i int) bool { return d.sized[i].start > addr }) - 1
	for n := 0; i >= 0 && n < 8; i, n = i-1, n+1 {
		if d.sized[i].has(addr) {
			return d.sized[i], true
		}
	}
	return span{}, false
}

// number makes the objects, merging neighbours that are parts of one table: an
// address inside of a table, &table[3], must not cut it.
func (d *dataMap) number(slots []ownedSlot) {
	var last []ownedSlot // of the object that is being built, the latest ones
	for i := 0; i < len(slots); {
		owner := slots[i].owner
		j := i
		for j < len(slots) && slots[j].owner == owner {
			j++
		}
		own := slots[i:j]
		i = j
		if owner == 0 {
			last = nil
			continue
		}
		_, sized := d.sizedAt(owner)
		if sized || len(last) > 0 && d.im.regionStart(owner) > last[0].reloc.slot || !d.continues(last, own) {
			d.objects = append(d.objects, Object{Addr: owner, Name: d.names[owner]})
			last = nil
		}
		d.owners = append(d.owners, owner)
		d.index = append(d.index, int32(len(d.objects)-1))
		last = append(last, own...)
		last = last[max(0, len(last)-16):]
	}
}

// continues tells whether the slots of own go on in the rhythm of those before:
// distances and kinds of pointers repeat with a period of up to four. Functions
// alone are no rhythm: structures of operations often lie one behind the other.
func (d *dataMap) continues(before, own []ownedSlot) bool {
	for period := 1; period <= 4; period++ {
		if len(before) < 2*period+1 || len(own) < period {
			continue
		}
		run := append(append([]ownedSlot{}, before[len(before)-2*period-1:]...), own[:period]...)
		regular, data := true, false
		for i := period + 1; i < len(run); i++ {
			regular = regular && run[i].reloc.slot-run[i-1].reloc.slot == run[i-period].reloc.slot-run[i-period-1].reloc.slot &&
				d.toCode(run[i]) == d.toCode(run[i-period])
			data = data || !d.toCode(run[i])
		}
		if regular && data {
			return true
		}
	}
	return false
}

// toCode tells whether a pointer may be one to a function.
func (d *dataMap) toCode(s ownedSlot) bool {
	return s.reloc.kind != relocAddress || d.isFunction(s.reloc.target)
}

// objectAt returns the number of the object with pointers that addr lies in, or -1.
func (d *dataMap) objectAt(addr uint64) int {
	if s, ok := d.sizedAt(addr); ok {
		addr = s.start
	}
	i := sort.Search(len(d.owners), func(i int) bool { return d.owners[i] >= addr })
	if i < len(d.owners) && d.owners[i] == addr {
		return int(d.index[i])
	}
	return -1
}

// slotRefs adds what a relocated pointer leads to.
func (d *dataMap) slotRefs(r *reloc, refs []Ref) []Ref {
	switch r.kind {
	case relocResolver:
		return d.codeRef(r.target, RefIFunc, refs)
	case relocAddress:
		return d.addressRefs(r.target, refs)
	case relocSymbol:
		if id, ok := d.imports.of(r.sym); ok {
			refs = append(refs, newRef(RefTakeName, int(id)))
		}
		for _, v := range d.symbolTargets(r) {
			refs = d.addressRefs(v, refs)
		}
	}
	return refs
}

// addressRefs adds what an address of this file leads to: a function, an
// object with pointers, a string.
func (d *dataMap) addressRefs(v uint64, refs []Ref) []Ref {
	if d.isFunction(v) {
		return d.codeRef(v, RefTake, refs)
	}
	if id := d.objectAt(v); id >= 0 {
		refs = append(refs, newRef(RefObject, id))
	}
	return d.strings.refs(v, refs)
}

// insideRefs adds what an address leads to that may be in the middle of an object.
func (d *dataMap) insideRefs(v uint64, refs []Ref) []Ref {
	if owner := d.owner(v); owner != 0 {
		if id := d.objectAt(owner); id >= 0 {
			refs = append(refs, newRef(RefObject, id))
		}
	}
	return d.strings.refs(v, refs)
}

// codeRef adds the function at v, or the import that a stub there leads to.
func (d *dataMap) codeRef(v uint64, kind RefKind, refs []Ref) []Ref {
	if t := d.stub(v); t.kind == stubImport {
		if kind == RefTake {
			refs = append(refs, newRef(RefTakeName, int(t.target)))
		} else {
			refs = append(refs, newRef(RefImport, int(t.target)))
		}
		for _, v := range t.also {
			refs = d.groupRef(v, kind, refs)
		}
		return refs
	}
	return d.groupRef(v, kind, refs)
}

// groupRef adds the function that the code at v belongs to.
func (d *dataMap) groupRef(v uint64, kind RefKind, refs []Ref) []Ref {
	g := d.groupAt(v)
	if g < 0 {
		return refs
	}
	if d.groups[g].ifunc {
		kind = RefIFunc
	}
	return append(refs, newRef(kind, int(g)))
}

func uniqueAddrs(a []uint64) []uint64 {
	slices.Sort(a)
	out := a[:0]
	for i, v := range a {
		if i == 0 || v != a[i-1] {
			out = append(out, v)
		}
	}
	return out
}

func uniqueRefs(r []Ref) []Ref {
	slices.Sort(r)
	out := r[:0]
	for i, v := range r {
		if i == 0 || v != r[i-1] {
			out = append(out, v)
		}
	}
	return out
}
