// SPDX-License-Identifier: MIT

package armdec

import "github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"

// t32 decodes the 32-bit T32 instruction at addr; its first halfword is in the
// upper half of x.
func t32(i *isa.Inst, x, addr uint32) {
	here := addr + 4
	switch op := field(x, 25, 4); {
	case op == 4: // 1110 100
		if bit(x, 22) {
			t32Dual(i, x, here)
		} else {
			t32Multi(i, x)
		}
	case op == 5: // 1110 101
		t32Shifted(i, x, here)
	case op>>2 == 2 && bit(x, 15): // 1111 0, second half 1
		t32Branch(i, x, here)
	case op>>2 == 2 && !bit(x, 25):
		t32Modified(i, x, here)
	case op>>2 == 2:
		t32Plain(i, x, here)
	case op == 12: // 1111 100
		t32Transfer(i, x, here)
	case op == 13: // 1111 101
		if bit(x, 24) {
			t32Multiply(i, x)
		} else {
			t32Register(i, x)
		}
	case field(x, 24, 4) == 15: // vector arithmetic
	default:
		coprocessor(i, x, bit(x, 28), here&^3)
	}
}

// t32Opcodes are the data processing operations by T32's numbers.
var t32Opcodes = [16]opcode{
	0: opAnd, 1: opBic, 2: opOrr, 3: opOrn, 4: opEor, 8: opAdd, 10: opAdc, 11: opSbc, 13: opSub, 14: opRsb,
}

// t32Operate is a data processing operation: without a destination it is a
// comparison, without a first operand a move.
func t32Operate(i *isa.Inst, x uint32, o operand, here uint32) {
	number, rd, rn := field(x, 21, 4), regAt(x, 8), regAt(x, 16)
	op := t32Opcodes[number]
	if op == opAnd && number != 0 {
		i.Op = isa.Invalid
		return
	}
	if rd == pc && bit(x, 20) {
		op = map4(op)
	}
	switch {
	case rn == pc && op == opOrr:
		op = opMov
	case rn == pc && op == opOrn:
		op = opMvn
	}
	if rd == pc && (op < opTst || op > opCmn) {
		i.Op = isa.Invalid
		return
	}
	alu(i, op, rd, rn, o, here)
}

// map4 is the comparison that an operation without a destination is.
func map4(op opcode) opcode {
	switch op {
	case opAnd:
		return opTst
	case opEor:
		return opTeq
	case opAdd:
		return opCmn
	case opSub:
		return opCmp
	}
	return op
}

// imm12 is the constant of bits i, imm3 and imm8.
func imm12(x uint32) uint32 { return field(x, 26, 1)<<11 | field(x, 12, 3)<<8 | field(x, 0, 8) }

func t32Modified(i *isa.Inst, x, here uint32) {
	t32Operate(i, x, constant(immT32(imm12(x))), here&^3)
}

// t32Shifted is data processing with a shifted register.
func t32Shifted(i *isa.Inst, x, here uint32) {
	rd, rm := regAt(x, 8), regAt(x, 0)
	kind, n := field(x, 4, 2), field(x, 12, 3)<<2|field(x, 6, 2)
	switch op := field(x, 21, 4); {
	case op == 6: // pkhbt
		other(i, rd)
	case op == 2 && regAt(x, 16) == pc && rd != pc:
		moveShifted(i, rd, rm, kind, n, here)
	default:
		t32Operate(i, x, shifted(rm, kind, n), here)
	}
}

// t32Plain is data processing with a constant of 12 or 16 bits, and bit fields.
func t32Plain(i *isa.Inst, x, here uint32) {
	rd, rn := regAt(x, 8), regAt(x, 16)
	wide := field(x, 16, 4)<<12 | imm12(x)
	switch field(x, 20, 5) {
	case 0x00:
		alu(i, opAdd, rd, rn, constant(imm12(x)), here&^3)
	case 0x0a:
		alu(i, opSub, rd, rn, constant(imm12(x)), here&^3)
	case 0x04:
		moveImm(i, rd, wide)
	case 0x0c:
		insertTop(i, rd, wide)
	case 0x1c:
		extractBits(i, rd, rn, field(x, 12, 3)<<2|field(x, 6, 2), field(x, 0, 5)+1)
	case 0x10, 0x12, 0x14, 0x16, 0x18, 0x1a: // saturation, bit fields
		other(i, rd)
	default:
		i.Op = isa.Invalid
	}
}

// t32Branch is branches and the control of the processor.
func t32Branch(i *isa.Inst, x, here uint32) {
	s := field(x, 26, 1)
	j1, j2 := field(x, 13, 1), field(x, 11, 1)
	low := field(x, 16, 10)<<12 | field(x, 0, 11)<<1
	far := here + signed(s<<24|(1-j1^s)<<23|(1-j2^s)<<22|low, 25)
	switch {
	case bit(x, 14) && bit(x, 12):
		i.Op, i.Target = isa.Call, thumb(far)
	case bit(x, 14) && bit(x, 0):
		i.Op = isa.Invalid
	case bit(x, 14): // blx to A32
		i.Op, i.Target = isa.Call, uint64(far&^3)
	case bit(x, 12):
		i.Op, i.Target = isa.Jump, thumb(far)
	case field(x, 22, 4) < 14:
		near := s<<20 | j2<<19 | j1<<18 | field(x, 16, 6)<<12 | field(x, 0, 11)<<1
		i.Op, i.Target = isa.CondJump, thumb(here+signed(near, 21))
	default:
		t32Control(i, x)
	}
}

// t32Control is hints, barriers, status registers, and calls of other worlds.
func t32Control(i *isa.Inst, x uint32) {
	switch field(x, 20, 7) {
	case 0x3a, 0x3b, 0x38, 0x39: // hints, barriers, msr
		if x == 0xf3af8000 {
			i.Op = isa.Nop
		}
	case 0x3c: // bxj
		branchTo(i, regAt(x, 16))
	case 0x3d: // eret, subs pc, lr
		i.Op = isa.Return
	case 0x3e, 0x3f: // mrs
		other(i, regAt(x, 8))
	case 0x7e: // hvc
		other(i, 0, 1, 2, 3)
	case 0x7f:
		if bit(x, 13) { // udf.w
			i.Op = isa.Trap
			return
		}
		other(i, 0, 1, 2, 3) // smc
	default:
		i.Op = isa.Invalid
	}
}

// t32Multiply is multiplications and divisions.
func t32Multiply(i *isa.Inst, x uint32) {
	rd, ra, op := regAt(x, 8), regAt(x, 12), field(x, 20, 3)
	switch long := bit(x, 23); {
	case !long && op == 0 && field(x, 4, 4) == 0 && ra == pc:
		multiply(i, rd, regAt(x, 16), regAt(x, 0))
	case !long || op == 1 || op == 3: // mla, smulbb, ..., sdiv, udiv
		other(i, rd)
	default: // smull and its like
		other(i, rd, ra)
	}
}

// t32Register is shifts by a register, extensions and packed arithmetic.
func t32Register(i *isa.Inst, x uint32) {
	rd, op := regAt(x, 8), field(x, 20, 4)
	extends := op < 6 && bit(x, 7) && op != 2 && op != 3
	switch {
	case field(x, 12, 4) != 15:
		i.Op = isa.Invalid
	case extends && regAt(x, 16) == pc && field(x, 4, 2) == 0:
		extend(i, [6]uint32{0: 3, 1: 7, 4: 2, 5: 6}[op], rd, regAt(x, 0))
	default:
		other(i, rd)
	}
}
