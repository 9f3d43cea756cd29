// SPDX-License-Identifier: MIT

package armdec

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

// words is code in A32: the instructions as the manual writes them.
func words(ws ...uint32) (code []byte) {
	for _, w := range ws {
		code = binary.LittleEndian.AppendUint32(code, w)
	}
	return code
}

// halves is code in T32.
func halves(hs ...uint16) (code []byte) {
	for _, h := range hs {
		code = binary.LittleEndian.AppendUint16(code, h)
	}
	return code
}

// blank is an instruction of n bytes without operands.
func blank(n int, change func(*isa.Inst)) isa.Inst {
	var i isa.Inst
	i.Reset(n)
	change(&i)
	return i
}

func TestDecode(t *testing.T) {
	const at = 0x10002 // T32: not at a word, where the alignment of the pc shows
	tests := []struct {
		summary string
		decoder isa.Decoder
		code    []byte
		pc      uint64
		want    isa.Inst
	}{
		{"movw", Thumb{}, halves(0xf241, 0x2334), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Imm, i.Size, i.Writes = isa.MovImm, 3, 0x1234, 4, isa.Set(3)
		})},
		{"movt keeps the lower half", Thumb{}, halves(0xf2c1, 0x2334), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Src, i.Shift, i.Imm, i.Size, i.Writes = isa.Insert16, 3, 3, 16, 0x1234, 4, isa.Set(3)
		})},
		{"modified immediate: pattern", Thumb{}, halves(0xf04f, 0x3280), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Imm, i.Size, i.Writes = isa.MovImm, 2, 0x80808080, 4, isa.Set(2)
		})},
		{"modified immediate: rotated", Thumb{}, halves(0xf44f, 0x3200), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Imm, i.Size, i.Writes = isa.MovImm, 2, 0x20000, 4, isa.Set(2)
		})},
		{"modified immediate: pattern of upper bytes", Thumb{}, halves(0xf04f, 0x2280), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Imm, i.Size, i.Writes = isa.MovImm, 2, 0x80008000, 4, isa.Set(2)
		})},
		{"lsr by 32 leaves nothing", Thumb{}, halves(0x0808), at, blank(2, func(i *isa.Inst) {
			i.Op, i.Dst, i.Size, i.Writes = isa.MovImm, 0, 4, isa.Set(0)
		})},
		{"far conditional branch", Thumb{}, halves(0xf000, 0x8800), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Target = isa.CondJump, 0x90007
		})},
		{"mvn", Thumb{}, halves(0xf06f, 0x0025), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Imm, i.Size, i.Writes = isa.MovImm, 0, 0xffffffda, 4, isa.Set(0)
		})},
		{"ldr literal: the pc is rounded down to a word", Thumb{}, halves(0x4b01), at, blank(2, func(i *isa.Inst) {
			i.Op, i.Flags, i.Dst, i.Disp, i.Size, i.Writes = isa.Load, isa.HasMem, 3, 0x10008, 4, isa.Set(3)
		})},
		{"add pc: not rounded", Thumb{}, halves(0x447b), at, blank(2, func(i *isa.Inst) {
			i.Op, i.Flags, i.Dst, i.Src, i.Imm, i.Size, i.Writes = isa.Add, isa.FromPC, 3, 3, 0x10006, 4, isa.Set(3)
		})},
		{"adr: rounded", Thumb{}, halves(0xa001), at, blank(2, func(i *isa.Inst) {
			i.Op, i.Dst, i.Imm, i.Size, i.Writes = isa.Address, 0, 0x10008, 4, isa.Set(0)
		})},
		{"tbb: entries follow, targets count from there", Thumb{}, halves(0xe8df, 0xf003), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Index, i.Size, i.Disp, i.Target = isa.JumpTable, isa.HasMem, 3, 1, 0x10006, 0x10007
		})},
		{"tbh", Thumb{}, halves(0xe8df, 0xf013), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Index, i.Shift, i.Size, i.Disp, i.Target = isa.JumpTable, isa.HasMem, 3, 1, 2, 0x10006, 0x10007
		})},
		{"cbz", Thumb{}, halves(0xb108), at, blank(2, func(i *isa.Inst) {
			i.Op, i.Src, i.Src2, i.Target = isa.CondJump, 0, isa.Zero, 0x10009
		})},
		{"bl stays in T32", Thumb{}, halves(0xf000, 0xf801), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Target = isa.Call, 0x10009
		})},
		{"blx goes to A32, at a word", Thumb{}, halves(0xf000, 0xe802), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Target = isa.Call, 0x10008
		})},
		{"bx pc goes to A32, at a word", Thumb{}, halves(0x4778), 0x10000, blank(2, func(i *isa.Inst) {
			i.Op, i.Target = isa.Jump, 0x10004
		})},
		{"push", Thumb{}, halves(0xb510), at, blank(2, func(i *isa.Inst) {
			i.Op, i.Flags, i.Base, i.Disp, i.Adjust, i.Size = isa.StoreMulti, isa.HasMem, 13, -8, -8, 4
			i.List, i.Writes = isa.Set(4, 14), isa.Set(13)
		})},
		{"pop of the pc", Thumb{}, halves(0xbd10), at, blank(2, func(i *isa.Inst) {
			i.Op, i.Flags, i.Base, i.Adjust, i.Size = isa.Return, isa.HasMem, 13, 8, 4
			i.List, i.Writes = isa.Set(4, 15), isa.Set(4, 13)
		})},
		{"bx lr", Thumb{}, halves(0x4770), at, blank(2, func(i *isa.Inst) { i.Op = isa.Return })},
		{"svc", Thumb{}, halves(0xdf00), at, blank(2, func(i *isa.Inst) { i.Op = isa.Syscall })},
		{"udf", Thumb{}, halves(0xdeff), at, blank(2, func(i *isa.Inst) { i.Op = isa.Trap })},
		{"half of an instruction", Thumb{}, halves(0xf241), at, blank(2, func(i *isa.Inst) { i.Op = isa.Invalid })},

		{"svc with an operand", Thumb{}, halves(0xdfe2), at, blank(2, func(i *isa.Inst) { i.Op, i.Flags = isa.Syscall, isa.Unusual })},
		{"svc, EABI", ARM{}, words(0xef000000), at, blank(4, func(i *isa.Inst) { i.Op = isa.Syscall })},
		{"svc, old ABI: the number is the operand", ARM{}, words(0xef900004), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Imm = isa.Syscall, 4
		})},
		{"a condition", ARM{}, words(0x03a00001), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Dst, i.Imm, i.Size, i.Writes = isa.MovImm, isa.Conditional, 0, 1, 4, isa.Set(0)
		})},
		{"a conditional return changes nothing for who goes on", ARM{}, words(0x08bd8010), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Base, i.Adjust, i.Size = isa.Return, isa.HasMem|isa.Conditional, 13, 8, 4
			i.List = isa.Set(4, 15)
		})},
		{"blne is a call that may not happen", ARM{}, words(0x1b000000), 0x8000, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Target = isa.Call, isa.Conditional, 0x8008
		})},
		{"blx goes to T32", ARM{}, words(0xfb000000), 0x8000, blank(4, func(i *isa.Inst) {
			i.Op, i.Target = isa.Call, 0x800b
		})},
		{"PLT entry, 1", ARM{}, words(0xe28fc600), 0x8000, blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Imm, i.Size, i.Writes = isa.AddressPart, 12, 0x8008, 4, isa.Set(12)
		})},
		{"PLT entry, 2", ARM{}, words(0xe28cca10), 0x8004, blank(4, func(i *isa.Inst) {
			i.Op, i.Dst, i.Src, i.Imm, i.Size, i.Writes = isa.Add, 12, 12, 0x10000, 4, isa.Set(12)
		})},
		{"PLT entry, 3", ARM{}, words(0xe5bcf123), 0x8008, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Base, i.Disp, i.Adjust, i.Size, i.Writes = isa.JumpMem, isa.HasMem, 12, 0x123, 0x123, 4, isa.Set(12)
		})},
		{"add pc, pc, r3 lsl 2: a table of branches", ARM{}, words(0x908ff103), 0x8000, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Index, i.Shift, i.Size, i.Disp = isa.JumpTable, isa.HasMem|isa.Conditional, 3, 2, 4, 0x8008
		})},
		{"ldr pc, [pc, r3 lsl 2]: a table of addresses", ARM{}, words(0x979ff103), 0x8000, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Index, i.Shift, i.Size, i.Disp = isa.JumpMem, isa.HasMem|isa.Conditional, 3, 2, 4, 0x8008
		})},
		{"add r3, pc, r3", ARM{}, words(0xe08f3003), 0x8000, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Dst, i.Src, i.Imm, i.Size, i.Writes = isa.Add, isa.FromPC, 3, 3, 0x8008, 4, isa.Set(3)
		})},
		{"umull writes two", ARM{}, words(0xe0823190), at, blank(4, func(i *isa.Inst) { i.Writes = isa.Set(2, 3) })},
		{"smlalbb writes two", ARM{}, words(0xe1423180), at, blank(4, func(i *isa.Inst) { i.Writes = isa.Set(2, 3) })},
		{"strex: nothing is known of the memory", ARM{}, words(0xe1812f90), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Base, i.Size, i.Writes = isa.Store, isa.HasMem, 1, 4, isa.Set(2)
		})},
		{"vpush", ARM{}, words(0xed2d8b04), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Base, i.Disp, i.Adjust, i.Size, i.Writes = isa.Store, isa.HasMem, 13, -16, -16, 16, isa.Set(13)
		})},
		{"vldr of half precision", ARM{}, words(0xed900901), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Flags, i.Base, i.Disp, i.Size = isa.Load, isa.HasMem, 0, 2, 2
		})},
		{"vmov r0, r1, d8", ARM{}, words(0xec510b18), at, blank(4, func(i *isa.Inst) { i.Writes = isa.Set(0, 1) })},
		{"a subtracted index: somewhere", ARM{}, words(0xe7001002), at, blank(4, func(i *isa.Inst) {
			i.Op, i.Src, i.Size = isa.Store, 1, 4
		})},
	}
	for _, tt := range tests {
		t.Run(tt.summary, func(t *testing.T) {
			var got isa.Inst
			tt.decoder.Decode(&got, tt.code, tt.pc)
			got.When = 0 // see TestWhen
			assert.Equal(t, tt.want, got)
		})
	}
}

