// SPDX-License-Identifier: MIT

package binary

import (
	"debug/elf"
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
