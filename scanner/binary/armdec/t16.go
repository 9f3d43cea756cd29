// SPDX-License-Identifier: MIT

package armdec

import "github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"

// reg3At is the low register whose number is at bit lo of x.
func reg3At(x uint32, lo uint) isa.Reg { return isa.Reg(field(x, lo, 3)) }

// thumb says in an address of code that T32 is there.
func thumb(addr uint32) uint64 { return uint64(addr | 1) }

// t16 decodes the 16-bit T32 instruction x at addr.
func t16(i *isa.Inst, x, addr uint32) {
	here := addr + 4
	switch x >> 12 {
	case 0, 1:
		t16Shift(i, x)
	case 2, 3:
		t16Immediate(i, x)
	case 4:
		t16Register(i, x, here)
	case 5:
		t16Indexed(i, x)
	case 6, 7, 8, 9:
		t16Transfer(i, x)
	case 10: // adr, add rd, sp
		rd, imm := reg3At(x, 8), field(x, 0, 8)*4
		if bit(x, 11) {
			compute(i, opAdd, rd, sp, constant(imm))
		} else {
			addressOf(i, rd, here&^3+imm)
		}
	case 11:
		t16Misc(i, x, here)
	case 12:
		rn, list := reg3At(x, 8), field(x, 0, 8)
		load := bit(x, 11)
		multi(i, load, false, true, !load || list>>rn&1 == 0, rn, list)
	case 13:
		t16Branch(i, x, here)
	case 14:
		i.Op, i.Target = isa.Jump, thumb(here+signed(x, 11)*2)
	}
}

// t16Shift is shifts by a constant and additions of three operands.
func t16Shift(i *isa.Inst, x uint32) {
	rd, rn := reg3At(x, 0), reg3At(x, 3)
	kind := field(x, 11, 2)
	if kind != 3 {
		moveShifted(i, rd, rn, kind, field(x, 6, 5), 0)
		return
	}
	op, o := opAdd, shifted(reg3At(x, 6), lsl, 0)
	if bit(x, 9) {
		op = opSub
	}
	if bit(x, 10) {
		o = constant(field(x, 6, 3))
	}
	compute(i, op, rd, rn, o)
}

// t16Immediate is mov, cmp, add and sub with 8 bits.
func t16Immediate(i *isa.Inst, x uint32) {
	op := [...]opcode{opMov, opCmp, opAdd, opSub}[field(x, 11, 2)]
	rd := reg3At(x, 8)
	alu(i, op, rd, rd, constant(field(x, 0, 8)), 0)
}

// t16Register is data processing on two registers, the operations on high
// registers, and ldr from the literal pool.
func t16Register(i *isa.Inst, x, here uint32) {
	switch {
	case bit(x, 11):
		transfer(i, true, false, reg3At(x, 8))
		access(i, pc, int32(field(x, 0, 8)*4), mode{pre: true}, 4, here&^3)
	case bit(x, 10):
		t16High(i, x, here)
	default:
		t16Logic(i, x)
	}
}

// t16Logic is data processing on two low registers.
func t16Logic(i *isa.Inst, x uint32) {
	rd, rm := reg3At(x, 0), reg3At(x, 3)
	switch n := field(x, 6, 4); n {
	case 2, 3, 4, 7: // shifts by a register
		other(i, rd)
	case 9:
		alu(i, opRsb, rd, rm, constant(0), 0)
	case 13:
		multiply(i, rd, rm, rd)
	default: // the numbers of A32
		alu(i, opcode(n), rd, rd, shifted(rm, lsl, 0), 0)
	}
}

// t16High is add, cmp and mov on all registers, bx and blx.
func t16High(i *isa.Inst, x, here uint32) {
	rd, rm := isa.Reg(field(x, 7, 1)<<3|field(x, 0, 3)), regAt(x, 3)
	switch field(x, 8, 2) {
	case 0:
		alu(i, opAdd, rd, rd, shifted(rm, lsl, 0), here)
	case 1:
		alu(i, opCmp, rd, rd, shifted(rm, lsl, 0), here)
	case 2:
		alu(i, opMov, rd, rd, shifted(rm, lsl, 0), here)
	case 3:
		t16Exchange(i, x, rm, here)
	}
}

