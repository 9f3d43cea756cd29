// SPDX-License-Identifier: MIT

package arm64dec

import "github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"

// register is the group of data processing with registers.
func register(in *isa.Inst, w word) {
	in.Size = w.size()
	switch {
	case !w.bit(28) && !w.bit(24):
		logicalRegister(in, w)
	case !w.bit(28):
		addRegister(in, w)
	case w.bit(24):
		multiply(in, w)
	default:
		registerRest(in, w)
	}
}

func registerRest(in *isa.Inst, w word) {
	switch w.bits(23, 21) {
	case 2: // ccmp
	case 4:
		selectRegister(in, w)
	default: // adc, shifts by a register, division, bit reversal
		in.Writes = in.Writes.With(w.reg(0))
	}
}

func logicalRegister(in *isa.Inst, w word) {
	dst, a, b := w.reg(0), w.reg(5), w.reg(16)
	opc, shift := w.bits(30, 29), w.bits(15, 10)
	if w.bits(23, 22) != 0 && shift != 0 {
		in.Writes = in.Writes.With(dst)
		return
	}
	switch {
	case w.bit(21) && opc == 1 && a == isa.Zero && shift == 0: // mvn
		in.Op, in.Src, in.Imm = isa.Xor, b, -1
	case w.bit(21) && (opc == 0 || opc == 3):
		in.Op, in.Src, in.Src2, in.Shift = isa.AndNot, a, b, uint8(shift)
	case w.bit(21):
		in.Writes = in.Writes.With(dst)
		return
	case opc == 1 && a == isa.Zero && b == isa.Zero:
		in.Op = isa.MovImm
	case opc == 1 && a == isa.Zero && shift == 0:
		in.Op, in.Src = isa.Mov, b
	default:
		in.Op = [4]isa.Op{isa.And, isa.Or, isa.Xor, isa.And}[opc]
		in.Src, in.Src2, in.Shift = a, b, uint8(shift)
	}
	in.Dst = dst
}

// addRegister is add and sub with a shifted or an extended register; an
// extension that could change the value is not modelled.
func addRegister(in *isa.Inst, w word) {
	dst, a, b := w.reg(0), w.reg(5), w.reg(16)
	shift, plain := w.bits(15, 10), w.bits(23, 22) == 0 || w.bits(15, 10) == 0
	if w.bit(21) { // extended: 31 is the stack pointer
		a = w.regSP(5)
		if !w.bit(29) {
			dst = w.regSP(0)
		}
		shift = w.bits(12, 10)
		option := w.bits(15, 13)
		plain = option == 3 || option == 7 || in.Size == 4 && (option == 2 || option == 6)
	}
	op := isa.Add
	if w.bit(30) {
		op = isa.Sub
	}
	switch {
	case w.bit(30) && w.bit(29) && w.reg(0) == isa.Zero:
		in.Op, in.Src, in.Src2, in.Shift = isa.Cmp, a, b, uint8(shift)
	case !plain:
		in.Writes = in.Writes.With(dst)
	default:
		in.Op, in.Dst, in.Src, in.Src2, in.Shift = op, dst, a, b, uint8(shift)
	}
}

func multiply(in *isa.Inst, w word) {
	if w.bits(23, 21) == 0 && !w.bit(15) && w.reg(10) == isa.Zero {
		in.Op, in.Dst, in.Src, in.Src2 = isa.Mul, w.reg(0), w.reg(5), w.reg(16)
		return
	}
	in.Writes = in.Writes.With(w.reg(0))
}

// selectRegister is csel, csinc, csinv, csneg; of the last two the aliases
// csetm and cinv of zero.
func selectRegister(in *isa.Inst, w word) {
	a, b := w.reg(5), w.reg(16)
	in.Dst, in.Src, in.Src2 = w.reg(0), a, b
	switch {
	case !w.bit(30) && !w.bit(10):
		in.Op = isa.Select
	case !w.bit(30) && a == isa.Zero && b == isa.Zero:
		in.Op, in.Src, in.Src2, in.Imm = isa.SetCond, isa.NoReg, isa.NoReg, 1
	case !w.bit(30):
		in.Op, in.Imm = isa.Select, 1
	case !w.bit(10) && b == isa.Zero:
		in.Op, in.Imm = isa.Select, -1
	default:
		in.Writes = in.Writes.With(in.Dst)
		in.Dst, in.Src, in.Src2 = isa.NoReg, isa.NoReg, isa.NoReg
	}
	if in.Size == 4 && in.Imm == -1 && a == isa.Zero {
		in.Op, in.Src, in.Src2, in.Imm = isa.SetCond, isa.NoReg, isa.NoReg, 1<<32-1
	}
}

// vector is floating point and SIMD: conversions and moves to a general register.
func vector(in *isa.Inst, w word) {
	switch {
	case w&0x5f20fc00 == 0x1e200000: // conversions and fmov
		if op := w.bits(18, 16); op < 2 || op >= 4 && op < 7 {
			in.Writes = in.Writes.With(w.reg(0))
		}
	case w&0x5f200000 == 0x1e000000: // fixed point conversions
		if w.bits(18, 16) < 2 {
			in.Writes = in.Writes.With(w.reg(0))
		}
	case w&0xbfe0fc00 == 0x0e003c00, w&0xbfe0fc00 == 0x0e002c00: // umov, smov
		in.Writes = in.Writes.With(w.reg(0))
	}
}

