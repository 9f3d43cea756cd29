// SPDX-License-Identifier: MIT

package x86dec

import (
	"debug/elf"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/arch/x86/x86asm"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

const at = 0x1000

// want builds the expected instruction from the parts that are not empty.
func want(op isa.Op, n uint8, set func(*isa.Inst)) isa.Inst {
	var in isa.Inst
	in.Reset(int(n))
	in.Op = op
	if set != nil {
		set(&in)
	}
	return in
}

func TestDecode(t *testing.T) {
	for _, tc := range []struct {
		summary string
		code    []byte
		want    isa.Inst
	}{
		{"mov edi, 1", []byte{0xbf, 1, 0, 0, 0}, want(isa.MovImm, 5, func(i *isa.Inst) {
			i.Dst, i.Imm, i.Size, i.Writes = rdi, 1, 4, isa.Set(rdi)
		})},
		{"mov edi, 0xffffff9c has no sign", []byte{0xbf, 0x9c, 0xff, 0xff, 0xff}, want(isa.MovImm, 5, func(i *isa.Inst) {
			i.Dst, i.Imm, i.Size, i.Writes = rdi, 0xffffff9c, 4, isa.Set(rdi)
		})},
		{"mov rdi, -100 has one", []byte{0x48, 0xc7, 0xc7, 0x9c, 0xff, 0xff, 0xff}, want(isa.MovImm, 7, func(i *isa.Inst) {
			i.Dst, i.Imm, i.Size, i.Writes = rdi, -100, 8, isa.Set(rdi)
		})},
		{"movabs rax", []byte{0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}, want(isa.MovImm, 10, func(i *isa.Inst) {
			i.Dst, i.Imm, i.Size, i.Writes = rax, 0x0807060504030201, 8, isa.Set(rax)
		})},
		{"xor edx, edx", []byte{0x31, 0xd2}, want(isa.MovImm, 2, func(i *isa.Inst) {
			i.Dst, i.Size, i.Writes = rdx, 4, isa.Set(rdx)
		})},
		{"or eax, -1", []byte{0x83, 0xc8, 0xff}, want(isa.MovImm, 3, func(i *isa.Inst) {
			i.Dst, i.Size, i.Imm, i.Writes = rax, 4, 0xffffffff, isa.Set(rax)
		})},
		{"or al, 0x80 leaves the other bits", []byte{0x0c, 0x80}, want(isa.Or, 2, func(i *isa.Inst) {
			i.Dst, i.Src, i.Size, i.Imm, i.Writes = rax, rax, 8, 0x80, isa.Set(rax)
		})},
		{"and ah, 0xf3", []byte{0x80, 0xe4, 0xf3}, want(isa.And, 3, func(i *isa.Inst) {
			i.Dst, i.Src, i.Size, i.Imm, i.Writes = rax, rax, 8, -0xc01, isa.Set(rax)
		})},
		{"mov r12d, edi", []byte{0x41, 0x89, 0xfc}, want(isa.Mov, 3, func(i *isa.Inst) {
			i.Dst, i.Src, i.Size, i.Writes = r12, rdi, 4, isa.Set(r12)
		})},
		{"lea rdi, [rip+0x10]", []byte{0x48, 0x8d, 0x3d, 0x10, 0, 0, 0}, want(isa.Address, 7, func(i *isa.Inst) {
			i.Dst, i.Imm, i.Size, i.Writes = rdi, at+7+0x10, 8, isa.Set(rdi)
		})},
		{"lea rsi, [rsp+8]", []byte{0x48, 0x8d, 0x74, 0x24, 8}, want(isa.Add, 5, func(i *isa.Inst) {
			i.Dst, i.Src, i.Imm, i.Size, i.Writes = rsi, rsp, 8, 8, isa.Set(rsi)
		})},
		{"lea edi, [rdi*8+2]", []byte{0x8d, 0x3c, 0xfd, 2, 0, 0, 0}, want(isa.Add, 7, func(i *isa.Inst) {
			i.Dst, i.Src, i.Src2, i.Shift, i.Imm, i.Size, i.Writes = rdi, isa.Zero, rdi, 3, 2, 4, isa.Set(rdi)
		})},
		{"mov rax, [rip+8]", []byte{0x48, 0x8b, 0x05, 8, 0, 0, 0}, want(isa.Load, 7, func(i *isa.Inst) {
			i.Dst, i.Size, i.Disp, i.Flags, i.Writes = rax, 8, at+7+8, isa.HasMem, isa.Set(rax)
		})},
		{"mov rax, fs:0x28 has no address", []byte{0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0}, want(isa.Other, 9, func(i *isa.Inst) {
			i.Size, i.Writes = 8, isa.Set(rax)
		})},
		{"mov [rbp-4], edi", []byte{0x89, 0x7d, 0xfc}, want(isa.Store, 3, func(i *isa.Inst) {
			i.Src, i.Size, i.Base, i.Disp, i.Flags = rdi, 4, rbp, -4, isa.HasMem
		})},
		{"mov dword [rsp+8], 7", []byte{0xc7, 0x44, 0x24, 8, 7, 0, 0, 0}, want(isa.StoreImm, 8, func(i *isa.Inst) {
			i.Imm, i.Size, i.Base, i.Disp, i.Flags = 7, 4, rsp, 8, isa.HasMem
		})},
		{"push 2", []byte{0x6a, 2}, want(isa.StoreImm, 2, func(i *isa.Inst) {
			i.Imm, i.Size, i.Base, i.Disp, i.Adjust, i.Flags, i.Writes = 2, 8, rsp, -8, -8, isa.HasMem, isa.Set(rsp)
		})},
		{"push [rsp+0x18]", []byte{0xff, 0x74, 0x24, 0x18}, want(isa.Copy, 4, func(i *isa.Inst) {
			i.Src, i.Imm, i.Size, i.Base, i.Disp, i.Adjust, i.Flags, i.Writes = rsp, 0x18, 8, rsp, -8, -8, isa.HasMem, isa.Set(rsp)
		})},
		{"pop rdi", []byte{0x5f}, want(isa.Load, 1, func(i *isa.Inst) {
			i.Dst, i.Size, i.Base, i.Adjust, i.Flags, i.Writes = rdi, 8, rsp, 8, isa.HasMem, isa.Set(rdi, rsp)
		})},
		{"sub rsp, 0x18", []byte{0x48, 0x83, 0xec, 0x18}, want(isa.Sub, 4, func(i *isa.Inst) {
			i.Dst, i.Src, i.Imm, i.Size, i.Writes = rsp, rsp, 0x18, 8, isa.Set(rsp)
		})},
		{"cmove rdi, rax", []byte{0x48, 0x0f, 0x44, 0xf8}, want(isa.Mov, 4, func(i *isa.Inst) {
			i.Dst, i.Src, i.Size, i.Flags, i.Writes = rdi, rax, 8, isa.Conditional, isa.Set(rdi)
		})},
		{"sbb eax, eax", []byte{0x19, 0xc0}, want(isa.SetCond, 2, func(i *isa.Inst) {
			i.Dst, i.Imm, i.Size, i.Writes = rax, 0xffffffff, 4, isa.Set(rax)
		})},
		{"movzx eax, byte [rdi]", []byte{0x0f, 0xb6, 0x07}, want(isa.Load, 3, func(i *isa.Inst) {
			i.Dst, i.Size, i.Base, i.Flags, i.Writes = rax, 1, rdi, isa.HasMem, isa.Set(rax)
		})},
		{"movsxd rax, dword [rdx+rcx*4]", []byte{0x48, 0x63, 0x04, 0x8a}, want(isa.Load, 4, func(i *isa.Inst) {
			i.Dst, i.Size, i.Base, i.Index, i.Shift, i.Flags, i.Writes = rax, 4, rdx, rcx, 2, isa.HasMem|isa.SignExtend, isa.Set(rax)
		})},
		{"mov ah, 1 changes rax", []byte{0xb4, 1}, want(isa.Other, 2, func(i *isa.Inst) { i.Writes = isa.Set(rax) })},
		{"call", []byte{0xe8, 0, 1, 0, 0}, want(isa.Call, 5, func(i *isa.Inst) { i.Target = at + 5 + 0x100 })},
		{"call [rip+0]", []byte{0xff, 0x15, 0, 0, 0, 0}, want(isa.CallMem, 6, func(i *isa.Inst) {
			i.Disp, i.Flags = at+6, isa.HasMem
		})},
		{"call fs:[0x10] has no address", []byte{0x64, 0xff, 0x14, 0x25, 0x10, 0, 0, 0}, want(isa.CallReg, 8, nil)},
		{"notrack jmp rax", []byte{0x3e, 0xff, 0xe0}, want(isa.JumpReg, 3, func(i *isa.Inst) { i.Src = rax })},
		{"je -2", []byte{0x74, 0xfe}, want(isa.CondJump, 2, func(i *isa.Inst) { i.Target, i.Imm = at, isa.IfEqual })},
		{"jb -2", []byte{0x72, 0xfe}, want(isa.CondJump, 2, func(i *isa.Inst) { i.Target = at })},
		{"test rax, rax", []byte{0x48, 0x85, 0xc0}, want(isa.Cmp, 3, func(i *isa.Inst) { i.Src, i.Size = rax, 8 })},
		{"mov al, 60", []byte{0xb0, 60}, want(isa.Insert8, 2, func(i *isa.Inst) {
			i.Dst, i.Src, i.Size, i.Imm, i.Writes = rax, rax, 8, 60, isa.Set(rax)
		})},
		{"ret", []byte{0xc3}, want(isa.Return, 1, nil)},
		{"syscall", []byte{0x0f, 0x05}, want(isa.Syscall, 2, func(i *isa.Inst) { i.Writes = isa.Set(rax, rcx, r11) })},
		{"int 0x80", []byte{0xcd, 0x80}, want(isa.CompatSyscall, 2, func(i *isa.Inst) { i.Writes = isa.Set(rax) })},
		{"ud2", []byte{0x0f, 0x0b}, want(isa.Trap, 2, nil)},
		{"rep stosq leaves rsi", []byte{0xf3, 0x48, 0xab}, want(isa.Other, 3, func(i *isa.Inst) { i.Writes = isa.Set(rcx, rdi) })},
		{"rep movsq leaves rax", []byte{0xf3, 0x48, 0xa5}, want(isa.Other, 3, func(i *isa.Inst) { i.Writes = isa.Set(rcx, rsi, rdi) })},
		{"lodsq", []byte{0x48, 0xad}, want(isa.Other, 2, func(i *isa.Inst) { i.Writes = isa.Set(rax, rcx, rsi) })},
		{"endbr64", []byte{0xf3, 0x0f, 0x1e, 0xfa}, want(isa.Nop, 4, func(i *isa.Inst) { i.Flags = isa.Landing })},
		{"nopw refers to nothing", []byte{0x66, 0x0f, 0x1f, 0x44, 0, 0}, want(isa.Nop, 6, nil)},
		{"movaps [rsp], xmm0", []byte{0x0f, 0x29, 0x04, 0x24}, want(isa.Store, 4, func(i *isa.Inst) {
			i.Size, i.Base, i.Flags = 16, rsp, isa.HasMem
		})},
		{"vmovd eax, xmm1", []byte{0xc5, 0xf9, 0x7e, 0xc8}, want(isa.Other, 4, func(i *isa.Inst) { i.Writes = isa.Set(rax) })},
		{"vpxor xmm7, xmm7, xmm7 leaves rdi", []byte{0xc5, 0xc1, 0xef, 0xff}, want(isa.Other, 4, nil)},
		{"blsr eax, ecx", []byte{0xc4, 0xe2, 0x78, 0xf3, 0xc9}, want(isa.Other, 5, func(i *isa.Inst) { i.Writes = isa.Set(rax) })},
		{"rorx edx, ecx, 3", []byte{0xc4, 0xe3, 0x7b, 0xf0, 0xd1, 3}, want(isa.Other, 6, func(i *isa.Inst) { i.Writes = isa.Set(rdx, rcx) })},
		{"not an instruction", []byte{0x06}, want(isa.Invalid, 1, nil)},
		{"cut short", []byte{0xe8, 0, 0}, want(isa.Invalid, 1, nil)},
		{"nothing", nil, want(isa.Invalid, 1, nil)},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			var got isa.Inst
			Decoder{}.Decode(&got, tc.code, at)
			assert.Equal(t, tc.want, got)
		})
	}
}

