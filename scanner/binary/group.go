// SPDX-License-Identifier: MIT

package binary

import (
	"cmp"
	"slices"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// group is a function: the parts that only make sense together.
type group struct {
	parts    []int32 // indices of code.parts, the entry first, then by address
	name     string
	ifunc    bool
	noReturn bool
	callers  []caller // direct calls and jumps from other groups
	// changes are the registers that a call changes; 0 when not looked for yet.
	changes isa.RegSet
}

// caller is a place that calls or jumps to a group's entry.
type caller struct {
	group int32
	at    uint64
	jump  bool
	store bool   // it does not call, but sets a variable that the group reads
	entry uint64 // where it enters
}

// unite merges parts into groups:
//   - parts of which unwind information knows the ranges and that jump into each
//     other's middle: a compiler splits a function so, nothing else does;
//   - a part that only one other group jumps to and nothing else refers to: cold
//     code, or a local function that its only user jumps to.
func (c *code) unite() []group {
	root := make([]int32, len(c.parts))
	for i := range root {
		root[i] = int32(i)
	}
	find := func(i int32) int32 {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	join := func(a, b int32) {
		if a, b = find(a), find(b); a != b {
			root[max(a, b)] = min(a, b)
		}
	}
	jumps := c.partJumps()
	for _, j := range jumps {
		if to := &c.parts[j.to]; j.target != to.start && to.framed && c.parts[j.from].framed {
			join(j.from, j.to)
		}
	}
	c.joinCold(jumps, find, join)
	return c.collect(find)
}

// partJump is a jump from one part to another one.
type partJump struct {
	from, to int32
	target   uint64
}

func (c *code) partJumps() []partJump {
	var out []partJump
	for i := range c.parts {
		for _, f := range c.parts[i].found {
			if f.kind != findJump {
				continue
			}
			a, _ := c.codeAddr(f.target)
			if to := c.partAt(a); to >= 0 && to != i {
				out = append(out, partJump{int32(i), int32(to), a})
			}
		}
	}
	return out
}

// joinCold merges the parts that one group alone jumps to.
func (c *code) joinCold(jumps []partJump, find func(int32) int32, join func(a, b int32)) {
	referred := c.referredParts()
	const none, many = -1, -2
	from := make([]int32, len(c.parts))
	for i := range from {
		from[i] = none
	}
	for _, j := range jumps {
		switch g := find(j.from); {
		case g == find(j.to):
		case from[j.to] == none:
			from[j.to] = g
		case from[j.to] != many && find(from[j.to]) != g:
			from[j.to] = many
		}
	}
	for to, g := range from {
		if g >= 0 && !referred[to] {
			join(g, int32(to))
		}
	}
}

// referredParts tells which parts are entered otherwise than by jumps.
func (c *code) referredParts() []bool {
	out := make([]bool, len(c.parts))
	for i := range c.parts {
		out[i] = out[i] || c.parts[i].symbol
		for _, f := range c.parts[i].found {
			if f.kind == findCall || f.kind == findIFunc || f.kind == findCode {
				a, _ := c.codeAddr(f.target)
				if to := c.partAt(a); to >= 0 && to != i {
					out[to] = true
				}
			}
		}
	}
	for i := range c.relocs {
		if r := &c.relocs[i]; r.kind == relocAddress || r.kind == relocResolver {
			a, _ := c.codeAddr(r.target)
			if to := c.partAt(a); to >= 0 {
				out[to] = true
			}
		}
	}
	return out
}

// collect makes the groups out of the union's roots, in the order of addresses
// of their entries: the part that something else than a jump refers to.
func (c *code) collect(find func(int32) int32) []group {
	referred := c.referredParts()
	members := map[int32][]int32{}
	for i := range c.parts {
		r := find(int32(i))
		members[r] = append(members[r], int32(i))
	}
	groups := make([]group, 0, len(members))
	for _, m := range members {
		for k, i := range m {
			if referred[i] {
				m[0], m[k] = m[k], m[0]
				break
			}
		}
		rest := m[1:]
		slices.Sort(rest)
		groups = append(groups, group{parts: m})
	}
	slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(a.parts[0], b.parts[0]) })
	for g := range groups {
		for _, i := range groups[g].parts {
			c.parts[i].group = int32(g)
		}
	}
	return groups
}

// groupAt returns the group that the code at v belongs to, or -1.
func (c *code) groupAt(v uint64) int32 {
	a, _ := c.codeAddr(v)
	if i := c.partAt(a); i >= 0 {
		return c.parts[i].group
	}
	return -1
}

// callersOf fills in who calls whom.
func (c *code) callersOf(groups []group) {
	for i := range c.parts {
		p := &c.parts[i]
		for _, f := range p.found {
			if f.kind != findCall && f.kind != findJump {
				continue
			}
			if g := c.groupAt(f.target); g >= 0 && g != p.group {
				a, _ := c.codeAddr(f.target)
				groups[g].callers = append(groups[g].callers, caller{group: p.group, at: f.at, jump: f.kind == findJump, entry: a})
			}
		}
	}
}

// smallLeaf is the size of functions that are looked at for what they change.
const smallLeaf = 64

// callChanges are the registers that the call at a node changes: those of the
// calling convention, or fewer when it calls a short function that calls
// nothing itself (arm's __libc_do_syscall, whose callers rely on it).
func (c *code) callChanges(groups []group, in *isa.Inst) isa.RegSet {
	if in.Op != isa.Call {
		return c.abi.CallerSaved
	}
	i := c.groupAt(in.Target)
	if i < 0 || c.stub(in.Target).kind != stubNone {
		return c.abi.CallerSaved
	}
	g := &groups[i]
	if g.changes == 0 {
		g.changes = c.leafChanges(g)
	}
	return g.changes
}

func (c *code) leafChanges(g *group) isa.RegSet {
	if len(g.parts) != 1 || c.parts[g.parts[0]].end-c.parts[g.parts[0]].start > smallLeaf {
		return c.abi.CallerSaved
	}
	changes := isa.Set(c.abi.Result).With(c.abi.LR)
	c.sweep(&c.parts[g.parts[0]], func(_ uint64, in *isa.Inst) {
		switch in.Op {
		case isa.Call, isa.CallReg, isa.CallMem, isa.Jump, isa.JumpReg, isa.JumpMem, isa.JumpTable:
			changes = c.abi.CallerSaved
		}
		changes |= in.Writes
	})
	return changes & c.abi.CallerSaved
}
