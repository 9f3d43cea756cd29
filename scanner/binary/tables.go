// SPDX-License-Identifier: MIT

package binary

import (
	"debug/elf"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// Limits of the search for a jump table.
const (
	maxTable  = 1024 // entries
	tableBack = 24   // nodes before the jump in which the table is loaded
)

// jumpTargets returns the addresses that an indirect jump at a node may go to:
// those of its jump table, none when it has no table (then it leaves the function).
func (f *flow) jumpTargets(i int) []uint64 {
	n := &f.nodes[i]
	switch {
	case n.Op == isa.JumpTable:
		return f.inlineTargets(n)
	case n.Op == isa.JumpMem && n.Index != isa.NoReg && n.Base == isa.NoReg:
		return f.entries(uint64(n.Disp), 0, f.abi.WordSize, 0)
	}
	return f.loadedTargets(i)
}

// inlineTargets reads the table behind arm's tbb and tbh.
func (f *flow) inlineTargets(n *node) []uint64 {
	var out []uint64
	entries := uint64(maxTable)
	if n.Size < 4 {
		entries = f.literal[uint64(n.Disp)] / uint64(n.Size)
	}
	for k := 0; k < int(entries); k++ {
		v := uint64(2 * k)
		if n.Size < 4 {
			var ok bool
			if v, ok = f.im.value(uint64(n.Disp)+uint64(k)*uint64(n.Size), int(n.Size)); !ok {
				break
			}
		}
		target := n.Target&^1 + 2*v
		if f.find(target) < 0 {
			break
		}
		out = append(out, target)
	}
	return out
}

// loadedTargets looks for the load of the table's entry before a jump through
// a register, and finds the table's address by the constants there.
func (f *flow) loadedTargets(i int) []uint64 {
	for k := i; k >= 0 && k > i-tableBack; k-- {
		n := &f.nodes[k]
		if !n.Mem() || n.Op != isa.Load && n.Op != isa.JumpMem || f.frame.Has(n.Base) && f.im.machine != elf.EM_X86_64 {
			continue
		}
		for _, table := range f.tableAddresses(k) {
			if out := f.tableAt(i, table, n); len(out) > 0 {
				return out
			}
		}
	}
	return nil
}

// tableAddresses are the constants that the operand of a load may start from.
func (f *flow) tableAddresses(k int) []uint64 {
	n := &f.nodes[k]
	var out []uint64
	for _, r := range []isa.Reg{n.Base, n.Index} {
		if r == isa.NoReg {
			continue
		}
		v := f.before(k, question{reg: r})
		for _, a := range v.ints {
			out = append(out, a+uint64(n.Disp))
		}
		if d := f.sumOperand(k, r); d != nil {
			for _, a := range d {
				out = append(out, a+uint64(n.Disp))
			}
		}
	}
	if n.Base == isa.NoReg {
		out = append(out, uint64(n.Disp))
	}
	return out
}

// sumOperand: where the operand was computed as table + index before the load
// (riscv64), the constant one of the two terms.
func (f *flow) sumOperand(k int, r isa.Reg) []uint64 {
	for j := k - 1; j >= 0 && j > k-8; j-- {
		n := &f.nodes[j]
		if n.Dst != r {
			continue
		}
		if n.Op != isa.Add || n.Src2 == isa.NoReg {
			return nil
		}
		return append(f.before(j, question{reg: n.Src}).ints, f.before(j, question{reg: n.Src2}).ints...)
	}
	return nil
}

// tableAt reads a table in the forms that compilers use: pointers, or distances
// from the table (x86-64, riscv64) or from an address of code that the
// function forms (arm64, and gcc's tables of label differences).
func (f *flow) tableAt(jump int, table uint64, load *node) []uint64 {
	size := int(load.Size)
	if load.Op == isa.JumpMem {
		size = f.abi.WordSize
	}
	if size == f.abi.WordSize {
		if out := f.entries(table, 0, size, 0); len(out) > 0 {
			return out
		}
	}
	scale := uint(0)
	bases := []uint64{table}
	if f.im.machine == elf.EM_AARCH64 {
		scale, bases = 2, nil
	}
	for k := jump; k >= 0 && k > jump-4*tableBack; k-- {
		if n := &f.nodes[k]; n.Op == isa.Address && f.find(uint64(n.Imm)) >= 0 {
			bases = append(bases, uint64(n.Imm))
		}
	}
	for _, base := range bases {
		if out := f.entries(table, base, size, scale); len(out) > 0 {
			return out
		}
	}
	return nil
}

// tableKey is how a table is read.
type tableKey struct {
	table, base uint64
	size        int
}

// entries is readEntries, done once for each table.
func (f *flow) entries(table, base uint64, size int, scale uint) []uint64 {
	k := tableKey{table, base, size}
	out, ok := f.tables[k]
	if !ok {
		out = f.readEntries(table, base, size, scale)
		f.tables[k] = out
	}
	return out
}

// readEntries reads a table; with base 0 its entries are addresses, otherwise
// signed distances from base in units of 1<<scale. The first entry that leads to no
// instruction of the function ends it: that may be one too late, where another
// table follows, but never too early, as a comparison that belongs to
// something else could be.
func (f *flow) readEntries(table, base uint64, size int, scale uint) []uint64 {
	var out []uint64
	for k := 0; k < maxTable; k++ {
		at := table + uint64(k*size)
		v, ok := f.im.value(at, size)
		if r := f.slot(at); r != nil && r.kind == relocAddress && base == 0 {
			v, ok = r.target, true
		}
		if !ok || !f.im.constant(at) && f.slot(at) == nil {
			break
		}
		target := v
		if base != 0 {
			target = f.narrowed(base + signExtend(v, size)<<scale)
		}
		target, _ = f.codeAddr(target)
		if f.find(target) < 0 {
			break
		}
		out = append(out, target)
	}
	return out
}

func (f *flow) narrowed(v uint64) uint64 {
	if f.abi.WordSize == 4 {
		return uint64(uint32(v))
	}
	return v
}

// signExtend extends the low size bytes of v with their sign.
func signExtend(v uint64, size int) uint64 {
	shift := uint(64 - 8*size)
	return uint64(int64(v<<shift) >> shift)
}
