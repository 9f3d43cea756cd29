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
	maxSteps  = 4000 // instructions; ten times that for the number of a system call
	maxAsking = 2000 // blocks on the way
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

// ask answers what q is just before the instruction at a node.
func (f *flow) ask(i int, q question) values {
	f.steps = 0
	f.pending = 0
	return f.before(i, q)
}

// before walks back from node i to what sets q.
func (f *flow) before(i int, q question) values {
	for {
		if f.steps++; f.steps > maxSteps && !(f.keep && f.steps <= 10*maxSteps) {
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
	depth, outer := f.open(), f.lowest
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

// open is how many questions are open.
func (f *flow) open() int {
	if f.pointers == nil {
		return len(f.asking)
	}
	return len(f.asking) + len(f.pointers.filling)
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
	case q.reg == f.abi.SP:
		if q.mem && q.disp >= f.abi.CallPush {
			return values{params: []param{{at: q}}}
		}
	case slices.Contains(f.abi.Args, q.reg), f.goABI && q.reg < isa.Zero,
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
