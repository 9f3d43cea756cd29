// SPDX-License-Identifier: MIT

package binary

import (
	"bytes"
	"sort"
)

// Versions of Go's table of functions (internal/abi, symtab.go): those of Go
// 1.18 and 1.20 and later. Both have offsets from the start of the text.
var goTableMagics = [][]byte{{0xf1, 0xff, 0xff, 0xff, 0, 0}, {0xf0, 0xff, 0xff, 0xff, 0, 0}}

// maxGoFuncs bounds the functions that are read of Go's table.
const maxGoFuncs = 1 << 20

// goFunc is a function of a Go program.
type goFunc struct {
	span
	name string
}

// goFuncs returns the functions that the runtime's own table lists, sorted. The
// table is needed at run time, so that stripping keeps it; Go's compiler makes
// no other unwind information.
func (im *image) goFuncs() []goFunc {
	for i := range im.segs {
		for _, magic := range goTableMagics {
			for b := im.segs[i].data; ; {
				at := bytes.Index(b, magic)
				if at < 0 {
					break
				}
				if funcs := im.goTable(b[at:]); funcs != nil {
					return funcs
				}
				b = b[at+1:]
			}
		}
	}
	return nil
}

// goTableSpan is where the table lies, if sections are known. But for its head it has
// distances, which look like addresses where programs are loaded low.
func (im *image) goTableSpan() span {
	for _, s := range im.sections {
		if s.name == ".gopclntab" {
			return span{s.addr, s.addr + s.size}
		}
	}
	return span{}
}

// goTable reads the table at the beginning of b.
func (im *image) goTable(b []byte) []goFunc {
	word := im.wordSize()
	if len(b) < 8+8*word || int(b[7]) != word {
		return nil
	}
	f := fields{b[8:], im.order, im.is64}
	count := f.word()
	f.word() // files
	text := f.word()
	names := f.word()
	f.word()
	f.word()
	f.word()
	table := f.word()
	if count == 0 || count > maxGoFuncs || names > uint64(len(b)) || table > uint64(len(b)) || count*8+4 > uint64(len(b))-table {
		return nil
	}
	if !im.isCode(text) {
		text = im.goText()
	}
	rows := b[table:]
	var out []goFunc
	for i := uint64(0); i < count; i++ {
		start, info, end := im.order.Uint32(rows[i*8:]), uint64(im.order.Uint32(rows[i*8+4:])), im.order.Uint32(rows[i*8+8:])
		g := goFunc{span: span{text + uint64(start), text + uint64(end)}}
		if !im.isCode(g.start) || g.end <= g.start {
			continue
		}
		if info+8 <= uint64(len(rows)) {
			g.name = stringAt(b[names:], uint64(im.order.Uint32(rows[info+4:])))
		}
		out = append(out, g)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].start < out[j].start })
	return out
}

// goText is the beginning of the text that newer tables no longer tell.
func (im *image) goText() uint64 {
	for _, s := range im.sections {
		if s.name == ".text" {
			return s.addr
		}
	}
	if len(im.code) > 0 {
		return im.code[0].start
	}
	return 0
}
