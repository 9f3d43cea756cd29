// SPDX-License-Identifier: MIT

package x86dec

import "github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"

// meaning fills in what the instruction does.
func (s *state) meaning(in *isa.Inst, imm int64) {
	switch {
	case s.vex:
		s.vector(in)
	case s.opmap == mapOne:
		s.primary(in, imm)
	case s.opmap == map0F:
		s.secondary(in, imm)
	default:
		s.extended(in)
	}
}

// size is the operand's size in bytes where the opcode's low bit tells byte
// from word.
func (s *state) size() uint8 {
	if s.opmap == mapOne && s.opcode&1 == 0 {
		return 1
	}
	return s.wide()
}

func (s *state) wide() uint8 {
	switch {
	case s.rex&8 != 0:
		return 8
	case s.opsize:
		return 2
	}
	return 4
}

// byteReg is the full register that a byte register is part of.
func (s *state) byteReg(r isa.Reg) isa.Reg {
	if !s.hasREX && r >= 4 && r < 8 {
		return r - 4
	}
	return r
}

// whole limits a constant to what a register of size bytes holds.
func whole(imm int64, size uint8) int64 {
	if size == 4 {
		return int64(uint32(imm))
	}
	return imm
}

// set makes in an operation on full registers; a write of one or two bytes
// leaves the rest of the register alone and is only a change.
func (s *state) set(in *isa.Inst, op isa.Op, dst isa.Reg, size uint8) bool {
	if size < 4 {
		if size == 1 {
			dst = s.byteReg(dst)
		}
		in.Op, in.Writes = isa.Other, in.Writes.With(dst)
		return false
	}
	in.Op, in.Dst, in.Size = op, dst, size
	return true
}

// toMemory makes in a store; a read-modify-write has Src NoReg.
func (s *state) toMemory(in *isa.Inst, src isa.Reg, size uint8) {
	in.Op, in.Src, in.Size = isa.Store, src, size
}

func (s *state) primary(in *isa.Inst, imm int64) {
	op := s.opcode
	switch {
	case op < 0x40:
		s.arithmetic(in, imm)
	case op < 0x58:
		s.push(in, isa.Reg(op&7|s.rex<<3&8))
	case op < 0x60:
		s.pop(in, isa.Reg(op&7|s.rex<<3&8))
	case op >= 0x70 && op < 0x80:
		s.condJump(in, imm)
	case op >= 0x91 && op < 0x98:
		in.Writes = isa.Set(rax, isa.Reg(op&7|s.rex<<3&8))
	case op >= 0xb0 && op < 0xb8:
		s.moveByte(in, isa.Reg(op&7|s.rex<<3&8), imm)
	case op >= 0xb8 && op < 0xc0:
		if s.set(in, isa.MovImm, isa.Reg(op&7|s.rex<<3&8), s.wide()) {
			in.Imm = whole(imm, in.Size)
		}
	case op >= 0xd8 && op < 0xe0:
		s.float(in)
	default:
		s.primaryRest(in, imm)
	}
}

// condJump is jcc; je and jne tell what a comparison before them found.
func (s *state) condJump(in *isa.Inst, imm int64) {
	in.Op, in.Target = isa.CondJump, s.target(imm)
	switch s.opcode & 15 {
	case 4:
		in.Imm = isa.IfEqual
	case 5:
		in.Imm = isa.IfNotEqual
	}
}

// moveByte is mov r8, imm8.
func (s *state) moveByte(in *isa.Inst, r isa.Reg, imm int64) {
	if s.byteReg(r) != r {
		s.set(in, isa.Other, r, 1)
		return
	}
	in.Op, in.Dst, in.Src, in.Size, in.Imm = isa.Insert8, r, r, 8, imm&0xff
}

func (s *state) target(imm int64) uint64 { return s.pc + uint64(s.pos) + uint64(imm) }

func (s *state) push(in *isa.Inst, r isa.Reg) {
	in.Op, in.Src, in.Size = isa.Store, r, 8
	in.Flags |= isa.HasMem
	in.Base, in.Index, in.Disp, in.Adjust = rsp, isa.NoReg, -8, -8
}

func (s *state) pop(in *isa.Inst, r isa.Reg) {
	in.Op, in.Dst, in.Size = isa.Load, r, 8
	in.Flags |= isa.HasMem
	in.Base, in.Index, in.Disp, in.Adjust = rsp, isa.NoReg, 0, 8
}

