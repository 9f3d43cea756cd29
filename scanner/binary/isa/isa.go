// SPDX-License-Identifier: MIT

// Package isa is the small instruction language that the decoders of all
// architectures produce and that the analysis of package binary reads.
//
// It keeps what the analysis needs, which is where control goes, which
// constants and addresses end up in which register or stack slot, and where
// the kernel is entered, and drops the rest: an instruction that is not
// modelled is Other with the set of registers that it may change. A decoder
// that is not sure says Other and names more registers in Writes; leaving one
// out would make the analysis believe a stale constant.
//
// # Conventions
//
// Registers are the general purpose ones only, numbered as the architecture
// encodes them (x86-64: rax=0 rcx rdx rbx rsp rbp rsi rdi r8..r15; arm: r0..r15;
// arm64: x0..x30, sp=31; riscv64: x0..x31). A register that always reads zero
// (arm64 xzr/wzr, riscv x0) is Zero, never its number. Floating point and
// vector registers do not exist: a load into one has Dst NoReg, a store of one
// has Src NoReg.
//
// A memory operand (HasMem) is at Base + Index<<Shift + Disp, where each of Base
// and Index may be NoReg, all taken from the values before the instruction. A
// PC-relative operand has Base NoReg and its absolute address in Disp. When the
// instruction also moves its base register (push, pop, arm64 pre- and
// post-index, arm ldm!), Adjust is what is added to Base; Disp still counts
// from the value before: push is a Store at Base=SP, Disp=-8, Adjust=-8.
//
// An instruction whose execution depends on a condition (cmov, arm's predicated
// forms, everything inside a T32 IT block) has Conditional set: its results may
// or may not happen.
//
// Addresses of code: on arm bit 0 of Target says Thumb, as in the ELF ABI; the
// pc given to Decode never has it. arm has two decoders, one for each state.
package isa

// Reg is a general purpose register of the architecture.
type Reg uint8

// Pseudo registers.
const (
	Zero  Reg = 62   // reads as zero, writes are lost
	NoReg Reg = 0xff // no register, or one that is not modelled
)

// RegSet is a set of registers with numbers below 64.
type RegSet uint64

// Set returns the set of the given registers; NoReg and Zero are left out.
func Set(regs ...Reg) RegSet {
	var s RegSet
	for _, r := range regs {
		s = s.With(r)
	}
	return s
}

// With returns the set with r added; NoReg and Zero add nothing.
func (s RegSet) With(r Reg) RegSet {
	if r >= Zero {
		return s
	}
	return s | 1<<r
}

// Has tells whether r is in the set.
func (s RegSet) Has(r Reg) bool { return r < 64 && s&(1<<r) != 0 }

// Op is what an instruction does. In the descriptions, "operand 2" is Src2
// shifted left by Shift when Src2 is not NoReg, otherwise Imm.
type Op uint8

// The operations.
const (
	// Other changes the registers in Writes in a way that is not modelled; it
	// may have a memory operand that it reads (not writes: that is Store with
	// Src NoReg): Size bytes for arithmetic, with Size 0 or more than 8 a vector.
	Other Op = iota
	// Invalid is not an instruction; Len is what to skip.
	Invalid
	// Nop changes nothing.
	Nop

	// MovImm is Dst = Imm (also xor r,r and the like: Imm 0).
	MovImm
	// Mov is Dst = Src, of which Size bytes count (movzx, movsx, uxtb, sxtw, ...).
	Mov
	// Address is Dst = Imm, an address computed from the pc (lea rip, adr).
	Address
	// AddressPart is Dst = Imm, the first half of such an address (adrp,
	// auipc): a later Add or memory operand completes it.
	AddressPart
	// Insert16 is Dst = Src with the 16 bits from bit Shift on replaced by Imm
	// (movk, movt).
	Insert16
	// Insert8 is Dst = Src with the lowest 8 bits replaced by Imm (mov al, imm).
	Insert8
	// Add, Sub, And, AndNot, Or, Xor, Shl, Shr, Sar, Mul are Dst = Src op
	// operand 2; Add with Src2 adds Imm, too, so that it is lea as well. arm's
	// "add r, pc, r" is Add of Src and the pc's value as Imm, with FromPC set.
	Add
	Sub
	And
	AndNot
	Or
	Xor
	Shl
	Shr
	Sar
	Mul
	// SetCond is Dst = 0 or Imm (setcc, cset: 1; csetm, sbb r,r: -1).
	SetCond
	// Select is Dst = Src, or Src2 + Imm (csel: Imm 0, csinc: 1).
	Select
	// Cmp compares Src with operand 2; it writes no register.
	Cmp

	// Load is Dst = memory of Size bytes, extended with zeros or, with
	// SignExtend, with the sign.
	Load
	// LoadPair is Dst = memory, Src2 = the memory Size bytes further on (both
	// are written).
	LoadPair
	// LoadMulti loads the registers of List, ascending, from consecutive
	// memory of Size bytes each.
	LoadMulti
	// Store is memory = Src; with Src NoReg the value is not known.
	Store
	// StoreImm is memory = Imm.
	StoreImm
	// StorePair is memory = Src, the memory Size bytes further on = Src2.
	StorePair
	// StoreMulti stores the registers of List, ascending.
	StoreMulti
	// Copy stores, at the memory operand, the Size bytes of memory at Src + Imm,
	// or at Imm when Src is NoReg (x86-64's push of memory). Src counts before
	// Adjust.
	Copy

	// Call calls Target.
	Call
	// CallReg calls the address Src + Imm.
	CallReg
	// CallMem calls the address in the memory operand.
	CallMem
	// Jump goes to Target.
	Jump
	// CondJump goes to Target or on. With Imm IfEqual or IfNotEqual the
	// instruction before it may be a Cmp, and it goes to Target when that found
	// its operands equal, or not equal; Imm 0 is any other condition.
	CondJump
	// JumpReg goes to the address Src + Imm.
	JumpReg
	// JumpMem goes to the address in the memory operand.
	JumpMem
	// JumpTable goes to an entry of the table at Disp, chosen by Index. Size 1
	// or 2 (tbb, tbh): unsigned entries of that size, target = Target + 2*entry.
	// Size 4 (add pc, pc, r lsl 2): the entries are instructions of 4 bytes.
	JumpTable
	// Return leaves the function.
	Return
	// Syscall enters the kernel; the number is in the ABI's register, except
	// that a Imm other than 0 is the number itself (arm's old ABI).
	Syscall
	// CompatSyscall enters the kernel for another ABI (x86-64: int 0x80).
	CompatSyscall
	// Trap never continues (ud2, hlt, brk, udf, ebreak).
	Trap
)

