// SPDX-License-Identifier: MIT

package riscvdec

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// full32 and half16 are the bytes of an instruction.
func full32(x uint32) []byte { return binary.LittleEndian.AppendUint32(nil, x) }
func half16(x uint16) []byte { return binary.LittleEndian.AppendUint16(nil, x) }

// blank is an instruction of n bytes without operands.
func blank(n int, change func(*isa.Inst)) isa.Inst {
	var i isa.Inst
	i.Reset(n)
	change(&i)
	return i
}

func TestDecode(t *testing.T) {
	const at = 0x10000
	tests := []struct {
		summary string
		code    []byte
		want    isa.Inst
	}{
		{"lui extends the sign of bit 31", full32(0x80000537), blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Imm, i.Size, i.Writes = isa.MovImm, 10, -0x80000000, 8, isa.Set(10)
		})},
		{"auipc", full32(0x00002517), blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Imm, i.Size, i.Writes = isa.AddressPart, 10, 0x12000, 8, isa.Set(10)
		})},
		{"ld from the GOT", full32(0x0f053503), blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Dst, i.Base, i.Disp, i.Size, i.Writes = isa.Load, isa.HasMem|isa.SignExtend, 10, 10, 0xf0, 8, isa.Set(10)
		})},
		{"li", full32(0x05d00893), blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Imm, i.Size, i.Writes = isa.MovImm, 17, 93, 8, isa.Set(17)
		})},
		{"addiw", full32(0xfff5051b), blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Dst, i.Src, i.Imm, i.Size, i.Writes = isa.Add, isa.SignExtend, 10, 10, -1, 4, isa.Set(10)
		})},
		{"sext.w", half16(0x2501), blank(2, func(i *isa.Inst) {
			i.Op, i.Flags, i.Dst, i.Src, i.Size, i.Writes = isa.Mov, isa.SignExtend, 10, 10, 4, isa.Set(10)
		})},
		{"neg subtracts from zero", full32(0x40a00533), blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Src, i.Src2, i.Size, i.Writes = isa.Sub, 10, isa.Zero, 10, 8, isa.Set(10)
		})},
		{"sh3add", full32(0x20b56533), blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Src, i.Src2, i.Shift, i.Size, i.Writes = isa.Add, 10, 11, 10, 3, 8, isa.Set(10)
		})},
		{"ecall", full32(0x00000073), blank(4, func(i *isa.Inst) { i.Op = isa.Syscall })},
		{"ret", half16(0x8082), blank(2, func(i *isa.Inst) { i.Op, i.Src = isa.Return, 1 })},
		{"return from a save-restore routine", full32(0x00028067), blank(4, func(i *isa.Inst) { i.Op, i.Src = isa.Return, 5 })},
		{"call through t0 is a call", full32(0x010002ef), blank(4, func(i *isa.Inst) { i.Op, i.Target = isa.Call, at+16 })},
		{"far call: the second half", full32(0x054080e7), blank(4, func(i *isa.Inst) {
			i.Op, i.Src, i.Imm = isa.CallReg, 1, 0x54
		})},
		{"far tail call", full32(0x05430067), blank(4, func(i *isa.Inst) {
			i.Op, i.Src, i.Imm = isa.JumpReg, 6, 0x54
		})},
		{"PLT entry: a jump, though it links", full32(0x000e0367), blank(4, func(i *isa.Inst) {
			i.Op, i.Src, i.Writes = isa.JumpReg, 28, isa.Set(6)
		})},
		{"c.jalr", half16(0x9782), blank(2, func(i *isa.Inst) { i.Op, i.Src = isa.CallReg, 15 })},
		{"c.sdsp", half16(0xe406), blank(2, func(i *isa.Inst) {
			i.Op, i.Flags, i.Src, i.Base, i.Disp, i.Size = isa.Store, isa.HasMem, 1, 2, 8, 8
		})},
		{"c.addi16sp", half16(0x7139), blank(2, func(i *isa.Inst) {
			i.Op, i.Dst, i.Src, i.Imm, i.Size, i.Writes = isa.Add, 2, 2, -64, 8, isa.Set(2)
		})},
		{"sc: nothing is known of the memory", full32(0x18b5252f), blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Base, i.Size, i.Writes = isa.Store, isa.HasMem, 10, 4, isa.Set(10)
		})},
		{"feq.d writes a register", full32(0xa2a52553), blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Size, i.Writes = isa.Other, 10, 8, isa.Set(10)
		})},
		{"fadd.d writes none", full32(0x02a57553), blank(4, func(*isa.Inst) {})},
		{"vsetvli writes the length", full32(0x0d0572d7), blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Size, i.Writes = isa.Other, 5, 8, isa.Set(5)
		})},
		{"vmv.x.s writes a register", full32(0x42002557), blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Size, i.Writes = isa.Other, 10, 8, isa.Set(10)
		})},
		{"absolute address", full32(0x00803503), blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Dst, i.Disp, i.Size, i.Writes = isa.Load, isa.HasMem|isa.SignExtend, 10, 8, 8, isa.Set(10)
		})},
		{"all zeros", half16(0), blank(2, func(i *isa.Inst) { i.Op = isa.Trap })},
		{"longer than 4 bytes", full32(0x0000001f), blank(2, func(i *isa.Inst) { i.Op = isa.Invalid })},
		{"half of an instruction", half16(0x0013), blank(2, func(i *isa.Inst) { i.Op = isa.Invalid })},
	}
	for _, tt := range tests {
		t.Run(tt.summary, func(t *testing.T) {
			var got isa.Inst
			Decoder{}.Decode(&got, tt.code, at)
			assert.Equal(t, tt.want, got)
		})
	}
}

