// SPDX-License-Identifier: MIT

package binary

import (
	"slices"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// cellBlock asks for a cell of the frame at the beginning of a block.
type cellBlock struct {
	block int
	off   int64
	size  uint8
}

// cell is the value of size bytes of the frame at off before node i.
func (f *flow) cell(i int, off int64, size uint8) values {
	for {
		if p := f.pointing(); p.steps > maxPointerSteps {
			return unknown(anything)
		} else {
			p.steps++
		}
		if f.block[i] != 0 {
			return f.cellBlock(cellBlock{int(f.block[i] - 1), off, size})
		}
		i--
		if v, done := f.cellEffect(i, off, size); done {
			return v
		}
	}
}

func (f *flow) cellBlock(k cellBlock) values {
	p := f.pointing()
	if v, ok := p.cells[k]; ok {
		return v
	}
	if open, ok := p.filling[k]; ok {
		f.lowest = min(f.lowest, open.depth)
		if f.pending != open.pending {
			return unknown(anything)
		}
		return values{}
	}
	if len(p.filling) > maxAsking {
		return unknown(anything)
	}
	depth, outer := f.open(), f.lowest
	p.filling[k] = openQuestion{depth, f.pending}
	f.lowest = depth
	b := &f.blocks[k.block]
	var v values
	// What a path leaves as the function found it, it does not read.
	if b.entry && k.off >= 0 || b.unknown || !b.entry && len(b.preds) == 0 && !f.padding(int(b.first)) {
		v = unknown(anything)
	}
	for _, from := range b.preds {
		w, done := f.cellEffect(int(from), k.off, k.size)
		if !done {
			w = f.cell(int(from), k.off, k.size)
		}
		v = v.union(w)
	}
	delete(p.filling, k)
	if f.lowest >= depth {
		p.cells[k] = v
		f.lowest = outer
	} else {
		f.lowest = min(f.lowest, outer)
	}
	return v
}

// cellEffect is what node i does to a cell of the frame.
func (f *flow) cellEffect(i int, off int64, size uint8) (values, bool) {
	n := &f.nodes[i]
	switch {
	case n.Op >= isa.Call && n.Op <= isa.CallMem:
		return f.cellAcrossCall(i, off, size)
	case n.Op == isa.Syscall || f.writesText(n):
		regs := f.abi.SyscallArgs
		if n.Op == isa.Other {
			regs = f.abi.Args[:1]
		}
		for _, r := range regs {
			if slices.ContainsFunc(f.pointer(i, r).list, func(x pointee) bool { return x.space == inFrame && x.off <= off }) {
				return f.filledWith(i, n, off, size), true
			}
		}
		return values{}, false
	}
	at, overlaps := f.storesInto(i, n, off, size)
	if !overlaps {
		return values{}, false
	}
	v := f.storedPart(i, n, at, size)
	if n.Cond() {
		v = v.union(f.cell(i, off, size))
	}
	return v, true
}

// writesText tells whether a node is one of x86-64's string instructions that write to
// memory, at rdi: they alone change rcx and rdi, or these and rsi, without an operand.
func (f *flow) writesText(n *node) bool {
	const rcx, rsi, rdi = 1, 6, 7
	return f.abi.Name == X86_64 && n.Op == isa.Other && !n.Mem() && (n.Writes == isa.Set(rcx, rdi) || n.Writes == isa.Set(rcx, rsi, rdi))
}

// filledWith is the value of a cell that a string instruction, or a system call, may write to:
// rep stos with zeros leaves a zero, or what was there.
func (f *flow) filledWith(i int, n *node, off int64, size uint8) values {
	const rax = 0
	if n.Op != isa.Syscall && !n.Writes.Has(f.abi.Args[1]) {
		if v := f.register(i, rax); !v.open() && len(v.ints) == 1 && v.ints[0] == 0 {
			return v.union(f.cell(i, off, size))
		}
	}
	return unknown(anything)
}

// storedPart is the value of size bytes of what a node stores, from the byte at of its
// memory operand on.
func (f *flow) storedPart(i int, n *node, at int64, size uint8) values {
	width := int64(n.Size)
	if at < 0 || width == 0 || width > 8 || at%width+int64(size) > width {
		return unknown(anything)
	}
	var v values
	switch n.Op {
	case isa.Copy:
		return unknown(anything)
	case isa.StoreImm:
		v = exactly(uint64(n.Imm))
	default:
		v = f.register(i, f.storedReg(n, int(at/width)))
	}
	if by := 8 * uint64(at%width); by > 0 {
		shift := func(x uint64) uint64 { return x >> by }
		v = v.each(shift, shift)
	}
	return v.extend(size, false)
}

func (f *flow) cellAcrossCall(i int, off int64, size uint8) (values, bool) {
	writes, known := f.effectOf(i)
	if !known {
		return unknown(anything), f.handedOut(off)
	}
	for _, w := range writes {
		to := f.pointer(i, f.abi.Args[w.arg])
		for _, x := range to.list {
			if x.space != inFrame || !x.loose && (off+int64(size) <= x.off || off >= x.off+w.size) {
				continue
			}
			v := w.values
			if x.loose || to.other || len(to.list) > 1 || off < x.off || off+int64(size) > x.off+w.size {
				v = v.union(f.cell(i, off, size))
			}
			return v.extend(size, false), true
		}
	}
	return values{}, false
}

// cellLoad is the value of a memory operand in the frame, once pointers are followed.
func (f *flow) cellLoad(i int, n *node, q question) (values, bool) {
	if f.pointers == nil || f.keep || f.pointers.depths == nil || n.Base == isa.NoReg {
		return values{}, false
	}
	to := f.pointer(i, n.Base)
	if to.other || len(to.list) != 1 || to.list[0].space != inFrame || to.list[0].loose || to.list[0].off+q.disp >= 0 {
		return values{}, false
	}
	v := f.cell(i, to.list[0].off+q.disp, q.size)
	if v.mask == anything && q.size < 8 {
		v.mask = 1<<(8*q.size) - 1
	}
	return v, true
}
