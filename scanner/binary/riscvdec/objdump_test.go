// SPDX-License-Identifier: MIT

package riscvdec

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

var elfs = flag.String("elf", "", "ELF files (colon-separated) to compare with objdump instead of a built one")

const objdumpTool, compiler = "riscv64-linux-gnu-objdump", "riscv64-linux-gnu-gcc"

// TestDifferential compares each instruction of whole programs with what
// objdump prints: length, target, registers written, constants and memory
// operands.
func TestDifferential(t *testing.T) {
	requireTool(t, objdumpTool)
	if *elfs == "" {
		requireTool(t, compiler)
		differ(t, build(t))
		return
	}
	for _, elf := range filepath.SplitList(*elfs) {
		t.Run(filepath.Base(elf), func(t *testing.T) { differ(t, elf) })
	}
}

func requireTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
}

// build links testdata/sample.c statically.
func build(t *testing.T) string {
	t.Helper()
	libc, err := exec.Command(compiler, "-print-file-name=libc.a").Output()
	require.NoError(t, err)
	if !strings.Contains(string(libc), "/") {
		t.Skipf("%s has no static C library", compiler)
	}
	elf := filepath.Join(t.TempDir(), "sample")
	source := filepath.Join("testdata", "sample.c")
	out, err := exec.Command(compiler, "-O2", "-w", "-static", "-o", elf, source, "-lm").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return elf
}

// tally counts the instructions that were compared, and collects what differs.
type tally struct {
	compared, controls, memory, values, undefined int
	different                                     int
	examples                                      map[string][]string
}

func differ(t *testing.T, elf string) {
	cmd := exec.Command(objdumpTool, "-M", "no-aliases", "-d", "-z", elf)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	c := newTally()
	c.compareAll(out)
	require.NoError(t, cmd.Wait())
	t.Logf("%s: %d instructions, %d jumps and calls, %d memory operands, %d values compared; %d undefined; %d differ",
		filepath.Base(elf), c.compared, c.controls, c.memory, c.values, c.undefined, c.different)
	assert.Greater(t, c.compared, 10000, "too little code to mean anything")
	assert.Zero(t, c.different, "%s", c.report())
}

func newTally() *tally { return &tally{examples: map[string][]string{}} }

func (c *tally) compareAll(objdump io.Reader) {
	for in := bufio.NewScanner(objdump); in.Scan(); {
		if l, ok := parseLine(in.Text()); ok {
			c.compare(l)
		}
	}
}

func (c *tally) report() string {
	var b strings.Builder
	for kind, examples := range c.examples {
		fmt.Fprintf(&b, "%s:\n  %s\n", kind, strings.Join(examples, "\n  "))
	}
	return b.String()
}

func (c *tally) differs(kind string, l line, i *isa.Inst, got, want any) {
	c.different++
	if len(c.examples[kind]) < 3 {
		c.examples[kind] = append(c.examples[kind], fmt.Sprintf("%x: % x %s %v: got %v, want %v (%+v)",
			l.addr, l.code, l.mnemonic, l.ops, got, want, *i))
	}
}

func (c *tally) compare(l line) {
	c.compared++
	var inst isa.Inst
	i := &inst
	Decoder{}.Decode(i, append(l.code[:len(l.code):len(l.code)], 0, 0, 0, 0), l.addr)
	if int(i.Len) != len(l.code) {
		c.differs("length", l, i, i.Len, len(l.code))
		return
	}
	if strings.HasPrefix(l.mnemonic, ".") || strings.HasPrefix(l.mnemonic, "0x") {
		c.undefined++
		return
	}
	if i.Op == isa.Invalid {
		c.differs("invalid "+l.mnemonic, l, i, "invalid", l.mnemonic)
		return
	}
	call := i.Op == isa.Call || i.Op == isa.CallReg || i.Op == isa.JumpReg
	if w := wantWrites(l); i.Writes != w && !call {
		c.differs("writes "+l.mnemonic, l, i, fmt.Sprintf("%b", i.Writes), fmt.Sprintf("%b", w))
	}
	w := want(l)
	if got := describe(i, w != ""); got != w {
		c.differs("meaning "+l.mnemonic, l, i, got, w)
	}
	c.count(i, w)
}

func (c *tally) count(i *isa.Inst, want string) {
	switch {
	case want == "":
	case i.Mem():
		c.memory++
	case strings.Contains(want, "="):
		c.values++
	default:
		c.controls++
	}
}

var operators = map[isa.Op]string{
	isa.Add: "+", isa.Sub: "-", isa.And: "&", isa.Or: "|", isa.Xor: "^",
	isa.Shl: "<<", isa.Shr: ">>", isa.Sar: ">>>", isa.Mul: "*",
}

// describe prints what the instruction does, as the function want does; the
// operations that that one leaves out must not make constants or addresses.
func describe(i *isa.Inst, expected bool) string {
	width := fmt.Sprint(i.Size)
	if i.Flags&isa.SignExtend != 0 {
		width += "s"
	}
	switch i.Op {
	case isa.Load, isa.Store:
		if !expected {
			return ""
		}
		return describeAccess(i, width)
	case isa.CondJump:
		return fmt.Sprintf("branch %#x", i.Target)
	case isa.Jump:
		return fmt.Sprintf("jump %#x", i.Target)
	case isa.Call:
		return fmt.Sprintf("call %#x", i.Target)
	case isa.CallReg:
		return fmt.Sprintf("call to r%d%+d", i.Src, i.Imm)
	case isa.JumpReg:
		return fmt.Sprintf("jump to r%d%+d", i.Src, i.Imm)
	case isa.Return:
		return "return"
	case isa.Syscall:
		return "syscall"
	case isa.Trap:
		return "trap"
	case isa.MovImm, isa.AddressPart:
		return fmt.Sprintf("r%d = %d", i.Dst, i.Imm)
	}
	if !expected {
		return ""
	}
	return describeSum(i, width)
}

func describeAccess(i *isa.Inst, width string) string {
	verb, data := "load", i.Dst
	if i.Op == isa.Store {
		verb, data = "store", i.Src
	}
	name := fmt.Sprint(data)
	if data == isa.NoReg {
		name = "freg"
	}
	return fmt.Sprintf("%s %s %s at %d%+d", verb, name, width, i.Base, i.Disp)
}

func describeSum(i *isa.Inst, width string) string {
	switch op := operators[i.Op]; {
	case i.Op == isa.Mov:
		return fmt.Sprintf("r%d = r%d as %s", i.Dst, i.Src, width)
	case op == "":
		return fmt.Sprintf("op %d", i.Op)
	case i.Src2 != isa.NoReg:
		return fmt.Sprintf("r%d = r%d %s r%d as %s", i.Dst, i.Src, op, i.Src2, width)
	default:
		return fmt.Sprintf("r%d = r%d %s %d as %s", i.Dst, i.Src, op, i.Imm, width)
	}
}
