// SPDX-License-Identifier: MIT

package arm64dec

import (
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/arch/arm64/arm64asm"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

const at = 0x10000

// want builds the expected instruction from the parts that are not empty.
func want(op isa.Op, set func(*isa.Inst)) isa.Inst {
	var in isa.Inst
	in.Reset(4)
	in.Op = op
	if set != nil {
		set(&in)
	}
	return in
}

// result is an operation that writes dst.
func result(op isa.Op, size uint8, dst isa.Reg, set func(*isa.Inst)) isa.Inst {
	return want(op, func(i *isa.Inst) {
		i.Size, i.Dst, i.Writes = size, dst, isa.Set(dst)
		if set != nil {
			set(i)
		}
	})
}

func TestDecode(t *testing.T) {
	for _, tc := range []struct {
		summary string
		word    uint32
		want    isa.Inst
	}{
		{"mov w8, #56", 0x52800708, result(isa.MovImm, 4, 8, func(i *isa.Inst) { i.Imm = 56 })},
		{"mov x0, #-100", 0x92800c60, result(isa.MovImm, 8, 0, func(i *isa.Inst) { i.Imm = -100 })},
		{"mov w0, #-2 has no sign", 0x12800020, result(isa.MovImm, 4, 0, func(i *isa.Inst) { i.Imm = 0xfffffffe })},
		{"movk x1, #0x1234, lsl #16", 0xf2a24681, result(isa.Insert16, 8, 1, func(i *isa.Inst) { i.Src, i.Imm, i.Shift = 1, 0x1234, 16 })},
		{"adr x0, .+8", 0x10000040, result(isa.Address, 8, 0, func(i *isa.Inst) { i.Imm = at + 8 })},
		{"adrp x0", 0xb0000000, result(isa.AddressPart, 8, 0, func(i *isa.Inst) { i.Imm = at + 0x1000 })},
		{"add x0, x0, #0x10", 0x91004000, result(isa.Add, 8, 0, func(i *isa.Inst) { i.Src, i.Imm = 0, 0x10 })},
		{"add sp, sp, #0x20", 0x910083ff, result(isa.Add, 8, sp, func(i *isa.Inst) { i.Src, i.Imm = sp, 0x20 })},
		{"mov x29, sp", 0x910003fd, result(isa.Mov, 8, fp, func(i *isa.Inst) { i.Src = sp })},
		{"mov w0, wzr", 0x2a1f03e0, result(isa.MovImm, 4, 0, nil)},
		{"mov x3, x4", 0xaa0403e3, result(isa.Mov, 8, 3, func(i *isa.Inst) { i.Src = 4 })},
		{"cmp w0, #3", 0x71000c1f, want(isa.Cmp, func(i *isa.Inst) { i.Size, i.Src, i.Imm = 4, 0, 3 })},
		{"orr w0, w1, #0x80000", 0x320d0020, result(isa.Or, 4, 0, func(i *isa.Inst) { i.Src, i.Imm = 1, 0x80000 })},
		{"and w0, w0, #0x1ff", 0x12002000, result(isa.And, 4, 0, func(i *isa.Inst) { i.Src, i.Imm = 0, 0x1ff })},
		{"mvn w0, w1", 0x2a2103e0, result(isa.Xor, 4, 0, func(i *isa.Inst) { i.Src, i.Imm = 1, -1 })},
		{"lsl x0, x1, #3", 0xd37df020, result(isa.Shl, 8, 0, func(i *isa.Inst) { i.Src, i.Imm = 1, 3 })},
		{"lsr w0, w1, #4", 0x53047c20, result(isa.Shr, 4, 0, func(i *isa.Inst) { i.Src, i.Imm = 1, 4 })},
		{"sxtw x0, w1", 0x93407c20, result(isa.Mov, 4, 0, func(i *isa.Inst) { i.Src, i.Flags = 1, isa.SignExtend })},
		{"uxtb w0, w1", 0x53001c20, result(isa.And, 4, 0, func(i *isa.Inst) { i.Src, i.Imm = 1, 0xff })},
		{"ubfx w0, w1, #3, #2", 0x53031020, want(isa.Other, func(i *isa.Inst) { i.Size, i.Writes = 4, isa.Set(0) })},
		{"add x0, x1, x2, lsl #2", 0x8b020820, result(isa.Add, 8, 0, func(i *isa.Inst) { i.Src, i.Src2, i.Shift = 1, 2, 2 })},
		{"mul w0, w1, w2", 0x1b027c20, result(isa.Mul, 4, 0, func(i *isa.Inst) { i.Src, i.Src2 = 1, 2 })},
		{"cset w0, eq", 0x1a9f17e0, result(isa.SetCond, 4, 0, func(i *isa.Inst) { i.Imm = 1 })},
		{"csetm w0, eq", 0x5a9f13e0, result(isa.SetCond, 4, 0, func(i *isa.Inst) { i.Imm = 0xffffffff })},
		{"csel x0, x1, x2, eq", 0x9a820020, result(isa.Select, 8, 0, func(i *isa.Inst) { i.Src, i.Src2 = 1, 2 })},
		{"cinc w0, w1, eq", 0x1a811420, result(isa.Select, 4, 0, func(i *isa.Inst) { i.Src, i.Src2, i.Imm = 1, 1, 1 })},
		{"ldr x0, [x1, #8]", 0xf9400420, result(isa.Load, 8, 0, func(i *isa.Inst) { i.Base, i.Disp, i.Flags = 1, 8, isa.HasMem })},
		{"ldr x0, [x1], #8", 0xf8408420, result(isa.Load, 8, 0, func(i *isa.Inst) {
			i.Base, i.Adjust, i.Flags, i.Writes = 1, 8, isa.HasMem, isa.Set(0, 1)
		})},
		{"ldrsw x0, [x1, w2, uxtw #2]", 0xb8a25820, result(isa.Load, 4, 0, func(i *isa.Inst) {
			i.Base, i.Index, i.Shift, i.Flags = 1, 2, 2, isa.HasMem|isa.SignExtend
		})},
		{"ldr d0, [x0, #8]", 0xfd400400, want(isa.Load, func(i *isa.Inst) { i.Size, i.Base, i.Disp, i.Flags = 8, 0, 8, isa.HasMem })},
		{"str x0, [sp, #-16]!", 0xf81f0fe0, want(isa.Store, func(i *isa.Inst) {
			i.Size, i.Src, i.Base, i.Disp, i.Adjust, i.Flags, i.Writes = 8, 0, sp, -16, -16, isa.HasMem, isa.Set(sp)
		})},
		{"str q0, [sp]", 0x3d8003e0, want(isa.Store, func(i *isa.Inst) { i.Size, i.Base, i.Flags = 16, sp, isa.HasMem })},
		{"stp x29, x30, [sp, #-32]!", 0xa9be7bfd, want(isa.StorePair, func(i *isa.Inst) {
			i.Size, i.Src, i.Src2, i.Base, i.Disp, i.Adjust, i.Flags, i.Writes = 8, fp, lr, sp, -32, -32, isa.HasMem, isa.Set(sp)
		})},
		{"ldp x29, x30, [sp], #32", 0xa8c27bfd, result(isa.LoadPair, 8, fp, func(i *isa.Inst) {
			i.Src2, i.Base, i.Adjust, i.Flags, i.Writes = lr, sp, 32, isa.HasMem, isa.Set(fp, lr, sp)
		})},
		{"ldxr w0, [x1]", 0x885f7c20, want(isa.Other, func(i *isa.Inst) { i.Size, i.Base, i.Flags, i.Writes = 4, 1, isa.HasMem, isa.Set(0) })},
		{"stxr w2, w0, [x1]", 0x88027c20, want(isa.Store, func(i *isa.Inst) { i.Size, i.Base, i.Flags, i.Writes = 4, 1, isa.HasMem, isa.Set(2) })},
		{"bl .+16", 0x94000004, want(isa.Call, func(i *isa.Inst) { i.Target = at + 16 })},
		{"b .-4", 0x17ffffff, want(isa.Jump, func(i *isa.Inst) { i.Target = at - 4 })},
		{"b.eq .+8", 0x54000040, want(isa.CondJump, func(i *isa.Inst) { i.Target = at + 8 })},
		{"cbz x0, .+8", 0xb4000040, want(isa.CondJump, func(i *isa.Inst) { i.Target = at + 8 })},
		{"tbnz w0, #3, .+8", 0x37180040, want(isa.CondJump, func(i *isa.Inst) { i.Target = at + 8 })},
		{"br x16", 0xd61f0200, want(isa.JumpReg, func(i *isa.Inst) { i.Src = 16 })},
		{"blr x3", 0xd63f0060, want(isa.CallReg, func(i *isa.Inst) { i.Src = 3 })},
		{"ret", 0xd65f03c0, want(isa.Return, nil)},
		{"svc #0", 0xd4000001, want(isa.Syscall, func(i *isa.Inst) { i.Writes = isa.Set(0) })},
		{"brk #1", 0xd4200020, want(isa.Trap, nil)},
		{"udf #0", 0x00000000, want(isa.Trap, nil)},
		{"bti c", 0xd503245f, want(isa.Nop, func(i *isa.Inst) { i.Flags = isa.Landing })},
		{"mrs x0, tpidr_el0", 0xd53bd040, want(isa.Other, func(i *isa.Inst) { i.Writes = isa.Set(0) })},
		{"fmov x0, d0", 0x9e660000, want(isa.Other, func(i *isa.Inst) { i.Writes = isa.Set(0) })},
		{"umov w0, v0.b[0]", 0x0e013c00, want(isa.Other, func(i *isa.Inst) { i.Writes = isa.Set(0) })},
		{"scvtf d0, x0 leaves x0", 0x9e620000, want(isa.Other, nil)},
		{"movi v0.4s, #0 leaves x0", 0x4f000400, want(isa.Other, nil)},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			var got isa.Inst
			Decoder{}.Decode(&got, binary.LittleEndian.AppendUint32(nil, tc.word), at)
			assert.Equal(t, tc.want, got)
		})
	}
}

