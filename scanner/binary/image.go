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
