// SPDX-License-Identifier: MIT

package binary

import (
	"debug/elf"
	"sort"
)

// sttIFunc marks a function whose address its resolver chooses (STT_GNU_IFUNC).
const sttIFunc = elf.STT_LOOS

// symbol is an entry of the dynamic symbol table, or of .symtab.
type symbol struct {
	name    string
	version string // GLIBC_2.34, empty without one
	library string // the library that the version is needed from
	value   uint64
	size    uint64
	typ     elf.SymType
	bind    elf.SymBind
	defined bool
	hidden  bool // a version that only older programs link with (name@version)
}

func (s *symbol) function() bool {
	return s.typ == elf.STT_FUNC || s.typ == sttIFunc
}

// readSymbols reads the dynamic symbols with their versions.
func (im *image) readSymbols() []symbol {
	addr, ok := im.dynamic(elf.DT_SYMTAB)
	if !ok {
		return nil
	}
	b, size := im.from(addr), im.symbolSize()
	n := min(im.countSymbols(), len(b)/size, maxSymbols)
	names := im.table(elf.DT_STRTAB, elf.DT_STRSZ, maxStrings)
	syms := make([]symbol, n)
	for i := range syms {
		syms[i] = im.symbol(b[i*size:], names)
	}
	im.readVersions(syms, names)
	return syms
}

// localSymbols reads .symtab, which a stripped file does not have.
func (im *image) localSymbols() []symbol {
	size := im.symbolSize()
	syms := make([]symbol, min(len(im.symtab)/size, maxSymbols))
	for i := range syms {
		syms[i] = im.symbol(im.symtab[i*size:], im.strtab)
	}
	return syms
}

func (im *image) symbolSize() int {
	if im.is64 {
		return elf.Sym64Size
	}
	return elf.Sym32Size
}

func (im *image) symbol(b, names []byte) symbol {
	f := fields{b, im.order, im.is64}
	var s symbol
	var info byte
	name := f.u32()
	if im.is64 {
		info = f.b[0]
		s.defined = im.order.Uint16(f.b[2:]) != uint16(elf.SHN_UNDEF)
		f.b = f.b[4:]
		s.value, s.size = f.word(), f.word()
	} else {
		s.value, s.size = f.word(), f.word()
		info = f.b[0]
		s.defined = im.order.Uint16(f.b[2:]) != uint16(elf.SHN_UNDEF)
	}
	s.name, s.typ, s.bind = stringAt(names, uint64(name)), elf.ST_TYPE(info), elf.ST_BIND(info)
	return s
}

// countSymbols takes the number from the hash tables, since the dynamic
// section does not say it: the loader needs none.
func (im *image) countSymbols() int {
	n := 0
	if addr, ok := im.dynamic(elf.DT_HASH); ok {
		if v, ok := im.value(addr+4, 4); ok {
			n = int(v)
		}
	}
	if addr, ok := im.dynamic(elf.DT_GNU_HASH); ok {
		n = max(n, im.countGNUHash(addr))
	}
	for _, s := range im.sections {
		if elf.SectionType(s.typ) == elf.SHT_DYNSYM {
			n = max(n, int(min(s.size, maxSymbols*24))/im.symbolSize())
		}
	}
	return n
}

// countGNUHash finds the end of the last chain.
func (im *image) countGNUHash(addr uint64) int {
	b := im.from(addr)
	if len(b) < 16 {
		return 0
	}
	buckets, first, bloom := uint64(im.order.Uint32(b)), uint64(im.order.Uint32(b[4:])), uint64(im.order.Uint32(b[8:]))
	head := 16 + bloom*uint64(im.wordSize())
	chains := head + buckets*4
	if chains > uint64(len(b)) {
		return int(first)
	}
	last := uint64(0)
	for i := uint64(0); i < buckets; i++ {
		last = max(last, uint64(im.order.Uint32(b[head+i*4:])))
	}
	if last < first {
		return int(first)
	}
	for off := chains + (last-first)*4; off+4 <= uint64(len(b)); off += 4 {
		last++
		if im.order.Uint32(b[off:])&1 != 0 {
			break
		}
	}
	return int(min(last, maxSymbols))
}

