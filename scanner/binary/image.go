// SPDX-License-Identifier: MIT

package binary

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
)

// Limits on what is read of one file; more is an error (the headers) or an
// Unknown (the rest), so that a crafted file costs bounded memory.
const (
	maxLoaded   = 512 << 20 // bytes of all PT_LOAD segments together
	maxHeaders  = 4096      // program headers, section headers
	maxSymbols  = 4 << 20
	maxRelocs   = 16 << 20
	maxStrings  = 256 << 20 // bytes of a string table
	maxDynamic  = 64 << 10  // entries
	maxNoteSize = 1 << 20
)

// errNotELF is returned for what has no ELF header at all.
var errNotELF = errors.New("not an ELF file")

// segment is a PT_LOAD as far as the file fills it; memory after data reads as zero.
type segment struct {
	addr, end   uint64 // of memory
	data        []byte
	exec, write bool
}

// span is a range of addresses.
type span struct{ start, end uint64 }

func (s span) has(addr uint64) bool { return s.start <= addr && addr < s.end }

// image is the file as the loader would lay it out. It is read completely by
// newImage; nothing keeps the reader.
type image struct {
	order   binary.ByteOrder
	is64    bool
	class   elf.Class
	etype   elf.Type
	machine elf.Machine
	flags   uint32
	entry   uint64

	segs   []segment // sorted by address, not overlapping
	code   []span    // executable sections, or executable segments
	relro  []span
	dyn    map[elf.DynTag][]uint64
	interp string
	ehHdr  span // PT_GNU_EH_FRAME
	exidx  span // PT_ARM_EXIDX
	notes  [][]byte
	stack  *uint32 // flags of PT_GNU_STACK
	rwx    bool

	sections []section
	symtab   []byte // .symtab and .strtab, when the file has them
	strtab   []byte
}

type section struct {
	name       string
	typ, flags uint64
	addr, size uint64
	off        uint64
	link       uint32
}

// source reads ranges of the file after checking them against its size.
type source struct {
	r    io.ReaderAt
	size int64
}

func (s source) read(off, n, limit uint64) ([]byte, error) {
	if n > limit || off > uint64(s.size) || n > uint64(s.size)-off {
		return nil, fmt.Errorf("range %#x+%#x is outside of the file", off, n)
	}
	b := make([]byte, n)
	if _, err := s.r.ReadAt(b, int64(off)); err != nil && !(errors.Is(err, io.EOF) && n == 0) {
		return nil, err
	}
	return b, nil
}

// newImage reads the headers and the loadable segments.
func newImage(r io.ReaderAt, size int64) (*image, error) {
	src := source{r, size}
	ident, err := src.read(0, elf.EI_NIDENT, elf.EI_NIDENT)
	if err != nil || string(ident[:4]) != elf.ELFMAG {
		return nil, errNotELF
	}
	im := &image{class: elf.Class(ident[elf.EI_CLASS]), dyn: map[elf.DynTag][]uint64{}}
	switch im.class {
	case elf.ELFCLASS32:
	case elf.ELFCLASS64:
		im.is64 = true
	default:
		return nil, fmt.Errorf("read ELF header: class %d", ident[elf.EI_CLASS])
	}
	switch elf.Data(ident[elf.EI_DATA]) {
	case elf.ELFDATA2LSB:
		im.order = binary.LittleEndian
	case elf.ELFDATA2MSB:
		im.order = binary.BigEndian
	default:
		return nil, fmt.Errorf("read ELF header: byte order %d", ident[elf.EI_DATA])
	}
	if err := im.readHeaders(src); err != nil {
		return nil, fmt.Errorf("read ELF header: %w", err)
	}
	return im, nil
}

