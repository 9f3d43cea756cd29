// SPDX-License-Identifier: MIT

package binary

import (
	"slices"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// pointing prepares what the search for pointers needs.
func (f *flow) pointing() *pointing {
	if f.pointers != nil {
		return f.pointers
	}
	p := &pointing{calls: map[uint64]int32{}, memo: map[pointerBlock]pointees{}, asking: map[pointerBlock]openQuestion{},
		cells: map[cellBlock]values{}, filling: map[cellBlock]openQuestion{}, effects: map[int]effect{}, at: map[nodeReg]pointees{}}
	f.pointers = p
	for _, i := range f.of.parts {
		for _, x := range f.parts[i].found {
			if x.kind == findImport || x.kind == findTailName {
				p.calls[x.at] = int32(x.target)
			}
		}
	}
	f.measure()
	clear(f.memo)
	for i := range f.nodes {
		if n := &f.nodes[i]; n.Op >= isa.Call && n.Op <= isa.CallMem {
			f.handOver(i, n)
		} else if n.Op >= isa.Store && n.Op <= isa.Copy {
			f.keepPointer(i, n)
		}
	}
	return p
}

// measure finds how deep the stack is before each node, counted from the function's
// entry. Aligning the stack pointer begins a frame apart.
func (f *flow) measure() {
	p := f.pointers
	p.depths = make([]int64, len(f.nodes))
	for i := range p.depths {
		p.depths[i] = noDepth
	}
	next := map[int32][]int32{}
	var work []int32
	for b := range f.blocks {
		for _, from := range f.blocks[b].preds {
			next[from] = append(next[from], f.blocks[b].first)
		}
		if f.blocks[b].entry {
			p.depths[f.blocks[b].first] = 0
			work = append(work, f.blocks[b].first)
		}
	}
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		for {
			after := f.deeper(int(i))
			for _, to := range next[i] {
				if p.depths[to] == noDepth && after != noDepth {
					p.depths[to] = after
					work = append(work, to)
				}
			}
			if int(i)+1 >= len(f.nodes) || f.block[i+1] != 0 || f.nodes[i].Ends() {
				break
			}
			i++
			p.depths[i] = after
		}
	}
	clear(p.memo)
	clear(p.at)
	for i := range f.nodes {
		n := &f.nodes[i]
		if n.Op != isa.Add && n.Op != isa.Sub && n.Op != isa.Mov || n.Writes.Has(f.abi.SP) || !f.frame.Has(n.Src) {
			continue
		}
		v, next, done := f.pointerDefined(i, n, pointerIn{reg: n.Dst})
		if !done {
			v = f.pointerAt(i, next)
		}
		for _, x := range v.list {
			if x.space == inFrame && !f.frame.Has(n.Dst) {
				p.formed = append(p.formed, x.off)
			}
		}
	}
	slices.Sort(p.formed)
}

// deeper is where the stack pointer is behind node i.
func (f *flow) deeper(i int) int64 {
	n, at := &f.nodes[i], f.pointers.depths[i]
	switch {
	case at == noDepth || !n.Writes.Has(f.abi.SP):
		return at
	case n.Cond():
		return noDepth
	case n.Mem() && n.Base == f.abi.SP && n.Adjust != 0 && n.Dst != f.abi.SP:
		return at + int64(n.Adjust)
	case n.Op == isa.Add && n.Src2 == isa.NoReg && n.Src == f.abi.SP:
		return at + n.Imm
	case n.Op == isa.Sub && n.Src2 == isa.NoReg && n.Src == f.abi.SP:
		return at - n.Imm
	case n.Op == isa.And && n.Src == f.abi.SP:
		return at - 1<<20
	case (n.Op == isa.Add || n.Op == isa.Sub) && n.Src2 == isa.NoReg || n.Op == isa.Mov:
		by := n.Imm
		if n.Op == isa.Sub {
			by = -by
		} else if n.Op == isa.Mov {
			by = 0
		}
		clear(f.pointers.memo)
		clear(f.pointers.at)
		if v := f.pointer(i, n.Src); !v.other && len(v.list) == 1 && v.list[0].space == inFrame && !v.list[0].loose {
			return v.list[0].off + by
		}
	}
	return noDepth
}

// taken tells whether the address of a slot of the frame is formed, or of what lies
// closely below it.
func (f *flow) taken(slot int64) bool {
	return slices.ContainsFunc(f.pointing().formed, func(p int64) bool { return p <= slot && slot < p+16 })
}

// handedOut tells whether code that is not seen has a pointer to a cell of the
// frame: to its object, which ends where the next address is formed, or to one that lies
// closely below, of which it may be a part.
func (f *flow) handedOut(off int64) bool {
	p := f.pointing()
	return slices.ContainsFunc(p.handed, func(h pointee) bool {
		end := anything >> 1
		if k, _ := slices.BinarySearch(p.formed, h.off+1); k < len(p.formed) && !h.loose {
			end = uint64(max(p.formed[k], h.off+closeBy))
		}
		return h.space == inFrame && h.off <= off && off < int64(end)
	})
}

// closeBy is how far a pointer to a part of a structure is taken to reach at least.
const closeBy = 64

// handOver notes the pointers to the frame that a call gets.
func (f *flow) handOver(i int, n *node) {
	if _, known := f.effectOf(i); known {
		return
	}
	for _, r := range f.abi.Args {
		f.hand(f.pointer(i, r))
	}
}

func (f *flow) hand(v pointees) {
	for _, x := range v.list {
		if x.space == inFrame {
			f.pointers.handed = append(f.pointers.handed, x)
		}
	}
}

// keepPointer notes the pointers to the frame that a node stores, but for those that
// it only keeps in the frame itself.
func (f *flow) keepPointer(i int, n *node) {
	if n.Op == isa.StoreImm || n.Op == isa.Copy || !n.Mem() || int(n.Size) != f.abi.WordSize || f.pointers.depths[i] == noDepth {
		return
	}
	for k := 0; k < n.stores(); k++ {
		v := f.pointer(i, f.storedReg(n, k))
		if !slices.ContainsFunc(v.list, func(x pointee) bool { return x.space == inFrame }) {
			continue
		}
		to := f.pointer(i, n.Base)
		if to.other || len(to.list) != 1 || to.list[0].space != inFrame || to.list[0].loose || n.Index != isa.NoReg || f.taken(to.list[0].off+n.Disp+int64(k)*int64(n.Size)) {
			f.hand(v)
		}
	}
}
