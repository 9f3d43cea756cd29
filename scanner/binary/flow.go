// SPDX-License-Identifier: MIT

package binary

import (
	"cmp"
	"slices"
	"sort"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// maxNodes bounds the instructions of a function whose data flow is followed.
const maxNodes = 1 << 18

// node is an instruction with its address.
type node struct {
	isa.Inst
	addr uint64
}

// flow is the control flow of one group: its instructions by address, cut into
// blocks.
type flow struct {
	*code
	groups []group
	of     *group
	nodes  []node
	// block is, for the first node of each block, 1 plus its index in blocks.
	block  []int32
	blocks []block
	// escaped are the offsets from the stack or frame pointer whose addresses
	// the function forms.
	escaped map[isa.Reg][]int64

	// switches are the targets of the jumps through tables, by their nodes.
	switches map[int][]uint64
	tables   map[tableKey][]uint64
	memo     map[blockQuestion]values
	asking   map[blockQuestion]openQuestion
	keep     bool // see question.kept
	// settled tells whether a variable keeps the value that the file gives it; nil
	// where only read-only data counts.
	settled  func(addr, size uint64) bool
	pointers *pointing
	steps    int
	asker    int // the node whose operand is asked for
	pending  int // computations on the way to the value that is asked for
	lowest   int // of the open questions that an answer relied on, the first
}

// block is a sequence of nodes that is only entered at its first one.
type block struct {
	first   int32
	preds   []int32 // last nodes of the blocks before
	entry   bool    // callers enter here
	unknown bool    // something unseen may enter here
}

// newFlow decodes a group again and finds its blocks. Who is done with it calls done.
func (c *code) newFlow(groups []group, g int32) *flow {
	f := &flow{nodes: c.spareNodes[:0], code: c, groups: groups, of: &groups[g], escaped: map[isa.Reg][]int64{}, switches: map[int][]uint64{}, tables: map[tableKey][]uint64{}, memo: map[blockQuestion]values{}, asking: map[blockQuestion]openQuestion{}}
	c.spareNodes = nil
	for _, i := range groups[g].parts {
		c.sweep(&c.parts[i], func(addr uint64, in *isa.Inst) {
			if len(f.nodes) < maxNodes {
				f.nodes = append(f.nodes, node{*in, addr})
			}
		})
	}
	if byAddress := func(a, b node) int { return cmp.Compare(a.addr, b.addr) }; !slices.IsSortedFunc(f.nodes, byAddress) {
		slices.SortFunc(f.nodes, byAddress)
	}
	f.block = make([]int32, len(f.nodes))
	f.lead(groups, g)
	f.connect()
	for i := range f.nodes {
		n := &f.nodes[i]
		if n.Op == isa.Add && n.Src2 == isa.NoReg && f.frame.Has(n.Src) && !f.frame.Has(n.Dst) {
			f.escaped[n.Src] = append(f.escaped[n.Src], n.Imm)
		}
	}
	return f
}

// done gives the memory of the nodes to the next flow.
func (f *flow) done() {
	f.spareNodes, f.nodes = f.nodes, nil
}

// find returns the index of the node at addr, or -1.
func (f *flow) find(addr uint64) int {
	i := sort.Search(len(f.nodes), func(i int) bool { return f.nodes[i].addr >= addr })
	if i < len(f.nodes) && f.nodes[i].addr == addr {
		return i
	}
	return -1
}

// begin makes the node at addr the first of a block and returns it.
func (f *flow) begin(addr uint64) *block {
	a, _ := f.codeAddr(addr)
	i := f.find(a)
	if i < 0 {
		return nil
	}
	return f.beginAt(i)
}

func (f *flow) beginAt(i int) *block {
	if f.block[i] == 0 {
		f.blocks = append(f.blocks, block{first: int32(i)})
		f.block[i] = int32(len(f.blocks))
	}
	return &f.blocks[f.block[i]-1]
}

// lead marks the first nodes of all blocks, and those that are entered from
// outside.
func (f *flow) lead(groups []group, g int32) {
	for k, i := range groups[g].parts {
		p := &f.parts[i]
		if b := f.begin(p.start); b != nil {
			b.entry = b.entry || k == 0 || p.symbol
			b.unknown = b.unknown || k > 0 && p.symbol
		}
		for _, a := range p.alt {
			if b := f.begin(a); b != nil {
				b.unknown = true
			}
		}
	}
	for _, i := range groups[g].parts {
		// A part may begin with constants; nothing is known of what follows them.
		k := sort.Search(len(f.nodes), func(k int) bool { return f.nodes[k].addr >= f.parts[i].start })
		if k < len(f.nodes) && f.block[k] == 0 {
			f.beginAt(k).unknown = true
		}
	}
	for _, c := range groups[g].callers {
		if b := f.begin(c.entry); b != nil {
			b.entry = true
		}
	}
	for i := range f.nodes {
		n := &f.nodes[i]
		if n.Op == isa.Jump || n.Op == isa.CondJump {
			f.begin(n.Target)
		}
		if i+1 < len(f.nodes) && (n.Op >= isa.Jump && n.Op <= isa.Return || n.Op == isa.Trap || !f.adjacent(i) || f.returnsNot(f.groups, &n.Inst)) {
			f.beginAt(i + 1)
		}
	}
}

// adjacent tells whether the next node follows node i in memory, not counting
// inline constants.
func (f *flow) adjacent(i int) bool {
	return f.nodes[i+1].addr == f.nodes[i].addr+uint64(f.nodes[i].Len)
}

// connect fills in the predecessors.
func (f *flow) connect() {
	link := func(from int, target uint64) {
		a, _ := f.codeAddr(target)
		if to := f.find(a); to >= 0 {
			b := f.beginAt(to)
			b.preds = append(b.preds, int32(from))
		}
	}
	var indirect []int
	for i := range f.nodes {
		switch n := &f.nodes[i]; n.Op {
		case isa.Jump, isa.CondJump:
			link(i, n.Target)
		case isa.JumpReg, isa.JumpMem, isa.JumpTable:
			indirect = append(indirect, i)
		}
	}
	f.fallThrough()
	// A table's address may come from behind another jump through a table, so
	// those without targets get a second chance.
	for n := 0; n < 2; n++ {
		var rest []int
		for _, i := range indirect {
			f.steps = 0
			targets := f.jumpTargets(i)
			for _, target := range targets {
				link(i, target)
			}
			if len(targets) == 0 {
				rest = append(rest, i)
			} else {
				f.switches[i] = targets
			}
		}
		f.fallThroughNew()
		clear(f.memo)
		if indirect = rest; len(rest) == 0 {
			break
		}
	}
}

// fallThrough links every block with the one it runs into.
func (f *flow) fallThrough() {
	for i := 0; i+1 < len(f.nodes); i++ {
		if f.block[i+1] == 0 || f.nodes[i].Ends() || !f.adjacent(i) || f.returnsNot(f.groups, &f.nodes[i].Inst) {
			continue
		}
		b := &f.blocks[f.block[i+1]-1]
		b.preds = append(b.preds, int32(i))
	}
}

// fallThroughNew completes the blocks that jump tables added.
func (f *flow) fallThroughNew() {
	for i := range f.blocks {
		b := &f.blocks[i]
		before := int(b.first) - 1
		if before < 0 || f.nodes[before].Ends() || !f.adjacent(before) || f.returnsNot(f.groups, &f.nodes[before].Inst) {
			continue
		}
		linked := false
		for _, p := range b.preds {
			linked = linked || int(p) == before
		}
		if !linked {
			b.preds = append(b.preds, int32(before))
		}
	}
}