// TestWhen: instructions with opposite conditions can be told.
func TestWhen(t *testing.T) {
	var a, b isa.Inst
	ARM{}.Decode(&a, words(0xc3a0102f), 0x8000) // movgt r1, #47
	ARM{}.Decode(&b, words(0xd3a01031), 0x8004) // movle r1, #49
	assert.Equal(t, uint8(1), a.When^b.When)
	ARM{}.Decode(&b, words(0x03a01031), 0x8004) // moveq r1, #49
	assert.NotEqual(t, uint8(1), a.When^b.When)

	decoder := Thumb{}.Fresh()
	code := []byte{0x0c, 0xbf, 0x00, 0x20, 0x01, 0x20} // ite eq; moveq r0, #0; movne r0, #1
	decoder.Decode(&a, code, 0x8000)
	decoder.Decode(&a, code[2:], 0x8002)
	decoder.Decode(&b, code[4:], 0x8004)
	assert.Equal(t, uint8(1), a.When^b.When)
}

// TestITBlock: the instructions that an IT instruction covers are conditional
// in a sweep, and only those.
func TestITBlock(t *testing.T) {
	code := halves(
		0xbf1e,         // ittt ne
		0x2001,         // movne r0, #1
		0xf04f, 0x0102, // movne.w r1, #2
		0xe000, // bne
		0x2003, // movs r0, #3
		0xbf08, // it eq
		0x4770, // bxeq lr
		0x2004, // movs r0, #4
	)
	decoder := Thumb{}.Fresh()
	var kinds []string
	for pc := 0; pc < len(code); {
		var i isa.Inst
		decoder.Decode(&i, code[pc:], uint64(pc))
		kind := map[isa.Op]string{isa.Nop: "it", isa.MovImm: "mov", isa.CondJump: "b", isa.Return: "ret"}[i.Op]
		if i.Cond() {
			kind += "?"
		}
		kinds = append(kinds, kind)
		pc += int(i.Len)
	}
	assert.Equal(t, "it mov? mov? b mov it ret? mov", strings.Join(kinds, " "))
}

