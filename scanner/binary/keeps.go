// SPDX-License-Identifier: MIT

package binary

import (
	"slices"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// keeps tells whether size bytes at addr, of an object that begins at from, keep the
// value that the file gives them: they are constant, or no code of the file stores
// there, nor hands a pointer to the object to code that might.
func (s *siteFinder) keeps(from, addr, size uint64) bool {
	if s.im.constant(addr) {
		return true
	}
	within := func(v uint64) bool { return v >= from && v < addr+size }
	for i := range s.syms {
		if y := &s.syms[i]; y.defined && !y.function() && y.value < addr+size && y.value+max(y.size, 1) > addr {
			return false // other files can store there
		}
	}
	for i := range s.relocs {
		if r := &s.relocs[i]; r.slot >= addr && r.slot < addr+size || r.kind == relocAddress && within(r.target) {
			return false
		}
	}
	for i := range s.parts {
		for k := range s.parts[i].found {
			x := &s.parts[i].found[k]
			switch {
			case x.kind == findStore || x.kind == findWrite:
				if x.target < addr+size && x.target+maxWidth > addr && x.target+s.width(&s.parts[i], x.at) > addr {
					return false
				}
			case !within(x.target):
			case x.kind == findData && !s.onlyReads(s.parts[i].group, within, span{addr, addr + size}):
				return false
			}
		}
	}
	return true
}

// settled is keeps for a variable by itself, remembered: Go has the number of fcntl(2)
// in one, which only 32-bit architectures set.
func (s *siteFinder) settled(addr, size uint64) bool {
	kept, known := s.variables[addr]
	if !known {
		kept = s.keeps(addr, addr, size)
		s.variables[addr] = kept
	}
	return kept
}

// onlyReads tells whether a function that forms an address within an object does not
// store into a range of it and hands it only to functions that read.
func (s *siteFinder) onlyReads(g int32, within func(uint64) bool, kept span) bool {
	f := s.newFlow(s.groups, g)
	defer f.done()
	into := func(i int, r isa.Reg) bool {
		return slices.ContainsFunc(f.pointer(i, r).list, func(x pointee) bool { return x.space == inFile && within(uint64(x.off)) })
	}
	for i := range f.nodes {
		n := &f.nodes[i]
		switch {
		case n.Op >= isa.Call && n.Op <= isa.CallMem:
			if _, known := f.effectOf(i); !known && slices.ContainsFunc(f.abi.Args, func(r isa.Reg) bool { return into(i, r) }) {
				return false
			}
		case n.Op >= isa.Store && n.Op <= isa.Copy && n.Mem():
			if f.storesAt(i, n, kept) {
				return false
			}
			for k := 0; k < n.stores(); k++ {
				if r := f.storedReg(n, k); r != isa.NoReg && into(i, r) {
					return false
				}
			}
		case n.Op == isa.Return && into(i, f.abi.Result):
			return false
		}
	}
	return f.pointing().steps <= maxPointerSteps
}

// storesAt tells whether a node may store into a range of the file's data.
func (f *flow) storesAt(i int, n *node, kept span) bool {
	if n.Base == isa.NoReg {
		return false // noted where it was found
	}
	return slices.ContainsFunc(f.pointer(i, n.Base).list, func(x pointee) bool {
		at := uint64(x.off + n.Disp)
		if x.space != inFile || at >= kept.end {
			return false
		}
		return x.loose || n.Index != isa.NoReg || at+uint64(n.Size)*uint64(n.stores()) > kept.start
	})
}

// stores is how many registers, or constants, a store stores.
func (n *node) stores() int {
	switch n.Op {
	case isa.StorePair:
		return 2
	case isa.StoreMulti:
		return popcount(n.List)
	}
	return 1
}

// maxWidth is more than any instruction stores.
const maxWidth = 512

// width is how many bytes the instruction at an address stores.
func (s *siteFinder) width(p *part, at uint64) uint64 {
	var in isa.Inst
	d := s.decoder
	if p.thumb {
		d = s.thumb
	}
	d.Decode(&in, s.im.from(at), at)
	n := node{Inst: in}
	return max(uint64(in.Size)*uint64(n.stores()), 1)
}
