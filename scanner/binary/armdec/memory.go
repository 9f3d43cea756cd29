// SPDX-License-Identifier: MIT

package armdec

import (
	"math/bits"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// mode is how a memory operand is formed out of its base register.
type mode struct {
	pre  bool // the offset counts for the access
	back bool // the base register is changed by the offset
}

// modeOf reads the P and W bits; without P the base is always changed.
func modeOf(p, w bool) mode { return mode{pre: p, back: w || !p} }

// access is a memory operand with a constant offset; here is the pc's value,
// aligned to a word.
func access(i *isa.Inst, rn isa.Reg, offset int32, m mode, size uint8, here uint32) {
	i.Flags |= isa.HasMem
	i.Size, i.Base = size, rn
	if rn == pc {
		i.Base = isa.NoReg
		i.Disp = int64(here + uint32(offset))
		return
	}
	if m.pre {
		i.Disp = int64(offset)
	}
	if m.back {
		i.Adjust = offset
		i.Writes = i.Writes.With(rn)
	}
}

// accessIndexed is a memory operand with a register as the offset. One that is
// subtracted or shifted to the right has no place in isa: the address is unknown.
func accessIndexed(i *isa.Inst, rn isa.Reg, o operand, up bool, m mode, size uint8, here uint32) {
	i.Size = size
	if m.back {
		i.Writes |= set(rn)
	}
	if (o.opaque || !up) && m.pre || o.reg == pc {
		return
	}
	i.Flags |= isa.HasMem
	if i.Base = rn; rn == pc {
		i.Base, i.Disp = isa.NoReg, int64(here)
	}
	if m.pre {
		i.Index, i.Shift = o.reg, o.shift
	}
}

// offset is n with the sign that the U bit says.
func offset(n uint32, up bool) int32 {
	if up {
		return int32(n)
	}
	return -int32(n)
}

// transfer makes i a load into rt or a store of it; the memory operand follows.
func transfer(i *isa.Inst, load, sign bool, rt isa.Reg) {
	if !load {
		i.Op, i.Src = isa.Store, rt
		if rt == pc {
			i.Src = isa.NoReg
		}
		return
	}
	i.Op, i.Dst, i.Writes = isa.Load, rt, set(rt)
	if sign {
		i.Flags |= isa.SignExtend
	}
}

// settle finishes a load or store, after its memory operand: a load of the pc
// is a jump, or a return when it pops the stack; a load from an address that
// isa cannot express is Other.
func settle(i *isa.Inst) {
	switch {
	case i.Op != isa.Load:
	case i.Dst == pc && i.Base == sp && i.Writes.Has(sp):
		i.Op, i.Dst = isa.Return, isa.NoReg
	case i.Dst == pc && !i.Mem():
		i.Op, i.Dst = isa.JumpReg, isa.NoReg
	case i.Dst == pc:
		i.Op, i.Dst = isa.JumpMem, isa.NoReg
	case !i.Mem():
		i.Op, i.Dst, i.Flags = isa.Other, isa.NoReg, 0
	}
}

// pair makes i ldrd or strd; the memory operand follows.
func pair(i *isa.Inst, load bool, rt, rt2 isa.Reg) {
	if load {
		i.Op, i.Dst, i.Src2, i.Writes = isa.LoadPair, rt, rt2, set(rt, rt2)
		return
	}
	i.Op, i.Src, i.Src2 = isa.StorePair, rt, rt2
}

// settlePair finishes ldrd or strd after its memory operand.
func settlePair(i *isa.Inst) {
	switch {
	case i.Mem():
	case i.Op == isa.LoadPair:
		i.Op, i.Dst, i.Src2 = isa.Other, isa.NoReg, isa.NoReg
	default: // somewhere
		i.Op, i.Src, i.Src2, i.Size = isa.Store, isa.NoReg, isa.NoReg, 8
	}
}

// multi is ldm and stm with the P and U bits of A32: before (else after),
// upwards (else downwards); back is the W bit.
func multi(i *isa.Inst, load, before, up, back bool, rn isa.Reg, list uint32) {
	size := int32(bits.OnesCount32(list)) * 4
	lowest := int32(0)
	switch {
	case up && before:
		lowest = 4
	case !up && before:
		lowest = -size
	case !up:
		lowest = 4 - size
	}
	i.Op, i.Size, i.List = isa.StoreMulti, 4, isa.RegSet(list)
	i.Flags |= isa.HasMem
	i.Base, i.Disp = rn, int64(lowest)
	if back {
		i.Adjust = offset(uint32(size), up)
		i.Writes |= set(rn)
	}
	if !load {
		return
	}
	i.Op, i.Writes = isa.LoadMulti, i.Writes|isa.RegSet(list)
	if i.Writes.Has(pc) {
		i.Op, i.Writes = isa.Return, i.Writes&^(1<<pc)
	}
	if list>>rn&1 == 1 { // the loaded value stays, if any
		i.Adjust = 0
	}
}

// exclusive is a load that begins, or a store that ends, an atomic sequence,
// or one with acquire or release semantics: at [rn+disp]. status is NoReg where
// the store cannot fail.
func exclusive(i *isa.Inst, load bool, status, rt, rt2, rn isa.Reg, disp int32, size uint8) {
	switch {
	case load && size == 8:
		pair(i, true, rt, rt2)
		size = 4
	case load:
		transfer(i, true, false, rt)
	case status == isa.NoReg:
		transfer(i, false, false, rt)
	default: // it may fail: nothing is known of the memory afterwards
		i.Op, i.Writes = isa.Store, set(status)
	}
	access(i, rn, disp, mode{pre: true}, size, 0)
}
