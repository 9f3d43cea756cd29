// SPDX-License-Identifier: MIT

package binary

import (
	"sort"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// border is a place where another function may begin.
type border struct {
	addr uint64
	// sure: control does not get there from above. Otherwise a call and padding are above it,
	// which says that the call does not come back, if something jumps to the place.
	sure bool
}

// borders are the places behind the end of a function that no jump crosses.
func (s *scanner) borders() []border {
	crossed := make([]int, len(s.behind)+1)
	after := func(addr uint64) int {
		return sort.Search(len(s.behind), func(i int) bool { return s.behind[i].addr > addr })
	}
	for _, j := range s.jumps { // all borders in (start, end] are crossed
		crossed[after(j.start)]++
		crossed[after(j.end)]--
	}
	var out []border
	depth := 0
	for i, b := range s.behind {
		if depth += crossed[i]; depth == 0 {
			out = append(out, b)
		}
	}
	return out
}

// linkage tells whether the part is a procedure linkage table: nothing but jumps
// through pointers to imports, at most 32 bytes apart, with no call or return
// among them. Calls of its entries are followed to the imports, so that what it
// does itself is of no interest.
func (s *scanner) linkage() bool {
	return s.linked >= 4 && !s.plain && s.linked*32 >= s.part.end-s.part.start
}

// idle tells whether an instruction does nothing, as padding does: on arm zeros
// are mov r0, r0. Functions begin with landings, and with moves that extend half a
// register.
func (s *scanner) idle(in *isa.Inst) bool {
	return in.Op == isa.Nop && in.Flags&isa.Landing == 0 || in.Op == isa.Mov && in.Dst == in.Src && int(in.Size) >= s.abi.WordSize
}

// leave keeps how control would leave the part behind this instruction.
func (s *scanner) leave(in *isa.Inst) {
	switch {
	case s.ended:
		s.part.exit = exitNone
	case in.Op == isa.Call, in.Op == isa.CallReg, in.Op == isa.CallMem:
		s.part.exit, s.part.exitAt = exitCall, s.at
	case !s.idle(in):
		s.part.exit = exitFall
	case s.part.exit == exitCall:
		// Nothing needs padding behind a call that comes back.
		s.part.exit, s.padded = exitNone, true
	}
}

// call notes a call.
func (s *scanner) call(in *isa.Inst) {
	switch in.Op {
	case isa.Call:
		s.plain = true
		s.goTo(in.Target, findCall, findImport)
	case isa.CallReg:
		if s.name.Has(in.Src) {
			s.linked++
			s.find(findImport, s.value[in.Src])
		} else if v, _, ok := s.get(in.Src); ok {
			s.goTo(s.narrow(v+uint64(in.Imm)), findCall, findImport)
		}
	case isa.CallMem:
		s.through(in, findCall, findImport)
	}
}

// goTo notes a transfer of control to code of this file, or through a stub of
// the procedure linkage table to an import.
func (s *scanner) goTo(target uint64, local, named findingKind) {
	a, _ := s.codeAddr(target)
	if !s.im.isCode(a) {
		return
	}
	t := s.stub(target)
	switch t.kind {
	case stubImport:
		s.find(named, t.target)
		for _, v := range t.also {
			s.find(local, v)
		}
	case stubResolver:
		s.find(findIFunc, t.target)
	case stubCode:
		s.find(local, t.target)
	default:
		s.find(local, target)
	}
}

// through notes a call or jump through a pointer in memory.
func (s *scanner) through(in *isa.Inst, local, named findingKind) {
	from, ok := s.effective(in)
	if !ok {
		return
	}
	if r := s.slot(from); r != nil {
		switch r.kind {
		case relocAddress:
			s.goTo(r.target, local, named)
		case relocResolver:
			s.find(findIFunc, r.target)
		case relocSymbol:
			for _, t := range s.symbolTargets(r) {
				s.find(local, t)
			}
			if id, ok := s.imports.of(r.sym); ok {
				s.linked++
				s.find(named, uint64(id))
			}
		}
		return
	}
	if s.im.constant(from) && (s.fixed || s.im.isCode(from)) {
		if v, ok := s.im.value(from, s.abi.WordSize); ok {
			s.goTo(v, local, named)
		}
	}
}

func (s *scanner) jump(in *isa.Inst) {
	a, thumb := s.codeAddr(in.Target)
	if s.part.has(a) && thumb == s.part.thumb {
		if !s.part.framed {
			s.jumps = append(s.jumps, span{min(a, s.at), max(a, s.at)})
			s.furthest = max(s.furthest, a)
		}
		if s.saved != nil && a > s.at && s.saved[a] == nil && s.known != 0 {
			k := s.constants
			s.saved[a] = &k
		}
		return
	}
	s.goTo(in.Target, findJump, findTailName)
}

// jumpIndirect notes a jump through a register or memory: to an import or
// another function, or by a table inside of the part.
func (s *scanner) jumpIndirect(in *isa.Inst) {
	s.part.returns = true
	found := len(s.out)
	switch v, _, ok := s.get(in.Src); {
	case in.Op == isa.JumpMem:
		s.through(in, findJump, findTailName)
	case s.name.Has(in.Src):
		s.linked++
		s.find(findTailName, s.value[in.Src])
	case ok:
		s.goTo(s.narrow(v+uint64(in.Imm)), findJump, findTailName)
	}
	if len(s.out) > found || s.part.framed {
		return
	}
	targets, ok := s.switches[s.at]
	s.part.switches = s.part.switches || !ok
	for _, a := range targets {
		s.furthest = max(s.furthest, a)
		s.jumps = append(s.jumps, span{min(a, s.at), max(a, s.at)})
	}
}
