// SPDX-License-Identifier: MIT

// Package armdec decodes 32-bit ARM code, in both of its instruction sets, into
// package isa's instructions: A32 (4 bytes each) and T32, which is Thumb and
// Thumb-2 (2 or 4 bytes).
//
// Both sets share what an instruction does; only where its fields are differs.
// The files alu.go, memory.go and coprocessor.go make isa instructions out of
// the fields, a32.go, t16.go and t32.go find the fields. Floating point and
// vector instructions are known by the general purpose registers and the memory
// that they change. Encodings: Arm Architecture Reference Manual for A-profile
// (ARM DDI 0487), part F.
//
// In T32, an IT instruction makes up to four of its successors conditional,
// which nothing in their own bytes says. Thumb.Decode therefore looks at one
// instruction alone; a sweep over code in order uses the decoder of
// Thumb.Fresh, which remembers.
//
// The flags are not modelled: tst, teq and cmn are Other without Writes.
package armdec

import (
	"encoding/binary"
	"math/bits"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// Registers with a role in the ABI (AAPCS32).
const (
	ip isa.Reg = 12
	sp isa.Reg = 13
	lr isa.Reg = 14
	pc isa.Reg = 15
)

// always is the condition of an unconditional instruction.
const always = 14

// newABI returns the EABI, the same for both instruction sets but for the
// register that compilers use as frame pointer and the alignment of code.
func newABI(frame isa.Reg, minLen int) *isa.ABI {
	return &isa.ABI{
		Name:           "arm",
		WordSize:       4,
		MinLen:         minLen,
		SP:             sp,
		FP:             frame,
		LR:             lr,
		Args:           []isa.Reg{0, 1, 2, 3},
		Result:         0,
		CallerSaved:    isa.Set(0, 1, 2, 3, ip, lr),
		SyscallNumber:  7,
		SyscallArgs:    []isa.Reg{0, 1, 2, 3, 4, 5, 6},
		SyscallResult:  0,
		SyscallChanged: isa.Set(0),
	}
}

var abiA32, abiT32 = newABI(11, 4), newABI(7, 2)

// ARM decodes A32 code. It has no state.
type ARM struct{}

// Thumb decodes T32 code, each instruction as if outside of IT blocks.
type Thumb struct{}

var (
	_ isa.Decoder  = ARM{}
	_ isa.Stateful = Thumb{}
)

// ABI returns the EABI and Linux' system call convention.
func (ARM) ABI() *isa.ABI { return abiA32 }

// ABI returns the EABI and Linux' system call convention.
func (Thumb) ABI() *isa.ABI { return abiT32 }

// Decode implements isa.Decoder.
func (ARM) Decode(inst *isa.Inst, code []byte, addr uint64) {
	if len(code) < 4 {
		invalid(inst, len(code))
		return
	}
	inst.Reset(4)
	a32(inst, binary.LittleEndian.Uint32(code), uint32(addr))
}

// Decode implements isa.Decoder.
func (Thumb) Decode(inst *isa.Inst, code []byte, addr uint64) {
	if len(code) < 2 {
		invalid(inst, len(code))
		return
	}
	half := uint32(binary.LittleEndian.Uint16(code))
	if half < 0xe800 {
		inst.Reset(2)
		t16(inst, half, uint32(addr))
		return
	}
	if len(code) < 4 {
		invalid(inst, 2)
		return
	}
	inst.Reset(4)
	t32(inst, half<<16|uint32(binary.LittleEndian.Uint16(code[2:])), uint32(addr))
}

// Fresh returns a decoder for consecutive T32 instructions that knows which of
// them are in IT blocks.
func (Thumb) Fresh() isa.Decoder { return &sweep{} }

// sweep decodes T32 code in order.
type sweep struct {
	Thumb
	left int  // instructions of the current IT block still to come
	it   byte // its first condition and mask, the latter moved up for each instruction
}

// Decode implements isa.Decoder.
func (s *sweep) Decode(inst *isa.Inst, code []byte, addr uint64) {
	s.Thumb.Decode(inst, code, addr)
	if s.left > 0 {
		s.left--
		conditional(inst, uint32(s.it>>4))
		s.it = s.it&0xe0 | s.it<<1&0x1f
	}
	if inst.Len == 2 && len(code) > 1 && code[1] == 0xbf && code[0]&15 != 0 {
		s.left, s.it = itLength(code[0]), code[0]
	}
}

// itLength is the number of instructions that an IT instruction with this
// first byte covers: the lowest set bit of its mask, which is not 0, ends the
// list.
func itLength(b byte) int {
	return 4 - bits.TrailingZeros8(b)
}

// conditional marks an instruction that may not happen. What a conditional
// return or jump loads is seen by nobody who goes on.
func conditional(i *isa.Inst, cond uint32) {
	switch i.Op {
	case isa.Jump:
		i.Op = isa.CondJump
		return
	case isa.Return, isa.JumpMem, isa.JumpReg, isa.JumpTable:
		i.Writes = 0
	}
	i.Flags |= isa.Conditional
	i.When = uint8(cond) | 0x10
}

// invalid makes i the n bytes that are left and no instruction.
func invalid(i *isa.Inst, n int) {
	i.Reset(max(n, 1))
	i.Op = isa.Invalid
}

// field returns the n bits of x from bit lo on.
func field(x uint32, lo, n uint) uint32 { return x >> lo & (1<<n - 1) }

// bit tells whether bit n of x is set.
func bit(x uint32, n uint) bool { return x>>n&1 == 1 }

// signed extends the n-bit number x with its sign.
func signed(x uint32, n uint) uint32 { return uint32(int32(x<<(32-n)) >> (32 - n)) }

// regAt is the register whose number is at bit lo of x.
func regAt(x uint32, lo uint) isa.Reg { return isa.Reg(field(x, lo, 4)) }

// set is the set of the given registers without the pc, whose changes are
// control flow.
func set(regs ...isa.Reg) isa.RegSet { return isa.Set(regs...) &^ (1 << pc) }

// other makes i an instruction that changes these registers.
func other(i *isa.Inst, regs ...isa.Reg) {
	i.Op, i.Writes = isa.Other, set(regs...)
}
