// SPDX-License-Identifier: MIT

package armdec

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// compareValue compares what is computed: constants, addresses, sums.
func (c *tally) compareValue(name string, l line, i *isa.Inst) {
	want := wantValue(name, l)
	if want == "" {
		if i.Op == isa.MovImm && i.Imm != 0 || i.Op == isa.Address || i.Op == isa.Insert16 {
			c.differs("value invented by "+name, l, i, "none")
		}
		return
	}
	c.constants++
	if got := value(i); got != want {
		c.differs("value "+name, l, i, want)
	}
}

// value prints what an instruction computes.
func value(i *isa.Inst) string {
	switch i.Op {
	case isa.MovImm, isa.Address, isa.AddressPart:
		return fmt.Sprintf("r%d=%#x", i.Dst, i.Imm)
	case isa.Insert16:
		return fmt.Sprintf("r%d=insert %#x at %d of r%d", i.Dst, i.Imm, i.Shift, i.Src)
	case isa.Mov:
		return fmt.Sprintf("r%d=r%d", i.Dst, i.Src)
	case isa.Add, isa.Sub:
		sign := map[isa.Op]string{isa.Add: "+", isa.Sub: "-"}[i.Op]
		if i.Src2 != isa.NoReg {
			return fmt.Sprintf("r%d=r%d%sr%d<<%d", i.Dst, i.Src, sign, i.Src2, i.Shift)
		}
		return fmt.Sprintf("r%d=r%d%s%#x", i.Dst, i.Src, sign, i.Imm)
	}
	return fmt.Sprintf("op %d", i.Op)
}

// wantValue is the same from objdump's text, "" for the operations that are
// not compared.
func wantValue(name string, l line) string {
	ops := unrotated(operandList(l.operands))
	if len(ops) < 2 || ops[0] == "pc" {
		return ""
	}
	rd, dst := registers[ops[0]], fmt.Sprintf("r%d=", registers[ops[0]])
	last, isNumber := number(ops[len(ops)-1])
	first, isReg := registers[ops[1]]
	switch {
	case (name == "mov" || name == "movw") && isNumber && len(ops) == 2:
		return dst + fmt.Sprintf("%#x", uint32(last))
	case name == "mvn" && isNumber && len(ops) == 2:
		return dst + fmt.Sprintf("%#x", ^uint32(last))
	case name == "movt" && isNumber:
		return dst + fmt.Sprintf("insert %#x at 16 of r%d", last, rd)
	case name == "mov" && len(ops) == 2 && first == pc && l.thumb:
		return dst + fmt.Sprintf("%#x", l.addr+4)
	case name == "mov" && len(ops) == 2 && first == pc:
		return dst + fmt.Sprintf("%#x", l.addr+8)
	case name == "mov" && isReg && len(ops) == 2 && first != rd:
		return dst + fmt.Sprintf("r%d", first)
	case name == "add" || name == "sub" || name == "addw" || name == "subw" || name == "adr":
		return wantSum(strings.TrimSuffix(name, "w"), ops, l)
	}
	return ""
}

// wantSum is the sum or difference of a register and a constant or a register.
func wantSum(name string, ops []string, l line) string {
	sign := map[string]string{"add": "+", "sub": "-"}[name]
	last, isNumber := number(ops[len(ops)-1])
	dst := fmt.Sprintf("r%d=", registers[ops[0]])
	if len(ops) == 2 {
		ops = []string{ops[0], ops[0], ops[1]}
	}
	if len(ops) != 3 {
		return ""
	}
	rn := registers[ops[1]]
	switch {
	case rn == pc && isNumber:
		here := uint32(l.addr) + 8
		if l.thumb {
			here = (uint32(l.addr) + 4) &^ 3
		}
		if name == "sub" {
			last = -last
		}
		return dst + fmt.Sprintf("%#x", here+uint32(last))
	case isNumber:
		return dst + fmt.Sprintf("r%d%s%#x", rn, sign, uint32(last))
	case ops[2] == "pc" && l.thumb && name == "add":
		return dst + fmt.Sprintf("r%d+%#x", rn, uint32(l.addr)+4)
	case rn == pc && !l.thumb && name == "add":
		return dst + fmt.Sprintf("r%d+%#x", registers[ops[2]], uint32(l.addr)+8)
	case ops[2] == "pc" || rn == pc:
		return ""
	case name == "sub" && ops[1] == ops[2]:
		return dst + "0x0"
	}
	return dst + fmt.Sprintf("r%d%sr%d<<0", rn, sign, registers[ops[2]])
}