// readVersions fills in the versions of the symbols.
func (im *image) readVersions(syms []symbol, names []byte) {
	addr, ok := im.dynamic(elf.DT_VERSYM)
	if !ok {
		return
	}
	table := im.from(addr)
	type version struct{ name, library string }
	known := map[uint16]version{}
	im.eachVersion(elf.DT_VERNEED, func(b []byte, at func(uint64) []byte) uint64 {
		lib := stringAt(names, uint64(im.order.Uint32(b[4:])))
		off := uint64(im.order.Uint32(b[8:]))
		for n := im.order.Uint16(b[2:]); n > 0; n-- {
			a := at(off)
			if len(a) < 16 {
				break
			}
			known[im.order.Uint16(a[6:])&0x7fff] = version{stringAt(names, uint64(im.order.Uint32(a[8:]))), lib}
			off += uint64(im.order.Uint32(a[12:]))
		}
		return uint64(im.order.Uint32(b[12:]))
	})
	im.eachVersion(elf.DT_VERDEF, func(b []byte, at func(uint64) []byte) uint64 {
		if a := at(uint64(im.order.Uint32(b[12:]))); len(a) >= 8 && im.order.Uint16(b[2:])&1 == 0 {
			known[im.order.Uint16(b[4:])&0x7fff] = version{name: stringAt(names, uint64(im.order.Uint32(a)))}
		}
		return uint64(im.order.Uint32(b[16:]))
	})
	for i := range syms {
		if 2*i+2 > len(table) {
			return
		}
		index := im.order.Uint16(table[2*i:])
		v := known[index&0x7fff]
		syms[i].version, syms[i].library, syms[i].hidden = v.name, v.library, index&0x8000 != 0
	}
}

// eachVersion walks the linked entries of DT_VERNEED or DT_VERDEF; each
// returns the distance to the next entry, 0 at the end.
func (im *image) eachVersion(tag elf.DynTag, each func(b []byte, at func(uint64) []byte) uint64) {
	addr, ok := im.dynamic(tag)
	if !ok {
		return
	}
	b := im.from(addr)
	for n := 0; n < maxHeaders && len(b) >= 20; n++ {
		entry := b
		next := each(entry, func(off uint64) []byte { return entry[min(off, uint64(len(entry))):] })
		if next == 0 || next > uint64(len(b)) {
			return
		}
		b = b[next:]
	}
}

// relocKind is what a relocation puts into its slot.
type relocKind uint8

const (
	relocAddress  relocKind = iota // an address of this file
	relocSymbol                    // the address of a symbol, plus the addend
	relocResolver                  // what the resolver at the address returns (IRELATIVE)
	relocCopy                      // a copy of another library's object
)

// reloc is one relocated slot.
type reloc struct {
	slot   uint64
	target uint64 // the address, or the addend of a symbol
	sym    uint32
	kind   relocKind
	jump   bool // from the table of the procedure linkage
}

// relocTypes says, per machine, which relocation types mean what; all others
// (thread-local storage) put no address of code or data into a slot.
var relocTypes = map[elf.Machine]map[uint32]relocKind{
	elf.EM_X86_64: {
		uint32(elf.R_X86_64_64): relocSymbol, uint32(elf.R_X86_64_GLOB_DAT): relocSymbol,
		uint32(elf.R_X86_64_JMP_SLOT): relocSymbol, uint32(elf.R_X86_64_COPY): relocCopy,
		uint32(elf.R_X86_64_RELATIVE): relocAddress, uint32(elf.R_X86_64_IRELATIVE): relocResolver,
	},
	elf.EM_AARCH64: {
		uint32(elf.R_AARCH64_ABS64): relocSymbol, uint32(elf.R_AARCH64_GLOB_DAT): relocSymbol,
		uint32(elf.R_AARCH64_JUMP_SLOT): relocSymbol, uint32(elf.R_AARCH64_COPY): relocCopy,
		uint32(elf.R_AARCH64_RELATIVE): relocAddress, uint32(elf.R_AARCH64_IRELATIVE): relocResolver,
	},
	elf.EM_ARM: {
		uint32(elf.R_ARM_ABS32): relocSymbol, uint32(elf.R_ARM_GLOB_DAT): relocSymbol,
		uint32(elf.R_ARM_JUMP_SLOT): relocSymbol, uint32(elf.R_ARM_COPY): relocCopy,
		uint32(elf.R_ARM_RELATIVE): relocAddress, uint32(elf.R_ARM_IRELATIVE): relocResolver,
	},
	elf.EM_RISCV: {
		uint32(elf.R_RISCV_64): relocSymbol, uint32(elf.R_RISCV_32): relocSymbol,
		uint32(elf.R_RISCV_JUMP_SLOT): relocSymbol, uint32(elf.R_RISCV_COPY): relocCopy,
		uint32(elf.R_RISCV_RELATIVE): relocAddress, 58: relocResolver,
	},
}