func (s *state) primaryRest(in *isa.Inst, imm int64) {
	size := s.size()
	switch s.opcode {
	case 0x63: // movsxd
		s.load(in, s.reg, 4, s.wide(), true)
	case 0x68, 0x6a:
		s.push(in, isa.NoReg)
		in.Op, in.Imm = isa.StoreImm, imm
	case 0x69, 0x6b: // imul
		if s.set(in, isa.Mul, s.reg, s.wide()) {
			s.fromOperand(in, imm)
		}
	case 0x6c, 0x6d, 0xaa, 0xab, 0xae, 0xaf: // ins, stos, scas; rcx counts repetitions
		in.Writes = isa.Set(rcx, rdi)
	case 0x6e, 0x6f: // outs
		in.Writes = isa.Set(rcx, rsi)
	case 0xa4, 0xa5, 0xa6, 0xa7: // movs, cmps
		in.Writes = isa.Set(rcx, rsi, rdi)
	case 0xac, 0xad: // lods
		in.Writes = isa.Set(rax, rcx, rsi)
	case 0x80, 0x81, 0x83:
		s.operate(in, s.modrm>>3&7, s.rm, isa.NoReg, imm, size)
	case 0x84, 0x85: // test
		in.Size = size
		if s.mod == 3 && s.rm == s.reg && size >= 4 {
			in.Op, in.Src = isa.Cmp, s.rm
		}
	case 0x86, 0x87:
		s.exchange(in, size)
	case 0x88, 0x89:
		s.move(in, s.rm, s.reg, size)
	case 0x8a, 0x8b:
		s.load(in, s.reg, size, size, false)
	case 0x8c:
		in.Writes = in.Writes.With(s.rm)
	case 0x8d:
		s.lea(in)
	case 0x8f:
		s.popOperand(in)
	case 0x90:
		in.Op = isa.Nop
	case 0x98:
		if s.set(in, isa.Mov, rax, s.wide()) {
			in.Src, in.Size = rax, in.Size/2
			in.Flags |= isa.SignExtend
		}
	case 0x99:
		in.Writes = isa.Set(rdx)
	case 0x9c:
		s.push(in, isa.NoReg)
	case 0x9d: // popf
		s.pop(in, isa.NoReg)
	case 0xc8, 0xc9: // enter, leave
		in.Writes = isa.Set(rsp, rbp)
	case 0x9f, 0xa0, 0xa1, 0xd7, 0xe4, 0xe5, 0xec, 0xed:
		in.Writes = isa.Set(rax)
	case 0xa8, 0xa9:
		in.Op = isa.Other
	case 0xc0, 0xc1, 0xd0, 0xd1, 0xd2, 0xd3:
		s.shift(in, imm, size)
	case 0xc2, 0xc3, 0xca, 0xcb, 0xcf:
		in.Op = isa.Return
	case 0xc6, 0xc7:
		s.moveImm(in, imm, size)
	case 0xcd:
		if in.Op = isa.Other; byte(imm) == 0x80 {
			in.Op, in.Writes = isa.CompatSyscall, isa.Set(rax)
		}
	case 0xcc, 0xf1, 0xf4:
		in.Op = isa.Trap
	case 0xe0, 0xe1, 0xe2, 0xe3:
		in.Op, in.Target, in.Writes = isa.CondJump, s.target(imm), isa.Set(rcx)
	case 0xe8:
		in.Op, in.Target = isa.Call, s.target(imm)
	case 0xe9, 0xeb:
		in.Op, in.Target = isa.Jump, s.target(imm)
	case 0xf6, 0xf7:
		s.unary(in, size)
	case 0xfe, 0xff:
		s.indirect(in, size)
	}
}

// arithmetic: the eight operations in their six forms (00 to 3D).
func (s *state) arithmetic(in *isa.Inst, imm int64) {
	kind, size := s.opcode>>3&7, s.size()
	switch s.opcode & 7 {
	case 0, 1:
		s.operate(in, kind, s.rm, s.reg, 0, size)
	case 2, 3:
		if s.mod == 3 {
			s.operate(in, kind, s.reg, s.rm, 0, size)
		} else if kind != 7 {
			in.Writes, in.Size = isa.Set(s.partOf(s.reg, size)), size
		}
	default:
		s.operate(in, kind, rax, isa.NoReg, imm, size)
	}
}

func (s *state) partOf(r isa.Reg, size uint8) isa.Reg {
	if size == 1 {
		return s.byteReg(r)
	}
	return r
}

// The operations as ModRM.reg and bits 3 to 5 of the opcode number them.
const (
	opAdd = iota
	opOr
	opAdc
	opSbb
	opAnd
	opSub
	opXor
	opCmp
)

var operations = [8]isa.Op{isa.Add, isa.Or, isa.Other, isa.Other, isa.And, isa.Sub, isa.Xor, isa.Cmp}

