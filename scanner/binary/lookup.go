// SPDX-License-Identifier: MIT

package binary

import (
	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// memory is the value of a memory operand before node i.
func (f *flow) memory(i int, n *node, q question) values {
	narrow := unknown(anything)
	if q.size < 8 {
		narrow = unknown(1<<(8*q.size) - 1)
	}
	if n.Index == isa.NoReg {
		q.kept = f.keep
		if v, ok := f.cellLoad(i, n, q); ok {
			return v
		}
		v := f.before(i, f.onStack(i, q))
		if v.open() && len(v.ints) == 0 {
			if sum, ok := f.lookupSum(i, n); ok {
				return sum
			}
		}
		if v.mask == anything {
			v.mask = narrow.mask
		}
		return v
	}
	// Both parts constant: arm's loads from the global offset table.
	base, index := values{ints: []uint64{0}}, f.register(i, n.Index)
	if n.Base != isa.NoReg {
		base = f.register(i, n.Base)
	}
	if n.Shift != 0 {
		index = index.each(func(v uint64) uint64 { return v << n.Shift }, anyBits)
	}
	at := combine(isa.Add, base, index).plus(uint64(n.Disp))
	if at.open() {
		if v, ok := f.lookup(base, index, n); ok {
			return v
		}
		return narrow
	}
	return f.contents(at, q.size, narrow)
}

// lookupSum is lookup for machines without an index in their operands: the
// address was computed as table + index shortly before. What is added to a pointer
// may be a large distance, too: of a table, code forms the address.
func (f *flow) lookupSum(i int, n *node) (values, bool) {
	for k := i - 1; k >= 0 && k > i-8 && f.block[k+1] == 0; k-- {
		d := &f.nodes[k]
		if d.Dst != n.Base {
			continue
		}
		if d.Op != isa.Add || d.Src2 == isa.NoReg {
			return values{}, false
		}
		a, b := f.register(k, d.Src), f.register(k, d.Src2)
		if !f.formed(a, n.Disp) && !f.formed(b, n.Disp) {
			return values{}, false
		}
		return f.lookup(a, b, n)
	}
	return values{}, false
}

// formed tells whether something is an address at which an object begins, or that
// plus a distance.
func (f *flow) formed(v values, disp int64) bool {
	if v.open() || len(v.ints) != 1 || f.nextObject == nil {
		return false
	}
	a := v.ints[0]
	return f.nextObject(a-1) == a || f.nextObject(a+uint64(disp)-1) == a+uint64(disp)
}

// maxLookup is the most entries of a table of values that a switch became.
const maxLookup = 64

// lookup is the value that a load takes from a constant table at an unknown
// index: any value from the table's beginning to where the next object begins.
func (f *flow) lookup(base, index values, n *node) (values, bool) {
	table := base
	if table.open() || len(table.ints) != 1 {
		table = index
	}
	if table.open() || len(table.ints) != 1 || f.nextObject == nil {
		return values{}, false
	}
	at := f.narrowed(table.ints[0] + uint64(n.Disp))
	end, size := min(f.nextObject(at), f.im.regionEnd(at)), uint64(n.Size)
	if end <= at || (end-at)/size > maxLookup {
		return values{}, false
	}
	var v values
	for ; at+size <= end; at += size {
		e, ok := f.constant(question{reg: isa.NoReg, mem: true, size: n.Size, disp: int64(at)})
		if !ok || e.open() {
			return values{}, false
		}
		v = v.union(e)
	}
	return v, len(v.ints) > 0
}

// contents joins what is at the given addresses.
func (f *flow) contents(at values, size uint8, otherwise values) values {
	var out values
	for _, a := range at.ints {
		v, ok := f.constant(question{reg: isa.NoReg, mem: true, size: size, disp: int64(f.narrowed(a))})
		if !ok {
			return otherwise
		}
		out = out.union(v)
	}
	return out
}

// constant is the value of memory that nothing changes after loading: read-only data,
// and for the number of a system call variables that no code sets.
func (f *flow) constant(q question) (values, bool) {
	addr := uint64(q.disp)
	if int(q.size) == f.abi.WordSize {
		if r := f.slot(addr); r != nil {
			if r.kind == relocAddress && f.im.constant(addr) {
				return exactly(r.target), true
			}
			return unknown(anything), true
		}
	}
	if !f.im.constant(addr) && (f.settled == nil || !f.settled(addr, uint64(q.size))) {
		return values{}, false
	}
	v, ok := f.im.value(addr, int(q.size))
	return exactly(v), ok
}
