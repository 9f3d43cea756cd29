// SPDX-License-Identifier: MIT

// Package arm64dec decodes AArch64 into the instruction language of package
// isa, by the encoding groups of the Arm Architecture Reference Manual (C4.1).
package arm64dec

import (
	"encoding/binary"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

const (
	fp isa.Reg = 29
	lr isa.Reg = 30
	sp isa.Reg = 31
)

var abi = isa.ABI{
	Name:     "arm64",
	WordSize: 8,
	MinLen:   4,
	SP:       sp,
	FP:       fp,
	LR:       lr,
	Args:     []isa.Reg{0, 1, 2, 3, 4, 5, 6, 7},
	Result:   0,
	// x0..x18 and the link register.
	CallerSaved:    1<<19 - 1 | 1<<30,
	SyscallNumber:  8,
	SyscallArgs:    []isa.Reg{0, 1, 2, 3, 4, 5},
	SyscallResult:  0,
	SyscallChanged: isa.Set(0),
}

// Decoder decodes AArch64.
type Decoder struct{}

// ABI returns AAPCS64 and Linux's convention of system calls.
func (Decoder) ABI() *isa.ABI { return &abi }

// word is an instruction with the accessors of its common fields.
type word uint32

func (w word) bits(hi, lo uint) uint32 { return uint32(w) >> lo & (1<<(hi-lo+1) - 1) }
func (w word) bit(n uint) bool         { return w>>n&1 != 0 }

// signed is the field hi..lo extended with its sign.
func (w word) signed(hi, lo uint) int64 {
	return int64(int32(uint32(w)<<(31-hi))) >> (31 - hi + lo)
}

// reg is a register field in which 31 means zero.
func (w word) reg(lo uint) isa.Reg {
	if r := isa.Reg(w.bits(lo+4, lo)); r != 31 {
		return r
	}
	return isa.Zero
}

// regSP is a register field in which 31 means the stack pointer.
func (w word) regSP(lo uint) isa.Reg { return isa.Reg(w.bits(lo+4, lo)) }

// size is the operand's width by the bit sf.
func (w word) size() uint8 {
	if w.bit(31) {
		return 8
	}
	return 4
}

// Decode decodes the instruction at the beginning of code.
func (Decoder) Decode(in *isa.Inst, code []byte, pc uint64) {
	if len(code) < 4 {
		in.Reset(max(len(code), 1))
		in.Op = isa.Invalid
		return
	}
	in.Reset(4)
	w := word(binary.LittleEndian.Uint32(code))
	switch w.bits(28, 25) {
	case 8, 9:
		immediate(in, w, pc)
	case 10, 11:
		branch(in, w, pc)
	case 4, 6, 12, 14:
		access(in, w, pc)
	case 5, 13:
		register(in, w)
	case 7, 15:
		vector(in, w)
	case 2: // SVE: counters and lane extracts write a general register
		in.Writes = in.Writes.With(w.reg(0))
	default: // udf and what is not allocated
		in.Op = isa.Trap
		if w != 0 && w.bits(31, 16) != 0 {
			in.Op = isa.Invalid
		}
	}
	in.Writes = in.Writes.With(in.Dst)
	if in.Adjust != 0 {
		in.Writes = in.Writes.With(in.Base)
	}
}

// immediate is the group of data processing with an immediate.
func immediate(in *isa.Inst, w word, pc uint64) {
	in.Size = w.size()
	switch w.bits(25, 23) {
	case 0, 1: // adr, adrp
		in.Dst, in.Size = w.reg(0), 8
		imm := w.signed(23, 5)<<2 | int64(w.bits(30, 29))
		if w.bit(31) {
			in.Op, in.Imm = isa.AddressPart, int64(pc&^0xfff)+imm<<12
		} else {
			in.Op, in.Imm = isa.Address, int64(pc)+imm
		}
	case 2:
		addImmediate(in, w)
	case 4:
		logicalImmediate(in, w)
	case 5:
		wideImmediate(in, w)
	case 6:
		bitfield(in, w)
	default: // addg, extr
		in.Writes = in.Writes.With(w.reg(0))
	}
}

func addImmediate(in *isa.Inst, w word) {
	imm := int64(w.bits(21, 10))
	if w.bit(22) {
		imm <<= 12
	}
	in.Op = isa.Add
	if w.bit(30) {
		in.Op = isa.Sub
	}
	in.Src, in.Imm = w.regSP(5), imm
	switch {
	case !w.bit(29):
		in.Dst = w.regSP(0)
	case w.reg(0) == isa.Zero && w.bit(30):
		in.Op = isa.Cmp
	default:
		in.Dst = w.reg(0)
	}
	if imm == 0 && in.Op != isa.Cmp {
		in.Op = isa.Mov
	}
}

func logicalImmediate(in *isa.Inst, w word) {
	imm, ok := bitmask(w)
	if !ok {
		in.Op = isa.Invalid
		return
	}
	in.Src, in.Imm, in.Dst = w.reg(5), imm, w.regSP(0)
	switch w.bits(30, 29) {
	case 0:
		in.Op = isa.And
	case 1:
		in.Op = isa.Or
	case 2:
		in.Op = isa.Xor
	case 3:
		in.Op, in.Dst = isa.And, w.reg(0)
	}
	if in.Src == isa.Zero && in.Op == isa.Or {
		in.Op, in.Src = isa.MovImm, isa.NoReg
	}
}

// bitmask expands a logical immediate: a run of ones, rotated, repeated.
func bitmask(w word) (int64, bool) {
	n, immr, imms := w.bits(22, 22), w.bits(21, 16), w.bits(15, 10)
	size := uint32(64)
	if n == 0 {
		for size = 32; size > 1 && imms&size != 0; size >>= 1 {
		}
	}
	if size < 2 || n == 1 && !w.bit(31) {
		return 0, false
	}
	ones, rotate := imms&(size-1)+1, immr&(size-1)
	if ones == size {
		return 0, false
	}
	run := uint64(1)<<ones - 1
	field := run>>rotate | run<<(size-rotate)
	if size < 64 {
		field &= 1<<size - 1
	}
	for ; size < 64; size *= 2 {
		field |= field << size
	}
	if !w.bit(31) {
		field &= 1<<32 - 1
	}
	return int64(field), true
}

func wideImmediate(in *isa.Inst, w word) {
	shift := w.bits(22, 21) * 16
	imm := int64(w.bits(20, 5))
	in.Dst, in.Op = w.reg(0), isa.MovImm
	switch w.bits(30, 29) {
	case 0: // movn
		in.Imm = ^(imm << shift)
	case 2: // movz
		in.Imm = imm << shift
	case 3: // movk
		in.Op, in.Src, in.Imm, in.Shift = isa.Insert16, in.Dst, imm, uint8(shift)
	default:
		in.Op, in.Dst = isa.Invalid, isa.NoReg
	}
	if in.Op == isa.MovImm && in.Size == 4 {
		in.Imm = int64(uint32(in.Imm))
	}
}

// bitfield models the aliases lsl, lsr, asr, uxt* and sxt*, and a ubfx of the
// lowest bits.
func bitfield(in *isa.Inst, w word) {
	immr, imms := w.bits(21, 16), w.bits(15, 10)
	top := uint32(in.Size)*8 - 1
	dst, src := w.reg(0), w.reg(5)
	unsigned, signed := w.bits(30, 29) == 2, w.bits(30, 29) == 0
	switch {
	case unsigned && imms == top:
		in.Op, in.Imm = isa.Shr, int64(immr)
	case unsigned && imms+1 == immr:
		in.Op, in.Imm = isa.Shl, int64(top-imms)
	case unsigned && immr == 0:
		in.Op, in.Imm = isa.And, 1<<(imms+1)-1
	case signed && imms == top:
		in.Op, in.Imm = isa.Sar, int64(immr)
	case signed && immr == 0 && (imms == 7 || imms == 15 || imms == 31):
		in.Op, in.Size = isa.Mov, uint8(imms+1)/8
		in.Flags |= isa.SignExtend
	default:
		in.Writes = in.Writes.With(dst)
		return
	}
	in.Dst, in.Src = dst, src
}

// branch is the group of branches, exceptions and system instructions.
func branch(in *isa.Inst, w word, pc uint64) {
	switch {
	case w.bits(30, 26) == 5: // b, bl
		in.Target = pc + uint64(w.signed(25, 0)<<2)
		if in.Op = isa.Jump; w.bit(31) {
			in.Op = isa.Call
		}
	case w.bits(31, 25) == 0x2a, w.bits(30, 25) == 0x1a: // b.cond, cbz, cbnz
		in.Op, in.Target = isa.CondJump, pc+uint64(w.signed(23, 5)<<2)
	case w.bits(30, 25) == 0x1b: // tbz, tbnz
		in.Op, in.Target = isa.CondJump, pc+uint64(w.signed(18, 5)<<2)
	case w.bits(31, 25) == 0x6b:
		branchRegister(in, w)
	case w.bits(31, 24) == 0xd4:
		exception(in, w)
	case w.bits(31, 22) == 0x354:
		system(in, w)
	default:
		in.Op = isa.Invalid
	}
}

// branchRegister: bit 3 of the opcode marks the forms with a modifier for
// pointer authentication.
func branchRegister(in *isa.Inst, w word) {
	switch w.bits(24, 21) {
	case 0, 8:
		in.Op, in.Src = isa.JumpReg, w.reg(5)
	case 1, 9:
		in.Op, in.Src = isa.CallReg, w.reg(5)
	case 2, 4, 5:
		in.Op = isa.Return
	default:
		in.Op = isa.Invalid
	}
}

func exception(in *isa.Inst, w word) {
	switch {
	case w.bits(23, 21) == 0 && w.bits(4, 0) == 1:
		in.Op, in.Writes = isa.Syscall, abi.SyscallChanged
	case w.bits(23, 21) == 1, w.bits(23, 21) == 2: // brk, hlt
		in.Op = isa.Trap
	}
}

// system: hints, barriers, msr; mrs and sysl write a register.
func system(in *isa.Inst, w word) {
	switch {
	case w.bit(21):
		in.Writes = in.Writes.With(w.reg(0))
	case w.bits(20, 12) == 0x32: // hints, among them bti; pacia and autia change x17 or lr
		in.Op = isa.Nop
		if w.bits(11, 8) != 0 || w.bits(7, 5) == 7 {
			in.Op, in.Writes = isa.Other, isa.Set(lr, 16, 17)
		}
		if w.bits(11, 8) == 4 { // bti
			in.Op, in.Writes = isa.Nop, 0
			in.Flags |= isa.Landing
		}
	}
}
