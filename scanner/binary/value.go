// SPDX-License-Identifier: MIT

package binary

import (
	"slices"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// Limits of one search for values; beyond them the value is not known.
const (
	maxValues = 48
	maxParams = 8
	maxSteps  = 20000 // instructions
	maxAsking = 2000  // blocks on the way
)

// question asks for the value of a register, or of size bytes of memory at a
// register's value plus disp, or with reg NoReg at the address disp.
type question struct {
	reg  isa.Reg
	mem  bool
	size uint8
	disp int64
	// kept: the memory is taken to be unchanged by calls. That is asked for the
	// numbers of system calls only, which programs do not compute behind
	// their own back.
	kept bool
	// variable: the register's value is what the file's code stores to the pointer at
	// this address.
	variable uint64
}

// blockQuestion asks at the beginning of a block.
type blockQuestion struct {
	block int
	question
}

// openQuestion is one that is being answered.
type openQuestion struct {
	depth   int // how many were open before
	pending int // computations under way
}

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

// ask answers what q is just before the instruction at a node.
func (f *flow) ask(i int, q question) values {
	f.steps = 0
	f.pending = 0
	return f.before(i, q)
}

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

// before walks back from node i to what sets q.
func (f *flow) before(i int, q question) values {
	for {
		if f.steps++; f.steps > maxSteps {
			return unknown(anything)
		}
		if q.mem && q.reg == isa.NoReg {
			if v, ok := f.constant(q); ok {
				return v
			}
		}
		if f.block[i] != 0 {
			return f.askBlock(int(f.block[i]-1), q)
		}
		i--
		v, next, done := f.effect(i, q)
		if done {
			return v
		}
		q = next
	}
}

// after answers what q is just behind node i.
func (f *flow) after(i int, q question) values {
	v, next, done := f.effect(i, q)
	if done {
		return v
	}
	return f.before(i, next)
}

// askBlock joins what comes from the predecessors of a block. A question that
// comes back to itself adds nothing, unless a computation lies between: then
// the value changes in a loop. Answers that were cut short by a question that
// is still open are not kept.
func (f *flow) askBlock(b int, q question) values {
	k := blockQuestion{b, q}
	if v, ok := f.memo[k]; ok {
		return v
	}
	if open, ok := f.asking[k]; ok {
		f.lowest = min(f.lowest, open.depth)
		if f.pending != open.pending {
			return unknown(anything)
		}
		return values{}
	}
	if len(f.asking) > maxAsking {
		return unknown(anything)
	}
	depth, outer := len(f.asking), f.lowest
	f.asking[k] = openQuestion{depth, f.pending}
	f.lowest = depth
	v := f.joinBlock(&f.blocks[b], q)
	delete(f.asking, k)
	if f.lowest >= depth {
		f.memo[k] = v
		f.lowest = outer
	} else {
		f.lowest = min(f.lowest, outer)
	}
	return v
}

func (f *flow) joinBlock(b *block, q question) values {
	var v values
	if b.entry {
		v = f.fromCaller(q)
	}
	orphan := !b.entry && len(b.preds) == 0
	if b.unknown || orphan && !f.padding(int(b.first)) {
		v = v.union(unknown(anything))
	}
	for _, p := range b.preds {
		if imm, ok := f.compared(int(p), int(b.first), q); ok {
			v = v.union(exactly(imm))
		} else {
			v = v.union(f.after(int(p), q))
		}
	}
	return v
}

// compared is the value that the register asked for has because a comparison
// and a conditional jump (at node p) led to the node to.
func (f *flow) compared(p, to int, q question) (uint64, bool) {
	jump := &f.nodes[p]
	if q.mem || p == 0 || f.block[p] != 0 || jump.Op != isa.CondJump || jump.Imm == 0 {
		return 0, false
	}
	taken := f.nodes[to].addr == jump.Target
	if taken == (to == p+1) || taken != (jump.Imm == isa.IfEqual) {
		return 0, false
	}
	cmp := &f.nodes[p-1]
	if cmp.Op != isa.Cmp || cmp.Src != q.reg || cmp.Src2 != isa.NoReg || cmp.Size < 4 {
		return 0, false
	}
	return uint64(cmp.Imm), true
}

// padding tells whether the block from node i on is only there to align the
// next one. Any other block without predecessors may be the target of a jump
// that was not followed.
func (f *flow) padding(i int) bool {
	for ; i < len(f.nodes); i++ {
		if f.nodes[i].Op != isa.Nop {
			return false
		}
		if i+1 < len(f.nodes) && f.block[i+1] != 0 {
			return true
		}
	}
	return true
}

// fromCaller is what is known of q where the function is entered.
func (f *flow) fromCaller(q question) values {
	switch {
	case q.reg == f.abi.SP && q.mem && q.disp >= f.abi.CallPush,
		slices.Contains(f.abi.Args, q.reg), f.goABI && q.reg < isa.Zero,
		!q.mem && (f.abi.CallerSaved.Has(q.reg) || q.reg == f.abi.SyscallNumber || slices.Contains(f.abi.SyscallArgs, q.reg)):
		return values{params: []param{{at: q}}}
	}
	return unknown(anything)
}

// effect is what node i does to q: its value, or the question that remains
// before the node.
func (f *flow) effect(i int, q question) (values, question, bool) {
	n := &f.nodes[i]
	switch n.Op {
	case isa.Call, isa.CallReg, isa.CallMem:
		return f.acrossCall(n, q)
	}
	if q.mem {
		return f.memoryEffect(i, n, q)
	}
	if !n.Writes.Has(q.reg) {
		return values{}, q, false
	}
	if n.Op == isa.Mov && !n.Cond() && (int(n.Size) >= f.abi.WordSize) && n.Src < isa.Zero {
		return values{}, question{reg: n.Src}, false
	}
	outer := f.asker
	f.asker = i
	v := f.define(i, n, q.reg)
	f.asker = outer
	if n.Cond() && !f.sameCondition(i) {
		v = v.union(f.otherwise(i, q))
	}
	return v, q, true
}

// sameCondition tells whether the instruction at node i happens whenever the one
// does whose operand is asked for: nothing but conditional instructions lies between.
func (f *flow) sameCondition(i int) bool {
	a := f.asker
	if a <= i || f.nodes[i].When == 0 || f.nodes[i].When != f.nodes[a].When || !f.nodes[a].Cond() {
		return false
	}
	for k := i + 1; k < a; k++ {
		if !f.nodes[k].Cond() || f.block[k] != 0 {
			return false
		}
	}
	return f.block[a] == 0
}

// otherwise is the value of a register when the instruction at node i does not
// happen: what one with the opposite condition next to it sets, or the old one.
func (f *flow) otherwise(i int, q question) values {
	for k := i - 1; k >= 0 && f.block[k+1] == 0 && f.nodes[k].Cond(); k-- {
		n := &f.nodes[k]
		if !n.Writes.Has(q.reg) {
			continue
		}
		if n.When != 0 && n.When^f.nodes[i].When == 1 {
			return f.define(k, n, q.reg)
		}
		break
	}
	return f.before(i, q)
}

// acrossCall: a call leaves callee-saved registers and the caller's stack frame
// alone, but for what it has pointers to.
func (f *flow) acrossCall(n *node, q question) (values, question, bool) {
	switch {
	case q.reg == isa.NoReg || f.abi.CallerSaved.Has(q.reg) && f.callChanges(f.groups, &n.Inst).Has(q.reg):
		return unknown(anything), q, true
	case !q.mem:
		return values{}, q, false
	case !f.frame.Has(q.reg):
		return unknown(anything), q, !q.kept
	}
	for _, disp := range f.escaped[q.reg] {
		if !q.kept && q.disp >= disp && q.disp < disp+16 {
			return unknown(anything), q, true
		}
	}
	return values{}, q, false
}

// register is the value of a register before node i.
func (f *flow) register(i int, r isa.Reg) values {
	switch r {
	case isa.Zero:
		return exactly(0)
	case isa.NoReg:
		return unknown(anything)
	}
	return f.before(i, question{reg: r})
}

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
	case isa.Load, isa.LoadPair, isa.LoadMulti:
		if r != n.Base || n.Adjust == 0 || r == n.Dst {
			return f.load(i, n, r)
		}
	}
	f.pending++
	defer func() { f.pending-- }()
	return f.compute(i, n, r)
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

