// SPDX-License-Identifier: MIT

package binary

import (
	"sort"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// hasBorder tells whether addr is one of the sorted borders.
func hasBorder(borders []border, addr uint64) bool {
	i := sort.Search(len(borders), func(i int) bool { return borders[i].addr >= addr })
	return i < len(borders) && borders[i].addr == addr
}

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
	exitAt  uint64 // the address of the call that it ends with
	// borders are the addresses behind a return or jump that no jump in the part
	// crosses or goes to: another function may begin there. With switches, which
	// jump to where the scan does not see, they are no more than possible.
	borders  []border
	ends     []border // those that jumps cross, too
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
	findInside                      // the same, as a distance from another address: it begins no object
	findRead                        // the pointer at the address is read together with others
	findImport                      // call of the import addr
	findTailName                    // jump to the import addr
	findTakeName                    // address or data of the import addr is taken
	findText                        // an immediate that begins a path name
	findPiece                       // an immediate that is other text
	findCopied                      // constant text at the address is read by many bytes at once
	findStore                       // a register is stored to the pointer at the address
	findWrite                       // something else is stored at the address
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
	goFuncs []goFunc
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
	spareNodes []node // of the last flow
	spareParts []part // of the last cut
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

// narrow cuts an address to the width of the file's pointers.
func (s *scanner) narrow(v uint64) uint64 {
	if s.abi.WordSize == 4 {
		return uint64(uint32(v))
	}
	return v
}
