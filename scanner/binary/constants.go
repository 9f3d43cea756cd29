// SPDX-License-Identifier: MIT

package binary

import (
	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// constants is what is known of the registers while a part is swept, in the
// order of the addresses. It answers what a register may be, not what it must
// be: a value too many only adds a reference.
type constants struct {
	value [64]uint64
	known isa.RegSet
	addr  isa.RegSet // the value is an address of this file
	whole isa.RegSet // it is one with nothing to be added
	name  isa.RegSet // the value is the address of the import of that index
}

func (k *constants) set(r isa.Reg, v uint64, addr bool) {
	if r >= isa.Zero {
		return
	}
	k.value[r] = v
	k.known = k.known.With(r)
	k.addr &^= 1 << r
	k.whole &^= 1 << r
	k.name &^= 1 << r
	if addr {
		k.addr = k.addr.With(r)
	}
}

func (k *constants) clear(s isa.RegSet) {
	k.known &^= s
	k.addr &^= s
	k.whole &^= s
	k.name &^= s
}

func (k *constants) get(r isa.Reg) (v uint64, addr, ok bool) {
	if r == isa.Zero {
		return 0, false, true
	}
	if !k.known.Has(r) || k.name.Has(r) {
		return 0, false, false
	}
	return k.value[r], k.addr.Has(r), true
}

// merge adds what o knows and k does not.
func (k *constants) merge(o *constants) {
	for more := o.known &^ k.known; more != 0; more &= more - 1 {
		r := lowest(more)
		k.value[r] = o.value[r]
		k.known |= 1 << r
		k.addr |= o.addr & (1 << r)
		k.whole |= o.whole & (1 << r)
		k.name |= o.name & (1 << r)
	}
}

// compute follows constants through an instruction.
func (s *scanner) compute(in *isa.Inst) {
	v, addr, ok := s.result(in)
	if in.Op == isa.Add && in.Src2 != isa.NoReg && in.Imm > 0 && s.fixed {
		s.refer(uint64(in.Imm)) // the address of a table is part of a lea
	}
	kept := s.known
	whole := s.isWhole(in)
	inside := in.Op != isa.Mov && in.Src2 == isa.NoReg && in.Src < isa.Zero && s.whole.Has(in.Src)
	if !in.Cond() {
		s.clear(in.Writes)
	}
	if in.Adjust != 0 && kept.Has(in.Base) && in.Base != in.Dst {
		s.known |= 1 << in.Base
		s.value[in.Base] = s.narrow(s.value[in.Base] + uint64(int64(in.Adjust)))
	}
	if in.Op == isa.Load && ok {
		s.loaded(in, v)
		return
	}
	if !ok {
		return
	}
	if in.Size == 4 || s.abi.WordSize == 4 {
		v = uint64(uint32(v))
	}
	s.set(in.Dst, v, addr)
	if addr && whole {
		s.whole = s.whole.With(in.Dst)
	}
	if !addr && (in.Op == isa.MovImm || in.Op == isa.Insert16) {
		s.text(v)
	}
	if in.Op != isa.AddressPart && in.Op != isa.Mov && (addr || s.fixed && in.Size != 1) {
		s.formed(v, inside)
	}
}

// isWhole tells whether what an instruction computes is an address that nothing is
// missing of, if it is one.
func (s *scanner) isWhole(in *isa.Inst) bool {
	switch in.Op {
	case isa.Mov:
		return s.whole.Has(in.Src)
	case isa.Address, isa.Add, isa.Sub:
		return true
	}
	return false
}

// result is the value that an instruction computes, or the address that it
// loads from.
func (s *scanner) result(in *isa.Inst) (v uint64, addr, ok bool) {
	switch in.Op {
	case isa.MovImm:
		return uint64(in.Imm), false, true
	case isa.Address, isa.AddressPart:
		return uint64(in.Imm), true, true
	case isa.Insert16:
		v, _, ok = s.get(in.Src)
		return v&^(0xffff<<in.Shift) | uint64(in.Imm)<<in.Shift, false, ok
	case isa.Mov:
		v, addr, ok = s.get(in.Src)
		return v, addr, ok && int(in.Size) >= min(s.abi.WordSize, 4)
	case isa.Add, isa.Sub, isa.Or:
		a, aAddr, ok := s.get(in.Src)
		b, bAddr := uint64(in.Imm), false
		if in.Src2 != isa.NoReg {
			var ok2 bool
			b, bAddr, ok2 = s.get(in.Src2)
			b, ok = b<<in.Shift+uint64(in.Imm), ok && ok2
		}
		addr = aAddr || bAddr || in.Flags&isa.FromPC != 0
		switch in.Op {
		case isa.Sub:
			return a - b, addr, ok
		case isa.Or:
			return a | b, addr, ok
		}
		return a + b, addr, ok
	case isa.Shl:
		v, _, ok = s.get(in.Src)
		return v << (uint64(in.Imm) & 63), false, ok && in.Src2 == isa.NoReg
	case isa.Load:
		v, ok = s.effective(in)
		return v, false, ok && in.Dst != isa.NoReg
	}
	return 0, false, false
}

// loaded sets the destination of a load from a known address.
func (s *scanner) loaded(in *isa.Inst, from uint64) {
	if int(in.Size) == s.abi.WordSize {
		if r := s.slot(from); r != nil {
			s.loadedSlot(in.Dst, r)
			return
		}
	}
	v, ok := s.im.value(from, int(in.Size))
	if !ok {
		return
	}
	if s.fixed && int(in.Size) == s.abi.WordSize {
		s.refer(v) // no relocation marks the pointers of a fixed program
	}
	if s.im.constant(from) {
		s.set(in.Dst, v, false)
	}
}

func (s *scanner) loadedSlot(dst isa.Reg, r *reloc) {
	switch r.kind {
	case relocAddress:
		s.set(dst, r.target, true)
		s.whole = s.whole.With(dst)
		s.refer(r.target)
	case relocResolver:
		s.find(findIFunc, r.target)
	case relocSymbol:
		for _, t := range s.symbolTargets(r) {
			s.refer(t)
		}
		if id, ok := s.imports.of(r.sym); ok {
			s.find(findTakeName, uint64(id))
			s.set(dst, uint64(id), false)
			s.name = s.name.With(dst)
		}
	}
}
