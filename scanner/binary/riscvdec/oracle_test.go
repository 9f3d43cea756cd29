// SPDX-License-Identifier: MIT

package riscvdec

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// line is one instruction as objdump -M no-aliases prints it: only the real
// instructions' names, with all operands.
type line struct {
	addr     uint64
	code     []byte
	mnemonic string
	ops      []string
}

// parseLine reads "  addr:\traw\tmnemonic\toperands"; ok is false for
// everything else, data included.
func parseLine(text string) (l line, ok bool) {
	parts := strings.Split(text, "\t")
	if len(parts) < 3 || !strings.HasSuffix(parts[0], ":") {
		return l, false
	}
	addr, err := strconv.ParseUint(strings.Trim(parts[0], " :"), 16, 64)
	raw := strings.TrimSpace(parts[1])
	v, errRaw := strconv.ParseUint(raw, 16, 64)
	if err != nil || errRaw != nil || parts[2] == ".short" || parts[2] == ".word" || parts[2] == ".byte" {
		return l, false
	}
	l.addr, l.mnemonic = addr, parts[2]
	for n := 0; n < len(raw); n += 2 {
		l.code = append(l.code, byte(v>>(4*n)))
	}
	if len(parts) > 3 {
		operands, _, _ := strings.Cut(parts[3], " ")
		l.ops = strings.Split(operands, ",")
	}
	return l, true
}

var registers = map[string]isa.Reg{"zero": isa.Zero, "ra": 1, "sp": 2, "gp": 3, "tp": 4, "s0": 8, "fp": 8, "s1": 9}

func init() {
	for n := isa.Reg(0); n < 12; n++ {
		id := strconv.Itoa(int(n))
		if n < 3 {
			registers["t"+id] = 5 + n
		} else if n < 7 {
			registers["t"+id] = 25 + n
		}
		if n < 8 {
			registers["a"+id] = 10 + n
		}
		if n >= 2 {
			registers["s"+id] = 16 + n
		}
	}
}

var noDest = regexp.MustCompile(`^(s[bhwd]|f?s[whdq]|c\.s[bhwd]|c\.s[wd]sp|c\.fs.*|fs[hwdq]|b\w+|c\.b.*|fence.*|ecall|ebreak|c\.ebreak|` +
	`c\.j|c\.jr|c\.nop|unimp|c\.unimp|[msu]ret|wfi|sfence.*|cbo.*|prefetch.*|csr\w+|fl[hwdq]|c\.fl.*|vs\w+|vl\w+|vse.*|c\.jalr|jal|jalr|pause)$`)

// wantWrites is the general purpose registers that the text says are written.
func wantWrites(l line) isa.RegSet {
	if strings.HasPrefix(l.mnemonic, "csr") {
		return isa.Set(registers[l.ops[0]])
	}
	if noDest.MatchString(l.mnemonic) || len(l.ops) == 0 {
		return 0
	}
	r, ok := registers[l.ops[0]]
	if !ok {
		return 0
	}
	return isa.Set(r)
}

// arg is operand n as a number or the number of a register.
func (l line) arg(n int) int64 {
	if r, ok := registers[l.ops[n]]; ok {
		return int64(r)
	}
	v, err := strconv.ParseInt(l.ops[n], 0, 64)
	if err != nil {
		panic(fmt.Sprintf("%x: operand %q of %s", l.addr, l.ops[n], l.mnemonic))
	}
	return v
}

// target is the address that the operands end with, without a 0x before it.
func (l line) target() uint64 {
	v, err := strconv.ParseUint(strings.TrimPrefix(l.ops[len(l.ops)-1], "0x"), 16, 64)
	if err != nil {
		panic(err)
	}
	return v
}

var memory = regexp.MustCompile(`^(-?\d+)\((\w+)\)$`)

var sizes = map[string]string{
	"lb": "1s", "lbu": "1", "lh": "2s", "lhu": "2", "lw": "4s", "lwu": "4", "ld": "8s",
	"sb": "1", "sh": "2", "sw": "4", "sd": "8", "flw": "4", "fld": "8", "fsw": "4", "fsd": "8",
}

// want is what describe should print for the instruction.
func want(l line) string {
	name := strings.TrimPrefix(l.mnemonic, "c.")
	if size, ok := sizes[strings.TrimSuffix(name, "sp")]; ok {
		m := memory.FindStringSubmatch(l.ops[1])
		data := "freg"
		if r, isReg := registers[l.ops[0]]; isReg {
			data = fmt.Sprint(r)
		}
		verb := map[bool]string{true: "load", false: "store"}[strings.HasPrefix(strings.TrimPrefix(name, "f"), "l")]
		base := registers[m[2]]
		if base == isa.Zero {
			base = isa.NoReg
		}
		return fmt.Sprintf("%s %s %s at %d%+d", verb, data, size, base, atoi(m[1]))
	}
	switch name {
	case "beq", "bne", "blt", "bge", "bltu", "bgeu", "beqz", "bnez":
		return fmt.Sprintf("branch %#x", l.target())
	case "j":
		return fmt.Sprintf("jump %#x", l.target())
	case "jal":
		return fmt.Sprintf("%s %#x", map[bool]string{true: "jump", false: "call"}[l.ops[0] == "zero"], l.target())
	case "jr", "jalr":
		return wantIndirect(name, l)
	case "ecall":
		return "syscall"
	case "ebreak", "unimp":
		return "trap"
	}
	return wantValue(name, l)
}