// access is the group of loads and stores.
func access(in *isa.Inst, w word, pc uint64) {
	switch {
	case w&0x3b000000 == 0x18000000:
		literal(in, w, pc)
	case w&0x3a000000 == 0x28000000:
		pair(in, w)
	case w&0x3a000000 == 0x38000000:
		single(in, w)
	case w&0xbe000000 == 0x0c000000:
		vectorStructure(in, w)
	case w&0x3f000000 == 0x08000000:
		exclusive(in, w)
	case w&0x3f200c00 == 0x19000000: // ldapur, stlur
		transfer(in, w, w.bits(23, 22), w.signed(20, 12))
	default: // memory tags, memcpy: registers 0..4, 5..9 and 16..20 move on
		in.Writes = in.Writes.With(w.reg(0)).With(w.regSP(5)).With(w.reg(16))
	}
}

func literal(in *isa.Inst, w word, pc uint64) {
	in.Op, in.Flags, in.Disp = isa.Load, isa.HasMem, int64(pc)+w.signed(23, 5)<<2
	in.Dst, in.Size = w.reg(0), 4
	switch opc := w.bits(31, 30); {
	case w.bit(26):
		in.Dst, in.Size = isa.NoReg, 4<<opc
	case opc == 1:
		in.Size = 8
	case opc == 2:
		in.Flags |= isa.SignExtend
	case opc == 3: // prefetch
		in.Op, in.Dst = isa.Nop, isa.NoReg
	}
}

// index sets the base register, and what an indexed form adds to it: mode 1 is
// post-index, 3 pre-index.
func index(in *isa.Inst, w word, mode uint32, imm int64) {
	in.Flags |= isa.HasMem
	in.Base, in.Disp = w.regSP(5), imm
	switch mode {
	case 1:
		in.Disp, in.Adjust = 0, int32(imm)
	case 3:
		in.Adjust = int32(imm)
	}
}

func pair(in *isa.Inst, w word) {
	opc := w.bits(31, 30)
	in.Size = 4
	if opc == 2 {
		in.Size = 8
	}
	if w.bit(26) {
		in.Size = 4 << opc
	}
	index(in, w, w.bits(24, 23), w.signed(21, 15)*int64(in.Size))
	first, second := w.reg(0), w.reg(10)
	if w.bit(26) {
		first, second = isa.NoReg, isa.NoReg
	}
	if !w.bit(22) {
		in.Op, in.Src, in.Src2 = isa.StorePair, first, second
		return
	}
	in.Op, in.Dst, in.Src2 = isa.LoadPair, first, second
	in.Writes = in.Writes.With(second)
	if opc == 1 && !w.bit(26) {
		in.Flags |= isa.SignExtend
	}
}

// single is the load or store of one register in its addressing modes.
func single(in *isa.Inst, w word) {
	opc := w.bits(23, 22)
	scale := w.bits(31, 30)
	if w.bit(26) && opc >= 2 {
		scale = 4
	}
	switch mode := w.bits(11, 10); {
	case w.bit(24):
		transfer(in, w, opc, int64(w.bits(21, 10))<<scale)
	case !w.bit(21):
		transfer(in, w, opc, w.signed(20, 12))
		if mode == 1 || mode == 3 {
			index(in, w, mode, w.signed(20, 12))
		}
	case mode == 2:
		transfer(in, w, opc, 0)
		in.Index = w.reg(16)
		if w.bit(12) {
			in.Shift = uint8(scale)
		}
	case mode == 0: // atomics
		in.Op, in.Size = isa.Store, 1<<scale
		index(in, w, 2, 0)
		in.Writes = in.Writes.With(w.reg(0))
	default: // ldraa, ldrab
		in.Writes = in.Writes.With(w.reg(0)).With(w.regSP(5))
	}
}

// transfer fills a load or store at base+disp by size, V and opc.
func transfer(in *isa.Inst, w word, opc uint32, disp int64) {
	index(in, w, 2, disp)
	in.Size = 1 << w.bits(31, 30)
	r := w.reg(0)
	switch {
	case w.bit(26):
		if opc >= 2 {
			in.Size = 16
		}
		if in.Op = isa.Load; opc&1 == 0 {
			in.Op = isa.Store
		}
	case opc == 0:
		in.Op, in.Src = isa.Store, r
	case opc >= 2 && in.Size == 8: // prefetch
		in.Op = isa.Nop
		in.Flags = 0
		in.Base, in.Disp = isa.NoReg, 0
	default:
		in.Op, in.Dst = isa.Load, r
		if opc >= 2 {
			in.Flags |= isa.SignExtend
		}
	}
}

// vectorStructure is ld1 to ld4 and st1 to st4.
func vectorStructure(in *isa.Inst, w word) {
	index(in, w, 2, 0)
	if !w.bit(22) {
		in.Op, in.Size = isa.Store, 64
	}
	if w.bit(23) {
		in.Writes = in.Writes.With(w.regSP(5))
	}
}

// exclusive is ldxr, stxr, ldar, stlr, cas and their pairs.
func exclusive(in *isa.Inst, w word) {
	index(in, w, 2, 0)
	in.Size = 1 << w.bits(31, 30)
	switch {
	case w.bit(23) && !w.bit(21) && w.bit(22): // ldar
		in.Op, in.Dst = isa.Load, w.reg(0)
	case w.bit(23) && !w.bit(21): // stlr
		in.Op, in.Src = isa.Store, w.reg(0)
	case w.bit(22) && !w.bit(23): // ldxr, ldxp
		in.Writes = in.Writes.With(w.reg(0))
		if w.bit(21) {
			in.Writes = in.Writes.With(w.reg(10))
		}
	default: // stxr, cas: the status or the old value is in Rs
		in.Op = isa.Store
		in.Writes = in.Writes.With(w.reg(16))
		if w.bit(21) {
			in.Writes = in.Writes.With(w.reg(16) + 1)
		}
	}
}
