// SPDX-License-Identifier: MIT

package binary

import (
	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// onStack rewrites a question about memory at a register that was set to a place in the
// stack frame shortly before: what was stored there was stored through the
// stack pointer, and perhaps after the register was set.
func (f *flow) onStack(i int, q question) question {
	if !q.mem || q.reg >= isa.Zero || f.frame.Has(q.reg) {
		return q
	}
	r, disp := q.reg, q.disp
	for ; i > 0 && f.block[i] == 0; i-- {
		n := &f.nodes[i-1]
		if n.Writes.Has(f.abi.SP) || n.Op >= isa.Call && n.Op <= isa.CallMem && f.abi.CallerSaved.Has(r) {
			return q
		}
		if !n.Writes.Has(r) {
			continue
		}
		switch {
		case n.Cond() || int(n.Size) < f.abi.WordSize || n.Src >= isa.Zero:
			return q
		case n.Op == isa.Mov:
		case n.Op == isa.Add && n.Src2 == isa.NoReg:
			disp += n.Imm
		case n.Op == isa.Sub && n.Src2 == isa.NoReg:
			disp -= n.Imm
		default:
			return q
		}
		if r = n.Src; f.frame.Has(r) {
			q.reg, q.disp = r, disp
			return q
		}
	}
	return q
}

// memoryEffect is effect for a question about memory.
func (f *flow) memoryEffect(i int, n *node, q question) (values, question, bool) {
	if n.Mem() && n.Base == q.reg && n.Adjust != 0 {
		q.disp += int64(n.Adjust)
	}
	if v, done := f.stored(i, n, q); done {
		if n.Cond() {
			v = v.union(f.before(i, q))
		}
		return v, q, true
	}
	if q.reg == isa.NoReg || !n.Writes.Has(q.reg) || n.Mem() && n.Base == q.reg && n.Adjust != 0 && n.Dst != q.reg {
		return values{}, q, false
	}
	if n.Cond() {
		return unknown(anything), q, true
	}
	switch {
	case n.Op == isa.Mov && int(n.Size) >= f.abi.WordSize && n.Src < isa.Zero:
		q.reg = n.Src
		return values{}, q, false
	case n.Op == isa.Add && n.Src2 == isa.NoReg && n.Src < isa.Zero && n.Flags&isa.FromPC == 0:
		q.reg, q.disp = n.Src, q.disp+n.Imm
		return values{}, q, false
	case n.Op == isa.Sub && n.Src2 == isa.NoReg && n.Src < isa.Zero:
		q.reg, q.disp = n.Src, q.disp-n.Imm
		return values{}, q, false
	}
	if v, ok := f.throughVariable(i, n, q); ok {
		return v, q, true
	}
	at := f.define(i, n, q.reg).plus(uint64(q.disp))
	if v, ok := throughParams(at, q); ok {
		return v, q, true
	}
	if at.open() || len(at.ints) == 0 {
		return unknown(anything), q, true
	}
	return f.contents(at, q.size, unknown(anything)), q, true
}

// throughParams turns a question about what a parameter points to into a
// parameter itself: the callers know what is there.
func throughParams(at values, q question) (values, bool) {
	if len(at.params) == 0 || at.mask != 0 || len(at.ints) > 0 {
		return values{}, false
	}
	var out values
	for _, p := range at.params {
		if p.at.mem {
			return values{}, false
		}
		out.params = append(out.params, param{at: question{reg: p.at.reg, mem: true, size: q.size, disp: int64(p.add), kept: q.kept}})
	}
	return out, true
}

// throughVariable turns a question about what a variable of the file points to
// into a parameter: the places that store to the variable answer it.
func (f *flow) throughVariable(i int, n *node, q question) (values, bool) {
	if !q.kept || n.Op != isa.Load || n.Dst != q.reg || int(n.Size) != f.abi.WordSize {
		return values{}, false
	}
	addr, ok := f.operandAddress(i, n)
	if !ok || f.slot(addr) != nil || f.im.constant(addr) || f.im.segment(addr) == nil {
		return values{}, false
	}
	q.reg, q.variable = isa.NoReg, addr
	return values{params: []param{{at: q}}}, true
}

// operandAddress is the address of a node's memory operand, when there is but one.
func (f *flow) operandAddress(i int, n *node) (uint64, bool) {
	at := exactly(uint64(n.Disp))
	for _, r := range []isa.Reg{n.Base, n.Index} {
		if r != isa.NoReg {
			at = combine(isa.Add, at, f.register(i, r))
		}
	}
	if at.open() || len(at.ints) != 1 || n.Shift != 0 {
		return 0, false
	}
	return f.narrowed(at.ints[0]), true
}

// stored is the value that a node writes to the memory asked for; writes
// through other registers are taken to go elsewhere, unless they were just set
// to a place in the stack frame.
func (f *flow) stored(i int, n *node, q question) (values, bool) {
	if n.Op < isa.Store || n.Op > isa.Copy || !n.Mem() {
		return values{}, false
	}
	if n.Base != q.reg {
		at := f.onStack(i, question{reg: n.Base, mem: true, disp: n.Disp})
		if !f.frame.Has(q.reg) || at.reg != q.reg {
			return values{}, false
		}
		moved := *n
		moved.Base, moved.Disp, moved.Adjust = at.reg, at.disp, 0
		n = &moved
	}
	size := int64(n.Size)
	total := size
	switch n.Op {
	case isa.StorePair:
		total = 2 * size
	case isa.StoreMulti:
		total = size * int64(popcount(n.List))
	}
	if n.Index != isa.NoReg {
		return unknown(anything), q.disp+int64(q.size) > n.Disp
	}
	if q.disp+int64(q.size) <= n.Disp || q.disp >= n.Disp+total {
		return values{}, false
	}
	at := q.disp - n.Disp
	if at%size != 0 || int64(q.size) > size {
		return unknown(anything), true
	}
	var v values
	switch n.Op {
	case isa.StoreImm:
		v = exactly(uint64(n.Imm))
	case isa.Copy:
		v = f.before(i, question{reg: n.Src, mem: true, size: n.Size, disp: n.Imm, kept: q.kept})
	case isa.StoreMulti:
		v = f.register(i, nth(n.List, int(at/size)))
	case isa.StorePair:
		if v = f.register(i, n.Src); at > 0 {
			v = f.register(i, n.Src2)
		}
	default:
		v = f.register(i, n.Src)
	}
	return v.extend(q.size, false), true
}