var sizes = map[string]uint8{
	"ldr": 4, "str": 4, "ldrb": 1, "strb": 1, "ldrsb": 1, "ldrh": 2, "strh": 2, "ldrsh": 2, "ldrd": 4, "strd": 4,
	"ldrex": 4, "lda": 4, "ldab": 1, "ldah": 2, "ldrexb": 1, "ldrexh": 2, "stl": 4, "stlb": 1, "stlh": 2,
	"vldr": 0, "vstr": 0, "vpush": 0, "vpop": 0, "ldrt": 4, "strt": 4,
	"push": 4, "pop": 4, "ldm": 4, "ldmia": 4, "ldmdb": 4, "stm": 4, "stmia": 4, "stmdb": 4, "ldmib": 4, "stmib": 4, "ldmda": 4, "stmda": 4,
}

var memoryForms = regexp.MustCompile(`^\[(\w+)(?:, (?:(#-?\d+)|(\w+)(?:, lsl #(\d+))?))?\](!?)$`)

// compareMemory compares the memory operands of the loads and stores in sizes.
func (c *tally) compareMemory(name string, l line, i *isa.Inst) {
	size, ok := sizes[name]
	ops := operandList(l.operands)
	if !ok || i.Op == isa.Return || len(ops) == 0 {
		return
	}
	c.memory++
	if !strings.Contains(l.operands, "[") {
		c.compareMulti(name, ops, l, i)
		return
	}
	if got, want := memory(i), wantMemory(l, ops); want != "" && got != want {
		c.differs("memory "+name, l, i, want)
	}
	if size != 0 && i.Mem() && i.Size != size {
		c.differs("size "+name, l, i, size)
	}
	if i.Mem() && (i.Flags&isa.SignExtend != 0) != strings.HasPrefix(name, "ldrs") {
		c.differs("sign "+name, l, i, name)
	}
	if r, isReg := registers[ops[0]]; isReg && r != pc && i.Op != isa.Other && i.Mem() && i.Dst != r && i.Src != r {
		c.differs("register "+name, l, i, r)
	}
}

// memory prints a memory operand.
func memory(i *isa.Inst) string {
	switch {
	case !i.Mem():
		return "unknown"
	case i.Base == isa.NoReg && i.Index == isa.NoReg:
		return fmt.Sprintf("at %#x", i.Disp)
	}
	return fmt.Sprintf("[r%d+r%d<<%d+%d] adjust %d", i.Base, i.Index, i.Shift, i.Disp, i.Adjust)
}

// wantMemory is the same from objdump's text; "" when it is not one that isa
// can say.
func wantMemory(l line, ops []string) string {
	if at, ok := commentAddress(l); ok && strings.Contains(l.operands, "[pc") {
		return fmt.Sprintf("at %#x", at)
	}
	start := strings.Index(l.operands, "[")
	text := l.operands[start:]
	post := int64(0)
	if end := strings.Index(text, "]"); end+1 < len(text) && text[end+1] == ',' {
		n, ok := number(strings.TrimSpace(text[end+2:]))
		if !ok {
			return ""
		}
		text, post = text[:end+1], n
	}
	m := memoryForms.FindStringSubmatch(text)
	if m == nil || m[1] == "pc" || m[3] == "pc" {
		return ""
	}
	disp, _ := number(m[2])
	adjust, index, shift := post, isa.NoReg, "0"
	if m[5] == "!" {
		adjust = disp
	}
	if m[3] != "" {
		index = registers[m[3]]
		if m[4] != "" {
			shift = m[4]
		}
	}
	return fmt.Sprintf("[r%d+r%d<<%s+%d] adjust %d", registers[m[1]], index, shift, disp, adjust)
}

// compareMulti compares push, pop, ldm and stm.
func (c *tally) compareMulti(name string, ops []string, l line, i *isa.Inst) {
	if strings.HasPrefix(name, "v") || strings.HasSuffix(l.operands, "^") {
		return
	}
	list := listed(l.operands)
	n := int64(4 * strings.Count(fmt.Sprintf("%b", uint64(list)), "1"))
	if strings.Contains(l.operands, "pc}") {
		n += 4
	}
	want := fmt.Sprintf("[r13+r255<<0+0] adjust %d", n)
	switch {
	case name == "push":
		want = fmt.Sprintf("[r13+r255<<0+%d] adjust %d", -n, -n)
	case name != "pop":
		rn, back := strings.CutSuffix(ops[0], "!")
		disp := map[string]int64{"ia": 0, "db": -n, "ib": 4, "da": 4 - n}[name[len(name)-2:]]
		adjust := int64(0)
		if down := strings.HasSuffix(name, "db") || strings.HasSuffix(name, "da"); back && down {
			adjust = -n
		} else if back {
			adjust = n
		}
		if i.Op == isa.LoadMulti && list.Has(registers[rn]) {
			return // unpredictable with write-back
		}
		want = fmt.Sprintf("[r%d+r255<<0+%d] adjust %d", registers[rn], disp, adjust)
	}
	got := memory(i)
	if i.List == 0 { // ldr, str: A32's push and pop of one register
		i.List = isa.Set(i.Dst, i.Src)
	}
	if got != want || i.List&^(1<<pc) != list {
		c.differs("multi "+name, l, i, want)
	}
}
