// SPDX-License-Identifier: MIT

package riscvdec

import "github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"

// compressed decodes a 16-bit instruction, by its quadrant and function.
func compressed(i *isa.Inst, x uint32, pc uint64) {
	switch x & 3 {
	case 0:
		quadrant0(i, x)
	case 1:
		quadrant1(i, x, pc)
	case 2:
		quadrant2(i, x)
	}
}

// reg3 names one of the registers x8 to x15.
func reg3(n uint32) isa.Reg { return isa.Reg(8 + n&7) }

// imm6 is the signed immediate of c.addi, c.li, c.andi.
func imm6(x uint32) int64 { return signed(field(x, 12, 1)<<5|field(x, 2, 5), 6) }

// quadrant0 is the loads and stores through x8 to x15.
func quadrant0(i *isa.Inst, x uint32) {
	data, base := reg3(x>>2), reg3(x>>7)
	imm4 := int64(field(x, 10, 3)<<3 | field(x, 6, 1)<<2 | field(x, 5, 1)<<6)
	imm8 := int64(field(x, 10, 3)<<3 | field(x, 5, 2)<<6)
	switch x >> 13 {
	case 0:
		imm := field(x, 11, 2)<<4 | field(x, 7, 4)<<6 | field(x, 6, 1)<<2 | field(x, 5, 1)<<3
		switch {
		case x == 0: // defined to be illegal: where control must not come to
			i.Op = isa.Trap
		case imm == 0:
			i.Op = isa.Invalid
		default:
			opImm(i, isa.Add, data, sp, int64(imm))
		}
	case 1:
		load(i, isa.NoReg, base, imm8, 8, false)
	case 2:
		load(i, data, base, imm4, 4, true)
	case 3:
		load(i, data, base, imm8, 8, true)
	case 4:
		narrow(i, x)
	case 5:
		store(i, isa.NoReg, base, imm8, 8)
	case 6:
		store(i, data, base, imm4, 4)
	case 7:
		store(i, data, base, imm8, 8)
	}
}

// narrow is Zcb's loads and stores of bytes and halfwords.
func narrow(i *isa.Inst, x uint32) {
	data, base := reg3(x>>2), reg3(x>>7)
	immB := int64(field(x, 6, 1) | field(x, 5, 1)<<1)
	immH := int64(field(x, 5, 1) << 1)
	switch field(x, 10, 3) {
	case 0:
		load(i, data, base, immB, 1, false)
	case 1:
		load(i, data, base, immH, 2, field(x, 6, 1) == 1)
	case 2:
		store(i, data, base, immB, 1)
	case 3:
		store(i, data, base, immH, 2)
	default:
		i.Op = isa.Invalid
	}
}

// quadrant1 is constants, arithmetic and branches.
func quadrant1(i *isa.Inst, x uint32, pc uint64) {
	rd, imm := reg(x>>7), imm6(x)
	switch x >> 13 {
	case 0:
		opImm(i, isa.Add, rd, rd, imm)
	case 1:
		if rd == isa.Zero {
			i.Op = isa.Invalid
			return
		}
		opImm(i, isa.Add, rd, rd, imm)
		word(i)
	case 2:
		opImm(i, isa.Add, rd, isa.Zero, imm)
	case 3:
		upperOrStack(i, x, rd, imm)
	case 4:
		arithmetic(i, x)
	case 5:
		link(i, isa.Zero, pc+uint64(immCJ(x)))
	case 6, 7:
		off := field(x, 12, 1)<<8 | field(x, 10, 2)<<3 | field(x, 5, 2)<<6 | field(x, 3, 2)<<1 | field(x, 2, 1)<<5
		i.Op, i.Target = isa.CondJump, pc+uint64(signed(off, 9))
		i.Src, i.Src2 = reg3(x>>7), isa.Zero
	}
}

// upperOrStack is c.lui and c.addi16sp.
func upperOrStack(i *isa.Inst, x uint32, rd isa.Reg, imm int64) {
	switch {
	case imm == 0: // reserved; c.mop.N of Zcmop among them
		if rd != isa.Zero && x&0x1880 == 0x0080 && rd < 16 {
			i.Op = isa.Nop
			return
		}
		i.Op = isa.Invalid
	case rd == sp:
		off := field(x, 12, 1)<<9 | field(x, 6, 1)<<4 | field(x, 5, 1)<<6 | field(x, 3, 2)<<7 | field(x, 2, 1)<<5
		opImm(i, isa.Add, sp, sp, signed(off, 10))
	default:
		opImm(i, isa.Add, rd, isa.Zero, imm<<12)
	}
}

