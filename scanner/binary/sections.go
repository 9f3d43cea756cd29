// SPDX-License-Identifier: MIT

package binary

import (
	"debug/elf"
	"sort"
)

type section struct {
	name       string
	typ, flags uint64
	addr, size uint64
	off        uint64
	link       uint32
}

// readSections reads what is there of the section headers. They are optional,
// and a stripped file may have lost them: everything here only helps.
func (im *image) readSections(src source, off, size, n uint64, shstr int) {
	least := uint64(40)
	if im.is64 {
		least = 64
	}
	if size < least || n == 0 || n > 1<<16 {
		return
	}
	table, err := src.read(off, size*n, 1<<16*least*2)
	if err != nil {
		return
	}
	names := make([]uint32, n)
	for i := uint64(0); i < n; i++ {
		f := fields{table[i*size:], im.order, im.is64}
		names[i] = f.u32()
		s := section{typ: uint64(f.u32())}
		s.flags, s.addr, s.off, s.size, s.link = f.word(), f.word(), f.word(), f.word(), f.u32()
		im.sections = append(im.sections, s)
	}
	if shstr < len(im.sections) {
		if b, err := src.read(im.sections[shstr].off, im.sections[shstr].size, 1<<24); err == nil {
			for i := range im.sections {
				im.sections[i].name = stringAt(b, uint64(names[i]))
			}
		}
	}
	im.readSymtab(src)
}

func (im *image) readSymtab(src source) {
	for _, s := range im.sections {
		if elf.SectionType(s.typ) != elf.SHT_SYMTAB || int(s.link) >= len(im.sections) {
			continue
		}
		str := im.sections[s.link]
		sym, err := src.read(s.off, s.size, maxSymbols*24)
		if err != nil {
			return
		}
		names, err := src.read(str.off, str.size, maxStrings)
		if err != nil {
			return
		}
		im.symtab, im.strtab = sym, names
		return
	}
}

// findCode sets the ranges that hold instructions: the executable sections
// where the headers are present and lie within executable segments, otherwise
// these whole.
func (im *image) findCode() {
	for _, s := range im.sections {
		end := s.addr + s.size
		if s.flags&uint64(elf.SHF_EXECINSTR) == 0 || s.size == 0 || end < s.addr || elf.SectionType(s.typ) == elf.SHT_NOBITS {
			continue
		}
		if g := im.segment(s.addr); g != nil && g.exec && end <= g.addr+uint64(len(g.data)) {
			im.code = append(im.code, span{s.addr, end})
		}
	}
	if len(im.code) == 0 {
		for _, g := range im.segs {
			if g.exec && len(g.data) > 0 {
				im.code = append(im.code, span{g.addr, g.addr + uint64(len(g.data))})
			}
		}
	}
	sort.Slice(im.code, func(i, j int) bool { return im.code[i].start < im.code[j].start })
	for i := 0; i+1 < len(im.code); i++ { // overlapping sections are cut
		im.code[i].end = min(im.code[i].end, im.code[i+1].start)
	}
}

// region is the section, or failing that the segment, that addr lies in.
func (im *image) region(addr uint64) span {
	for _, s := range im.sections {
		if elf.SectionFlag(s.flags)&(elf.SHF_ALLOC|elf.SHF_TLS) == elf.SHF_ALLOC && s.addr <= addr && addr-s.addr < s.size {
			return span{s.addr, s.addr + s.size}
		}
	}
	if s := im.segment(addr); s != nil {
		return span{s.addr, s.end}
	}
	return span{addr, addr}
}

func (im *image) regionStart(addr uint64) uint64 { return im.region(addr).start }

func (im *image) regionEnd(addr uint64) uint64 { return im.region(addr).end }
