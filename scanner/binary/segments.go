// SPDX-License-Identifier: MIT

package binary

import (
	"bytes"
	"debug/elf"
	"fmt"
	"sort"
)

// program is one program header.
type program struct {
	typ                             elf.ProgType
	flags                           uint32
	off, addr, fileSize, memorySize uint64
}

func (im *image) program(b []byte) program {
	f := fields{b, im.order, im.is64}
	p := program{typ: elf.ProgType(f.u32())}
	if im.is64 {
		p.flags = f.u32()
	}
	p.off, p.addr = f.word(), f.word()
	f.word()
	p.fileSize, p.memorySize = f.word(), f.word()
	if !im.is64 {
		p.flags = f.u32()
	}
	return p
}

func (im *image) readSegments(src source, off, size, n uint64) error {
	least := uint64(32)
	if im.is64 {
		least = 56
	}
	if n == 0 {
		return nil
	}
	if size < least || n > maxHeaders {
		return fmt.Errorf("%d program headers of %d bytes", n, size)
	}
	table, err := src.read(off, size*n, maxHeaders*size)
	if err != nil {
		return fmt.Errorf("program headers: %w", err)
	}
	budget := uint64(maxLoaded)
	for i := uint64(0); i < n; i++ {
		if err := im.addProgram(src, im.program(table[i*size:]), &budget); err != nil {
			return fmt.Errorf("program header %d: %w", i, err)
		}
	}
	im.sortSegments()
	return nil
}

func (im *image) addProgram(src source, p program, budget *uint64) error {
	switch p.typ {
	case elf.PT_LOAD:
		return im.addSegment(src, p, budget)
	case elf.PT_INTERP:
		b, err := src.read(p.off, p.fileSize, 4096)
		if err != nil {
			return err
		}
		im.interp = string(bytes.TrimRight(b, "\x00"))
	case elf.PT_NOTE:
		if b, err := src.read(p.off, p.fileSize, maxNoteSize); err == nil {
			im.notes = append(im.notes, b)
		}
	case elf.PT_DYNAMIC:
		return im.readDynamic(src, p)
	case elf.PT_GNU_STACK:
		im.stack = &p.flags
	case elf.PT_GNU_RELRO:
		im.relro = append(im.relro, span{p.addr, p.addr + p.memorySize})
	case elf.PT_GNU_EH_FRAME:
		im.ehHdr = span{p.addr, p.addr + p.memorySize}
	case elf.PT_LOPROC + 1: // PT_ARM_EXIDX; other machines use the number for other things
		if im.machine == elf.EM_ARM {
			im.exidx = span{p.addr, p.addr + p.memorySize}
		}
	}
	return nil
}

func (im *image) addSegment(src source, p program, budget *uint64) error {
	if p.addr+p.memorySize < p.addr || p.memorySize < p.fileSize {
		return fmt.Errorf("segment of %#x bytes at %#x", p.memorySize, p.addr)
	}
	b, err := src.read(p.off, p.fileSize, *budget)
	if err != nil {
		return err
	}
	*budget -= p.fileSize
	s := segment{addr: p.addr, end: p.addr + p.memorySize, data: b,
		exec: p.flags&uint32(elf.PF_X) != 0, write: p.flags&uint32(elf.PF_W) != 0}
	im.rwx = im.rwx || s.exec && s.write
	im.segs = append(im.segs, s)
	return nil
}

// sortSegments sorts by address and cuts overlaps, of which the loader would
// keep the later one; files that a linker made have none.
func (im *image) sortSegments() {
	sort.SliceStable(im.segs, func(i, j int) bool { return im.segs[i].addr < im.segs[j].addr })
	for i := 0; i+1 < len(im.segs); i++ {
		s, next := &im.segs[i], im.segs[i+1].addr
		if s.end > next {
			s.end = next
			s.data = s.data[:min(uint64(len(s.data)), next-s.addr)]
		}
	}
}

func (im *image) readDynamic(src source, p program) error {
	entry := uint64(8)
	if im.is64 {
		entry = 16
	}
	b, err := src.read(p.off, p.fileSize, maxDynamic*entry)
	if err != nil {
		return err
	}
	for f := (fields{b, im.order, im.is64}); uint64(len(f.b)) >= entry; {
		tag, value := elf.DynTag(int64(f.word())), f.word()
		if tag == elf.DT_NULL {
			break
		}
		im.dyn[tag] = append(im.dyn[tag], value)
	}
	return nil
}
