// SPDX-License-Identifier: MIT

package armdec

import "github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"

// t32Multi is ldm and stm, and the entry to and return from exceptions.
func t32Multi(i *isa.Inst, x uint32) {
	load, back, rn := bit(x, 20), bit(x, 21), regAt(x, 16)
	switch kind := field(x, 23, 2); {
	case kind == 1:
		multi(i, load, false, true, back, rn, field(x, 0, 16))
	case kind == 2:
		multi(i, load, true, false, back, rn, field(x, 0, 16))
	case load: // rfe
		i.Op = isa.Return
	default: // srs
		i.Op, i.Writes = isa.Store, set(sp)
	}
}

// t32Dual is ldrd and strd, the exclusive accesses and the table branches.
func t32Dual(i *isa.Inst, x, here uint32) {
	load, rn := bit(x, 20), regAt(x, 16)
	p, w := bit(x, 24), bit(x, 21)
	if !p && !w {
		t32Exclusive(i, x, load, rn, here)
		return
	}
	pair(i, load, regAt(x, 12), regAt(x, 8))
	access(i, rn, offset(field(x, 0, 8)*4, bit(x, 23)), modeOf(p, w), 4, here&^3)
}

// t32Exclusive is ldrex, strex, lda, stl and their like, tbb and tbh.
func t32Exclusive(i *isa.Inst, x uint32, load bool, rn isa.Reg, here uint32) {
	rt, rt2, status := regAt(x, 12), regAt(x, 8), regAt(x, 0)
	kind := field(x, 4, 4)
	switch {
	case !bit(x, 23): // ldrex, strex
		exclusive(i, load, rt2, rt, isa.NoReg, rn, int32(field(x, 0, 8)*4), 4)
	case load && kind < 2:
		t32Table(i, rn, status, uint8(kind)+1, here)
	case kind < 4 || kind == 6 || kind == 11:
		i.Op = isa.Invalid
	default:
		if kind&12 == 8 { // lda, stl: no status
			status = isa.NoReg
		}
		exclusive(i, load, status, rt, rt2, rn, 0, [4]uint8{1, 2, 4, 8}[kind&3])
	}
}

// t32Table is tbb and tbh: a jump forward from here by twice the entry.
func t32Table(i *isa.Inst, rn, rm isa.Reg, size uint8, here uint32) {
	i.Op, i.Flags, i.Size = isa.JumpTable, isa.HasMem, size
	i.Base, i.Index, i.Shift = rn, rm, size-1
	i.Target = thumb(here)
	if rn == pc {
		i.Base, i.Disp = isa.NoReg, int64(here)
	}
}

// t32Transfer is the loads and stores of one register, and of vectors.
func t32Transfer(i *isa.Inst, x, here uint32) {
	load, sign, width := bit(x, 20), bit(x, 24), field(x, 21, 2)
	rt, rn := regAt(x, 12), regAt(x, 16)
	switch {
	case sign && !load:
		vectorMemory(i, x)
		return
	case width == 3 || sign && width == 2 || !load && rn == pc:
		i.Op = isa.Invalid
		return
	case load && rt == pc && width != 2: // pld, pli
		return
	}
	transfer(i, load, sign, rt)
	t32Address(i, x, rn, uint8(1)<<width, here)
	settle(i)
}

// t32Address is the memory operand of a load or store of one register.
func t32Address(i *isa.Inst, x uint32, rn isa.Reg, size uint8, here uint32) {
	plain := mode{pre: true}
	switch {
	case rn == pc:
		access(i, pc, offset(field(x, 0, 12), bit(x, 23)), plain, size, here&^3)
	case bit(x, 23):
		access(i, rn, int32(field(x, 0, 12)), plain, size, 0)
	case bit(x, 11):
		access(i, rn, offset(field(x, 0, 8), bit(x, 9)), modeOf(bit(x, 10), bit(x, 8)), size, 0)
	case field(x, 6, 5) == 0:
		accessIndexed(i, rn, shifted(regAt(x, 0), lsl, field(x, 4, 2)), true, plain, size, 0)
	default:
		i.Reset(4)
		i.Op = isa.Invalid
	}
}
