// SPDX-License-Identifier: MIT

package binary

import (
	"cmp"
	"maps"
	"slices"
	"sort"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

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
	d := discoverer{code: c, frames: c.ranges()}
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

// ranges are the functions whose ends are known: by unwind information, or in
// Go programs by the runtime's table.
func (c *code) ranges() []span {
	frames := c.im.frames()
	if len(c.goFuncs) == 0 {
		return frames
	}
	out := make([]span, 0, len(c.goFuncs))
	for _, g := range c.goFuncs {
		if n := len(out); n == 0 || g.start >= out[n-1].end {
			out = append(out, g.span)
		}
	}
	// C code in a Go program has frames.
	for _, s := range frames {
		i := sort.Search(len(out), func(i int) bool { return out[i].end > s.start })
		if i == len(out) || out[i].start >= s.end {
			out = append(out, span{})
			copy(out[i+1:], out[i:])
			out[i] = s
		}
	}
	return out
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
		f.done()
		d.scan(p)
	}
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

// learn notes where a scanned part calls and jumps to.
func (d *discoverer) learn(p *part) {
	if i := d.partAt(p.end); p.exit == exitFall && p.framed && (i < 0 || !d.parts[i].framed) {
		// Unwind information may end where the stack changes (clone).
		d.addState(p.end, start{startSoft, p.thumb, true})
	}
	if !p.switches {
		for _, b := range p.borders {
			if b.sure {
				d.addState(b.addr, start{startSoft, p.thumb, true})
			}
		}
	}
	for _, f := range p.found {
		switch f.kind {
		case findCall, findIFunc:
			d.addFound(f.target, startHard)
		case findJump:
			d.jumped(f.target)
		case findCode:
			// An address inside of the part may be a label of a switch.
			if a, _ := d.codeAddr(f.target); !d.insideGo(a) && (!p.has(a) || !p.switches && hasBorder(p.ends, a)) {
				d.addFound(f.target, startTaken)
			}
		}
	}
}

// insideGo tells whether an address is in the middle of a function of Go, whose code
// refers to no such place: it is a number.
func (d *discoverer) insideGo(addr uint64) bool {
	i := sort.Search(len(d.goFuncs), func(i int) bool { return d.goFuncs[i].end > addr })
	return i < len(d.goFuncs) && d.goFuncs[i].start < addr
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
		if !hasBorder(d.parts[i].borders, a) {
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
	slices.Sort(inGaps)
	parts := slices.Grow(d.spareParts[:0], len(d.parts))
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
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.start, b.start) })
	d.parts, d.spareParts = parts, d.parts
	return changed
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
	d.continuations()
}

// continuations notes as jumps where control runs out of a part into the next.
func (d *discoverer) continuations() {
	never := d.neverBack()
	for i := 0; i+1 < len(d.parts); i++ {
		p, next := &d.parts[i], &d.parts[i+1]
		if next.start != p.end {
			continue
		}
		soft := d.starts[next.start].kind == startSoft
		if p.exit == exitFall || p.exit == exitCall && soft && !d.lastCallStays(never, p) {
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
