// SPDX-License-Identifier: MIT

// Package x86dec decodes x86-64 into the instruction language of package isa.
//
// It knows the length of every instruction, through tables of the opcode maps
// as Intel's manual (volume 2, appendix A) lays them out, and the meaning of
// the integer ones that carry constants and addresses. Vector instructions
// matter only for the general purpose registers and the memory they write.
package x86dec

import (
	"encoding/binary"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// Registers, as the architecture numbers them.
const (
	rax isa.Reg = iota
	rcx
	rdx
	rbx
	rsp
	rbp
	rsi
	rdi
	r8
	r9
	r10
	r11
	r12
	r13
	r14
	r15
)

var abi = isa.ABI{
	Name:           "x86-64",
	WordSize:       8,
	MinLen:         1,
	SP:             rsp,
	FP:             rbp,
	LR:             isa.NoReg,
	CallPush:       8,
	Args:           []isa.Reg{rdi, rsi, rdx, rcx, r8, r9},
	Result:         rax,
	CallerSaved:    isa.Set(rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11),
	SyscallNumber:  rax,
	SyscallArgs:    []isa.Reg{rdi, rsi, rdx, r10, r8, r9},
	SyscallResult:  rax,
	SyscallChanged: isa.Set(rax, rcx, r11),
}

// Decoder decodes 64-bit mode.
type Decoder struct{}

// ABI returns the System V calling convention and Linux's of system calls.
func (Decoder) ABI() *isa.ABI { return &abi }

// Opcode maps; VEX and EVEX number them so too.
const (
	mapOne = iota
	map0F
	map0F38
	map0F3A
)

// state is what has been read of one instruction.
type state struct {
	code    []byte
	pc      uint64
	pos     int
	opcode  byte
	opmap   int
	rex     byte // with the bits of VEX and EVEX merged in
	hasREX  bool
	opsize  bool // 66
	rep     byte // F2 or F3
	segment bool // fs or gs
	addr32  bool // 67
	vex     bool
	evex    bool
	modrm   byte
	mod     byte
	reg, rm isa.Reg // rm only when mod is 3
	ripRel  bool
	vvvv    isa.Reg // the further operand of VEX
}

// Decode decodes the instruction at the beginning of code.
func (Decoder) Decode(in *isa.Inst, code []byte, pc uint64) {
	in.Reset(1)
	if len(code) > 15 {
		code = code[:15]
	}
	s := state{code: code, pc: pc}
	if !s.decode(in) {
		in.Reset(1)
		in.Op = isa.Invalid
	}
}

// decode does the work; false means that the bytes are no instruction.
func (s *state) decode(in *isa.Inst) bool {
	if !s.prefixes() {
		return false
	}
	flags := s.attributes()
	if flags&bad != 0 {
		return false
	}
	if flags&modRM != 0 && !s.operand(in) {
		return false
	}
	imm, ok := s.immediate(flags)
	if !ok {
		return false
	}
	in.Len = uint8(s.pos)
	if s.ripRel {
		in.Disp += int64(s.pc) + int64(s.pos)
	}
	if s.segment || s.addr32 {
		s.hide(in)
	}
	s.meaning(in, imm)
	if in.Op == isa.Invalid {
		return false
	}
	s.finish(in)
	return true
}

// hide drops a memory operand that is relative to a thread's segment.
func (s *state) hide(in *isa.Inst) {
	in.Flags &^= isa.HasMem
	in.Base, in.Index, in.Disp, in.Shift = isa.NoReg, isa.NoReg, 0, 0
}

// finish turns accesses whose operand was hidden into Other and completes Writes.
func (s *state) finish(in *isa.Inst) {
	in.Writes = in.Writes.With(in.Dst)
	if in.Adjust != 0 {
		in.Writes = in.Writes.With(in.Base)
	}
	if in.Mem() {
		return
	}
	switch in.Op {
	case isa.Load, isa.Store, isa.StoreImm:
		in.Op, in.Dst, in.Src = isa.Other, isa.NoReg, isa.NoReg
	case isa.CallMem:
		in.Op, in.Src = isa.CallReg, isa.NoReg
	case isa.JumpMem:
		in.Op, in.Src = isa.JumpReg, isa.NoReg
	}
}

// prefixes reads everything before and including the opcode.
func (s *state) prefixes() bool {
	for {
		if s.pos >= len(s.code) {
			return false
		}
		b := s.code[s.pos]
		s.pos++
		switch b {
		case 0x66:
			s.opsize = true
		case 0xf2, 0xf3:
			s.rep = b
		case 0x64, 0x65:
			s.segment = true
		case 0x67:
			s.addr32 = true
		case 0x26, 0x2e, 0x36, 0x3e, 0xf0:
		default:
			return s.opcodeFrom(b)
		}
	}
}

func (s *state) opcodeFrom(b byte) bool {
	if b&0xf0 == 0x40 {
		s.rex, s.hasREX = b, true
		if b = s.next(); s.pos > len(s.code) {
			return false
		}
	}
	switch b {
	case 0xc5:
		return s.vex2()
	case 0xc4:
		return s.vex3()
	case 0x62:
		return s.evexPrefix()
	case 0x0f:
		s.opmap = map0F
		b = s.next()
		switch b {
		case 0x38:
			s.opmap = map0F38
			b = s.next()
		case 0x3a:
			s.opmap = map0F3A
			b = s.next()
		}
	}
	s.opcode = b
	return s.pos <= len(s.code)
}

// next reads a byte; past the end it returns 0 and leaves pos behind the end.
func (s *state) next() byte {
	s.pos++
	if s.pos > len(s.code) {
		return 0
	}
	return s.code[s.pos-1]
}

func (s *state) vex2() bool {
	p := s.next()
	s.vex, s.opmap = true, map0F
	s.rex = 0x40 | (^p>>7&1)<<2
	s.pp(p & 3)
	s.opcode = s.next()
	return s.pos <= len(s.code)
}

func (s *state) vex3() bool {
	p, q := s.next(), s.next()
	s.vex, s.opmap = true, int(p&0x1f)
	s.rex = 0x40 | ^p>>5&7 | q>>7<<3
	s.vvvv = isa.Reg(^q >> 3 & 15)
	s.pp(q & 3)
	s.opcode = s.next()
	return s.pos <= len(s.code) && s.opmap >= map0F && s.opmap <= map0F3A
}

func (s *state) evexPrefix() bool {
	p, q := s.next(), s.next()
	s.next()
	s.vex, s.evex, s.opmap = true, true, int(p&7)
	s.rex = 0x40 | ^p>>5&7 | q>>7<<3
	s.pp(q & 3)
	s.opcode = s.next()
	return s.pos <= len(s.code) && s.opmap != mapOne
}

func (s *state) pp(p byte) {
	s.opsize = p == 1
	s.rep = [4]byte{0, 0, 0xf3, 0xf2}[p]
}

// operand reads the ModRM byte, the SIB byte and the displacement.
func (s *state) operand(in *isa.Inst) bool {
	s.modrm = s.next()
	if s.pos > len(s.code) {
		return false
	}
	s.mod = s.modrm >> 6
	s.reg = isa.Reg(s.modrm>>3&7 | s.rex<<1&8)
	rm := s.modrm & 7
	if s.mod == 3 {
		s.rm = isa.Reg(rm | s.rex<<3&8)
		return true
	}
	s.rm = isa.NoReg
	in.Flags |= isa.HasMem
	in.Base = isa.Reg(rm | s.rex<<3&8)
	dispLen := [3]int{0, 1, 4}[s.mod]
	switch {
	case rm == 4:
		sib := s.next()
		in.Base = isa.Reg(sib&7 | s.rex<<3&8)
		if x := isa.Reg(sib>>3&7 | s.rex<<2&8); x != rsp {
			in.Index, in.Shift = x, sib>>6
		}
		if sib&7 == 5 && s.mod == 0 {
			in.Base, dispLen = isa.NoReg, 4
		}
	case rm == 5 && s.mod == 0:
		in.Base, s.ripRel, dispLen = isa.NoReg, true, 4
	}
	if s.pos+dispLen > len(s.code) {
		return false
	}
	switch dispLen {
	case 1:
		in.Disp = int64(int8(s.code[s.pos]))
		if s.evex { // scaled by the vector's length, which is not needed
			in.Disp *= 64
		}
	case 4:
		in.Disp = int64(int32(binary.LittleEndian.Uint32(s.code[s.pos:])))
	}
	s.pos += dispLen
	return true
}

// immediate reads the immediate operand, extended with its sign.
func (s *state) immediate(f attr) (int64, bool) {
	n := 0
	switch {
	case f&imm8 != 0:
		n = 1
	case f&imm16 != 0:
		n = 2
	case f&imm24 != 0:
		n = 3
	case f&immZ != 0:
		n = 4
		if s.opsize && f&rel == 0 {
			n = 2
		}
	case f&immV != 0:
		switch {
		case s.rex&8 != 0:
			n = 8
		case s.opsize:
			n = 2
		default:
			n = 4
		}
	case f&moffs != 0:
		n = 8
		if s.addr32 {
			n = 4
		}
	case f&group3 != 0 && s.modrm>>3&7 < 2:
		n = 1
		if s.opcode&1 == 1 {
			if n = 4; s.opsize {
				n = 2
			}
		}
	}
	if s.pos+n > len(s.code) {
		return 0, false
	}
	b := s.code[s.pos:]
	s.pos += n
	switch n {
	case 1:
		return int64(int8(b[0])), true
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b))), true
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b))), true
	case 8:
		return int64(binary.LittleEndian.Uint64(b)), true
	}
	return 0, true
}