// TestKnown: whatever the x/arch decoder knows as an instruction is one here, and
// jumps go where it says.
func TestKnown(t *testing.T) {
	f, err := elf.Open("../../../testdata/elf/tables.arm64.O0")
	require.NoError(t, err)
	defer f.Close()
	text := f.Section(".text")
	code, err := text.Data()
	require.NoError(t, err)
	var in isa.Inst
	known := 0
	for off := 0; off+4 <= len(code); off += 4 {
		pc := text.Addr + uint64(off)
		theirs, err := arm64asm.Decode(code[off:])
		if err != nil {
			continue
		}
		known++
		Decoder{}.Decode(&in, code[off:], pc)
		require.NotEqual(t, isa.Invalid, in.Op, "%#x: %v", pc, theirs)
		for _, a := range theirs.Args {
			rel, ok := a.(arm64asm.PCRel)
			switch in.Op {
			case isa.Call, isa.Jump, isa.CondJump:
				if ok {
					assert.Equal(t, pc+uint64(rel), in.Target, "%#x: %v", pc, theirs)
				}
			}
		}
	}
	assert.Greater(t, known, 200)
}

func TestShort(t *testing.T) {
	var in isa.Inst
	Decoder{}.Decode(&in, []byte{1, 2}, at)
	assert.Equal(t, isa.Invalid, in.Op)
	assert.Equal(t, uint8(2), in.Len)
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0xe0, 0x03, 0x1f, 0x2a})
	f.Fuzz(func(t *testing.T, code []byte) {
		var in isa.Inst
		Decoder{}.Decode(&in, code, at)
		require.Positive(t, in.Len)
	})
}

func BenchmarkDecode(b *testing.B) {
	f, err := elf.Open("../../../testdata/elf/tables.arm64.O0")
	require.NoError(b, err)
	defer f.Close()
	code, err := f.Section(".text").Data()
	require.NoError(b, err)
	var in isa.Inst
	var d isa.Decoder = Decoder{}
	b.SetBytes(int64(len(code)))
	for n := 0; n < b.N; n++ {
		for off := 0; off < len(code); off += 4 {
			d.Decode(&in, code[off:], at)
		}
	}
}