func atoi(s string) int64 {
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return v
}

func wantIndirect(name string, l line) string {
	rd, rs, off := "zero", l.ops[0], int64(0)
	switch {
	case name == "jalr" && len(l.ops) == 1:
		rd = "ra"
	case name == "jalr":
		m := memory.FindStringSubmatch(l.ops[1])
		rd, rs, off = l.ops[0], m[2], atoi(m[1])
	}
	switch {
	case rd == "zero" && off == 0 && (rs == "ra" || rs == "t0"):
		return "return"
	case rd == "zero" || rd == "t1" && rs == "t3":
		return fmt.Sprintf("jump to r%d%+d", registers[rs], off)
	}
	return fmt.Sprintf("call to r%d%+d", registers[rs], off)
}

// wantValue is for the operations that make constants and addresses.
func wantValue(name string, l line) string {
	if len(l.ops) == 0 || registers[l.ops[0]] == isa.Zero || name == "nop" || strings.HasPrefix(name, "fence") {
		return ""
	}
	var rd int64
	if r, ok := registers[l.ops[0]]; ok {
		rd = int64(r)
	} else {
		return ""
	}
	compressed := strings.HasPrefix(l.mnemonic, "c.")
	switch name {
	case "lui":
		v := l.arg(1)
		return fmt.Sprintf("r%d = %d", rd, v<<44>>32)
	case "auipc":
		return fmt.Sprintf("r%d = %d", rd, int64(l.addr)+l.arg(1)<<44>>32)
	case "li":
		return fmt.Sprintf("r%d = %d", rd, l.arg(1))
	case "mv":
		return fmt.Sprintf("r%d = r%d as 8", rd, l.arg(1))
	case "addi", "addi16sp", "addi4spn", "addiw":
		n := 1
		if !compressed || name == "addi4spn" {
			n = 2
		}
		src, width := rd, "8"
		if n == 2 {
			src = l.arg(1)
		}
		if name == "addiw" {
			width = "4s"
		}
		return wantAdd(rd, src, l.arg(n), width)
	case "slli", "srli", "srai", "andi", "ori", "xori":
		return wantLogic(name, rd, compressed, l)
	case "add", "sub", "addw", "subw", "and", "or", "xor", "mul":
		return wantRegisters(name, rd, compressed, l)
	}
	return ""
}

func wantAdd(rd, src, imm int64, width string) string {
	switch {
	case src == int64(isa.Zero):
		return fmt.Sprintf("r%d = %d", rd, imm)
	case imm == 0:
		return fmt.Sprintf("r%d = r%d as %s", rd, src, width)
	}
	return fmt.Sprintf("r%d = r%d + %d as %s", rd, src, imm, width)
}

var symbols = map[string]string{"slli": "<<", "srli": ">>", "srai": ">>>", "andi": "&", "ori": "|", "xori": "^",
	"add": "+", "sub": "-", "and": "&", "or": "|", "xor": "^", "mul": "*", "addw": "+", "subw": "-"}

func wantLogic(name string, rd int64, compressed bool, l line) string {
	src, imm := rd, l.arg(1)
	if !compressed {
		src, imm = l.arg(1), l.arg(2)
	}
	keeps := name == "ori" || name == "xori"
	switch {
	case src == int64(isa.Zero) && keeps:
		return fmt.Sprintf("r%d = %d", rd, imm)
	case imm == 0 && keeps:
		return fmt.Sprintf("r%d = r%d as 8", rd, src)
	}
	return fmt.Sprintf("r%d = r%d %s %d as 8", rd, src, symbols[name], imm)
}

func wantRegisters(name string, rd int64, compressed bool, l line) string {
	a, b := rd, l.arg(1)
	if !compressed {
		a, b = l.arg(1), l.arg(2)
	}
	width := "8"
	if strings.HasSuffix(name, "w") {
		width = "4s"
	}
	keeps := name != "and" && name != "mul"
	zero := int64(isa.Zero)
	switch {
	case a == zero && b == zero && keeps && (name == "sub" || name == "subw"), a == zero && b == zero && keeps:
		return fmt.Sprintf("r%d = 0", rd)
	case b == zero && keeps:
		return fmt.Sprintf("r%d = r%d as %s", rd, a, width)
	case a == zero && keeps && name != "sub" && name != "subw":
		return fmt.Sprintf("r%d = r%d as %s", rd, b, width)
	}
	return fmt.Sprintf("r%d = r%d %s r%d as %s", rd, a, symbols[name], b, width)
}
