// SPDX-License-Identifier: MIT

package binary

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// frames returns the address ranges of the functions that .eh_frame describes,
// sorted, not overlapping. A linker makes the table for exception handling and
// stripping keeps it, so it is the best list of functions of a stripped file.
func (im *image) frames() []span {
	start, ok := im.ehFrame()
	if !ok {
		return nil
	}
	p := frameParser{im: im, order: im.order, cies: map[uint64]byte{}}
	p.parse(start)
	slices.SortFunc(p.found, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	out := p.found[:0]
	for _, s := range p.found {
		if n := len(out); n > 0 && s.start < out[n-1].end {
			if s.start == out[n-1].start {
				continue
			}
			out[n-1].end = s.start
		}
		out = append(out, s)
	}
	return out
}

// ehFrame locates .eh_frame by the segment of its search table, whose second
// field points to it, or by its section.
func (im *image) ehFrame() (uint64, bool) {
	if b := im.from(im.ehHdr.start); im.ehHdr.start != 0 && len(b) >= 8 && b[0] == 1 {
		p := frameParser{im: im, order: im.order}
		if addr, _, ok := p.pointer(b[4:], im.ehHdr.start+4, b[1]); ok {
			return addr, true
		}
	}
	for _, s := range im.sections {
		if s.name == ".eh_frame" && s.addr != 0 {
			return s.addr, true
		}
	}
	return 0, false
}

type frameParser struct {
	im    *image
	order binary.ByteOrder
	cies  map[uint64]byte // address -> pointer encoding of its entries
	found []span
}

// Encodings of a pointer (DW_EH_PE_*): the low four bits are the format, the
// next three what it is relative to.
const (
	peAbsolute = 0x00
	peUData2   = 0x02
	peUData4   = 0x03
	peUData8   = 0x04
	peSData2   = 0x0a
	peSData4   = 0x0b
	peSData8   = 0x0c
	peRelative = 0x10 // to the pointer's own address
	peOmit     = 0xff
)

// pointer decodes a pointer at addr; it returns its length.
func (p *frameParser) pointer(b []byte, addr uint64, enc byte) (uint64, int, bool) {
	n, signed := p.im.wordSize(), false
	switch enc & 0x0f {
	case peAbsolute:
	case peUData2, peSData2:
		n = 2
	case peUData4, peSData4:
		n = 4
	case peUData8, peSData8:
		n = 8
	default:
		return 0, 0, false
	}
	signed = enc&0x08 != 0
	if enc == peOmit || len(b) < n {
		return 0, 0, false
	}
	var v uint64
	switch n {
	case 2:
		v = uint64(p.order.Uint16(b))
		if signed {
			v = uint64(int64(int16(v)))
		}
	case 4:
		v = uint64(p.order.Uint32(b))
		if signed {
			v = uint64(int64(int32(v)))
		}
	case 8:
		v = p.order.Uint64(b)
	}
	switch enc & 0x70 {
	case 0:
	case peRelative:
		v += addr
	default:
		return 0, 0, false
	}
	if !p.im.is64 {
		v = uint64(uint32(v))
	}
	return v, n, true
}

// parse walks the records from addr to the terminating zero.
func (p *frameParser) parse(addr uint64) {
	b := p.im.from(addr)
	for len(b) >= 8 {
		n := uint64(p.order.Uint32(b))
		if n < 4 || n == 0xffffffff || n+4 > uint64(len(b)) {
			return
		}
		record := b[4 : 4+n]
		if id := uint64(p.order.Uint32(record)); id != 0 {
			p.entry(record, addr+4, addr+4-id)
		}
		b, addr = b[4+n:], addr+4+n
	}
}

// entry adds the function that a record (at addr) of the given CIE describes.
func (p *frameParser) entry(record []byte, addr, cie uint64) {
	enc, ok := p.cies[cie]
	if !ok {
		enc = p.encoding(cie)
		p.cies[cie] = enc
	}
	start, n, ok := p.pointer(record[4:], addr+4, enc)
	if !ok {
		return
	}
	size, _, ok := p.pointer(record[4+n:], 0, enc&0x07)
	if ok && size > 0 && start+size > start && p.im.isCode(start) {
		p.found = append(p.found, span{start, start + size})
	}
}

// encoding returns how the entries of the CIE at addr write addresses: the R of
// its augmentation.
func (p *frameParser) encoding(addr uint64) byte {
	b := p.im.from(addr)
	if len(b) < 16 {
		return peOmit
	}
	version := b[8]
	augmentation := stringAt(b[:min(len(b), 64)], 9)
	b = b[min(len(b), 9+len(augmentation)+1):]
	if augmentation == "" || augmentation[0] != 'z' {
		return peAbsolute
	}
	b = skipLEB(skipLEB(b)) // alignment factors
	if version == 1 {
		b = b[min(len(b), 1):] // return address register
	} else {
		b = skipLEB(b)
	}
	b = skipLEB(b) // length of the augmentation's data
	for _, c := range augmentation[1:] {
		if len(b) == 0 {
			break
		}
		switch c {
		case 'R':
			return b[0]
		case 'L':
			b = b[1:]
		case 'P':
			_, n, ok := p.pointer(b[1:], 0, b[0]&0x0f)
			if !ok {
				return peOmit
			}
			b = b[1+n:]
		}
	}
	return peAbsolute
}

func skipLEB(b []byte) []byte {
	for i, c := range b {
		if c&0x80 == 0 {
			return b[i+1:]
		}
	}
	return nil
}

// unwindStarts returns the starts of functions that .ARM.exidx lists; the table
// tells neither their ends nor their instruction set.
func (im *image) unwindStarts() []uint64 {
	b := im.from(im.exidx.start)
	b = b[:min(uint64(len(b)), im.exidx.end-im.exidx.start)]
	var starts []uint64
	for off := 0; off+8 <= len(b); off += 8 {
		v := im.order.Uint32(b[off:])
		addr := uint64(uint32(im.exidx.start) + uint32(off) + uint32(int32(v<<1)>>1))
		if v&0x80000000 == 0 && im.isCode(addr) {
			starts = append(starts, addr)
		}
	}
	return starts
}
