// SPDX-License-Identifier: MIT

package armdec

import "github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"

// oldABI is what the old ABI adds to the system call's number in svc's operand.
const oldABI = 0x900000

// a32 decodes the A32 instruction x at addr.
func a32(i *isa.Inst, x, addr uint32) {
	here := addr + 8
	cond := x >> 28
	if cond == 15 {
		a32Unconditional(i, x, here)
		return
	}
	switch field(x, 25, 3) {
	case 0:
		a32Register(i, x, here)
	case 1:
		a32Immediate(i, x, here)
	case 2:
		a32Transfer(i, x, here)
	case 3:
		if bit(x, 4) {
			a32Media(i, x)
		} else {
			a32Transfer(i, x, here)
		}
	case 4:
		a32Multi(i, x)
	case 5:
		i.Op, i.Target = isa.Jump, uint64(here+signed(x, 24)*4)
		if bit(x, 24) {
			i.Op = isa.Call
		}
	case 6, 7:
		if field(x, 24, 4) == 15 {
			a32Svc(i, x)
		} else {
			coprocessor(i, x, false, here)
		}
	}
	if cond != always {
		conditional(i, x>>28)
	}
}

// a32Svc is the system call; the old ABI's number is in the instruction.
func a32Svc(i *isa.Inst, x uint32) {
	i.Op = isa.Syscall
	if n := field(x, 0, 24); n > oldABI {
		i.Imm = int64(n - oldABI)
	} else if n != 0 {
		i.Flags |= isa.Unusual
	}
}

// a32Unconditional is what stands where a condition would be "never".
func a32Unconditional(i *isa.Inst, x, here uint32) {
	switch {
	case field(x, 25, 3) == 5: // blx to T32
		i.Op, i.Target = isa.Call, uint64(here+signed(x, 24)*4+field(x, 24, 1)*2|1)
	case x&0x0e500000 == 0x08100000: // rfe
		i.Op = isa.Return
	case x&0x0e500000 == 0x08400000: // srs, on the stack of another mode
		i.Op, i.Writes = isa.Store, set(sp)
	case field(x, 24, 4) == 4 && !bit(x, 20):
		vectorMemory(i, x)
	case field(x, 26, 2) == 3 && field(x, 24, 4) != 15:
		coprocessor(i, x, true, here)
	case field(x, 25, 3) < 4: // hints, barriers, vector arithmetic
	default:
		i.Op = isa.Invalid
	}
}

// a32Immediate is data processing with a constant, movw, movt and hints.
func a32Immediate(i *isa.Inst, x, here uint32) {
	rd, wide := regAt(x, 12), field(x, 16, 4)<<12|field(x, 0, 12)
	switch field(x, 20, 5) {
	case 0x10:
		moveImm(i, rd, wide)
		return
	case 0x14:
		insertTop(i, rd, wide)
		return
	case 0x12:
		if field(x, 16, 4) == 0 {
			i.Op = isa.Nop
		}
		return // msr
	case 0x16:
		return
	}
	alu(i, opcode(field(x, 21, 4)), rd, regAt(x, 16), constant(immA32(x)), here)
	if i.Op == isa.Address && rd == ip && field(x, 8, 4) != 0 {
		// A PLT entry adds the rest in the next two instructions.
		i.Op = isa.AddressPart
	}
}

// a32Register is data processing with a register, and everything that was put
// between those encodings.
func a32Register(i *isa.Inst, x, here uint32) {
	rd, rn, rm := regAt(x, 12), regAt(x, 16), regAt(x, 0)
	op := opcode(field(x, 21, 4))
	compareOnly := op >= opTst && op <= opCmn
	switch {
	case bit(x, 4) && bit(x, 7):
		a32Extra(i, x, here)
	case compareOnly && !bit(x, 20):
		a32Misc(i, x, here)
	case bit(x, 4): // shifted by a register
		alu(i, op, rd, rn, operand{isReg: true, reg: rm, opaque: true}, here)
	case op == opMov:
		moveShifted(i, rd, rm, field(x, 5, 2), field(x, 7, 5), here)
	default:
		alu(i, op, rd, rn, shifted(rm, field(x, 5, 2), field(x, 7, 5)), here)
	}
}

// a32Misc is what stands in place of comparisons that set no flags.
func a32Misc(i *isa.Inst, x, here uint32) {
	op, rm := field(x, 21, 2), regAt(x, 0)
	switch field(x, 4, 4) {
	case 0: // mrs, msr
		if op&1 == 0 {
			other(i, regAt(x, 12))
		}
	case 1:
		switch op {
		case 1:
			branchTo(i, rm)
			if rm == pc {
				i.Op, i.Target = isa.Jump, uint64(here)
			}
		case 3: // clz
			other(i, regAt(x, 12))
		default:
			i.Op = isa.Invalid
		}
	case 2: // bxj
		branchTo(i, rm)
	case 3: // blx
		i.Op, i.Src = isa.CallReg, rm
	case 4, 5: // crc32, qadd and its like
		other(i, regAt(x, 12))
	case 6: // eret
		i.Op = isa.Return
	case 7:
		if op == 1 || op == 0 { // bkpt, hlt
			i.Op = isa.Trap
			return
		}
		other(i, 0, 1, 2, 3) // hvc, smc
	default: // signed multiplications of halfwords
		if op == 2 {
			other(i, regAt(x, 12), regAt(x, 16))
			return
		}
		other(i, regAt(x, 16))
	}
}