// operate is dst = dst op (src or imm); dst NoReg means memory.
func (s *state) operate(in *isa.Inst, kind byte, dst, src isa.Reg, imm int64, size uint8) {
	switch {
	case kind == opCmp:
		s.compare(in, dst, src, imm, size)
	case dst == isa.NoReg:
		s.operateMemory(in, kind, src, imm, size)
	case size < 4 && src == isa.NoReg && (kind == opOr || kind == opAnd || kind == opXor):
		s.operatePart(in, kind, dst, imm, size)
	case !s.set(in, operations[kind], dst, size):
	case kind == opSbb && dst == src:
		in.Op, in.Imm = isa.SetCond, whole(-1, size)
	case (kind == opXor || kind == opSub) && dst == src, kind == opAnd && src == isa.NoReg && imm == 0:
		in.Op, in.Imm = isa.MovImm, 0
	case kind == opOr && src == isa.NoReg && imm == -1:
		in.Op, in.Imm = isa.MovImm, whole(-1, size)
	case kind == opAdc || kind == opSbb:
		in.Writes, in.Dst = isa.Set(dst), isa.NoReg
	default:
		in.Src, in.Src2, in.Imm = dst, src, imm
	}
}

// operatePart is an operation on bits with a constant in a part of a register: the
// other bits keep their values.
func (s *state) operatePart(in *isa.Inst, kind byte, dst isa.Reg, imm int64, size uint8) {
	part := int64(1)<<(8*size) - 1
	imm &= part
	if size == 1 && s.byteReg(dst) != dst {
		dst, imm, part = s.byteReg(dst), imm<<8, part<<8
	}
	if kind == opAnd {
		imm |= ^part
	}
	in.Op, in.Dst, in.Src, in.Imm, in.Size = operations[kind], dst, dst, imm, 8
}

func (s *state) operateMemory(in *isa.Inst, kind byte, src isa.Reg, imm int64, size uint8) {
	s.toMemory(in, isa.NoReg, size)
	switch {
	case kind == opAnd && src == isa.NoReg && imm == 0:
		in.Op, in.Imm = isa.StoreImm, 0
	case kind == opOr && src == isa.NoReg && imm == -1:
		in.Op, in.Imm = isa.StoreImm, -1
	}
}

func (s *state) compare(in *isa.Inst, dst, src isa.Reg, imm int64, size uint8) {
	in.Size = size
	if dst != isa.NoReg {
		in.Op, in.Src, in.Src2, in.Imm = isa.Cmp, s.partOf(dst, size), src, imm
	}
}

// move is mov r/m, r.
func (s *state) move(in *isa.Inst, dst, src isa.Reg, size uint8) {
	if dst == isa.NoReg {
		if size == 1 && s.byteReg(src) != src {
			src = isa.NoReg // ah and the like: not the low byte
		}
		s.toMemory(in, src, size)
		return
	}
	if s.set(in, isa.Mov, dst, size) {
		in.Src = src
	}
}

// load is dst = extend(r/m of size bytes) to a register of width bytes.
func (s *state) load(in *isa.Inst, dst isa.Reg, size, width uint8, signed bool) {
	if width < 4 {
		in.Op, in.Writes = isa.Other, isa.Set(s.partOf(dst, width))
		return
	}
	in.Op, in.Dst, in.Size = isa.Load, dst, size
	if signed {
		in.Flags |= isa.SignExtend
	}
	if s.mod == 3 {
		in.Op, in.Src = isa.Mov, s.rm
		if size == 1 && s.byteReg(s.rm) != s.rm {
			in.Op, in.Dst, in.Src, in.Writes = isa.Other, isa.NoReg, isa.NoReg, isa.Set(dst)
		}
	}
}

func (s *state) moveImm(in *isa.Inst, imm int64, size uint8) {
	switch {
	case s.modrm>>3&7 != 0: // xabort, xbegin
	case s.mod != 3:
		in.Op, in.Imm, in.Size = isa.StoreImm, imm, size
	case s.set(in, isa.MovImm, s.rm, size):
		in.Imm = whole(imm, size)
	}
}

// lea computes an address.
func (s *state) lea(in *isa.Inst) {
	if s.mod == 3 {
		in.Op = isa.Invalid
		return
	}
	base, index, shift, disp, visible := in.Base, in.Index, in.Shift, in.Disp, in.Mem()
	s.hide(in)
	size := s.wide()
	if !visible || !s.set(in, isa.Other, s.reg, size) {
		in.Writes = isa.Set(s.reg)
		in.Dst = isa.NoReg
		return
	}
	switch {
	case s.ripRel:
		in.Op, in.Imm = isa.Address, disp
	case base == isa.NoReg && index == isa.NoReg:
		in.Op, in.Imm = isa.MovImm, whole(disp, size)
	case index == isa.NoReg:
		in.Op, in.Src, in.Imm = isa.Add, base, disp
	case base == isa.NoReg && shift == 0:
		in.Op, in.Src, in.Imm = isa.Add, index, disp
	default:
		if base == isa.NoReg {
			base = isa.Zero
		}
		in.Op, in.Src, in.Src2, in.Shift, in.Imm = isa.Add, base, index, shift, disp
	}
}

