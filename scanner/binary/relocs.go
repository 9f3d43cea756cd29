// SPDX-License-Identifier: MIT

package binary

import (
	"cmp"
	"debug/elf"
	"slices"
)

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
	slices.SortStableFunc(rs, func(a, b reloc) int { return cmp.Compare(a.slot, b.slot) })
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

// A run of at least minTable adjacent words that are all addresses of code, of which
// most begin functions for sure, is a table of functions: the others begin some too.
const minTable = 32

func isTable(words, sure int) bool { return words >= minTable && sure*4 >= words*3 }

// pointerScan finds, in a program that is not relocated, the words of its data
// that are addresses of its code or data: nothing else marks them there.
func (im *image) pointerScan(rs []reloc, plausible func(addr uint64) bool) []reloc {
	word := im.wordSize()
	distances := im.goTableSpan()
	for i := range im.segs {
		s := &im.segs[i]
		var doubtful []reloc // of the run that ends here
		words := 0
		endRun := func() {
			if isTable(words, words-len(doubtful)) {
				rs = append(rs, doubtful...)
			}
			doubtful, words = doubtful[:0], 0
		}
		for off := int(-s.addr & uint64(word-1)); off+word <= len(s.data) && len(rs) < maxRelocs; off += word {
			slot := s.addr + uint64(off)
			if im.isCode(slot) || distances.has(slot) {
				continue
			}
			v, _ := im.value(slot, word)
			sure := v != 0 && plausible(v)
			if sure {
				rs = append(rs, reloc{slot: slot, target: v})
			}
			switch {
			case v == 0 || !im.isCode(v):
				endRun()
				continue
			case !sure:
				doubtful = append(doubtful, reloc{slot: slot, target: v})
			}
			words++
		}
		endRun()
	}
	slices.SortStableFunc(rs, func(a, b reloc) int { return cmp.Compare(a.slot, b.slot) })
	return rs
}