// Conditions of a CondJump, in Imm.
const (
	IfEqual    = 1
	IfNotEqual = 2
)

// Flags qualify an instruction.
type Flags uint8

// The flags.
const (
	Conditional Flags = 1 << iota // its results may not happen
	SignExtend                    // the Size bytes are extended with their sign
	HasMem                        // Base, Index, Shift, Disp are valid
	FromPC                        // the result is an address relative to the pc
	Unusual                       // a Syscall with an operand that the kernel ignores and nobody gives
	Landing                       // indirect jumps may arrive at this Nop (endbr64, bti)
)

// Inst is one instruction.
type Inst struct {
	Op    Op
	Flags Flags
	// Len is the length in bytes, never 0.
	Len uint8
	// Size is the width in bytes: of a memory access, or of the result of a
	// computation, which is then extended to the full register with zeros
	// (x86 and arm64 32-bit forms) or with SignExtend with its sign (riscv *w).
	Size uint8

	Dst, Src, Src2 Reg
	Base, Index    Reg
	Shift          uint8 // of Src2, of Index, or the bit position of Insert16
	Adjust         int32 // added to Base by the instruction
	Imm            int64
	Disp           int64  // of the memory operand; absolute when Base is NoReg
	Target         uint64 // of a direct call or jump
	List           RegSet // of LoadMulti and StoreMulti
	// When tells conditions of Conditional instructions apart: two that are not 0 and differ
	// in bit 0 alone are opposites, so that one of the two instructions happens. 0 is
	// any condition.
	When uint8
	// Writes is every register the instruction may change, Dst and an adjusted
	// Base included. For calls it is left empty: the ABI's CallerSaved applies.
	Writes RegSet
}

// Mem tells whether the instruction has a memory operand.
func (i *Inst) Mem() bool { return i.Flags&HasMem != 0 }

// Cond tells whether the instruction may have no effect.
func (i *Inst) Cond() bool { return i.Flags&Conditional != 0 }

// Reset makes i an Other of length n without operands; decoders begin with it.
func (i *Inst) Reset(n int) {
	*i = Inst{Len: uint8(n), Dst: NoReg, Src: NoReg, Src2: NoReg, Base: NoReg, Index: NoReg}
}

// Ends tells whether control never goes on to the next instruction.
func (i *Inst) Ends() bool {
	switch i.Op {
	case Jump, JumpReg, JumpMem, JumpTable, Return, Trap:
		return !i.Cond()
	}
	return false
}

// ABI says how functions and the kernel are called.
type ABI struct {
	Name string // x86-64, arm64, arm, riscv64

	WordSize int // bytes of a pointer
	MinLen   int // smallest instruction, also the alignment of code

	SP, FP Reg
	LR     Reg // NoReg where calls push the return address
	// CallPush is what a call itself pushes: 8 on x86-64, otherwise 0. The
	// first argument on the stack is at SP+CallPush on entry.
	CallPush int64

	Args   []Reg // integer and pointer arguments of a call, in order
	Result Reg
	// CallerSaved are the registers whose values do not survive a call.
	CallerSaved RegSet

	SyscallNumber  Reg
	SyscallArgs    []Reg
	SyscallResult  Reg
	SyscallChanged RegSet // registers that the kernel changes, the result included
}

// Decoder decodes one instruction set. Implementations are stateless values:
// the same bytes at the same pc give the same Inst (a T32 decoder that needs to
// know about IT blocks has State).
type Decoder interface {
	// Decode fills inst with the instruction at the beginning of code, which
	// is at address pc. code may be longer than the instruction. When the bytes
	// are not an instruction, or code is too short, inst is Invalid with Len
	// what to skip (at least 1, at most what is left). It never panics. It must not
	// keep code or inst.
	Decode(inst *Inst, code []byte, pc uint64)
	ABI() *ABI
}

// Stateful is a Decoder for code that is decoded in order: Fresh returns a
// decoder of its own for one sweep, which may keep state from one instruction
// to the next one (T32's IT blocks). The sweep makes a new one wherever it does
// not continue at the next address.
type Stateful interface {
	Decoder
	Fresh() Decoder
}
