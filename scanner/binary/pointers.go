// SPDX-License-Identifier: MIT

package binary

import (
	"slices"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// Limits of one search for what a pointer points into.
const (
	maxPointees     = 4
	maxPointerSteps = 1 << 21 // instructions, for all questions about one function
)

// pointerIn asks what the pointer in a register points into, or with NoReg the one
// stored in the frame at slot.
type pointerIn struct {
	reg  isa.Reg
	slot int64
}

type pointerBlock struct {
	block int
	pointerIn
}

// pointing is what is known of the pointers of a flow.
type pointing struct {
	depths  []int64 // of the stack pointer before each node, from where it is at entry
	formed  []int64 // frame addresses that the function forms, sorted
	handed  []pointee
	calls   map[uint64]int32 // imports by the addresses of the calls
	memo    map[pointerBlock]pointees
	asking  map[pointerBlock]openQuestion
	cells   map[cellBlock]values
	filling map[cellBlock]openQuestion
	effects map[int]effect
	at      map[nodeReg]pointees // answers that rest on no open question
	moving  int                  // additions on the way
	steps   int                  // of all questions together
	lowest  int                  // as of flow
}

type nodeReg struct {
	node int
	reg  isa.Reg
}

const noDepth = int64(1) << 40

// pointer answers what a register points into before node i.
func (f *flow) pointer(i int, r isa.Reg) pointees {
	p := f.pointing()
	if len(p.asking) > 0 {
		return f.pointerAt(i, pointerIn{reg: r})
	}
	k := nodeReg{i, r}
	v, ok := p.at[k]
	if !ok {
		v = f.pointerAt(i, pointerIn{reg: r})
		p.at[k] = v
	}
	return v
}

func (f *flow) pointerAt(i int, q pointerIn) pointees {
	p := f.pointing()
	for {
		if p.steps++; p.steps > maxPointerSteps {
			return elsewhere
		}
		switch {
		case q.reg == f.abi.SP:
			if p.depths[i] >= noDepth {
				return elsewhere
			}
			return pointees{list: []pointee{{space: inFrame, off: p.depths[i]}}}
		case q.reg == isa.Zero:
			return pointees{}
		case q.reg > isa.Zero && q.reg != isa.NoReg:
			return elsewhere
		}
		if f.block[i] != 0 {
			return f.pointerBlock(int(f.block[i]-1), q)
		}
		i--
		v, next, done := f.pointerEffect(i, q)
		if done {
			return v
		}
		q = next
	}
}

// pointerBlock joins what comes from the predecessors of a block. A pointer that
// moves in a loop is not followed.
func (f *flow) pointerBlock(b int, q pointerIn) pointees {
	p, k := f.pointing(), pointerBlock{b, q}
	if v, ok := p.memo[k]; ok {
		return v
	}
	if open, ok := p.asking[k]; ok {
		p.lowest = min(p.lowest, open.depth)
		return pointees{other: open.pending != p.moving}
	}
	if len(p.asking) > maxAsking {
		p.steps = maxPointerSteps + 1 // an answer that says too little must not be used
		return elsewhere
	}
	depth, outer := len(p.asking), p.lowest
	p.asking[k] = openQuestion{depth, p.moving}
	p.lowest = depth
	v := f.pointerJoined(b, q)
	delete(p.asking, k)
	if p.lowest >= depth {
		p.memo[k] = v
		p.lowest = outer
	} else {
		p.lowest = min(p.lowest, outer)
	}
	return v
}

func (f *flow) pointerJoined(b int, q pointerIn) pointees {
	var v pointees
	block := &f.blocks[b]
	if block.entry {
		v = f.pointerFromCaller(q)
	}
	if block.unknown || !block.entry && len(block.preds) == 0 && !f.padding(int(block.first)) {
		v.other = true
	}
	for _, from := range block.preds {
		w, next, done := f.pointerEffect(int(from), q)
		if !done {
			w = f.pointerAt(int(from), next)
		}
		v = v.union(w)
	}
	return v
}

func (f *flow) pointerFromCaller(q pointerIn) pointees {
	if q.reg != isa.NoReg && slices.Contains(f.abi.Args, q.reg) {
		return pointees{list: []pointee{{space: ofCaller, base: int(q.reg)}}}
	}
	return elsewhere
}

// pointerEffect is what node i makes of a pointer, or what to ask before it.
func (f *flow) pointerEffect(i int, q pointerIn) (pointees, pointerIn, bool) {
	n := &f.nodes[i]
	switch {
	case n.Op >= isa.Call && n.Op <= isa.CallMem:
		return f.pointerAcrossCall(i, n, q)
	case q.reg == isa.NoReg:
		return f.pointerStored(i, n, q)
	case !n.Writes.Has(q.reg):
		return pointees{}, q, false
	case n.Cond():
		v, next, done := f.pointerDefined(i, n, q)
		if !done {
			v = f.pointerAt(i, next)
		}
		return v.union(f.pointerAt(i, q)), q, true
	}
	return f.pointerDefined(i, n, q)
}

// returnsFirst are functions that return their first argument.
var returnsFirst = []string{"memset", "memcpy", "memmove", "__memset_chk", "__memcpy_chk", "__memmove_chk"}

func (f *flow) pointerAcrossCall(i int, n *node, q pointerIn) (pointees, pointerIn, bool) {
	switch {
	case q.reg == isa.NoReg:
		return elsewhere, q, f.taken(q.slot)
	case q.reg == f.abi.Result && slices.Contains(returnsFirst, f.called(i)):
		return pointees{}, pointerIn{reg: f.abi.Args[0]}, false
	case q.reg == f.abi.Result:
		return pointees{list: []pointee{{space: ofCall, base: i}}}, q, true
	}
	return elsewhere, q, f.abi.CallerSaved.Has(q.reg) && f.callChanges(f.groups, &n.Inst).Has(q.reg)
}

// pointerStored looks for the store that filled a slot of the frame.
func (f *flow) pointerStored(i int, n *node, q pointerIn) (pointees, pointerIn, bool) {
	at, overlaps := f.storesInto(i, n, q.slot, uint8(f.abi.WordSize))
	switch {
	case !overlaps:
		return pointees{}, q, false
	case n.Cond() || n.Index != isa.NoReg || int(n.Size) != f.abi.WordSize || at%int64(f.abi.WordSize) != 0:
		return elsewhere, q, true
	case n.Op == isa.StoreImm:
		return pointees{other: n.Imm != 0}, q, true
	case n.Op == isa.Copy:
		return elsewhere, q, true
	}
	return pointees{}, pointerIn{reg: f.storedReg(n, int(at)/f.abi.WordSize)}, false
}

// storedReg is the register that a store puts into the k-th word.
func (f *flow) storedReg(n *node, k int) isa.Reg {
	switch {
	case n.Op == isa.StoreImm || n.Op == isa.Copy:
		return isa.NoReg
	case n.Op == isa.StoreMulti:
		return nth(n.List, k)
	case n.Op == isa.StorePair && k == 1:
		return n.Src2
	}
	return n.Src
}

// storesInto tells whether a node stores into size bytes of the frame at off, and at
// which byte of its memory operand these begin.
func (f *flow) storesInto(i int, n *node, off int64, size uint8) (at int64, overlaps bool) {
	if n.Op < isa.Store || n.Op > isa.Copy || !n.Mem() || n.Base == isa.NoReg {
		return 0, false
	}
	total := int64(n.Size) * int64(n.stores())
	for _, p := range f.pointer(i, n.Base).list {
		if p.space != inFrame {
			continue
		}
		at = off - p.off - n.Disp
		if p.loose || n.Index != isa.NoReg {
			if at+int64(size) > 0 {
				return -1, true
			}
			continue
		}
		if at+int64(size) > 0 && at < total {
			return at, true
		}
	}
	return 0, false
}

// pointerDefined is the pointer that a node puts into a register.
func (f *flow) pointerDefined(i int, n *node, q pointerIn) (pointees, pointerIn, bool) {
	word := int(n.Size) >= f.abi.WordSize
	switch {
	case n.Op == isa.MovImm && n.Imm == 0:
		return pointees{}, q, true
	case n.Mem() && n.Base == q.reg && n.Adjust != 0 && q.reg != n.Dst:
		return f.pointerMoved(i, n.Base, int64(n.Adjust)), q, true
	case n.Op == isa.Mov && word:
		return pointees{}, pointerIn{reg: n.Src}, false
	case n.Op == isa.Add && n.Src2 == isa.NoReg && n.Flags&isa.FromPC == 0 && word:
		return f.pointerMoved(i, n.Src, n.Imm), q, true
	case n.Op == isa.Sub && n.Src2 == isa.NoReg && word:
		return f.pointerMoved(i, n.Src, -n.Imm), q, true
	case n.Op == isa.Select && word && n.Imm == 0:
		return f.pointerAt(i, pointerIn{reg: n.Src}).union(f.pointerAt(i, pointerIn{reg: n.Src2})), q, true
	case n.Op == isa.Load && word && n.Index == isa.NoReg && n.Base != isa.NoReg:
		if b := f.pointerAt(i, pointerIn{reg: n.Base}); !b.other && len(b.list) == 1 && b.list[0].space == inFrame && !b.list[0].loose {
			return pointees{}, pointerIn{reg: isa.NoReg, slot: b.list[0].off + n.Disp}, false
		}
	}
	if v := f.pointerValue(i, n, q.reg); len(v.list) > 0 {
		return v, q, true
	}
	if n.Op == isa.Add && n.Src2 != isa.NoReg && word {
		return f.pointerIndexed(i, n), q, true
	}
	return elsewhere, q, true
}

func (f *flow) pointerMoved(i int, r isa.Reg, by int64) pointees {
	p := f.pointing()
	p.moving++
	v := f.pointerAt(i, pointerIn{reg: r}).moved(by, false)
	p.moving--
	return v
}

// pointerIndexed is a pointer to which something is added that is not known.
func (f *flow) pointerIndexed(i int, n *node) pointees {
	p := f.pointing()
	p.moving++
	a, b := f.pointerAt(i, pointerIn{reg: n.Src}), f.pointerAt(i, pointerIn{reg: n.Src2})
	p.moving--
	v := pointees{list: a.list}.union(pointees{list: b.list}).moved(n.Imm, true)
	v.other = v.other || len(v.list) == 0
	return v
}

// pointerValue is an address of the file that a node computes.
func (f *flow) pointerValue(i int, n *node, r isa.Reg) pointees {
	switch n.Op {
	case isa.Other, isa.Load, isa.MovImm, isa.Address, isa.AddressPart, isa.Insert16, isa.Add:
	default:
		return pointees{}
	}
	v := f.define(i, n, r)
	if v.open() || len(v.ints) > maxPointees {
		return pointees{}
	}
	var out pointees
	for _, a := range v.ints {
		if a = f.narrowed(a); a != 0 && n.Op != isa.AddressPart && !f.mapped(a) {
			return pointees{}
		} else if a != 0 {
			out.list = append(out.list, pointee{space: inFile, off: int64(a)})
		}
	}
	return out
}
