// SPDX-License-Identifier: MIT

package binary

import (
	"debug/elf"
	"sort"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// part is a contiguous range of code that was taken as one function. Parts
// that belong together are merged into a Func later.
type part struct {
	span
	thumb  bool
	framed bool // the range comes from unwind information: start and end are sure
	symbol bool // a symbol names the start
	// alt are entries besides start: something jumps or points to them.
	alt     []uint64
	found   []finding
	scanned uint64 // the end at the last scan, 0 before it
	// returns: it has a return or a jump to who knows where.
	returns bool
	exit    exitKind
	// borders are the addresses behind a return or jump that no jump in the part
	// crosses or goes to: another function may begin there. With switches, which
	// jump to where the scan does not see, they are no more than possible.
	borders  []uint64
	switches bool
	group    int32
}

// exitKind says what happens behind the last instruction of a part.
type exitKind uint8

const (
	exitNone exitKind = iota // nothing: it returns or jumps
	exitCall                 // a call, which may not come back
	exitFall                 // control goes on to what follows
)

// findingKind is what one instruction was found to do.
type findingKind uint8

const (
	findCall     findingKind = iota // call of the code at addr
	findJump                        // jump to code in another part
	findCode                        // the address of code is taken
	findIFunc                       // what the resolver at addr returns is called or taken
	findData                        // an address in the data of this file is formed
	findRead                        // some bytes of data at the address are read at once
	findImport                      // call of the import addr
	findTailName                    // jump to the import addr
	findTakeName                    // address or data of the import addr is taken
	findStore                       // a register is stored to the pointer at the address
	findSyscall
	findCompat
)

// finding is what the instruction at does; target is an address, or the index
// of an import.
type finding struct {
	at, target uint64
	kind       findingKind
}

// code holds what is known of a file's code while it is analysed.
type code struct {
	im      *image
	abi     *isa.ABI
	decoder isa.Decoder // x86-64, arm64, riscv64, A32
	thumb   isa.Decoder // T32
	syms    []symbol
	locals  []symbol
	relocs  []reloc
	frame   isa.RegSet // the stack pointer and what compilers use as frame pointer
	fixed   bool       // loaded at the addresses in the file: constants may be addresses
	goABI   bool
	parts   []part
	stubs   map[uint64]stub
	imports *importList
	// literal are the constants and tables between arm's instructions: bytes by address.
	literal map[uint64]uint64
	// switches are the targets of the jumps through tables in code without
	// frames, by the jumps' addresses, once they were looked for.
	switches map[uint64][]uint64
	// nextObject is where the object behind an address begins, once that is known.
	nextObject func(addr uint64) uint64
	low        uint64 // the range of all segments
	high       uint64
}

// slot returns the relocation of the pointer at addr.
func (c *code) slot(addr uint64) *reloc {
	i := sort.Search(len(c.relocs), func(i int) bool { return c.relocs[i].slot >= addr })
	if i < len(c.relocs) && c.relocs[i].slot == addr {
		return &c.relocs[i]
	}
	return nil
}

// codeAddr splits an address of code into the address and the state; only arm
// uses bit 0.
func (c *code) codeAddr(v uint64) (addr uint64, thumb bool) {
	if c.thumb == nil {
		return v, false
	}
	return v &^ 1, v&1 != 0
}

// mapped tells whether v lies in a segment.
func (c *code) mapped(v uint64) bool {
	return v >= c.low && v < c.high && c.im.segment(v) != nil
}

// partAt returns the index of the part that addr lies in, or -1.
func (c *code) partAt(addr uint64) int {
	i := sort.Search(len(c.parts), func(i int) bool { return c.parts[i].start > addr }) - 1
	if i >= 0 && c.parts[i].has(addr) {
		return i
	}
	return -1
}

// sweep decodes the instructions of a part in order and calls each with their
// addresses, stepping over constants and tables between them that the
// instructions themselves refer to.
func (c *code) sweep(p *part, each func(addr uint64, in *isa.Inst)) {
	d := c.decoder
	if p.thumb {
		d = c.thumb
	}
	fresh := func() isa.Decoder {
		if s, ok := d.(isa.Stateful); ok {
			return s.Fresh()
		}
		return d
	}
	b := c.im.from(p.start)
	b = b[:min(uint64(len(b)), p.end-p.start)]
	inline := inlineData{code: c, part: p}
	now := fresh()
	var in isa.Inst
	alt := p.alt
	for off := uint64(0); off < uint64(len(b)); {
		for len(alt) > 0 && alt[0] <= p.start+off {
			alt = alt[1:]
		}
		if n := inline.at(p.start + off); n > 0 {
			off += n
			now = fresh()
			continue
		}
		now.Decode(&in, b[off:], p.start+off)
		if c.thumb != nil {
			inline.note(p.start+off, &in)
		}
		if len(alt) > 0 && alt[0] < p.start+off+uint64(in.Len) {
			// Something enters in the middle: what was decoded is none.
			in.Reset(int(alt[0] - p.start - off))
			in.Op = isa.Invalid
			now = fresh()
		}
		each(p.start+off, &in)
		off += uint64(in.Len)
	}
}

// inlineData keeps the places of literals and jump tables inside arm code.
type inlineData struct {
	code  *code
	part  *part
	bound uint64 // entries of a table that is indexed by the register, by the last comparison
	index isa.Reg
}

// at returns how many bytes of data are at addr.
func (d *inlineData) at(addr uint64) uint64 { return d.code.literal[addr] }

func (d *inlineData) note(addr uint64, in *isa.Inst) {
	switch {
	case in.Op == isa.Cmp && in.Src2 == isa.NoReg && in.Imm >= 0 && in.Imm < 4096:
		d.bound, d.index = uint64(in.Imm)+1, in.Src
	case in.Op == isa.JumpTable && in.Size < 4:
		d.mark(uint64(in.Disp), d.tableSize(in))
	case in.Op == isa.JumpMem && in.Mem() && in.Base == isa.NoReg && in.Index != isa.NoReg:
		if d.index == in.Index {
			d.mark(uint64(in.Disp), d.bound*4)
		}
	case in.Op == isa.Load && in.Mem() && in.Base == isa.NoReg && in.Index == isa.NoReg && in.Disp&3 == 0 && in.Size <= 16:
		d.mark(uint64(in.Disp), uint64(max(in.Size, 4)))
	}
}

func (d *inlineData) mark(addr, n uint64) {
	if d.code.im.isCode(addr) && n > 0 {
		d.code.literal[addr] = n
	}
}

// tableSize is the size of a tbb or tbh table: by the comparison before it,
// otherwise up to the nearest of its targets.
func (d *inlineData) tableSize(in *isa.Inst) uint64 {
	size, start := uint64(in.Size), uint64(in.Disp)
	end := start + d.bound*size
	if d.bound == 0 || d.index != in.Index {
		end = d.part.end
		for a := start; a < end; a += size {
			v, ok := d.code.im.value(a, int(size))
			if !ok {
				break
			}
			if v != 0 {
				end = min(end, in.Target&^1+2*v)
			}
		}
	}
	d.bound = 0
	return (min(end, d.part.end) - start + 1) &^ 1
}

// constants is what is known of the registers while a part is swept, in the
// order of the addresses. It answers what a register may be, not what it must
// be: a value too many only adds a reference.
type constants struct {
	value [64]uint64
	known isa.RegSet
	addr  isa.RegSet // the value is an address of this file
	name  isa.RegSet // the value is the address of the import of that index
}

func (k *constants) set(r isa.Reg, v uint64, addr bool) {
	if r >= isa.Zero {
		return
	}
	k.value[r] = v
	k.known = k.known.With(r)
	k.addr &^= 1 << r
	k.name &^= 1 << r
	if addr {
		k.addr = k.addr.With(r)
	}
}

func (k *constants) clear(s isa.RegSet) {
	k.known &^= s
	k.addr &^= s
	k.name &^= s
}

func (k *constants) get(r isa.Reg) (v uint64, addr, ok bool) {
	if r == isa.Zero {
		return 0, false, true
	}
	if !k.known.Has(r) || k.name.Has(r) {
		return 0, false, false
	}
	return k.value[r], k.addr.Has(r), true
}

// merge adds what o knows and k does not.
func (k *constants) merge(o *constants) {
	for more := o.known &^ k.known; more != 0; more &= more - 1 {
		r := lowest(more)
		k.value[r] = o.value[r]
		k.known |= 1 << r
		k.addr |= o.addr & (1 << r)
		k.name |= o.name & (1 << r)
	}
}

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
	behind []uint64
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
	p.exit = exitFall
	p.switches = false
	c.sweep(p, s.step)
	p.borders = s.borders()
	p.found = s.out
	p.scanned = p.end
	if s.linkage() || !p.framed && s.invalid*50 > s.count && s.count > 64 {
		p.found = nil
	}
}