// TestRecorded compares with what objdump printed of instructions of all kinds
// in real libraries, recorded in testdata.
func TestRecorded(t *testing.T) {
	for _, name := range []string{"a32", "t32"} {
		t.Run(name, func(t *testing.T) {
			in, err := os.Open(filepath.Join("testdata", name+".objdump"))
			require.NoError(t, err)
			defer in.Close()
			c := newTally()
			c.compareAll(in)
			assert.Greater(t, c.compared, 700)
			assert.Zero(t, c.different, "%s", c.report())
		})
	}
}

func TestNoAllocation(t *testing.T) {
	code := sampleCode(t, "t32")
	var inst isa.Inst
	assert.Zero(t, testing.AllocsPerRun(10, func() { sweepAll(Thumb{}, &inst, code) }))
	assert.Zero(t, testing.AllocsPerRun(10, func() { sweepAll(ARM{}, &inst, code) }))
}

// sampleCode is the bytes of the recorded instructions.
func sampleCode(tb testing.TB, name string) (code []byte) {
	text, err := os.ReadFile(filepath.Join("testdata", name+".objdump"))
	require.NoError(tb, err)
	for _, row := range strings.Split(string(text), "\n") {
		if l, ok := parseLine(row); ok {
			code = append(code, l.code...)
		}
	}
	return code
}

