// SPDX-License-Identifier: MIT

package binary

import (
	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// sweep decodes the instructions of a part in order and calls each with their
// addresses, stepping over constants and tables between them that the
// instructions themselves refer to.
func (c *code) sweep(p *part, each func(addr uint64, in *isa.Inst)) {
	d := c.decoder
	if p.thumb {
		d = c.thumb
	}
	fresh := func() isa.Decoder {
		if s, ok := d.(isa.Stateful); ok {
			return s.Fresh()
		}
		return d
	}
	b := c.im.from(p.start)
	b = b[:min(uint64(len(b)), p.end-p.start)]
	inline := inlineData{code: c, part: p}
	now := fresh()
	var in isa.Inst
	alt := p.alt
	for off := uint64(0); off < uint64(len(b)); {
		for len(alt) > 0 && alt[0] <= p.start+off {
			alt = alt[1:]
		}
		if n := inline.at(p.start + off); n > 0 {
			off += n
			now = fresh()
			continue
		}
		now.Decode(&in, b[off:], p.start+off)
		if c.thumb != nil {
			inline.note(p.start+off, &in)
		}
		if len(alt) > 0 && alt[0] < p.start+off+uint64(in.Len) {
			// Something enters in the middle: what was decoded is none.
			in.Reset(int(alt[0] - p.start - off))
			in.Op = isa.Invalid
			now = fresh()
		}
		each(p.start+off, &in)
		off += uint64(in.Len)
	}
}

// inlineData keeps the places of literals and jump tables inside arm code.
type inlineData struct {
	code  *code
	part  *part
	bound uint64 // entries of a table that is indexed by the register, by the last comparison
	index isa.Reg
}

// at returns how many bytes of data are at addr.
func (d *inlineData) at(addr uint64) uint64 { return d.code.literal[addr] }

func (d *inlineData) note(addr uint64, in *isa.Inst) {
	switch {
	case in.Op == isa.Cmp && in.Src2 == isa.NoReg && in.Imm >= 0 && in.Imm < 4096:
		d.bound, d.index = uint64(in.Imm)+1, in.Src
	case in.Op == isa.JumpTable && in.Size < 4:
		d.mark(uint64(in.Disp), d.tableSize(in))
	case in.Op == isa.JumpMem && in.Mem() && in.Base == isa.NoReg && in.Index != isa.NoReg:
		if d.index == in.Index {
			d.mark(uint64(in.Disp), d.bound*4)
		}
	case in.Op == isa.Load && in.Mem() && in.Base == isa.NoReg && in.Index == isa.NoReg && in.Disp&3 == 0 && in.Size <= 16:
		d.mark(uint64(in.Disp), uint64(max(in.Size, 4)))
	}
}

func (d *inlineData) mark(addr, n uint64) {
	if d.code.im.isCode(addr) && n > 0 {
		d.code.literal[addr] = n
	}
}

// tableSize is the size of a tbb or tbh table: by the comparison before it,
// otherwise up to the nearest of its targets.
func (d *inlineData) tableSize(in *isa.Inst) uint64 {
	size, start := uint64(in.Size), uint64(in.Disp)
	end := start + d.bound*size
	if d.bound == 0 || d.index != in.Index {
		end = d.part.end
		for a := start; a < end; a += size {
			v, ok := d.code.im.value(a, int(size))
			if !ok {
				break
			}
			if v != 0 {
				end = min(end, in.Target&^1+2*v)
			}
		}
	}
	d.bound = 0
	return (min(end, d.part.end) - start + 1) &^ 1
}
