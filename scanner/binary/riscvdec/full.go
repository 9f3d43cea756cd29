// SPDX-License-Identifier: MIT

package riscvdec

import "github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"

// full decodes the 32-bit instruction x, by its major opcode.
func full(i *isa.Inst, x uint32, pc uint64) {
	rd, rs1 := reg(x>>7), reg(x>>15)
	upper := int64(int32(x &^ 0xfff))
	immI := signed(x>>20, 12)
	switch x & 0x7f {
	case 0x03:
		loadInt(i, x, immI)
	case 0x07:
		loadFloat(i, x, immI)
	case 0x0f: // fence, cbo.*
		i.Op = isa.Nop
	case 0x13:
		immediate(i, x, immI)
	case 0x17: // auipc
		set(i, isa.AddressPart, rd)
		i.Imm = int64(pc) + upper
	case 0x1b:
		immediate32(i, x, immI)
	case 0x23, 0x27:
		storeAny(i, x)
	case 0x2f:
		atomic(i, x)
	case 0x33:
		register(i, x)
	case 0x37: // lui
		set(i, isa.MovImm, rd)
		i.Imm = upper
	case 0x3b:
		register32(i, x)
	case 0x43, 0x47, 0x4b, 0x4f, 0x77: // fused multiply-add, vector cryptography
	case 0x53:
		float(i, x)
	case 0x57:
		vector(i, x)
	case 0x63:
		branch(i, x, pc)
	case 0x67:
		if field(x, 12, 3) != 0 {
			i.Op = isa.Invalid
			return
		}
		linkReg(i, rd, rs1, immI)
	case 0x6f:
		link(i, rd, pc+uint64(immJ(x)))
	case 0x73:
		system(i, x)
	default:
		i.Op = isa.Invalid
	}
}

// immJ is the offset of jal.
func immJ(x uint32) int64 {
	return signed(field(x, 31, 1)<<20|field(x, 12, 8)<<12|field(x, 20, 1)<<11|field(x, 21, 10)<<1, 21)
}

// branch is beq and its like.
func branch(i *isa.Inst, x uint32, pc uint64) {
	if f := field(x, 12, 3); f == 2 || f == 3 {
		i.Op = isa.Invalid
		return
	}
	off := field(x, 31, 1)<<12 | field(x, 7, 1)<<11 | field(x, 25, 6)<<5 | field(x, 8, 4)<<1
	i.Op, i.Target = isa.CondJump, pc+uint64(signed(off, 13))
	i.Src, i.Src2 = reg(x>>15), reg(x>>20)
}

func loadInt(i *isa.Inst, x uint32, imm int64) {
	f := field(x, 12, 3)
	if f == 7 {
		i.Op = isa.Invalid
		return
	}
	load(i, reg(x>>7), reg(x>>15), imm, 1<<(f&3), f < 4)
}

// loadFloat is flh to flq, and the vector loads, whose size is not known here.
func loadFloat(i *isa.Inst, x uint32, imm int64) {
	switch f := field(x, 12, 3); f {
	case 1, 2, 3, 4:
		load(i, isa.NoReg, reg(x>>15), imm, 1<<f, false)
	}
}

// storeAny is sb to sd, fsh to fsq and the vector stores.
func storeAny(i *isa.Inst, x uint32) {
	src, base, f := reg(x>>20), reg(x>>15), field(x, 12, 3)
	imm := signed(field(x, 25, 7)<<5|field(x, 7, 5), 12)
	switch isFloat := x&0x7f == 0x27; {
	case !isFloat && f < 4:
		store(i, src, base, imm, 1<<f)
	case !isFloat:
		i.Op = isa.Invalid
	case f >= 1 && f <= 4:
		store(i, isa.NoReg, base, imm, 1<<f)
	default:
		// The length of a vector is the processor's: the largest one that
		// an instruction can say.
		store(i, isa.NoReg, base, 0, 255)
	}
}

// atomic is lr, sc and the read-modify-write operations.
func atomic(i *isa.Inst, x uint32) {
	rd, base, size := reg(x>>7), reg(x>>15), uint8(1)<<field(x, 12, 3)
	if x>>27 == 2 {
		load(i, rd, base, 0, size, true)
		return
	}
	store(i, isa.NoReg, base, 0, size)
	i.Writes = isa.Set(rd)
}

// immediate is addi and its like.
func immediate(i *isa.Inst, x uint32, imm int64) {
	rd, rs1 := reg(x>>7), reg(x>>15)
	switch field(x, 12, 3) {
	case 0:
		opImm(i, isa.Add, rd, rs1, imm)
	case 1:
		shiftLeft(i, x)
	case 2, 3: // slti, sltiu
		set(i, isa.SetCond, rd)
		i.Imm = 1
	case 4:
		opImm(i, isa.Xor, rd, rs1, imm)
	case 5:
		shiftRight(i, x)
	case 6:
		opImm(i, isa.Or, rd, rs1, imm)
	case 7:
		opImm(i, isa.And, rd, rs1, imm)
	}
}