// immCJ is the offset of c.j.
func immCJ(x uint32) int64 {
	return signed(field(x, 12, 1)<<11|field(x, 11, 1)<<4|field(x, 9, 2)<<8|field(x, 8, 1)<<10|
		field(x, 7, 1)<<6|field(x, 6, 1)<<7|field(x, 3, 3)<<1|field(x, 2, 1)<<5, 12)
}

// arithmetic is c.srli to c.addw, on x8 to x15.
func arithmetic(i *isa.Inst, x uint32) {
	rd, src2 := reg3(x>>7), reg3(x>>2)
	shamt := int64(field(x, 12, 1)<<5 | field(x, 2, 5))
	switch field(x, 10, 2) {
	case 0:
		opImm(i, isa.Shr, rd, rd, shamt)
		return
	case 1:
		opImm(i, isa.Sar, rd, rd, shamt)
		return
	case 2:
		opImm(i, isa.And, rd, rd, imm6(x))
		return
	}
	switch field(x, 12, 1)<<2 | field(x, 5, 2) {
	case 0:
		opReg(i, isa.Sub, rd, rd, src2, 0)
	case 1:
		opReg(i, isa.Xor, rd, rd, src2, 0)
	case 2:
		opReg(i, isa.Or, rd, rd, src2, 0)
	case 3:
		opReg(i, isa.And, rd, rd, src2, 0)
	case 4:
		opReg(i, isa.Sub, rd, rd, src2, 0)
		word(i)
	case 5:
		opReg(i, isa.Add, rd, rd, src2, 0)
		word(i)
	case 6: // Zcb's c.mul
		opReg(i, isa.Mul, rd, rd, src2, 0)
	case 7:
		unary(i, x, rd)
	}
}

// unary is Zcb's extensions and c.not.
func unary(i *isa.Inst, x uint32, rd isa.Reg) {
	extend := func(size uint8, flags isa.Flags) {
		set(i, isa.Mov, rd)
		i.Src, i.Size, i.Flags = rd, size, flags
	}
	switch field(x, 2, 3) {
	case 0:
		extend(1, 0)
	case 1:
		extend(1, isa.SignExtend)
	case 2:
		extend(2, 0)
	case 3:
		extend(2, isa.SignExtend)
	case 4:
		extend(4, 0)
	case 5:
		opImm(i, isa.Xor, rd, rd, -1)
	default:
		i.Op = isa.Invalid
	}
}

// quadrant2 is the accesses to the stack, and jumps and moves.
func quadrant2(i *isa.Inst, x uint32) {
	rd, rs2 := reg(x>>7), reg(x>>2)
	load8 := int64(field(x, 12, 1)<<5 | field(x, 5, 2)<<3 | field(x, 2, 3)<<6)
	load4 := int64(field(x, 12, 1)<<5 | field(x, 4, 3)<<2 | field(x, 2, 2)<<6)
	store8 := int64(field(x, 10, 3)<<3 | field(x, 7, 3)<<6)
	store4 := int64(field(x, 9, 4)<<2 | field(x, 7, 2)<<6)
	switch x >> 13 {
	case 0:
		opImm(i, isa.Shl, rd, rd, int64(field(x, 12, 1)<<5|field(x, 2, 5)))
	case 1:
		load(i, isa.NoReg, sp, load8, 8, false)
	case 2:
		load(i, rd, sp, load4, 4, true)
	case 3:
		load(i, rd, sp, load8, 8, true)
	case 4:
		moveOrJump(i, x, rd, rs2)
	case 5:
		store(i, isa.NoReg, sp, store8, 8)
	case 6:
		store(i, rs2, sp, store4, 4)
	case 7:
		store(i, rs2, sp, store8, 8)
	}
}

// moveOrJump is c.jr, c.jalr, c.mv, c.add and c.ebreak.
func moveOrJump(i *isa.Inst, x uint32, rd, rs2 isa.Reg) {
	add := field(x, 12, 1) == 1
	switch {
	case rs2 != isa.Zero && add:
		opReg(i, isa.Add, rd, rd, rs2, 0)
	case rs2 != isa.Zero:
		opImm(i, isa.Add, rd, rs2, 0)
	case rd != isa.Zero && add:
		linkReg(i, ra, rd, 0)
	case rd != isa.Zero:
		linkReg(i, isa.Zero, rd, 0)
	case add:
		i.Op = isa.Trap
	default:
		i.Op = isa.Invalid
	}
}