// readRelocs returns all slots that the loader fills with addresses, sorted.
// With each slot, only the first entry counts.
func (im *image) readRelocs(syms []symbol) []reloc {
	rs := im.relr()
	rs = im.relocTable(rs, im.table(elf.DT_RELA, elf.DT_RELASZ, maxRelocs*24), true, false)
	rs = im.relocTable(rs, im.table(elf.DT_REL, elf.DT_RELSZ, maxRelocs*16), false, false)
	plt, _ := im.dynamic(elf.DT_PLTREL)
	rs = im.relocTable(rs, im.table(elf.DT_JMPREL, elf.DT_PLTRELSZ, maxRelocs*24), elf.DynTag(plt) == elf.DT_RELA, true)
	if len(im.dyn) == 0 {
		rs = im.staticRelocs(rs)
	}
	sort.SliceStable(rs, func(i, j int) bool { return rs[i].slot < rs[j].slot })
	out := rs[:0]
	for i, r := range rs {
		if i > 0 && r.slot == rs[i-1].slot || r.kind == relocSymbol && int(r.sym) >= len(syms) {
			continue
		}
		out = append(out, r)
	}
	return out
}

// staticRelocs reads the IRELATIVE relocations of a static program, which its
// start-up code applies and only section headers locate.
func (im *image) staticRelocs(rs []reloc) []reloc {
	for _, s := range im.sections {
		typ := elf.SectionType(s.typ)
		if typ != elf.SHT_RELA && typ != elf.SHT_REL || s.flags&uint64(elf.SHF_ALLOC) == 0 {
			continue
		}
		if b := im.from(s.addr); uint64(len(b)) >= s.size {
			rs = im.relocTable(rs, b[:s.size], typ == elf.SHT_RELA, true)
		}
	}
	return rs
}

func (im *image) relocTable(rs []reloc, b []byte, addends, jump bool) []reloc {
	types := relocTypes[im.machine]
	size := 2 * im.wordSize()
	if addends {
		size += im.wordSize()
	}
	for ; len(b) >= size && len(rs) < maxRelocs; b = b[size:] {
		f := fields{b, im.order, im.is64}
		r := reloc{slot: f.word(), jump: jump}
		info := f.word()
		typ := uint32(info)
		r.sym = uint32(info >> 32)
		if !im.is64 {
			typ, r.sym = uint32(info)&0xff, uint32(info)>>8
		}
		kind, ok := types[typ]
		if !ok {
			continue
		}
		if r.kind = kind; addends {
			r.target = f.word()
		} else if !im.ignoresContent(typ) {
			r.target, _ = im.value(r.slot, im.wordSize())
		}
		if kind == relocSymbol && r.sym == 0 {
			r.kind = relocAddress
		}
		rs = append(rs, r)
	}
	return rs
}

// ignoresContent: these relocations of arm, which has no addends but those in the
// slots, replace what the slot has (the lazy stub) without adding it.
func (im *image) ignoresContent(typ uint32) bool {
	return im.machine == elf.EM_ARM && (typ == uint32(elf.R_ARM_JUMP_SLOT) || typ == uint32(elf.R_ARM_GLOB_DAT))
}

// relr expands the compact table of relative relocations: an even word is a
// slot, an odd one a bitmap of the slots that follow.
func (im *image) relr() []reloc {
	const dtRELRSZ, dtRELR = elf.DynTag(35), elf.DynTag(36)
	b := im.table(dtRELR, dtRELRSZ, maxRelocs)
	var rs []reloc
	word := uint64(im.wordSize())
	next := uint64(0)
	add := func(slot uint64) {
		if target, ok := im.value(slot, int(word)); ok && len(rs) < maxRelocs {
			rs = append(rs, reloc{slot: slot, target: target})
		}
	}
	for f := (fields{b, im.order, im.is64}); uint64(len(f.b)) >= word; {
		v := f.word()
		if v&1 == 0 {
			add(v)
			next = v + word
			continue
		}
		for i := uint64(0); i < word*8-1; i++ {
			if v>>(i+1)&1 != 0 {
				add(next + i*word)
			}
		}
		next += (word*8 - 1) * word
	}
	return rs
}

// pointerScan finds, in a program that is not relocated, the words of its data
// that are addresses of its code or data: nothing else marks them there.
func (im *image) pointerScan(rs []reloc, plausible func(addr uint64) bool) []reloc {
	word := im.wordSize()
	for i := range im.segs {
		s := &im.segs[i]
		for off := int(-s.addr & uint64(word-1)); off+word <= len(s.data) && len(rs) < maxRelocs; off += word {
			slot := s.addr + uint64(off)
			if im.isCode(slot) {
				continue
			}
			if v, _ := im.value(slot, word); v != 0 && plausible(v) {
				rs = append(rs, reloc{slot: slot, target: v})
			}
		}
	}
	sort.SliceStable(rs, func(i, j int) bool { return rs[i].slot < rs[j].slot })
	return rs
}