// fromOperand gives a computation of r/m and imm its source.
func (s *state) fromOperand(in *isa.Inst, imm int64) {
	if s.mod == 3 {
		in.Src, in.Imm = s.rm, imm
		return
	}
	in.Op, in.Writes, in.Dst = isa.Other, isa.Set(in.Dst), isa.NoReg
}

func (s *state) shift(in *isa.Inst, imm int64, size uint8) {
	op := [8]isa.Op{4: isa.Shl, 6: isa.Shl, 5: isa.Shr, 7: isa.Sar}[s.modrm>>3&7]
	switch {
	case s.mod != 3:
		s.toMemory(in, isa.NoReg, size)
	case op == isa.Other || s.opcode == 0xd2 || s.opcode == 0xd3:
		in.Writes = isa.Set(s.partOf(s.rm, size))
	case s.set(in, op, s.rm, size):
		if s.opcode >= 0xd0 {
			imm = 1
		}
		in.Src, in.Imm = s.rm, imm&63
	}
}

func (s *state) exchange(in *isa.Inst, size uint8) {
	in.Writes = isa.Set(s.partOf(s.reg, size))
	if s.mod == 3 {
		in.Writes = in.Writes.With(s.partOf(s.rm, size))
		return
	}
	s.toMemory(in, isa.NoReg, size)
}

// popOperand is 8F: /0 is pop r/m, anything else AMD's XOP.
func (s *state) popOperand(in *isa.Inst) {
	switch {
	case s.modrm>>3&7 != 0:
		in.Op = isa.Invalid
	case s.mod == 3:
		s.pop(in, s.rm)
	default:
		s.toMemory(in, isa.NoReg, 8)
		in.Writes = isa.Set(rsp)
	}
}

// unary is F6 and F7: test, not, neg, mul, div.
func (s *state) unary(in *isa.Inst, size uint8) {
	switch kind := s.modrm >> 3 & 7; {
	case kind < 2:
		in.Size = size
	case kind >= 4:
		in.Writes, in.Size = isa.Set(rax, rdx), size
	case s.mod != 3:
		s.toMemory(in, isa.NoReg, size)
	case kind == 2 && s.set(in, isa.Xor, s.rm, size):
		in.Src, in.Imm = s.rm, -1
	case kind == 3 && s.set(in, isa.Sub, s.rm, size):
		in.Src, in.Src2 = isa.Zero, s.rm
	}
}

// indirect is FE and FF: inc, dec, call, jmp, push.
func (s *state) indirect(in *isa.Inst, size uint8) {
	kind := s.modrm >> 3 & 7
	if s.opcode == 0xfe && kind > 1 || kind == 7 {
		in.Op = isa.Invalid
		return
	}
	switch kind {
	case 0, 1:
		if s.mod != 3 {
			s.toMemory(in, isa.NoReg, size)
		} else if s.set(in, isa.Add, s.rm, size) {
			in.Src, in.Imm = s.rm, 1-2*int64(kind)
		}
	case 2, 3:
		in.Op, in.Src = isa.CallMem, s.rm
	case 4, 5:
		in.Op, in.Src = isa.JumpMem, s.rm
	case 6:
		s.pushOperand(in)
	}
	if s.mod == 3 && in.Op == isa.CallMem {
		in.Op = isa.CallReg
	}
	if s.mod == 3 && in.Op == isa.JumpMem {
		in.Op = isa.JumpReg
	}
}

// pushOperand pushes a register or a copy of memory.
func (s *state) pushOperand(in *isa.Inst) {
	base, disp := in.Base, in.Disp
	copied := in.Mem() && in.Index == isa.NoReg
	s.push(in, s.rm)
	if copied {
		in.Op, in.Src, in.Imm = isa.Copy, base, disp
	}
}

// float is the x87: what it stores, and fnstsw ax.
func (s *state) float(in *isa.Inst) {
	kind := s.modrm >> 3 & 7
	switch {
	case s.mod == 3:
		if s.opcode == 0xdf && s.modrm == 0xe0 {
			in.Writes = isa.Set(rax)
		}
	case s.opcode&1 == 1 && kind >= 1 && kind != 4 && kind != 5:
		s.toMemory(in, isa.NoReg, 16)
	}
}