// t16Exchange is bx and blx. From bx pc on the code is A32, at the next word.
func t16Exchange(i *isa.Inst, x uint32, rm isa.Reg, here uint32) {
	switch {
	case bit(x, 7):
		i.Op, i.Src = isa.CallReg, rm
	case rm == pc:
		i.Op, i.Target = isa.Jump, uint64(here&^3)
	default:
		branchTo(i, rm)
	}
}

// t16Indexed is the loads and stores at the sum of two registers.
func t16Indexed(i *isa.Inst, x uint32) {
	kinds := [8]struct {
		load, sign bool
		size       uint8
	}{
		{false, false, 4}, {false, false, 2}, {false, false, 1}, {true, true, 1},
		{true, false, 4}, {true, false, 2}, {true, false, 1}, {true, true, 2},
	}
	k := kinds[field(x, 9, 3)]
	transfer(i, k.load, k.sign, reg3At(x, 0))
	accessIndexed(i, reg3At(x, 3), shifted(reg3At(x, 6), lsl, 0), true, mode{pre: true}, k.size, 0)
}

// t16Transfer is the loads and stores at a register, or sp, plus a constant.
func t16Transfer(i *isa.Inst, x uint32) {
	rt, rn, imm := reg3At(x, 0), reg3At(x, 3), field(x, 6, 5)
	size := uint32(4)
	switch x >> 12 {
	case 7:
		size = 1
	case 8:
		size = 2
	case 9:
		rt, rn, imm = reg3At(x, 8), sp, field(x, 0, 8)
	}
	transfer(i, bit(x, 11), false, rt)
	access(i, rn, int32(imm*size), mode{pre: true}, uint8(size), 0)
}

// t16Misc is the instructions beginning with 1011.
func t16Misc(i *isa.Inst, x, here uint32) {
	rd := reg3At(x, 0)
	switch op := field(x, 8, 4); op {
	case 0: // add sp, sub sp
		o := constant(field(x, 0, 7) * 4)
		compute(i, [2]opcode{opAdd, opSub}[field(x, 7, 1)], sp, sp, o)
	case 1, 3, 9, 11: // cbz, cbnz
		i.Op, i.Src, i.Src2 = isa.CondJump, rd, isa.Zero
		i.Target = thumb(here + field(x, 9, 1)<<6 + field(x, 3, 5)<<1)
	case 2: // sxth, sxtb, uxth, uxtb
		extend(i, [4]uint32{3, 2, 7, 6}[field(x, 6, 2)], rd, reg3At(x, 3))
	case 4, 5:
		multi(i, false, true, false, true, sp, field(x, 0, 8)|field(x, 8, 1)<<14)
	case 12, 13:
		multi(i, true, false, true, true, sp, field(x, 0, 8)|field(x, 8, 1)<<15)
	case 6: // setpan, setend, cps
		if field(x, 5, 3) == 1 {
			i.Op = isa.Invalid
		}
	case 10: // rev and its like, hlt
		other(i, rd)
		if field(x, 6, 2) == 2 {
			i.Op, i.Writes = isa.Trap, 0
		}
	case 14: // bkpt
		i.Op = isa.Trap
	case 15: // it and hints
		i.Op = isa.Nop
	default:
		i.Op = isa.Invalid
	}
}

// t16Branch is conditional branches, udf and svc.
func t16Branch(i *isa.Inst, x, here uint32) {
	switch field(x, 8, 4) {
	case 14:
		i.Op = isa.Trap
	case 15: // the kernel does not look at the operand
		if i.Op = isa.Syscall; field(x, 0, 8) != 0 {
			i.Flags |= isa.Unusual
		}
	default:
		i.Op, i.Target = isa.CondJump, thumb(here+signed(x, 8)*2)
	}
}