func (im *image) readHeaders(src source) error {
	n := uint64(52)
	if im.is64 {
		n = 64
	}
	b, err := src.read(0, n, n)
	if err != nil {
		return err
	}
	f := fields{b[16:], im.order, im.is64}
	im.etype, im.machine = elf.Type(f.u16()), elf.Machine(f.u16())
	f.u32()
	im.entry = f.word()
	phoff, shoff := f.word(), f.word()
	im.flags = f.u32()
	f.u16()
	phsize, phnum := uint64(f.u16()), uint64(f.u16())
	shsize, shnum, shstr := uint64(f.u16()), uint64(f.u16()), int(f.u16())
	if err := im.readSegments(src, phoff, phsize, phnum); err != nil {
		return err
	}
	im.readSections(src, shoff, shsize, shnum, shstr)
	im.findCode()
	return nil
}

// fields takes one field after the other from a structure.
type fields struct {
	b     []byte
	order binary.ByteOrder
	is64  bool
}

func (f *fields) u16() uint16 {
	v := f.order.Uint16(f.b)
	f.b = f.b[2:]
	return v
}

func (f *fields) u32() uint32 {
	v := f.order.Uint32(f.b)
	f.b = f.b[4:]
	return v
}

// word is an address or offset.
func (f *fields) word() uint64 {
	if !f.is64 {
		return uint64(f.u32())
	}
	v := f.order.Uint64(f.b)
	f.b = f.b[8:]
	return v
}

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

// segment returns the segment that addr lies in, or nil.
func (im *image) segment(addr uint64) *segment {
	for i := range im.segs {
		if s := &im.segs[i]; s.addr <= addr && addr < s.end {
			return s
		}
	}
	return nil
}

// isCode tells whether addr may hold an instruction.
func (im *image) isCode(addr uint64) bool {
	i := sort.Search(len(im.code), func(i int) bool { return im.code[i].end > addr })
	return i < len(im.code) && im.code[i].start <= addr
}

// constant tells whether memory at addr keeps what the file and the loader's
// relocations put there.
func (im *image) constant(addr uint64) bool {
	s := im.segment(addr)
	if s == nil {
		return false
	}
	if !s.write {
		return true
	}
	for _, r := range im.relro {
		if r.has(addr) {
			return true
		}
	}
	return false
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

// from returns the file's bytes from addr to the end of its segment's data.
func (im *image) from(addr uint64) []byte {
	s := im.segment(addr)
	if s == nil || addr-s.addr >= uint64(len(s.data)) {
		return nil
	}
	return s.data[addr-s.addr:]
}

// value reads size bytes, extended with zeros; memory that the file does not
// fill is zero.
func (im *image) value(addr uint64, size int) (uint64, bool) {
	s := im.segment(addr)
	if s == nil || s.end-addr < uint64(size) {
		return 0, false
	}
	b := im.from(addr)
	if len(b) < size {
		return 0, len(b) == 0
	}
	switch size {
	case 1:
		return uint64(b[0]), true
	case 2:
		return uint64(im.order.Uint16(b)), true
	case 4:
		return uint64(im.order.Uint32(b)), true
	case 8:
		return im.order.Uint64(b), true
	}
	return 0, false
}

func (im *image) wordSize() int {
	if im.is64 {
		return 8
	}
	return 4
}

// dynamic returns the value of a tag that occurs once.
func (im *image) dynamic(tag elf.DynTag) (uint64, bool) {
	v := im.dyn[tag]
	if len(v) == 0 {
		return 0, false
	}
	return v[0], true
}

// table returns the bytes of a dynamic table, as far as the file has them.
func (im *image) table(addrTag, sizeTag elf.DynTag, limit uint64) []byte {
	addr, ok := im.dynamic(addrTag)
	size, sized := im.dynamic(sizeTag)
	if !ok || !sized {
		return nil
	}
	b := im.from(addr)
	return b[:min(uint64(len(b)), size, limit)]
}

// stringAt returns the NUL-terminated string at an offset of a string table.
func stringAt(table []byte, off uint64) string {
	if off >= uint64(len(table)) {
		return ""
	}
	b := table[off:]
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return string(b[:i])
	}
	return ""
}
