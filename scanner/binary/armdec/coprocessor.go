// SPDX-License-Identifier: MIT

package armdec

import "github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"

// coprocessor is the coprocessor instructions, floating point among them, which
// have the same bits in A32 and T32: x with bits 27:26 set. extension says that
// the top bits are the unconditional ones, where the coprocessors of the vector
// units have other instructions, without general purpose registers.
func coprocessor(i *isa.Inst, x uint32, extension bool, here uint32) {
	number := field(x, 8, 4)
	vectors := extension && number >= 8 && number <= 13
	load := bit(x, 20)
	switch {
	case vectors:
		other(i)
	case field(x, 24, 2) == 2: // cdp, mcr, mrc, vmov, vmrs
		other(i)
		if bit(x, 4) && load {
			other(i, regAt(x, 12))
		}
	case field(x, 21, 4) == 2: // mcrr, mrrc, vmov
		other(i)
		if load {
			other(i, regAt(x, 12), regAt(x, 16))
		}
	case field(x, 21, 4) == 0:
		i.Op = isa.Invalid
	default:
		coprocessorMemory(i, x, number, load, here)
	}
}

// coprocessorMemory is ldc, vldr, vldm and their stores. Only the memory and
// the base register matter.
func coprocessorMemory(i *isa.Inst, x, number uint32, load bool, here uint32) {
	words := field(x, 0, 8)
	off, size := words*4, uint32(4)
	single := bit(x, 24) && !bit(x, 21)
	switch {
	case single && number == 9: // half precision
		off, size = words*2, 2
	case single && number == 11:
		size = 8
	case !single:
		size = min(words*4, 255)
	}
	transfer(i, load, false, isa.NoReg)
	m := mode{pre: bit(x, 24), back: bit(x, 21)}
	access(i, regAt(x, 16), offset(off, bit(x, 23)), m, uint8(size), here)
}

// vectorMemory is vld1 to vld4 and vst1 to vst4, whose low 24 bits A32 and T32
// share. The base is changed by the size of the access or by a register.
func vectorMemory(i *isa.Inst, x uint32) {
	rn, rm := regAt(x, 16), regAt(x, 0)
	size := vectorSize(x)
	transfer(i, bit(x, 21), false, isa.NoReg)
	access(i, rn, int32(size), mode{back: rm == sp}, uint8(size), 0)
	if rm != pc {
		i.Writes |= set(rn)
	}
}

// vectorSize is the number of bytes that vldN and vstN access.
func vectorSize(x uint32) uint32 {
	if !bit(x, 23) { // registers of 8 bytes, as many as the type says
		return uint32(vectorRegs[field(x, 8, 4)]) * 8
	}
	n, width := field(x, 8, 2)+1, field(x, 10, 2)
	if width == 3 { // one element to all lanes
		width = min(field(x, 6, 2), 2)
	}
	return n << width
}

// vectorRegs is the number of registers by the type field of vldN and vstN.
var vectorRegs = [16]uint8{4, 4, 4, 4, 3, 3, 3, 1, 2, 2, 2}