// TestRecorded compares with what objdump printed of instructions of all kinds
// in real libraries, recorded in testdata.
func TestRecorded(t *testing.T) {
	in, err := os.Open(filepath.Join("testdata", "rv64.objdump"))
	require.NoError(t, err)
	defer in.Close()
	c := newTally()
	c.compareAll(in)
	assert.Greater(t, c.compared, 600)
	assert.Zero(t, c.different, "%s", c.report())
}

// sampleCode is the bytes of the recorded instructions.
func sampleCode(tb testing.TB) (code []byte) {
	text, err := os.ReadFile(filepath.Join("testdata", "rv64.objdump"))
	require.NoError(tb, err)
	for _, row := range strings.Split(string(text), "\n") {
		if l, ok := parseLine(row); ok {
			code = append(code, l.code...)
		}
	}
	return code
}

func sweepAll(inst *isa.Inst, code []byte) {
	for n := 0; n < len(code); n += int(inst.Len) {
		Decoder{}.Decode(inst, code[n:], uint64(n))
	}
}

func TestNoAllocation(t *testing.T) {
	code := sampleCode(t)
	var inst isa.Inst
	assert.Zero(t, testing.AllocsPerRun(10, func() { sweepAll(&inst, code) }))
}

func BenchmarkDecode(b *testing.B) {
	code := sampleCode(b)
	var inst isa.Inst
	b.SetBytes(int64(len(code)))
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n++ {
		sweepAll(&inst, code)
	}
}

// FuzzDecode: never panics, the length is within bounds, x0 is never written.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x17, 0x25, 0, 0, 0x03, 0x35, 0x05, 0x0f, 0x82, 0x80, 0x73, 0, 0, 0}, uint64(0x10000))
	f.Add([]byte{0x13}, uint64(1)<<63)
	f.Fuzz(func(t *testing.T, code []byte, pc uint64) {
		for n := 0; n < len(code); {
			var i isa.Inst
			Decoder{}.Decode(&i, code[n:], pc+uint64(n))
			if i.Len == 0 || int(i.Len) > len(code)-n {
				t.Fatalf("length %d of %d bytes", i.Len, len(code)-n)
			}
			if i.Writes&1 != 0 || i.Writes>>32 != 0 {
				t.Fatalf("% x: %+v", code[n:n+int(i.Len)], i)
			}
			n += int(i.Len)
		}
	})
}
