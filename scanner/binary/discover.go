// SPDX-License-Identifier: MIT

package binary

import (
	"debug/elf"
	"maps"
	"slices"
	"sort"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
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

// rounds bounds how often newly found call targets split code that no unwind
// information describes.
const rounds = 12

// discoverer finds the parts of a file's code.
type discoverer struct {
	*code
	starts map[uint64]start
	known  map[uint64]start // those that tables of the file name
	frames []span
	gaps   []span // code without frames
	// entered are addresses in the middle of parts that others jump to.
	entered []uint64
}

// discover finds all functions and scans them. Unwind information is believed;
// code without it is cut at everything that is called or pointed to, which the
// scan itself finds, until nothing new appears.
func (c *code) discover() {
	d := discoverer{code: c, frames: c.im.frames()}
	d.gaps = subtract(c.im.code, d.frames)
	d.knownStarts()
	for _, f := range d.frames {
		d.parts = append(d.parts, part{span: f, framed: true})
	}
	for i := range d.parts {
		c.scan(&d.parts[i])
	}
	d.settle()
	d.resolveSwitches()
	d.settle()
	if c.fixed {
		c.relocs = c.im.pointerScan(c.relocs, d.plausible)
		d.knownStarts()
		d.settle()
	}
	d.alternatives()
}

// settle cuts the code without frames until nothing new appears.
func (d *discoverer) settle() {
	for n := 0; n < rounds; n++ {
		// What a part that was cut since then seemed to call does not count.
		d.starts, d.entered = maps.Clone(d.known), nil
		for i := range d.parts {
			d.learn(&d.parts[i])
			if i > 0 {
				d.keepBorder(&d.parts[i-1], &d.parts[i])
			}
		}
		if !d.cut() {
			return
		}
		for i := range d.parts {
			if p := &d.parts[i]; p.scanned != p.end {
				d.scan(p)
			}
		}
	}
}

// resolveSwitches finds where the jump tables of parts with possible borders
// lead, so that these become sure, or no borders.
func (d *discoverer) resolveSwitches() {
	for i := range d.parts {
		p := &d.parts[i]
		if p.framed || !p.switches || len(p.borders) == 0 {
			continue
		}
		f := d.newFlow([]group{{parts: []int32{int32(i)}}}, 0)
		for k, targets := range f.switches {
			d.switches[f.nodes[k].addr] = targets
		}
		d.scan(p)
	}
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
	_, border := slices.BinarySearch(p.borders, a)
	return p.thumb == thumb && (p.start == a || border)
}

// subtract returns what of the sorted spans the sorted holes leave.
func subtract(spans, holes []span) []span {
	var out []span
	i := 0
	for _, s := range spans {
		for i < len(holes) && holes[i].end <= s.start {
			i++
		}
		at := s.start
		for j := i; j < len(holes) && holes[j].start < s.end; j++ {
			if holes[j].start > at {
				out = append(out, span{at, holes[j].start})
			}
			at = max(at, holes[j].end)
		}
		if at < s.end {
			out = append(out, span{at, s.end})
		}
	}
	return out
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

// learn notes where a scanned part calls and jumps to.
func (d *discoverer) learn(p *part) {
	if p.exit == exitFall && p.framed && d.partAt(p.end) < 0 {
		// Unwind information may end where the stack changes (clone).
		d.addState(p.end, start{startSoft, p.thumb, true})
	}
	if !p.switches {
		for _, a := range p.borders {
			d.addState(a, start{startSoft, p.thumb, true})
		}
	}
	for _, f := range p.found {
		switch f.kind {
		case findCall, findIFunc:
			d.addFound(f.target, startHard)
		case findJump:
			d.jumped(f.target)
		case findCode:
			if a, _ := d.codeAddr(f.target); !p.has(a) {
				d.addFound(f.target, startTaken)
			}
		}
	}
}

// keepBorder keeps two parts apart that a border divided in an earlier round.
func (d *discoverer) keepBorder(a, b *part) {
	if a.end == b.start && !b.framed && a.exit == exitNone && !d.jumpsInto(a, b) && !d.jumpsInto(b, a) {
		d.addState(b.start, start{startSoft, b.thumb, true})
	}
}

// jumpsInto tells whether a part jumps into the middle of another one.
func (d *discoverer) jumpsInto(from, to *part) bool {
	for _, f := range from.found {
		if a, _ := d.codeAddr(f.target); f.kind == findJump && a > to.start && a < to.end {
			return true
		}
	}
	return false
}

// jumped notes the target of a jump out of a part: a function begins there if
// the code around it allows that, otherwise it is just entered in its middle.
func (d *discoverer) jumped(v uint64) {
	a, _ := d.codeAddr(v)
	if i := d.partAt(a); i >= 0 && d.parts[i].start != a {
		if _, ok := slices.BinarySearch(d.parts[i].borders, a); !ok {
			d.entered = append(d.entered, a)
			return
		}
	}
	d.addFound(v, startSoft)
}

// cut divides the gaps at the entries; it tells whether a part is new. Parts
// that did not change keep what was found in them.
func (d *discoverer) cut() bool {
	old := map[uint64]*part{}
	for i := range d.parts {
		old[d.parts[i].start] = &d.parts[i]
	}
	inGaps := make([]uint64, 0, len(d.starts))
	for addr := range d.starts {
		inGaps = append(inGaps, addr)
	}
	sort.Slice(inGaps, func(i, j int) bool { return inGaps[i] < inGaps[j] })
	parts := make([]part, 0, len(d.parts))
	for i := range d.parts {
		if d.parts[i].framed {
			parts = append(parts, d.parts[i])
		}
	}
	changed := false
	i := 0
	for _, g := range d.gaps {
		for i < len(inGaps) && inGaps[i] < g.start {
			i++
		}
		for ; i < len(inGaps) && inGaps[i] < g.end; i++ {
			end := g.end
			if i+1 < len(inGaps) {
				end = min(end, inGaps[i+1])
			}
			p := part{span: span{inGaps[i], end}, thumb: d.state(inGaps[i], end)}
			if o := old[p.start]; o != nil && o.span == p.span && o.thumb == p.thumb {
				p = *o
			} else {
				changed = true
			}
			parts = append(parts, p)
		}
	}
	sort.Slice(parts, func(i, j int) bool { return parts[i].start < parts[j].start })
	d.parts = parts
	return changed
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

// alternatives notes the entries that are not at the start of a part.
func (d *discoverer) alternatives() {
	addrs := make([]uint64, 0, 16)
	for addr := range d.starts {
		if i := d.partAt(addr); i >= 0 {
			if d.parts[i].start != addr {
				addrs = append(addrs, addr)
			} else {
				d.parts[i].symbol = d.starts[addr].kind == startHard
			}
		}
	}
	for _, addr := range uniqueAddrs(append(addrs, d.entered...)) {
		if d.partAt(addr) < 0 || d.parts[d.partAt(addr)].start == addr {
			continue
		}
		p := &d.parts[d.partAt(addr)]
		p.alt = append(p.alt, addr)
	}
	for i := range d.parts {
		if p := &d.parts[i]; len(p.alt) > 0 && !d.aligned(p) {
			d.scan(p)
		}
	}
	for i := 0; i+1 < len(d.parts); i++ {
		p, next := &d.parts[i], &d.parts[i+1]
		soft := d.starts[next.start].kind == startSoft
		if next.start == p.end && (p.exit == exitFall || p.exit == exitCall && soft) {
			p.found = append(p.found, finding{p.end, d.withState(next), findJump})
		}
	}
}

// aligned tells whether decoding from the start of a part comes by all its other
// entries.
func (d *discoverer) aligned(p *part) bool {
	alt := p.alt
	p.alt = nil
	n := 0
	d.sweep(p, func(addr uint64, _ *isa.Inst) {
		if n < len(alt) && alt[n] == addr {
			n++
		}
	})
	p.alt = alt
	return n == len(alt)
}

// withState is the address of a part as a pointer to it has it.
func (d *discoverer) withState(p *part) uint64 {
	if p.thumb {
		return p.start | 1
	}
	return p.start
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
