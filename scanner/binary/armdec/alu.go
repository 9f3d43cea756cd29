// SPDX-License-Identifier: MIT

package armdec

import (
	"math/bits"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// opcode is a data processing operation, with A32's numbers; orn, which only
// T32 has, follows.
type opcode uint8

const (
	opAnd opcode = iota
	opEor
	opSub
	opRsb
	opAdd
	opAdc
	opSbc
	opRsc
	opTst
	opTeq
	opCmp
	opCmn
	opOrr
	opMov
	opBic
	opMvn
	opOrn
)

// operand is the flexible second operand: a constant, or a register shifted
// left. Another shift, or one by a register, is opaque.
type operand struct {
	isReg  bool
	opaque bool
	reg    isa.Reg
	shift  uint8
	imm    uint32
}

func constant(v uint32) operand { return operand{imm: v} }

// plain tells whether the operand is a register without a shift.
func (o operand) plain() bool { return o.isReg && !o.opaque && o.shift == 0 }

// Kinds of shift.
const (
	lsl = iota
	lsr
	asr
	ror
)

// shifted is register r with a shift by a constant, as encoded: for the right
// shifts 0 stands for 32, and for ror it stands for rrx.
func shifted(r isa.Reg, kind, n uint32) operand {
	return operand{isReg: true, reg: r, shift: uint8(n), opaque: kind != lsl}
}

// alu is the data processing operation rd = rn op o; here is the value that
// the instruction reads from the pc.
func alu(i *isa.Inst, op opcode, rd, rn isa.Reg, o operand, here uint32) {
	switch {
	case op == opCmp:
		compare(i, rn, o)
	case op >= opTst && op <= opCmn:
		other(i)
	case rd == pc:
		jumpTo(i, op, rn, o, here)
	case o.opaque || op == opAdc || op == opSbc || op == opRsc:
		other(i, rd)
	case op == opMov:
		move(i, rd, o, here)
	case op == opMvn:
		invert(i, rd, o)
	case rn == pc || o.isReg && o.reg == pc:
		relative(i, op, rd, rn, o, here)
	default:
		compute(i, op, rd, rn, o)
	}
}

// result makes i an operation whose result goes to rd.
func result(i *isa.Inst, op isa.Op, rd isa.Reg) {
	i.Op, i.Dst, i.Size, i.Writes = op, rd, 4, set(rd)
}

// moveImm is rd = v.
func moveImm(i *isa.Inst, rd isa.Reg, v uint32) {
	result(i, isa.MovImm, rd)
	i.Imm = int64(v)
}

// extractBits is ubfx; of the lowest bits it is a mask, as of a file's mode.
func extractBits(i *isa.Inst, rd, rn isa.Reg, low, width uint32) {
	if low != 0 {
		other(i, rd)
		return
	}
	result(i, isa.And, rd)
	i.Src, i.Imm = rn, int64(1)<<width-1
}

// second sets operand 2.
func second(i *isa.Inst, o operand) {
	if o.isReg {
		i.Src2, i.Shift = o.reg, o.shift
		return
	}
	i.Imm = int64(o.imm)
}

func compare(i *isa.Inst, rn isa.Reg, o operand) {
	if o.opaque || rn == pc || o.isReg && o.reg == pc {
		other(i)
		return
	}
	i.Op, i.Src, i.Size = isa.Cmp, rn, 4
	second(i, o)
}

func move(i *isa.Inst, rd isa.Reg, o operand, here uint32) {
	switch {
	case !o.isReg:
		moveImm(i, rd, o.imm)
	case o.reg == pc && o.shift == 0:
		addressOf(i, rd, here)
	case o.reg == pc:
		other(i, rd)
	case o.shift == 0 && o.reg == rd:
		i.Op = isa.Nop
	case o.shift == 0:
		result(i, isa.Mov, rd)
		i.Src = o.reg
	default:
		shiftBy(i, isa.Shl, rd, o.reg, uint32(o.shift))
	}
}

// moveShifted is rd = rm shifted by a constant, as encoded.
func moveShifted(i *isa.Inst, rd, rm isa.Reg, kind, n, here uint32) {
	switch {
	case rd == pc && (kind != lsl || n != 0):
		i.Op = isa.JumpReg
	case kind == lsr && rm != pc:
		shiftBy(i, isa.Shr, rd, rm, (n+31)%32+1)
	case kind == asr && rm != pc:
		shiftBy(i, isa.Sar, rd, rm, (n+31)%32+1)
	default:
		alu(i, opMov, rd, 0, shifted(rm, kind, n), here)
	}
}

// shiftBy is rd = rm shifted by n, at least 1 and at most 32.
func shiftBy(i *isa.Inst, op isa.Op, rd, rm isa.Reg, n uint32) {
	if n == 32 && op != isa.Sar {
		moveImm(i, rd, 0)
		return
	}
	result(i, op, rd)
	i.Src, i.Imm = rm, int64(min(n, 31))
}

func invert(i *isa.Inst, rd isa.Reg, o operand) {
	switch {
	case !o.isReg:
		moveImm(i, rd, ^o.imm)
	case o.plain() && o.reg != pc:
		result(i, isa.Xor, rd)
		i.Src, i.Imm = o.reg, 0xffffffff
	default:
		other(i, rd)
	}
}

// addressOf is rd = an address next to the pc.
func addressOf(i *isa.Inst, rd isa.Reg, addr uint32) {
	result(i, isa.Address, rd)
	i.Imm = int64(addr)
}

// relative is an operation with the pc as an operand.
func relative(i *isa.Inst, op opcode, rd, rn isa.Reg, o operand, here uint32) {
	switch {
	case op == opAdd && rn == pc && !o.isReg:
		addressOf(i, rd, here+o.imm)
	case op == opSub && rn == pc && !o.isReg:
		addressOf(i, rd, here-o.imm)
	case op == opAdd && rn == pc && o.plain() && o.reg != pc:
		addPC(i, rd, o.reg, here)
	case op == opAdd && rn != pc && o.plain():
		addPC(i, rd, rn, here)
	default:
		other(i, rd)
	}
}

// addPC is rd = r plus the pc, the second half of a position-independent address.
func addPC(i *isa.Inst, rd, r isa.Reg, here uint32) {
	result(i, isa.Add, rd)
	i.Src, i.Imm, i.Flags = r, int64(here), isa.FromPC
}

// compute is an operation whose operands are ordinary registers and constants.
func compute(i *isa.Inst, op opcode, rd, rn isa.Reg, o operand) {
	same := o.plain() && o.reg == rn
	result(i, plainOps[op], rd)
	i.Src = rn
	switch {
	case same && (op == opEor || op == opSub || op == opRsb || op == opBic):
		moveImm(i, rd, 0)
		i.Src = isa.NoReg
	case op == opOrn && !o.isReg:
		i.Imm = int64(^o.imm)
	case op == opRsb && !o.isReg && o.imm == 0:
		i.Src, i.Src2 = isa.Zero, rn
	case op == opRsb && o.plain():
		i.Src, i.Src2 = o.reg, rn
	case op == opRsb || op == opOrn:
		i.Src = isa.NoReg
		i.Op, i.Dst, i.Size = isa.Other, isa.NoReg, 0
	default:
		second(i, o)
	}
}

var plainOps = [...]isa.Op{
	opAnd: isa.And, opEor: isa.Xor, opSub: isa.Sub, opRsb: isa.Sub, opAdd: isa.Add,
	opOrr: isa.Or, opBic: isa.AndNot, opOrn: isa.Or,
}

// jumpTo is a data processing operation that writes the pc.
func jumpTo(i *isa.Inst, op opcode, rn isa.Reg, o operand, here uint32) {
	switch {
	case op == opMov && o.plain():
		branchTo(i, o.reg)
	case op == opSub && rn == lr && !o.isReg: // from an exception
		i.Op = isa.Return
	case op == opAdd && rn == pc && o.isReg && !o.opaque && o.shift == 2:
		i.Op, i.Flags, i.Size = isa.JumpTable, isa.HasMem, 4
		i.Index, i.Shift, i.Disp = o.reg, o.shift, int64(here)
	case op == opAdd && rn == pc && !o.isReg:
		i.Op, i.Target = isa.Jump, uint64(here+o.imm)
	default:
		i.Op = isa.JumpReg
	}
}

// branchTo is bx and mov pc: to r.
func branchTo(i *isa.Inst, r isa.Reg) {
	i.Op, i.Src = isa.JumpReg, r
	switch r {
	case lr:
		i.Op, i.Src = isa.Return, isa.NoReg
	case pc:
		i.Src = isa.NoReg
	}
}

// extend is sxtb, uxth and their like, as field op numbers them:
// bit 1:0 is 2 for a byte and 3 for a halfword, bit 2 is set without sign.
func extend(i *isa.Inst, op uint32, rd, rm isa.Reg) {
	result(i, isa.Mov, rd)
	i.Src, i.Size = rm, uint8(op&3-1)
	if op&4 == 0 {
		i.Flags = isa.SignExtend
	}
}

// insertTop is movt.
func insertTop(i *isa.Inst, rd isa.Reg, v uint32) {
	result(i, isa.Insert16, rd)
	i.Src, i.Shift, i.Imm = rd, 16, int64(v)
}

// multiply is rd = rn * rm.
func multiply(i *isa.Inst, rd, rn, rm isa.Reg) {
	result(i, isa.Mul, rd)
	i.Src, i.Src2 = rn, rm
}

// immA32 is A32's modified immediate: 8 bits, rotated right by twice 4 bits.
func immA32(x uint32) uint32 {
	return bits.RotateLeft32(x&0xff, -int(field(x, 8, 4)*2))
}

// immT32 is T32's modified immediate: 12 bits, which are a pattern of a byte or
// a byte with its top bit set, rotated right.
func immT32(v uint32) uint32 {
	b := v & 0xff
	switch v >> 8 {
	case 0:
		return b
	case 1:
		return b<<16 | b
	case 2:
		return b<<24 | b<<8
	case 3:
		return b<<24 | b<<16 | b<<8 | b
	}
	return bits.RotateLeft32(0x80|v&0x7f, -int(v>>7))
}
