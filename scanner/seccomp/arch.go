// SPDX-License-Identifier: MIT

// Package seccomp knows what SystemCallFilter= and SystemCallArchitectures=
// name: the system call groups of each systemd release (groups.tsv), the
// system calls of each architecture as libseccomp knows them (calls.tsv), and
// the architectures under the names that systemd gives them.
//
// The tables are embedded and parsed on the first look-up that needs them.
// The package imports none of ours and reads no files.
package seccomp

import "debug/elf"

// Arch is an architecture as SystemCallArchitectures= names it or, where
// libseccomp does not know it (see HasSeccomp), as ConditionArchitecture= does.
type Arch string

// The architectures, see systemd.exec(5) and systemd.unit(5).
const (
	X86         Arch = "x86"
	X8664       Arch = "x86-64"
	X32         Arch = "x32"
	ARM         Arch = "arm"
	ARMBE       Arch = "arm-be"
	ARM64       Arch = "arm64"
	ARM64BE     Arch = "arm64-be"
	LoongArch64 Arch = "loongarch64"
	M68K        Arch = "m68k"
	MIPS        Arch = "mips"
	MIPSLE      Arch = "mips-le"
	MIPS64      Arch = "mips64"
	MIPS64LE    Arch = "mips64-le"
	MIPS64N32   Arch = "mips64-n32"
	MIPS64LEN32 Arch = "mips64-le-n32"
	PARISC      Arch = "parisc"
	PARISC64    Arch = "parisc64"
	PPC         Arch = "ppc"
	PPC64       Arch = "ppc64"
	PPC64LE     Arch = "ppc64-le"
	RISCV32     Arch = "riscv32"
	RISCV64     Arch = "riscv64"
	S390        Arch = "s390"
	S390X       Arch = "s390x"
	SH          Arch = "sh"
)

// architecture says how else an architecture is written, and where its numbers are.
type architecture struct {
	// column of calls.tsv: both byte orders share one; empty when libseccomp
	// does not know the architecture.
	column string
	// aliases are OpenEmbedded's TARGET_ARCH, the kernel's machine names and
	// the first words of GNU triplets.
	aliases []string
}

var architectures = map[Arch]architecture{
	X86:         {"x86", []string{"i386", "i486", "i586", "i686"}},
	X8664:       {"x86-64", []string{"x86_64", "amd64"}},
	X32:         {"x32", nil},
	ARM:         {"arm", []string{"armv5", "armv6", "armv7", "armv7a", "armv7l", "armhf"}},
	ARMBE:       {"", []string{"armeb"}},
	ARM64:       {"arm64", []string{"aarch64"}},
	ARM64BE:     {"", []string{"aarch64_be"}},
	LoongArch64: {"loongarch64", []string{"loong64"}},
	M68K:        {"m68k", nil},
	MIPS:        {"mips", []string{"mipsisa32r6"}},
	MIPSLE:      {"mips", []string{"mipsel", "mipsisa32r6el"}},
	MIPS64:      {"mips64", []string{"mipsisa64r6"}},
	MIPS64LE:    {"mips64", []string{"mips64el", "mipsisa64r6el"}},
	MIPS64N32:   {"mips64-n32", nil},
	MIPS64LEN32: {"mips64-n32", nil},
	PARISC:      {"parisc", []string{"hppa"}},
	PARISC64:    {"parisc64", []string{"hppa64"}},
	PPC:         {"ppc", []string{"powerpc"}},
	PPC64:       {"ppc64", []string{"powerpc64"}},
	PPC64LE:     {"ppc64", []string{"powerpc64le", "ppc64le", "ppc64el"}},
	RISCV32:     {"", nil},
	RISCV64:     {"riscv64", nil},
	S390:        {"s390", nil},
	S390X:       {"s390x", nil},
	SH:          {"sh", []string{"sh4"}},
}

// ParseArch takes systemd's name of an architecture, or OpenEmbedded's
// TARGET_ARCH (x86_64, aarch64, powerpc64le, mipsel, ...) and other usual
// names, and reports whether it is one of the constants. "native" is not:
// what it stands for depends on the target.
func ParseArch(name string) (Arch, bool) {
	if _, ok := architectures[Arch(name)]; ok {
		return Arch(name), true
	}
	for arch, a := range architectures {
		for _, alias := range a.aliases {
			if alias == name {
				return arch, true
			}
		}
	}
	return "", false
}

// HasSeccomp reports whether libseccomp knows the architecture. Where it does
// not, no system call has a number, and systemd is built without seccomp.
func (a Arch) HasSeccomp() bool { return architectures[a].column != "" }

// abi is what an ELF header tells of an architecture.
type abi struct {
	machine elf.Machine
	class   elf.Class
	data    elf.Data
}

const (
	le = elf.ELFDATA2LSB
	be = elf.ELFDATA2MSB
)

var byELF = map[abi]Arch{
	{elf.EM_386, elf.ELFCLASS32, le}:       X86,
	{elf.EM_X86_64, elf.ELFCLASS64, le}:    X8664,
	{elf.EM_X86_64, elf.ELFCLASS32, le}:    X32,
	{elf.EM_ARM, elf.ELFCLASS32, le}:       ARM,
	{elf.EM_ARM, elf.ELFCLASS32, be}:       ARMBE,
	{elf.EM_AARCH64, elf.ELFCLASS64, le}:   ARM64,
	{elf.EM_AARCH64, elf.ELFCLASS64, be}:   ARM64BE,
	{elf.EM_LOONGARCH, elf.ELFCLASS64, le}: LoongArch64,
	{elf.EM_68K, elf.ELFCLASS32, be}:       M68K,
	{elf.EM_MIPS, elf.ELFCLASS32, be}:      MIPS,
	{elf.EM_MIPS, elf.ELFCLASS32, le}:      MIPSLE,
	{elf.EM_MIPS, elf.ELFCLASS64, be}:      MIPS64,
	{elf.EM_MIPS, elf.ELFCLASS64, le}:      MIPS64LE,
	{elf.EM_PARISC, elf.ELFCLASS32, be}:    PARISC,
	{elf.EM_PARISC, elf.ELFCLASS64, be}:    PARISC64,
	{elf.EM_PPC, elf.ELFCLASS32, be}:       PPC,
	{elf.EM_PPC64, elf.ELFCLASS64, be}:     PPC64,
	{elf.EM_PPC64, elf.ELFCLASS64, le}:     PPC64LE,
	{elf.EM_RISCV, elf.ELFCLASS32, le}:     RISCV32,
	{elf.EM_RISCV, elf.ELFCLASS64, le}:     RISCV64,
	{elf.EM_S390, elf.ELFCLASS32, be}:      S390,
	{elf.EM_S390, elf.ELFCLASS64, be}:      S390X,
	{elf.EM_SH, elf.ELFCLASS32, le}:        SH,
}

// ArchOfELF gives the architecture of an ELF file, and false for one that has
// no constant here. The n32 ABI of MIPS shows only in e_flags, which debug/elf
// does not give out; such a file is taken for MIPS or MIPSLE.
func ArchOfELF(machine elf.Machine, class elf.Class, data elf.Data) (Arch, bool) {
	arch, ok := byELF[abi{machine, class, data}]
	return arch, ok
}