// TestLengths compares the lengths of all instructions of this test's own
// program with the x/arch decoder, where that knows the instruction (no VEX).
func TestLengths(t *testing.T) {
	code, addr := ownText(t)
	var in isa.Inst
	compared := 0
	for i := 0; i < len(code); i += int(in.Len) {
		Decoder{}.Decode(&in, code[i:], addr+uint64(i))
		theirs, err := x86asm.Decode(code[i:], 64)
		if err != nil || theirs.Op == 0 || theirs.Prefix[0]&0xff == 0xc4 || theirs.Prefix[0]&0xff == 0xc5 {
			continue
		}
		compared++
		if !assert.Equal(t, theirs.Len, int(in.Len), "at %#x: %v", addr+uint64(i), theirs) {
			break
		}
	}
	assert.Greater(t, compared, 100000)
}

// ownText is the code of the running test, built for x86-64 or not at all.
func ownText(tb testing.TB) ([]byte, uint64) {
	self, err := os.Executable()
	require.NoError(tb, err)
	f, err := elf.Open(self)
	if err != nil || f.Machine != elf.EM_X86_64 {
		tb.Skip("this test is not an x86-64 ELF file")
	}
	defer f.Close()
	text := f.Section(".text")
	code, err := text.Data()
	require.NoError(tb, err)
	return code, text.Addr
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x48, 0x8d, 0x3d, 0x10, 0, 0, 0})
	f.Add([]byte{0x62, 0xf1, 0x7f, 0xc9, 0x6f, 0x0f})
	f.Fuzz(func(t *testing.T, code []byte) {
		var in isa.Inst
		Decoder{}.Decode(&in, code, at)
		require.Positive(t, in.Len)
		require.True(t, int(in.Len) <= len(code) || in.Op == isa.Invalid)
	})
}

func BenchmarkDecode(b *testing.B) {
	code, addr := ownText(b)
	var in isa.Inst
	var d isa.Decoder = Decoder{}
	b.SetBytes(int64(len(code)))
	for n := 0; n < b.N; n++ {
		for i := 0; i < len(code); i += int(in.Len) {
			d.Decode(&in, code[i:], addr+uint64(i))
		}
	}
}