// shiftLeft is slli and, in its place, Zbb's and Zbs' operations.
func shiftLeft(i *isa.Inst, x uint32) {
	rd, rs1 := reg(x>>7), reg(x>>15)
	switch {
	case x>>26 == 0:
		opImm(i, isa.Shl, rd, rs1, int64(field(x, 20, 6)))
	case x>>20 == 0x604, x>>20 == 0x605: // sext.b, sext.h
		set(i, isa.Mov, rd)
		i.Src, i.Size, i.Flags = rs1, uint8(1)<<field(x, 20, 1), isa.SignExtend
	default:
		set(i, isa.Other, rd)
	}
}

// shiftRight is srli, srai and, in their place, Zbb's and Zbs' operations.
func shiftRight(i *isa.Inst, x uint32) {
	op := isa.Other
	switch x >> 26 {
	case 0:
		op = isa.Shr
	case 0x10:
		op = isa.Sar
	}
	rd := reg(x >> 7)
	if op == isa.Other {
		set(i, isa.Other, rd)
		return
	}
	opImm(i, op, rd, reg(x>>15), int64(field(x, 20, 6)))
}

// immediate32 is addiw and its like.
func immediate32(i *isa.Inst, x uint32, imm int64) {
	rd, rs1 := reg(x>>7), reg(x>>15)
	f, funct7 := field(x, 12, 3), x>>25
	switch {
	case f == 0:
		opImm(i, isa.Add, rd, rs1, imm)
	case f == 1 && funct7 == 0:
		opImm(i, isa.Shl, rd, rs1, int64(field(x, 20, 5)))
	case f == 5 && funct7 == 0:
		opImm(i, isa.Shr, rd, rs1, int64(field(x, 20, 5)))
	case f == 5 && funct7 == 0x20:
		opImm(i, isa.Sar, rd, rs1, int64(field(x, 20, 5)))
	case f == 1 || f == 5: // slli.uw, roriw, clzw, ...
		set(i, isa.Other, rd)
		return
	default:
		i.Op = isa.Invalid
		return
	}
	word(i)
}

// functs is the bits of a register operation that say which one it is.
const functs = 0xfe007000

// register is add and its like.
func register(i *isa.Inst, x uint32) {
	rd, rs1, rs2 := reg(x>>7), reg(x>>15), reg(x>>20)
	switch x & functs {
	case 0x00000000:
		opReg(i, isa.Add, rd, rs1, rs2, 0)
	case 0x40000000:
		opReg(i, isa.Sub, rd, rs1, rs2, 0)
	case 0x00004000:
		opReg(i, isa.Xor, rd, rs1, rs2, 0)
	case 0x00006000:
		opReg(i, isa.Or, rd, rs1, rs2, 0)
	case 0x00007000:
		opReg(i, isa.And, rd, rs1, rs2, 0)
	case 0x40007000:
		opReg(i, isa.AndNot, rd, rs1, rs2, 0)
	case 0x02000000:
		opReg(i, isa.Mul, rd, rs1, rs2, 0)
	case 0x00002000, 0x00003000: // slt, sltu
		set(i, isa.SetCond, rd)
		i.Imm = 1
	case 0x20002000, 0x20004000, 0x20006000: // sh1add, sh2add, sh3add
		opReg(i, isa.Add, rd, rs2, rs1, uint8(field(x, 13, 2)))
	default: // shifts by a register, division, the rest of Zb*
		set(i, isa.Other, rd)
	}
}

// register32 is addw and its like.
func register32(i *isa.Inst, x uint32) {
	rd, rs1, rs2 := reg(x>>7), reg(x>>15), reg(x>>20)
	switch x & functs {
	case 0x00000000:
		opReg(i, isa.Add, rd, rs1, rs2, 0)
	case 0x40000000:
		opReg(i, isa.Sub, rd, rs1, rs2, 0)
	case 0x02000000:
		opReg(i, isa.Mul, rd, rs1, rs2, 0)
	default:
		set(i, isa.Other, rd)
		return
	}
	word(i)
}

// float is the floating point operations, of which the comparisons,
// classifications and moves and conversions to integers write a register.
func float(i *isa.Inst, x uint32) {
	switch x >> 27 {
	case 0x14, 0x18, 0x1c:
		set(i, isa.Other, reg(x>>7))
	}
}

// vector is the vector operations; vset* and those with a scalar result
// (vmv.x.s, vcpop, vfirst) write a register.
func vector(i *isa.Inst, x uint32) {
	f := field(x, 12, 3)
	if f == 7 || f == 2 && x>>26 == 0x10 {
		set(i, isa.Other, reg(x>>7))
	}
}

// system is ecall, ebreak, the returns from traps, and the control registers.
func system(i *isa.Inst, x uint32) {
	switch f := field(x, 12, 3); {
	case f == 0:
		i.Op = privileged(x)
	case f == 4: // hypervisor loads and stores
		set(i, isa.Other, reg(x>>7))
	default:
		set(i, isa.Other, reg(x>>7))
		if i.Op == isa.Nop {
			i.Op = isa.Other // csrw: x0 is not written, but it is no nop
		}
	}
}

func privileged(x uint32) isa.Op {
	switch x {
	case 0x00000073:
		return isa.Syscall
	case 0x00100073:
		return isa.Trap
	case 0x10200073, 0x30200073, 0x00200073, 0x7b200073: // sret, mret, uret, dret
		return isa.Return
	}
	return isa.Other // wfi, sfence.vma, ...
}
