// SPDX-License-Identifier: MIT

package binary

import (
	"math/bits"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// stubKind says where a short piece of code that only jumps on leads to.
type stubKind uint8

const (
	stubNone     stubKind = iota // not a stub
	stubImport                   // to the import of index target
	stubResolver                 // to what the resolver at target returned
	stubCode                     // to code of this file
)

// stub is an entry of a procedure linkage table or a veneer.
type stub struct {
	kind   stubKind
	target uint64
	also   []uint64 // this file's own definitions of the import
}

// stubLength is the most instructions that a linker's stub has before it jumps.
const stubLength = 5

func lowest(s isa.RegSet) isa.Reg { return isa.Reg(bits.TrailingZeros64(uint64(s))) }

// stub follows the code at an address through at most stubLength instructions
// that compute addresses to an indirect jump, as all linkers' stubs are.
func (c *code) stub(target uint64) stub {
	if t, ok := c.stubs[target]; ok {
		return t
	}
	t := c.findStub(target)
	c.stubs[target] = t
	return t
}

func (c *code) findStub(target uint64) stub {
	addr, thumb := c.codeAddr(target)
	p := part{span: span{addr, addr + 32}, thumb: thumb}
	s := scanner{code: c, part: &p}
	d := c.decoder
	if thumb {
		d = c.thumb
	}
	if f, ok := d.(isa.Stateful); ok {
		d = f.Fresh()
	}
	b := c.im.from(addr)
	var in isa.Inst
	var loaded *reloc
	into := isa.NoReg
	for n := 0; n < stubLength && len(b) > 0; n++ {
		d.Decode(&in, b, addr)
		switch in.Op {
		case isa.Address, isa.AddressPart, isa.MovImm, isa.Insert16, isa.Add, isa.Mov, isa.Nop:
			s.compute(&in)
		case isa.Load:
			if r := c.loadSlot(&s, &in); r != nil {
				loaded, into = r, in.Dst
			}
			s.compute(&in)
		case isa.JumpReg, isa.CallReg: // riscv64's stubs leave their address in a register
			if loaded != nil && in.Src == into {
				return c.stubOf(loaded)
			}
			return stub{}
		case isa.JumpMem, isa.CallMem:
			if r := c.loadSlot(&s, &in); r != nil {
				return c.stubOf(r)
			}
			return stub{}
		case isa.Jump: // a veneer, or arm's change of state before a stub
			if n == 0 && thumb && in.Target&1 == 0 {
				return c.findStub(in.Target)
			}
			return stub{}
		default:
			return stub{}
		}
		if in.Writes.Has(c.abi.SP) {
			return stub{}
		}
		b, addr = b[min(int(in.Len), len(b)):], addr+uint64(in.Len)
	}
	return stub{}
}

// loadSlot returns the relocation of the pointer that an instruction loads.
func (c *code) loadSlot(s *scanner, in *isa.Inst) *reloc {
	if from, ok := s.effective(in); ok && in.Mem() {
		return c.slot(from)
	}
	return nil
}

func (c *code) stubOf(r *reloc) stub {
	switch r.kind {
	case relocResolver:
		return stub{kind: stubResolver, target: r.target}
	case relocAddress:
		if a, _ := c.codeAddr(r.target); c.im.isCode(a) {
			return stub{kind: stubCode, target: r.target}
		}
	case relocSymbol:
		if id, ok := c.imports.of(r.sym); ok {
			return stub{kind: stubImport, target: uint64(id), also: c.symbolTargets(r)}
		}
	}
	return stub{}
}

// symbolTargets is the address of a relocation's symbol where this file
// defines it.
func (c *code) symbolTargets(r *reloc) []uint64 {
	if int(r.sym) >= len(c.syms) {
		return nil
	}
	s := &c.syms[r.sym]
	if !s.defined || s.value == 0 {
		return nil
	}
	return []uint64{s.value + r.target}
}

// importList numbers the symbols that the file takes from outside, or could.
type importList struct {
	syms []symbol
	ids  []int32 // by symbol, -1 when not numbered
	list []Import
}

func newImportList(syms []symbol) *importList {
	l := &importList{syms: syms, ids: make([]int32, len(syms))}
	for i := range syms {
		l.ids[i] = -1
		if s := &syms[i]; !s.defined && s.name != "" {
			l.add(i)
		}
	}
	return l
}

func (l *importList) add(i int) int32 {
	s := &l.syms[i]
	l.ids[i] = int32(len(l.list))
	l.list = append(l.list, Import{
		Name: s.name, Version: s.version, Library: s.library, Weak: s.bind == 2,
		Data: !s.function() && s.typ != 0, Self: s.defined,
	})
	return l.ids[i]
}

// of returns the number of a symbol; one that the file defines itself gets its
// number when it is first asked for.
func (l *importList) of(sym uint32) (int32, bool) {
	if int(sym) >= len(l.syms) || l.syms[sym].name == "" {
		return 0, false
	}
	if id := l.ids[sym]; id >= 0 {
		return id, true
	}
	return l.add(int(sym)), true
}
