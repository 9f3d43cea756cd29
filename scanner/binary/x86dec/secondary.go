// SPDX-License-Identifier: MIT

package x86dec

import "github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"

// secondary is the map after 0F.
func (s *state) secondary(in *isa.Inst, imm int64) {
	op := s.opcode
	switch {
	case op >= 0x80 && op < 0x90:
		s.condJump(in, imm)
	case op >= 0x40 && op < 0x50: // cmov
		s.load(in, s.reg, s.wide(), s.wide(), false)
		in.Flags |= isa.Conditional
	case op >= 0x90 && op < 0xa0: // setcc
		s.setcc(in)
	case op >= 0xc8 && op < 0xd0: // bswap
		in.Writes = isa.Set(isa.Reg(op&7 | s.rex<<3&8))
	case op >= 0x18 && op < 0x20:
		s.hint(in)
	default:
		s.secondaryRest(in)
	}
}

// hint: multi-byte nop, endbr64, prefetch; F3 0F 1E with a register is rdssp.
func (s *state) hint(in *isa.Inst) {
	s.hide(in)
	in.Op = isa.Nop
	switch {
	case s.opcode != 0x1e || s.rep != 0xf3 || s.mod != 3:
	case s.modrm == 0xfa || s.modrm == 0xfb:
		in.Flags |= isa.Landing
	default:
		in.Op, in.Writes = isa.Other, isa.Set(s.rm)
	}
}

func (s *state) setcc(in *isa.Inst) {
	if s.mod != 3 {
		s.toMemory(in, isa.NoReg, 1)
		return
	}
	if r := s.byteReg(s.rm); r != s.rm {
		in.Writes = isa.Set(r)
		return
	}
	// Only the low byte changes; compilers clear the rest before or extend it
	// after, and use nothing else of it.
	in.Op, in.Dst, in.Size, in.Imm = isa.SetCond, s.rm, 4, 1
}

func (s *state) secondaryRest(in *isa.Inst) {
	switch s.opcode {
	case 0x05:
		in.Op, in.Writes = isa.Syscall, abi.SyscallChanged
	case 0x34:
		in.Op, in.Writes = isa.CompatSyscall, isa.Set(rax, rcx, rdx)
	case 0x0b, 0xb9, 0xff:
		in.Op = isa.Trap
	case 0x00, 0x20, 0x21:
		in.Writes = isa.Set(s.rm)
	case 0x01:
		in.Writes = isa.Set(rax, rcx, rdx)
	case 0x31, 0x32, 0x33:
		in.Writes = isa.Set(rax, rdx)
	case 0xa2:
		in.Writes = isa.Set(rax, rbx, rcx, rdx)
	case 0xa0, 0xa8:
		s.push(in, isa.NoReg)
	case 0xa1, 0xa9:
		s.pop(in, isa.NoReg)
	case 0x02, 0x03, 0xb8, 0xbc, 0xbd, 0xb2, 0xb4, 0xb5:
		in.Writes = isa.Set(s.reg)
	case 0xaf:
		if s.set(in, isa.Mul, s.reg, s.wide()) {
			s.fromOperand(in, 0)
			if s.mod == 3 {
				in.Src, in.Src2 = s.reg, s.rm
			}
		}
	case 0xb6:
		s.load(in, s.reg, 1, s.wide(), false)
	case 0xb7:
		s.load(in, s.reg, 2, s.wide(), false)
	case 0xbe:
		s.load(in, s.reg, 1, s.wide(), true)
	case 0xbf:
		s.load(in, s.reg, 2, s.wide(), true)
	case 0xa4, 0xa5, 0xac, 0xad, 0xab, 0xb3, 0xbb, 0xba:
		s.modify(in, s.wide())
	case 0xb0, 0xb1, 0xc0, 0xc1:
		s.compareExchange(in)
	case 0xc3:
		s.toMemory(in, s.reg, s.wide())
	case 0xc7:
		in.Writes = isa.Set(rax, rdx, s.rm)
		if s.mod != 3 {
			s.toMemory(in, isa.NoReg, 16)
		}
	case 0xae:
		s.modify(in, 8)
	default:
		s.vector(in)
	}
}

