// SPDX-License-Identifier: MIT

package binary

import (
	"debug/elf"
)

// startKind says how sure it is that a function begins at an address.
type startKind uint8

const (
	startSoft  startKind = iota // something jumps there
	startTaken                  // its address is taken, or unwind information lists it
	startHard                   // it is called, or a symbol names it
)

// start is an address at which code is entered.
type start struct {
	kind  startKind
	thumb bool
	state bool // thumb is known
}

// plausible tells which words of a program with fixed addresses are taken for
// pointers: those to where functions begin or may begin, and those into data.
func (d *discoverer) plausible(v uint64) bool {
	if v < d.low || v >= d.high {
		return false
	}
	a, thumb := d.codeAddr(v)
	if !d.im.isCode(a) {
		return d.im.segment(v) != nil
	}
	i := d.partAt(a)
	if i < 0 {
		return false
	}
	p := &d.parts[i]
	return p.thumb == thumb && (p.start == a || hasBorder(p.borders, a))
}

// add notes an entry that a table of the file names; v carries arm's state in
// bit 0.
func (d *discoverer) add(v uint64, kind startKind) {
	addr, thumb := d.codeAddr(v)
	if d.im.isCode(addr) {
		d.addState(addr, start{kind, thumb, true})
	}
}

// addFound notes an entry that other code refers to.
func (d *discoverer) addFound(v uint64, kind startKind) {
	if addr, thumb := d.codeAddr(v); d.looks(addr, thumb, kind) {
		d.add(v, kind)
	}
}

func (d *discoverer) addState(addr uint64, s start) {
	old, ok := d.starts[addr]
	if ok && old.state && old.kind >= s.kind {
		s.thumb, s.state = old.thumb, true
	}
	s.kind = max(s.kind, old.kind)
	d.starts[addr] = s
}

// knownStarts notes the entries that the file's tables tell.
func (d *discoverer) knownStarts() {
	d.starts = map[uint64]start{}
	defer func() { d.known = d.starts }()
	if d.im.entry != 0 {
		d.add(d.im.entry, startHard)
	}
	for _, list := range [][]uint64{d.im.initFuncs(d.code), d.im.finiFuncs(d.code)} {
		for _, v := range list {
			d.add(v, startHard)
		}
	}
	for _, syms := range [][]symbol{d.syms, d.locals} {
		for i := range syms {
			if s := &syms[i]; s.defined && s.function() && s.value != 0 {
				d.add(s.value, startHard)
			}
		}
	}
	for i := range d.relocs {
		switch r := &d.relocs[i]; r.kind {
		case relocAddress:
			d.add(r.target, startTaken)
		case relocResolver:
			d.add(r.target, startHard)
		}
	}
	for _, addr := range d.im.unwindStarts() {
		if _, ok := d.starts[addr]; !ok {
			d.starts[addr] = start{kind: startTaken}
		}
	}
}

// state tells whether the code from addr on is Thumb: as its callers say, or
// for what only unwind information lists, by the look of it.
func (d *discoverer) state(addr, end uint64) bool {
	if d.thumb == nil {
		return false
	}
	if s := d.starts[addr]; s.state {
		return s.thumb
	}
	return addr&3 != 0 || d.unconditional(addr, end) < 0.4
}

// looks tells whether the code at addr can be what a reference says it is. On
// arm constants lie between the instructions, and decoding one of them as a call would let
// code begin anywhere, in the wrong state.
func (d *discoverer) looks(addr uint64, thumb bool, kind startKind) bool {
	if d.thumb == nil {
		return addr%uint64(d.abi.MinLen) == 0
	}
	share := d.unconditional(addr, addr+64)
	if thumb {
		return share < 0.4 || kind == startHard && share < 0.6
	}
	least := [3]float64{startSoft: 0.4, startTaken: 0.7, startHard: 0.3}[kind]
	return addr&3 == 0 && share >= least
}

// unconditional is the share of words that would be unconditional in A32, of
// which nearly all are: their highest four bits are 1110, or their highest byte
// is one of those of vector instructions.
func (d *discoverer) unconditional(addr, end uint64) float64 {
	addr = (addr + 3) &^ 3
	b := d.im.from(addr)
	b = b[:min(uint64(len(b)), max(end, addr)-addr, 256)]
	words, always := 0, 0
	for off := 3; off < len(b); off += 4 {
		words++
		if b[off]>>4 == 0xe || b[off] >= 0xf2 && b[off] <= 0xf5 {
			always++
		}
	}
	return float64(always) / float64(max(words, 1))
}

// initFuncs are the functions that run when the file is loaded or started.
func (im *image) initFuncs(c *code) []uint64 {
	var out []uint64
	if v, ok := im.dynamic(elf.DT_INIT); ok && v != 0 {
		out = append(out, v)
	}
	out = append(out, im.pointers(c, elf.DT_PREINIT_ARRAY, elf.DT_PREINIT_ARRAYSZ, ".preinit_array")...)
	return append(out, im.pointers(c, elf.DT_INIT_ARRAY, elf.DT_INIT_ARRAYSZ, ".init_array")...)
}

// finiFuncs are the functions that run at exit.
func (im *image) finiFuncs(c *code) []uint64 {
	var out []uint64
	if v, ok := im.dynamic(elf.DT_FINI); ok && v != 0 {
		out = append(out, v)
	}
	return append(out, im.pointers(c, elf.DT_FINI_ARRAY, elf.DT_FINI_ARRAYSZ, ".fini_array")...)
}

// pointers reads an array of code pointers, located by the dynamic section or
// in a static program by its section.
func (im *image) pointers(c *code, addrTag, sizeTag elf.DynTag, section string) []uint64 {
	addr, ok := im.dynamic(addrTag)
	size, _ := im.dynamic(sizeTag)
	if !ok {
		for _, s := range im.sections {
			if s.name == section {
				addr, size = s.addr, s.size
			}
		}
	}
	word := uint64(im.wordSize())
	var out []uint64
	for off := uint64(0); off+word <= min(size, 1<<16); off += word {
		if r := c.slot(addr + off); r != nil && r.kind == relocAddress {
			out = append(out, r.target)
		} else if r != nil {
			out = append(out, c.symbolTargets(r)...)
		} else if v, ok := im.value(addr+off, int(word)); ok && v != 0 && v != 1<<(word*8)-1 {
			out = append(out, v)
		}
	}
	return out
}
