// SPDX-License-Identifier: MIT

package seccomp

import (
	"debug/elf"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseArch(t *testing.T) {
	tests := []struct {
		summary, in string
		want        Arch
	}{
		{"systemd's name", "x86-64", X8664},
		{"systemd's name, n32", "mips64-le-n32", MIPS64LEN32},
		{"TARGET_ARCH of qemux86-64", "x86_64", X8664},
		{"TARGET_ARCH of qemux86", "i686", X86},
		{"TARGET_ARCH of qemuarm", "arm", ARM},
		{"TARGET_ARCH of qemuarm64", "aarch64", ARM64},
		{"TARGET_ARCH of qemuriscv64", "riscv64", RISCV64},
		{"TARGET_ARCH of qemuriscv32", "riscv32", RISCV32},
		{"TARGET_ARCH of qemuppc", "powerpc", PPC},
		{"TARGET_ARCH of qemuppc64", "powerpc64le", PPC64LE},
		{"TARGET_ARCH of qemumips", "mips", MIPS},
		{"TARGET_ARCH of qemumips64", "mips64", MIPS64},
		{"TARGET_ARCH of a little-endian MIPS", "mipsel", MIPSLE},
		{"TARGET_ARCH of a MIPS of release 6", "mipsisa64r6el", MIPS64LE},
		{"TARGET_ARCH of qemuloongarch64", "loongarch64", LoongArch64},
		{"what stands for the target", "native", ""},
		{"case matters", "X86-64", ""},
		{"empty", "", ""},
		{"unknown", "vax", ""},
	}
	for _, tt := range tests {
		t.Run(tt.summary, func(t *testing.T) {
			got, ok := ParseArch(tt.in)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.want != "", ok)
		})
	}
}

func TestAliasesAreUnique(t *testing.T) {
	seen := map[string]Arch{}
	for arch, a := range architectures {
		for _, name := range append([]string{string(arch)}, a.aliases...) {
			assert.Empty(t, seen[name], "%s and %s are both called %s", seen[name], arch, name)
			seen[name] = arch
		}
	}
}

func TestArchOfELF(t *testing.T) {
	tests := []struct {
		summary string
		machine elf.Machine
		class   elf.Class
		data    elf.Data
		want    Arch
	}{
		{"x86-64", elf.EM_X86_64, elf.ELFCLASS64, elf.ELFDATA2LSB, X8664},
		{"x32 has the machine of x86-64", elf.EM_X86_64, elf.ELFCLASS32, elf.ELFDATA2LSB, X32},
		{"arm", elf.EM_ARM, elf.ELFCLASS32, elf.ELFDATA2LSB, ARM},
		{"big-endian arm", elf.EM_ARM, elf.ELFCLASS32, elf.ELFDATA2MSB, ARMBE},
		{"arm64", elf.EM_AARCH64, elf.ELFCLASS64, elf.ELFDATA2LSB, ARM64},
		{"riscv32", elf.EM_RISCV, elf.ELFCLASS32, elf.ELFDATA2LSB, RISCV32},
		{"riscv64", elf.EM_RISCV, elf.ELFCLASS64, elf.ELFDATA2LSB, RISCV64},
		{"little-endian ppc64", elf.EM_PPC64, elf.ELFCLASS64, elf.ELFDATA2LSB, PPC64LE},
		{"little-endian mips", elf.EM_MIPS, elf.ELFCLASS32, elf.ELFDATA2LSB, MIPSLE},
		{"unknown machine", elf.EM_VAX, elf.ELFCLASS32, elf.ELFDATA2LSB, ""},
		{"impossible class", elf.EM_386, elf.ELFCLASS64, elf.ELFDATA2LSB, ""},
		{"no class", elf.EM_X86_64, elf.ELFCLASSNONE, elf.ELFDATANONE, ""},
	}
	for _, tt := range tests {
		t.Run(tt.summary, func(t *testing.T) {
			got, ok := ArchOfELF(tt.machine, tt.class, tt.data)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.want != "", ok)
		})
	}
}

func TestEveryELFArchHasAName(t *testing.T) {
	for _, arch := range byELF {
		_, ok := ParseArch(string(arch))
		assert.True(t, ok, arch)
	}
}
