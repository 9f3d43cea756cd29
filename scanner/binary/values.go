// SPDX-License-Identifier: MIT

package binary

import (
	"slices"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// values is what something may be: one of ints, a parameter plus a constant, or
// when mask is not 0 anything with no other bits than those of mask.
type values struct {
	ints   []uint64
	params []param
	mask   uint64
}

// param is what a caller left at a place, plus a constant.
type param struct {
	at  question
	add uint64
}

const anything = ^uint64(0)

func unknown(mask uint64) values { return values{mask: mask} }

func exactly(v uint64) values { return values{ints: []uint64{v}} }

// union is what a or b may be.
func (a values) union(b values) values {
	out := values{mask: a.mask | b.mask}
	out.ints = append(append(out.ints, a.ints...), b.ints...)
	slices.Sort(out.ints)
	out.ints = slices.Compact(out.ints)
	out.params = append(out.params, a.params...)
	for _, p := range b.params {
		if !slices.Contains(out.params, p) {
			out.params = append(out.params, p)
		}
	}
	if len(out.ints) > maxValues || len(out.params) > maxParams {
		return unknown(anything)
	}
	return out
}

// each applies a function to the known values; it knows what becomes of the
// bits of an unknown one.
func (a values) each(f func(uint64) uint64, bits func(uint64) uint64) values {
	out := values{}
	for _, v := range a.ints {
		out.ints = append(out.ints, f(v))
	}
	slices.Sort(out.ints)
	out.ints = slices.Compact(out.ints)
	mask := a.mask
	if len(a.params) > 0 {
		mask = anything
	}
	if mask != 0 {
		out.mask = bits(mask)
	}
	return out
}

func anyBits(uint64) uint64 { return anything }

// plus adds a constant; parameters stay parameters.
func (a values) plus(n uint64) values {
	if n == 0 {
		return a
	}
	out := a.each(func(v uint64) uint64 { return v + n }, anyBits)
	if out.mask = 0; a.mask != 0 {
		out.mask = anything
	}
	for _, p := range a.params {
		out.params = append(out.params, param{p.at, p.add + n})
	}
	return out
}

// extend keeps size bytes, extended. A parameter of which 32 bits are kept stays
// a parameter: system calls and the functions of the table look at no more.
func (a values) extend(size uint8, signed bool) values {
	if size >= 8 || size == 0 {
		return a
	}
	low := uint64(1)<<(8*size) - 1
	params := a.params
	if size >= 4 {
		a.params = nil
	}
	out := a.each(func(v uint64) uint64 {
		if signed {
			return signExtend(v, int(size))
		}
		return v & low
	}, func(m uint64) uint64 {
		if signed && m&(low/2+1) != 0 {
			return anything
		}
		return m & low
	})
	if size >= 4 {
		out.params = params
	}
	return out
}

// combine is a op b.
func combine(op isa.Op, a, b values) values {
	switch {
	case op == isa.Add && len(b.ints) == 1 && b.mask == 0 && len(b.params) == 0:
		return a.plus(b.ints[0])
	case op == isa.Add && len(a.ints) == 1 && a.mask == 0 && len(a.params) == 0:
		return b.plus(a.ints[0])
	case op == isa.Sub && len(b.ints) == 1 && b.mask == 0 && len(b.params) == 0:
		return a.plus(-b.ints[0])
	}
	out := values{}
	if len(a.ints)*len(b.ints) > 4*maxValues {
		return unknown(anything)
	}
	for _, x := range a.ints {
		for _, y := range b.ints {
			out.ints = append(out.ints, operate(op, x, y))
		}
	}
	slices.Sort(out.ints)
	out.ints = slices.Compact(out.ints)
	if len(out.ints) > maxValues {
		return unknown(anything)
	}
	if a.open() || b.open() {
		out.mask = combineBits(op, a, b)
	}
	return out
}

func (a *values) open() bool { return a.mask != 0 || len(a.params) > 0 }

// bits are all bits that may be set.
func (a *values) bits() uint64 {
	m := a.mask
	if len(a.params) > 0 {
		m = anything
	}
	for _, v := range a.ints {
		m |= v
	}
	return m
}

func combineBits(op isa.Op, a, b values) uint64 {
	switch op {
	case isa.And:
		return a.bits() & b.bits()
	case isa.AndNot:
		return a.bits()
	case isa.Or, isa.Xor:
		return a.bits() | b.bits()
	}
	return anything
}

func operate(op isa.Op, x, y uint64) uint64 {
	switch op {
	case isa.Add:
		return x + y
	case isa.Sub:
		return x - y
	case isa.And:
		return x & y
	case isa.AndNot:
		return x &^ y
	case isa.Or:
		return x | y
	case isa.Xor:
		return x ^ y
	case isa.Shl:
		return x << (y & 63)
	case isa.Shr:
		return x >> (y & 63)
	case isa.Sar:
		return uint64(int64(x) >> (y & 63))
	}
	return x * y
}

func popcount(s isa.RegSet) int {
	n := 0
	for ; s != 0; s &= s - 1 {
		n++
	}
	return n
}

// nth is the register at a position of a set.
func nth(s isa.RegSet, n int) isa.Reg {
	for ; n > 0; n-- {
		s &= s - 1
	}
	return lowest(s)
}