// modify changes r/m in a way that is not modelled.
func (s *state) modify(in *isa.Inst, size uint8) {
	if s.mod == 3 {
		in.Writes = isa.Set(s.rm)
		return
	}
	s.toMemory(in, isa.NoReg, size)
}

// compareExchange is cmpxchg (changes rax) and xadd (changes the register).
func (s *state) compareExchange(in *isa.Inst) {
	s.modify(in, s.wide())
	if s.opcode < 0xc0 {
		in.Writes = in.Writes.With(rax)
		return
	}
	in.Writes = in.Writes.With(s.partOf(s.reg, s.size0F()))
}

func (s *state) size0F() uint8 {
	if s.opcode&1 == 0 {
		return 1
	}
	return s.wide()
}

// extended is 0F38 and 0F3A without VEX: movbe, crc32, adcx, pextr and vectors.
func (s *state) extended(in *isa.Inst) {
	switch {
	case s.opmap == map0F38 && s.opcode == 0xf1 && s.rep == 0 && s.mod != 3, s.opmap == map0F38 && s.opcode == 0xf9:
		s.toMemory(in, isa.NoReg, s.wide())
	case s.opmap == map0F38 && s.opcode >= 0xf0:
		in.Writes = isa.Set(s.reg)
	default:
		s.vector(in)
	}
}

// vector is every SSE, AVX and opmask instruction: it matters which general
// purpose register or which memory it writes.
func (s *state) vector(in *isa.Inst) {
	switch {
	case s.opmap == map0F:
		s.vector0F(in)
	case s.opmap == map0F38 && s.vex && s.opcode >= 0xf0:
		in.Writes = s.bmiWrites()
	case s.opmap == map0F38 && s.vex && s.mod != 3 && s.storesVector():
		s.toMemory(in, isa.NoReg, 64)
	case s.opmap == map0F3A:
		s.vector0F3A(in)
	}
}

// vector0F3A: pextr and extractps write r/m, vextract only memory, rorx and
// the string compares a register.
func (s *state) vector0F3A(in *isa.Inst) {
	switch op := s.opcode; {
	case op >= 0x14 && op <= 0x17:
		s.modify(in, 8)
	case (op == 0x19 || op == 0x1b || op == 0x1d || op == 0x39 || op == 0x3b) && s.mod != 3:
		s.toMemory(in, isa.NoReg, 64)
	case op == 0xf0 && s.vex, op >= 0x60 && op <= 0x63:
		in.Writes = isa.Set(s.reg, rcx)
	}
}

// storesVector tells the masked, compressing, narrowing and scattering stores
// of map 0F38 from its computations.
func (s *state) storesVector() bool {
	switch op := s.opcode; {
	case op == 0x2e, op == 0x2f, op == 0x63, op == 0x8a, op == 0x8b, op == 0x8e:
		return true
	case op >= 0x10 && op < 0x16, op >= 0x20 && op < 0x36, op >= 0xa0 && op <= 0xa3:
		return s.evex
	}
	return false
}

// bmiWrites is the destination of an instruction of map 0F38 from F0 on.
func (s *state) bmiWrites() isa.RegSet {
	switch s.opcode {
	case 0xf3: // blsr, blsmsk, blsi
		return isa.Set(s.vvvv)
	case 0xf6: // mulx
		return isa.Set(s.reg, s.vvvv)
	}
	return isa.Set(s.reg)
}

// vector0F: moves to general purpose registers and to memory in the map after 0F.
func (s *state) vector0F(in *isa.Inst) {
	switch s.opcode {
	case 0x2c, 0x2d, 0x50, 0xc5, 0xd7, 0x93, 0x78, 0x79:
		if s.opcode == 0x93 && !s.vex {
			return
		}
		in.Writes = isa.Set(s.reg)
	case 0x7e:
		if s.rep != 0xf3 {
			s.modify(in, 8)
		}
	case 0x11, 0x13, 0x17, 0x29, 0x2b, 0x7f, 0xd6, 0xe7, 0x91:
		if s.mod != 3 {
			s.toMemory(in, isa.NoReg, 64)
			if !s.vex {
				in.Size = 16
			}
		}
	}
}