// memory is the value of a memory operand before node i.
func (f *flow) memory(i int, n *node, q question) values {
	narrow := unknown(anything)
	if q.size < 8 {
		narrow = unknown(1<<(8*q.size) - 1)
	}
	if n.Index == isa.NoReg {
		q.kept = f.keep
		v := f.before(i, f.onStack(i, q))
		if v.mask != 0 && len(v.ints) == 0 {
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
// address was computed as table + index shortly before.
func (f *flow) lookupSum(i int, n *node) (values, bool) {
	for k := i - 1; k >= 0 && k > i-8 && f.block[k+1] == 0; k-- {
		d := &f.nodes[k]
		if d.Dst != n.Base {
			continue
		}
		if d.Op != isa.Add || d.Src2 == isa.NoReg {
			return values{}, false
		}
		return f.lookup(f.register(k, d.Src), f.register(k, d.Src2), n)
	}
	return values{}, false
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

// constant is the value of memory that nothing changes after loading.
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
	if !f.im.constant(addr) {
		return values{}, false
	}
	v, ok := f.im.value(addr, int(q.size))
	return exactly(v), ok
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
// through other registers are taken to go elsewhere.
func (f *flow) stored(i int, n *node, q question) (values, bool) {
	if n.Op < isa.Store || n.Op > isa.Copy || n.Base != q.reg || !n.Mem() {
		return values{}, false
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
