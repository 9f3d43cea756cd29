// SPDX-License-Identifier: MIT

// Package riscvdec decodes 64-bit RISC-V code (RV64GC, compressed instructions
// included) into package isa's instructions.
//
// The base integer set and what compilers use to make constants and addresses
// is modelled; of the other ratified extensions (floating point, atomics, bit
// manipulation, vectors) only the general purpose registers that they write are
// known. Encodings: The RISC-V Instruction Set Manual, volume I.
//
// A jump-and-link is a call whatever register it links through, as hand-written
// code and the compilers' save-restore routines use others than ra; the one
// exception is the PLT's "jalr t1, t3", where t1 only tells the dynamic linker
// which entry it came from, so that it is a jump.
package riscvdec

import (
	"encoding/binary"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// Registers with a role in the ABI (RISC-V ELF psABI, integer register convention).
const (
	ra isa.Reg = 1
	sp isa.Reg = 2
	t0 isa.Reg = 5
	t1 isa.Reg = 6
	s0 isa.Reg = 8
	a0 isa.Reg = 10
	a7 isa.Reg = 17
	t3 isa.Reg = 28
)

var abi = isa.ABI{
	Name:     "riscv64",
	WordSize: 8,
	MinLen:   2,
	SP:       sp,
	FP:       s0,
	LR:       ra,
	Args:     []isa.Reg{10, 11, 12, 13, 14, 15, 16, 17},
	Result:   a0,
	CallerSaved: isa.Set(ra, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17,
		28, 29, 30, 31),
	SyscallNumber:  a7,
	SyscallArgs:    []isa.Reg{10, 11, 12, 13, 14, 15},
	SyscallResult:  a0,
	SyscallChanged: isa.Set(a0),
}

// Decoder decodes RV64GC code. It has no state.
type Decoder struct{}

var _ isa.Decoder = Decoder{}

// ABI returns the LP64D calling convention and Linux' system call convention.
func (Decoder) ABI() *isa.ABI { return &abi }

// Decode implements isa.Decoder. Instructions longer than 4 bytes, which no
// ratified extension has, are Invalid.
func (Decoder) Decode(inst *isa.Inst, code []byte, pc uint64) {
	if len(code) < 2 {
		inst.Reset(max(len(code), 1))
		inst.Op = isa.Invalid
		return
	}
	half := binary.LittleEndian.Uint16(code)
	if half&3 != 3 {
		inst.Reset(2)
		compressed(inst, uint32(half), pc)
		return
	}
	if half&0x1c == 0x1c || len(code) < 4 {
		inst.Reset(2)
		inst.Op = isa.Invalid
		return
	}
	inst.Reset(4)
	full(inst, binary.LittleEndian.Uint32(code), pc)
}

// field returns the n bits of x from bit lo on.
func field(x uint32, lo, n uint) uint32 { return x >> lo & (1<<n - 1) }

// signed extends the n-bit number x with its sign.
func signed(x uint32, n uint) int64 { return int64(int32(x<<(32-n)) >> (32 - n)) }

// reg names a register operand; x0 is isa.Zero.
func reg(n uint32) isa.Reg {
	if n &= 31; n != 0 {
		return isa.Reg(n)
	}
	return isa.Zero
}

// set makes i an operation on dst; one that only writes x0 does nothing.
func set(i *isa.Inst, op isa.Op, dst isa.Reg) {
	if dst == isa.Zero {
		i.Op = isa.Nop
		return
	}
	i.Op, i.Dst, i.Size, i.Writes = op, dst, 8, isa.Set(dst)
}

// word says that the result is 32 bits wide and extended with its sign.
func word(i *isa.Inst) {
	if i.Op != isa.Nop {
		i.Size, i.Flags = 4, i.Flags|isa.SignExtend
	}
}

// opImm is dst = src op imm, in its simplest form.
func opImm(i *isa.Inst, op isa.Op, dst, src isa.Reg, imm int64) {
	zeroKeeps := op == isa.Add || op == isa.Or || op == isa.Xor
	switch {
	case src == isa.Zero && zeroKeeps:
		op, src = isa.MovImm, isa.NoReg
	case imm == 0 && zeroKeeps:
		op = isa.Mov
	}
	set(i, op, dst)
	if i.Op != isa.Nop {
		i.Src, i.Imm = src, imm
	}
}

// opReg is dst = src op src2<<shift, in its simplest form.
func opReg(i *isa.Inst, op isa.Op, dst, src, src2 isa.Reg, shift uint8) {
	set(i, op, dst)
	zeroKeeps := op == isa.Add || op == isa.Or || op == isa.Xor || op == isa.Sub
	switch {
	case i.Op == isa.Nop:
	case src2 == isa.Zero && zeroKeeps:
		opImm(i, isa.Add, dst, src, 0)
	case src == isa.Zero && zeroKeeps && op != isa.Sub && shift == 0:
		opImm(i, isa.Add, dst, src2, 0)
	default:
		i.Src, i.Src2, i.Shift = src, src2, shift
	}
}

// load is dst = size bytes at base+disp; dst NoReg is a floating point register.
func load(i *isa.Inst, dst, base isa.Reg, disp int64, size uint8, sign bool) {
	i.Op, i.Dst, i.Writes = isa.Load, dst, isa.Set(dst)
	address(i, base, disp, size)
	if sign {
		i.Flags |= isa.SignExtend
	}
}

// store writes size bytes of src to base+disp.
func store(i *isa.Inst, src, base isa.Reg, disp int64, size uint8) {
	i.Op, i.Src = isa.Store, src
	address(i, base, disp, size)
}

// address sets the memory operand; relative to x0 it is absolute.
func address(i *isa.Inst, base isa.Reg, disp int64, size uint8) {
	if base == isa.Zero {
		base = isa.NoReg
	}
	i.Flags |= isa.HasMem
	i.Base, i.Disp, i.Size = base, disp, size
}

// link is jal: a jump when the return address is thrown away.
func link(i *isa.Inst, rd isa.Reg, target uint64) {
	i.Op, i.Target = isa.Call, target
	if rd == isa.Zero {
		i.Op = isa.Jump
	}
}

// linkReg is jalr: to src+imm.
func linkReg(i *isa.Inst, rd, src isa.Reg, imm int64) {
	i.Op, i.Src, i.Imm = isa.CallReg, src, imm
	switch {
	case rd == t1 && src == t3:
		i.Op, i.Writes = isa.JumpReg, isa.Set(t1)
	case rd != isa.Zero:
	case (src == ra || src == t0) && imm == 0:
		i.Op = isa.Return
	default:
		i.Op = isa.JumpReg
	}
}
