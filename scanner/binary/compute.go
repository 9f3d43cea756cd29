// SPDX-License-Identifier: MIT

package binary

import (
	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// define is the value that a node gives a register.
func (f *flow) define(i int, n *node, r isa.Reg) values {
	signed := n.Flags&isa.SignExtend != 0
	switch n.Op {
	case isa.MovImm, isa.Address, isa.AddressPart:
		return exactly(uint64(n.Imm)).extend(n.Size, signed)
	case isa.SetCond:
		return exactly(0).union(exactly(uint64(n.Imm)))
	case isa.Mov:
		return f.register(i, n.Src).extend(n.Size, signed)
	case isa.Shr, isa.Sar:
		if v, ok := f.extension(i, n); ok {
			return v
		}
	case isa.Load, isa.LoadPair, isa.LoadMulti:
		if r != n.Base || n.Adjust == 0 || r == n.Dst {
			return f.load(i, n, r)
		}
	}
	f.pending++
	defer func() { f.pending-- }()
	return f.compute(i, n, r)
}

// extension is the value of a shift that takes back one to the left: riscv64 extends
// half a register so.
func (f *flow) extension(i int, n *node) (values, bool) {
	if n.Src2 != isa.NoReg || int(n.Size) != f.abi.WordSize || n.Imm <= 0 || n.Imm&7 != 0 {
		return values{}, false
	}
	for k := i - 1; k >= 0 && f.block[k+1] == 0; k-- {
		m := &f.nodes[k]
		if m.Op >= isa.Call && m.Op <= isa.CallMem {
			return values{}, false
		}
		if m.Writes.Has(n.Src) {
			same := m.Op == isa.Shl && m.Src2 == isa.NoReg && m.Imm == n.Imm && m.Size == n.Size && !m.Cond()
			if !same {
				return values{}, false
			}
			return f.register(k, m.Src).extend(m.Size-uint8(m.Imm/8), n.Op == isa.Sar), true
		}
	}
	return values{}, false
}

// compute is define for what is more than a copy.
func (f *flow) compute(i int, n *node, r isa.Reg) values {
	signed := n.Flags&isa.SignExtend != 0
	if r == n.Base && n.Adjust != 0 {
		return f.register(i, r).plus(uint64(int64(n.Adjust)))
	}
	switch n.Op {
	case isa.Insert8:
		return f.register(i, n.Src).each(func(v uint64) uint64 { return v&^0xff | uint64(n.Imm) }, anyBits)
	case isa.Insert16:
		return f.register(i, n.Src).each(func(v uint64) uint64 {
			return v&^(0xffff<<n.Shift) | uint64(n.Imm)<<n.Shift
		}, anyBits)
	case isa.Select:
		return f.register(i, n.Src).union(f.register(i, n.Src2).plus(uint64(n.Imm))).extend(n.Size, signed)
	case isa.Add, isa.Sub, isa.And, isa.AndNot, isa.Or, isa.Xor, isa.Shl, isa.Shr, isa.Sar, isa.Mul:
		return f.arithmetic(i, n).extend(min(n.Size, uint8(f.abi.WordSize)), signed)
	}
	return unknown(anything)
}

// arithmetic is the value of an operation with two operands.
func (f *flow) arithmetic(i int, n *node) values {
	a := f.register(i, n.Src)
	if n.Src2 == isa.NoReg {
		return combine(n.Op, a, exactly(uint64(n.Imm)))
	}
	shifted := func(v uint64) uint64 { return v << n.Shift }
	if n.Src == n.Src2 { // the same value twice
		return a.each(func(v uint64) uint64 { return operate(n.Op, v, shifted(v)) + uint64(n.Imm) }, anyBits)
	}
	b := f.register(i, n.Src2)
	if n.Shift != 0 {
		b = b.each(shifted, anyBits)
	}
	return combine(n.Op, a, b).plus(uint64(n.Imm))
}

// load is the value that a node loads into a register.
func (f *flow) load(i int, n *node, r isa.Reg) values {
	if n.Mem() && n.Size <= 8 {
		disp := n.Disp
		switch {
		case n.Op == isa.LoadPair && r == n.Src2:
			disp += int64(n.Size)
		case n.Op == isa.LoadMulti:
			disp += int64(n.Size) * int64(popcount(n.List&(1<<r-1)))
		}
		return f.memory(i, n, question{reg: n.Base, mem: true, size: n.Size, disp: disp}).
			extend(n.Size, n.Flags&isa.SignExtend != 0)
	}
	return unknown(anything)
}