// borders are the places behind the end of a function that no jump crosses.
func (s *scanner) borders() []uint64 {
	crossed := make([]int, len(s.behind)+1)
	after := func(addr uint64) int {
		return sort.Search(len(s.behind), func(i int) bool { return s.behind[i] > addr })
	}
	for _, j := range s.jumps { // all borders in (start, end] are crossed
		crossed[after(j.start)]++
		crossed[after(j.end)]--
	}
	var out []uint64
	depth := 0
	for i, a := range s.behind {
		if depth += crossed[i]; depth == 0 {
			out = append(out, a)
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
	if s.ended && !idle(in) && !s.part.framed {
		s.behind = append(s.behind, addr)
	}
	s.ended = in.Ends() || s.ended && idle(in)
	s.leave(in)
	if in.Mem() {
		s.memory(in)
	}
	switch in.Op {
	case isa.Call, isa.CallReg, isa.CallMem:
		s.call(in)
		s.clear(s.abi.CallerSaved)
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
		}
		s.clear(in.Writes)
	case isa.CompatSyscall:
		s.find(findCompat, 0)
		s.clear(in.Writes)
	default:
		s.compute(in)
	}
}

// refer notes that the address v of this file was formed.
func (s *scanner) refer(v uint64) {
	if v < s.low || v >= s.high {
		return
	}
	if a, _ := s.codeAddr(v); s.im.isCode(a) {
		s.find(findCode, v)
	} else if s.im.segment(v) != nil {
		s.find(findData, v)
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

// narrow cuts an address to the width of the file's pointers.
func (s *scanner) narrow(v uint64) uint64 {
	if s.abi.WordSize == 4 {
		return uint64(uint32(v))
	}
	return v
}

// idle tells whether an instruction does nothing, as padding does: on arm zeros
// are mov r0, r0.
func idle(in *isa.Inst) bool {
	return in.Op == isa.Nop || in.Op == isa.Mov && in.Dst == in.Src && in.Size >= 4
}

// leave keeps how control would leave the part behind this instruction.
func (s *scanner) leave(in *isa.Inst) {
	switch {
	case s.ended:
		s.part.exit = exitNone
	case in.Op == isa.Call, in.Op == isa.CallReg, in.Op == isa.CallMem:
		s.part.exit = exitCall
	case !idle(in):
		s.part.exit = exitFall
	case s.part.exit == exitCall:
		// Nothing needs padding behind a call that comes back.
		s.part.exit = exitNone
	}
}

// memory notes the memory operands that reach more than one known word: an
// array with an unknown index counts as its address being formed, a vector or
// several registers as all that they read. What a plain load reads, loaded tells.
func (s *scanner) memory(in *isa.Inst) {
	switch in.Op {
	case isa.Store:
		s.store(in)
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
	if in.Src >= isa.Zero || int(in.Size) != s.abi.WordSize {
		return
	}
	if v, ok := s.effective(in); ok && s.mapped(v) {
		s.find(findStore, v)
	}
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

// compute follows constants through an instruction.
func (s *scanner) compute(in *isa.Inst) {
	v, addr, ok := s.result(in)
	if in.Op == isa.Add && in.Src2 != isa.NoReg && in.Imm > 0 && s.fixed {
		s.refer(uint64(in.Imm)) // the address of a table is part of a lea
	}
	kept := s.known
	if !in.Cond() {
		s.clear(in.Writes)
	}
	if in.Adjust != 0 && kept.Has(in.Base) && in.Base != in.Dst {
		s.known |= 1 << in.Base
		s.value[in.Base] = s.narrow(s.value[in.Base] + uint64(int64(in.Adjust)))
	}
	if in.Op == isa.Load && ok {
		s.loaded(in, v)
		return
	}
	if !ok {
		return
	}
	if in.Size == 4 || s.abi.WordSize == 4 {
		v = uint64(uint32(v))
	}
	s.set(in.Dst, v, addr)
	if in.Op != isa.AddressPart && in.Op != isa.Mov && (addr || s.fixed && in.Size != 1) {
		s.refer(v)
	}
}

// result is the value that an instruction computes, or the address that it
// loads from.
func (s *scanner) result(in *isa.Inst) (v uint64, addr, ok bool) {
	switch in.Op {
	case isa.MovImm:
		return uint64(in.Imm), false, true
	case isa.Address, isa.AddressPart:
		return uint64(in.Imm), true, true
	case isa.Insert16:
		v, _, ok = s.get(in.Src)
		return v&^(0xffff<<in.Shift) | uint64(in.Imm)<<in.Shift, false, ok
	case isa.Mov:
		v, addr, ok = s.get(in.Src)
		return v, addr, ok && int(in.Size) >= min(s.abi.WordSize, 4)
	case isa.Add, isa.Sub, isa.Or:
		a, aAddr, ok := s.get(in.Src)
		b, bAddr := uint64(in.Imm), false
		if in.Src2 != isa.NoReg {
			var ok2 bool
			b, bAddr, ok2 = s.get(in.Src2)
			b, ok = b<<in.Shift+uint64(in.Imm), ok && ok2
		}
		addr = aAddr || bAddr || in.Flags&isa.FromPC != 0
		switch in.Op {
		case isa.Sub:
			return a - b, addr, ok
		case isa.Or:
			return a | b, addr, ok
		}
		return a + b, addr, ok
	case isa.Shl:
		v, _, ok = s.get(in.Src)
		return v << (uint64(in.Imm) & 63), false, ok && in.Src2 == isa.NoReg
	case isa.Load:
		v, ok = s.effective(in)
		return v, false, ok && in.Dst != isa.NoReg
	}
	return 0, false, false
}

// loaded sets the destination of a load from a known address.
func (s *scanner) loaded(in *isa.Inst, from uint64) {
	if int(in.Size) == s.abi.WordSize {
		if r := s.slot(from); r != nil {
			s.loadedSlot(in.Dst, r)
			return
		}
	}
	v, ok := s.im.value(from, int(in.Size))
	if !ok {
		return
	}
	if s.fixed && int(in.Size) == s.abi.WordSize {
		s.refer(v) // no relocation marks the pointers of a fixed program
	}
	if s.im.constant(from) {
		s.set(in.Dst, v, false)
	}
}

func (s *scanner) loadedSlot(dst isa.Reg, r *reloc) {
	switch r.kind {
	case relocAddress:
		s.set(dst, r.target, true)
		s.refer(r.target)
	case relocResolver:
		s.find(findIFunc, r.target)
	case relocSymbol:
		for _, t := range s.symbolTargets(r) {
			s.refer(t)
		}
		if id, ok := s.imports.of(r.sym); ok {
			s.find(findTakeName, uint64(id))
			s.set(dst, uint64(id), false)
			s.name = s.name.With(dst)
		}
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
		s.jumps = append(s.jumps, span{min(a, s.at), max(a, s.at)})
	}
}