// a32Extra is multiplications, exclusive accesses, and the loads and stores of
// halfwords, signed bytes and pairs.
func a32Extra(i *isa.Inst, x, here uint32) {
	switch {
	case field(x, 5, 2) != 0:
		a32Narrow(i, x, here)
	case bit(x, 24):
		a32Exclusive(i, x)
	case field(x, 21, 3) == 0:
		multiply(i, regAt(x, 16), regAt(x, 0), regAt(x, 8))
	case field(x, 21, 3) == 1 || field(x, 21, 3) == 3: // mla, mls
		other(i, regAt(x, 16))
	default: // umull and its like
		other(i, regAt(x, 12), regAt(x, 16))
	}
}

// a32Exclusive is ldrex, strex, lda, stl and swp, of which bits 22:21 say the size.
func a32Exclusive(i *isa.Inst, x uint32) {
	load, rn := bit(x, 20), regAt(x, 16)
	if !bit(x, 23) {
		i.Op, i.Writes = isa.Store, set(regAt(x, 12)) // swp
		access(i, rn, 0, mode{pre: true}, 4, 0)
		return
	}
	size := [4]uint8{4, 8, 1, 2}[field(x, 21, 2)]
	rt, status := regAt(x, 12), isa.NoReg
	if !load {
		rt = regAt(x, 0)
		if field(x, 8, 2) != 0 {
			status = regAt(x, 12)
		}
	}
	exclusive(i, load, status, rt, (rt+1)&pc, rn, 0, size)
}

// a32Narrow is the loads and stores of halfwords, signed bytes and pairs.
func a32Narrow(i *isa.Inst, x, here uint32) {
	load, kind, rt := bit(x, 20), field(x, 5, 2), regAt(x, 12)
	size, two := uint8(2), !load && kind != 1
	switch {
	case two:
		pair(i, kind == 2, rt, (rt+1)&pc)
		size = 4
	default:
		transfer(i, load, kind != 1, rt)
		if kind == 2 {
			size = 1
		}
	}
	m, up := modeOf(bit(x, 24), bit(x, 21)), bit(x, 23)
	if bit(x, 22) {
		access(i, regAt(x, 16), offset(field(x, 8, 4)<<4|field(x, 0, 4), up), m, size, here)
	} else {
		accessIndexed(i, regAt(x, 16), shifted(regAt(x, 0), lsl, 0), up, m, size, here)
	}
	if two {
		settlePair(i)
	} else {
		settle(i)
	}
}

// a32Transfer is ldr, str, ldrb and strb.
func a32Transfer(i *isa.Inst, x, here uint32) {
	rn, up, m := regAt(x, 16), bit(x, 23), modeOf(bit(x, 24), bit(x, 21))
	size := uint8(4)
	if bit(x, 22) {
		size = 1
	}
	transfer(i, bit(x, 20), false, regAt(x, 12))
	if bit(x, 25) {
		o := shifted(regAt(x, 0), field(x, 5, 2), field(x, 7, 5))
		accessIndexed(i, rn, o, up, m, size, here)
	} else {
		access(i, rn, offset(field(x, 0, 12), up), m, size, here)
	}
	settle(i)
}

// a32Multi is ldm and stm. With the S bit and no pc they transfer the registers
// of user mode.
func a32Multi(i *isa.Inst, x uint32) {
	list, load := field(x, 0, 16), bit(x, 20)
	multi(i, load, bit(x, 24), bit(x, 23), bit(x, 21), regAt(x, 16), list)
	if bit(x, 22) && i.Op != isa.Return {
		other(i)
		i.Flags = 0
		if load {
			i.Writes = isa.RegSet(list)
		}
		if bit(x, 21) {
			i.Writes |= set(regAt(x, 16))
		}
	}
}

// a32Media is the packed arithmetic, extensions, bit fields and divisions.
func a32Media(i *isa.Inst, x uint32) {
	rd, op, op2 := regAt(x, 12), field(x, 20, 5), field(x, 5, 3)
	switch {
	case op == 0x1f && op2 == 7:
		i.Op = isa.Trap
	case op>>3 == 1 && op2 == 3 && regAt(x, 16) == pc && op&3 >= 2 && field(x, 10, 2) == 0:
		extend(i, op&7, rd, regAt(x, 0))
	case op>>3 == 2 && op&7 == 4: // smlald, smlsld
		other(i, rd, regAt(x, 16))
	case op>>3 == 2 || op == 0x18: // smlad, smmla, sdiv, udiv, usad8: rd is elsewhere
		other(i, regAt(x, 16))
	case op > 0x18 && op2&3 != 2 && op2&3 != 0:
		i.Op = isa.Invalid
	case op >= 0x1e && op2&3 == 2:
		extractBits(i, rd, regAt(x, 0), field(x, 7, 5), field(x, 16, 5)+1)
	default:
		other(i, rd)
	}
}