func sweepAll(d isa.Decoder, inst *isa.Inst, code []byte) {
	for n := 0; n < len(code); n += int(inst.Len) {
		d.Decode(inst, code[n:], uint64(n))
	}
}

func benchmark(b *testing.B, d isa.Decoder, name string) {
	code := sampleCode(b, name)
	var inst isa.Inst
	b.SetBytes(int64(len(code)))
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n++ {
		sweepAll(d, &inst, code)
	}
}

func BenchmarkA32(b *testing.B) { benchmark(b, ARM{}, "a32") }
func BenchmarkT32(b *testing.B) { benchmark(b, Thumb{}.Fresh(), "t32") }

// FuzzDecode: never panics, the length is within bounds, and nobody writes or
// jumps through the pc as a register.
func FuzzDecode(f *testing.F) {
	f.Add(words(0xe59ff018, 0xe08f3003, 0xef000000), uint64(0x8000))
	f.Add(halves(0xbf1e, 0x2001, 0xe8df, 0xf003, 0xbd10, 0xf000), uint64(0x10002))
	f.Add([]byte{1}, uint64(0xffffffff))
	f.Fuzz(func(t *testing.T, code []byte, pc uint64) {
		for _, d := range []isa.Decoder{ARM{}, Thumb{}, Thumb{}.Fresh()} {
			for n := 0; n < len(code); {
				var i isa.Inst
				d.Decode(&i, code[n:], pc+uint64(n))
				if i.Len == 0 || int(i.Len) > len(code)-n {
					t.Fatalf("%T: length %d of %d bytes", d, i.Len, len(code)-n)
				}
				if i.Writes>>15 != 0 || i.Target>>32 != 0 {
					t.Fatalf("%T: % x: %+v", d, code[n:n+int(i.Len)], i)
				}
				n += int(i.Len)
			}
		}
	})
}
