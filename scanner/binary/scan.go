// SPDX-License-Identifier: MIT

package binary

import (
	"debug/elf"
	"slices"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// scanner sweeps one part and collects its findings.
type scanner struct {
	*code
	part *part
	constants
	saved map[uint64]*constants // at targets of forward jumps
	at    uint64
	ended bool
	out   []finding
	// Instructions and what is none: tables in the code have many of these.
	count, invalid int
	// Jumps through pointers to imports, and whether there are calls or returns.
	linked uint64
	plain  bool
	// Jumps inside the part, and what follows instructions that do not go on.
	jumps  []span
	behind []border
	padded bool // a call and padding were the last instructions
	// furthest is where the jumps so far lead at most; first is the first place behind an
	// end that none of them gets to.
	furthest, first uint64
	clean           bool  // there was no invalid instruction up to the last end
	unusual         []int // the findings of system calls that may be data
}

// scan collects what the instructions of a part do.
func (c *code) scan(p *part) {
	s := scanner{code: c, part: p, out: p.found[:0]}
	if c.im.machine != elf.EM_X86_64 {
		// Here an address takes two instructions, and a compiler may have moved
		// the first one away from the second.
		s.saved = map[uint64]*constants{}
	}
	p.returns = false
	p.exit = exitNone
	p.switches = false
	c.sweep(p, s.step)
	p.borders, p.ends = s.borders(), s.behind
	if s.invalid > 0 && !p.framed {
		s.dropUnusual()
	}
	p.found = s.out
	p.scanned = p.end
	switch {
	case s.linkage():
		p.found = nil
	case !p.framed && s.invalid*50 > s.count && s.count > 64:
		p.found = s.beginning()
	}
}

// dropUnusual drops the system calls that are tables in the code: the other
// instructions there are none.
func (s *scanner) dropUnusual() {
	for k := len(s.unusual) - 1; k >= 0; k-- {
		s.out = slices.Delete(s.out, s.unusual[k], s.unusual[k]+1)
	}
}

// beginning is what was found in the code that a part begins with, when what follows
// is none, or is in arm's other state. What begins with data has none.
func (s *scanner) beginning() []finding {
	n := 0
	for n < len(s.out) && s.out[n].at < s.first {
		n++
	}
	return s.out[:n]
}

func (s *scanner) find(kind findingKind, target uint64) {
	s.out = append(s.out, finding{s.at, target, kind})
}

func (s *scanner) step(addr uint64, in *isa.Inst) {
	s.at = addr
	s.count++
	if in.Op == isa.Invalid {
		s.invalid++
	}
	if s.saved != nil {
		if o := s.saved[addr]; o != nil {
			if s.ended {
				s.constants = *o
			} else {
				s.merge(o)
			}
		}
	} else if s.ended {
		s.clear(^isa.RegSet(0))
	}
	if (s.ended || s.padded) && !s.idle(in) && !s.part.framed {
		s.behind = append(s.behind, border{addr, s.ended})
		if s.first == 0 && s.clean && s.ended && addr > s.furthest {
			s.first = addr
		}
	}
	s.padded = s.padded && s.idle(in)
	if in.Ends() && !s.ended {
		s.clean = s.invalid == 0
	}
	s.ended = in.Ends() || s.ended && s.idle(in)
	s.leave(in)
	if in.Mem() {
		s.memory(in)
	}
	switch in.Op {
	case isa.Call, isa.CallReg, isa.CallMem:
		s.call(in)
		s.clear(s.results())
	case isa.Jump, isa.CondJump:
		s.jump(in)
	case isa.JumpReg, isa.JumpMem, isa.JumpTable:
		s.jumpIndirect(in)
	case isa.Return:
		s.part.returns, s.plain = true, true
	case isa.Syscall:
		// arm's old ABI has the number in the instruction, from 0x900000 on; other
		// values are constants among the code.
		if in.Imm == 0 || in.Imm>>20 == 9 {
			s.find(findSyscall, uint64(in.Imm)&0xfffff)
			if in.Flags&isa.Unusual != 0 {
				s.unusual = append(s.unusual, len(s.out)-1)
			}
		}
		s.clear(in.Writes)
	case isa.CompatSyscall:
		s.find(findCompat, 0)
		s.clear(in.Writes)
	default:
		s.compute(in)
	}
}

// results are the registers that hold something else after a call. Others that the
// calling convention gives up may keep what they have: compilers rely on it where
// they see what is called, and at the access to thread-local storage.
func (s *scanner) results() isa.RegSet {
	if s.goABI {
		return s.abi.CallerSaved
	}
	return isa.Set(s.abi.Result, s.abi.LR)
}

// refer notes that the address v of this file was formed.
func (s *scanner) refer(v uint64) { s.formed(v, false) }

// formed is refer for an address that may be inside of an object, at a distance from an
// address that was formed before.
func (s *scanner) formed(v uint64, inside bool) {
	if v < s.low || v >= s.high {
		return
	}
	if a, _ := s.codeAddr(v); s.im.isCode(a) {
		s.find(findCode, v)
	} else if s.im.segment(v) != nil {
		kind := findData
		if inside {
			kind = findInside
		}
		s.find(kind, v)
	}
}

// effective is the address of a memory operand, when it is known.
func (s *scanner) effective(in *isa.Inst) (uint64, bool) {
	v := uint64(in.Disp)
	if in.Base != isa.NoReg {
		b, _, ok := s.get(in.Base)
		if !ok {
			return 0, false
		}
		v += b
	}
	if in.Index != isa.NoReg {
		x, _, ok := s.get(in.Index)
		if !ok {
			return 0, false
		}
		v += x << in.Shift
	}
	return s.narrow(v), true
}

// memory notes the memory operands that reach more than one known word: an
// array with an unknown index counts as its address being formed, a vector or
// several registers as all that they read. What a plain load reads, loaded tells.
func (s *scanner) memory(in *isa.Inst) {
	switch in.Op {
	case isa.Store:
		s.store(in)
		return
	case isa.StoreImm:
		s.text(uint64(in.Imm))
		s.wrote(in)
		return
	case isa.StorePair, isa.StoreMulti:
		s.wrote(in)
		return
	case isa.Copy:
		if r := s.slot(uint64(in.Imm)); in.Src == isa.NoReg && r != nil {
			s.find(findRead, r.slot)
		}
		return
	case isa.Other, isa.LoadPair, isa.LoadMulti, isa.Load:
	default:
		return
	}
	if v, ok := s.effective(in); ok {
		for _, r := range s.slotsIn(v, readSize(in)) {
			s.find(findRead, r.slot)
		}
		s.copied(in, v)
		return
	}
	base, addr, known := s.get(in.Base)
	switch {
	case in.Base != isa.NoReg && known && addr && in.Index != isa.NoReg:
		s.refer(s.narrow(base + uint64(in.Disp)))
	case in.Index != isa.NoReg:
		if x, addr, known := s.get(in.Index); known && addr {
			s.refer(s.narrow(x + uint64(in.Disp)))
		} else if s.fixed && in.Disp > 0 {
			s.refer(uint64(in.Disp))
		}
	case s.fixed && in.Disp > 0:
		s.refer(uint64(in.Disp))
	}
}

// store notes where a variable of pointer size gets its value.
func (s *scanner) store(in *isa.Inst) {
	v, ok := s.effective(in)
	switch {
	case !ok || !s.mapped(v):
	case in.Src >= isa.Zero || int(in.Size) != s.abi.WordSize:
		s.find(findWrite, v)
	default:
		s.find(findStore, v)
	}
}

// wrote notes where a store of constants or of several registers goes.
func (s *scanner) wrote(in *isa.Inst) {
	if v, ok := s.effective(in); ok && s.mapped(v) {
		s.find(findWrite, v)
	}
}

// text notes an immediate that is the beginning of a path name, or a piece of what
// may follow one: compilers copy short strings so.
func (s *scanner) text(v uint64) {
	switch piece := immediateText(v); {
	case len(piece) >= minPathStart && piece[0] == '/':
		s.find(findText, v)
	case piece != "":
		s.find(findPiece, v)
	}
}

// minPathStart is how many characters of a path name tell it from a number.
const minPathStart = 4

// copied notes constant text that a vector, a pair of registers or one of eight bytes takes
// from addr: compilers copy longer strings so.
func (s *scanner) copied(in *isa.Inst, addr uint64) {
	switch {
	case in.Op == isa.Other && in.Size > 0 && in.Size <= 8, in.Op == isa.LoadMulti, in.Op == isa.Load && in.Size < 8:
	case !s.im.constant(addr) || s.im.isCode(addr):
	case s.im.piece(addr) != "":
		s.find(findCopied, addr)
		if s.im.piece(addr+vectorSize) != "" && len(s.im.piece(addr)) == vectorSize {
			s.find(findCopied, addr+vectorSize)
		}
	}
}

// immediateText is the text that an immediate holds, or an empty string.
func immediateText(v uint64) string {
	var b []byte
	for ; v&0xff != 0; v >>= 8 {
		c := byte(v)
		if !ofPath(c) {
			return ""
		}
		b = append(b, c)
	}
	if v != 0 {
		return ""
	}
	return string(b)
}

// ofPath tells whether a character is one of those that path names mostly have.
func ofPath(c byte) bool {
	return c == '/' || c == '.' || c == '-' || c == '_' || c == '%' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}

// readSize is how many bytes an instruction may copy from memory to where the
// scan does not see them: a vector, several registers. Arithmetic copies none.
func readSize(in *isa.Inst) uint64 {
	switch {
	case in.Op == isa.LoadPair:
		return 2 * uint64(in.Size)
	case in.Op == isa.LoadMulti:
		return uint64(in.Size) * uint64(popcount(in.List))
	case in.Op == isa.Load && in.Dst != isa.NoReg, in.Op == isa.Other && in.Size > 0 && in.Size <= 8:
		return 0
	case in.Size == 0:
		return 32
	}
	return uint64(in.Size)
}
