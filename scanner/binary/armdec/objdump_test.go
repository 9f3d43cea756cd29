// SPDX-License-Identifier: MIT

package armdec

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

var elfs = flag.String("elf", "", "ELF files (colon-separated) to compare with objdump, besides the built ones")

const objdumpTool, compiler = "arm-linux-gnueabihf-objdump", "arm-linux-gnueabihf-gcc"

// TestDifferential compares each instruction of whole programs with what
// objdump prints: length, condition, target, registers written, constants and
// memory operands. The programs are linked statically, so that most of the C
// library is in them: one is built as A32 and one as T32 (the library itself
// is T32 in both).
func TestDifferential(t *testing.T) {
	requireTool(t, objdumpTool)
	if *elfs == "" {
		requireTool(t, compiler)
		for _, mode := range []string{"-marm", "-mthumb"} {
			t.Run(mode, func(t *testing.T) { differ(t, build(t, mode)) })
		}
		return
	}
	for _, elf := range filepath.SplitList(*elfs) {
		t.Run(filepath.Base(elf)+"/T32", func(t *testing.T) { differ(t, elf, "-M", "force-thumb") })
		t.Run(filepath.Base(elf)+"/A32", func(t *testing.T) { differ(t, elf) })
	}
}

func requireTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
}

// build links testdata/sample.c statically.
func build(t *testing.T, mode string) string {
	t.Helper()
	libc, err := exec.Command(compiler, "-print-file-name=libc.a").Output()
	require.NoError(t, err)
	if !strings.Contains(string(libc), "/") {
		t.Skipf("%s has no static C library", compiler)
	}
	elf := filepath.Join(t.TempDir(), "sample")
	source := filepath.Join("testdata", "sample.c")
	out, err := exec.Command(compiler, mode, "-O2", "-w", "-static", "-o", elf, source, "-lm").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return elf
}

// tally counts the instructions that were compared, and collects what differs.
type tally struct {
	compared, constants, targets, memory, skipped int
	different                                     int
	examples                                      map[string][]string
	others                                        map[string]int
}

func (c *tally) differs(kind string, l line, i *isa.Inst, want any) {
	c.different++
	if len(c.examples[kind]) < 2 {
		c.examples[kind] = append(c.examples[kind], fmt.Sprintf("%x: % x %s %s @%s: got %+v, want %v",
			l.addr, l.code, l.mnemonic, l.operands, l.comment, *i, want))
	}
}

// differ disassembles elf and compares.
func differ(t *testing.T, elf string, options ...string) {
	cmd := exec.Command(objdumpTool, append(options, "-d", "-z", elf)...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	c := newTally()
	c.compareAll(out)
	require.NoError(t, cmd.Wait())
	t.Logf("%s: %d instructions, %d targets, %d constants, %d memory operands compared; %d without defined meaning; %d differ",
		filepath.Base(elf), c.compared, c.targets, c.constants, c.memory, c.skipped, c.different)
	assert.Greater(t, c.compared, 10000, "too little code to mean anything")
	assert.Zero(t, c.different, "%s", c.report())
	if testing.Verbose() {
		t.Log("not modelled, by operation: ", c.topOthers(40))
	}
}

func (c *tally) report() string {
	var b strings.Builder
	for kind, examples := range c.examples {
		fmt.Fprintf(&b, "%s:\n  %s\n", kind, strings.Join(examples, "\n  "))
	}
	return b.String()
}

func (c *tally) topOthers(n int) string {
	names := make([]string, 0, len(c.others))
	for name := range c.others {
		names = append(names, name)
	}
	sort.Slice(names, func(a, b int) bool { return c.others[names[a]] > c.others[names[b]] })
	var b strings.Builder
	for _, name := range names[:min(n, len(names))] {
		fmt.Fprintf(&b, "%s:%d ", name, c.others[name])
	}
	return b.String()
}

func newTally() *tally {
	return &tally{examples: map[string][]string{}, others: map[string]int{}}
}

func (c *tally) compareAll(objdump io.Reader) {
	in := bufio.NewScanner(objdump)
	var decoder isa.Decoder
	var next uint64
	for in.Scan() {
		l, ok := parseLine(in.Text())
		if !ok {
			continue
		}
		switch {
		case !l.thumb:
			decoder = ARM{}
		case decoder == nil || next != l.addr || decoder == isa.Decoder(ARM{}):
			decoder = Thumb{}.Fresh()
		}
		var inst isa.Inst
		decoder.Decode(&inst, append(l.code[:len(l.code):len(l.code)], 0, 0, 0, 0), l.addr)
		next = l.addr + uint64(len(l.code))
		c.compare(l, &inst)
	}
}

// noMeaning marks what the A-profile does not define but objdump prints:
// M-profile's instructions, and operands that the manual leaves open.
var noMeaning = regexp.MustCompile(`UNDEF|UNPREDICTABLE|illegal|und>|invalid reg|vdupal|\?\?|undefined|unpredictable|\{\}|\], \{|#-0\]|` +
	`[SC]PSR_[, ]|^msr\S* \w+_\w|` +
	`^(ldc|stc|mcr|mrc|cdp|mcrr|mrrc)2l? (8|9|1[0-3]),|` + // vector instructions newer than this objdump
	`^(bf|wls|dls|le |lctp|bxns|blxns|vlstm|vlldm|clrm|cx[123]|vcx)|` +
	`^((ldrs?[bh]\S* pc,)|(pld|pldw|pli)\S*) \[.*(\]!|\], )|^ldrs[bh]\S* pc, \[|^str[bhd]?\S* \w+, \[pc|` +
	`^(pop|ldmfd).*sp[,}]|^(ldrd|strd)\S* (r1|r3|r5|r7|r9|fp|sp|lr|pc), \[`)

// dataProcessing is the operations that A32 can do on the pc.
var dataProcessing = regexp.MustCompile(`^(and|eor|sub|rsb|add|adc|sbc|rsc|orr|mov|bic|mvn|lsl|lsr|asr|ror|rrx)`)

// zeroOffset is accesses with an offset of 0, where objdump does not print that
// the base is written back.
var zeroOffset = regexp.MustCompile(`^(ldrd|strd|ldc|stc)[^\[]*\[\w+\]$`)

// undefined tells whether there is nothing to compare but the length.
func undefined(l line) bool {
	text := l.mnemonic + " " + l.operands
	if l.mnemonic == "" || l.mnemonic[0] == '.' || noMeaning.MatchString(text+l.comment) {
		return true
	}
	if len(l.code) == 2 {
		return false
	}
	// In either set: the byte with the instruction's class, the one with the
	// write-back bit, and the one with the coprocessor's number.
	class, adjusts, number := l.code[3]&15, l.code[2]&0x20 != 0, l.code[1]&15
	if l.thumb {
		class, adjusts, number = l.code[1]&15, l.code[0]&0x20 != 0, l.code[3]&15
	}
	comparison := strings.HasPrefix(l.mnemonic, "t") || strings.HasPrefix(l.mnemonic, "cm")
	load := strings.HasPrefix(l.mnemonic, "ldr") && !strings.HasPrefix(l.mnemonic, "ldrex")
	switch {
	case class >= 12 && class < 15 && number < 8 && (!l.thumb || l.code[1]&0xec == 0xec):
		return true // FPA, Maverick, iWMMXt
	case !l.thumb && comparison && l.code[2]&0x10 == 0: // without the bit that sets the flags
		return true
	case l.thumb && l.code[1]&0xfe == 0xf8 && l.code[0]&0x80 == 0 && l.code[0]&15 != 15 && l.code[3]&8 == 0 && l.code[2]&0xc0 != 0:
		return true // a register offset, with bits that must be 0
	case strings.HasPrefix(l.operands, "pc, ") && !load:
		return l.thumb || !dataProcessing.MatchString(l.mnemonic)
	}
	return adjusts && zeroOffset.MatchString(text)
}

func (c *tally) compare(l line, i *isa.Inst) {
	c.compared++
	if int(i.Len) != len(l.code) {
		c.differs("length", l, i, len(l.code))
		return
	}
	if undefined(l) {
		c.skipped++
		return
	}
	name, cond, ok := base(l.mnemonic)
	if !ok {
		c.differs("mnemonic "+l.mnemonic, l, i, "a known name")
		return
	}
	if i.Op == isa.Invalid {
		c.differs("invalid "+name, l, i, name)
		return
	}
	if i.Op == isa.Other {
		c.others[name]++
	}
	if got := i.Cond() || i.Op == isa.CondJump && (name == "b" || name == "add" || name == "bx"); got != cond && i.Op != isa.Trap && i.Op != isa.Nop && name != "cbz" && name != "cbnz" {
		c.differs("condition "+name, l, i, cond)
	}
	if always := name == "bkpt" || name == "hlt"; !always && i.Ends() != wantEnds(name, cond, l) {
		c.differs("control "+name, l, i, wantEnds(name, cond, l))
	}
	c.compareControl(name, l, i)
	c.compareValue(name, l, i)
	c.compareMemory(name, l, i)
}

// wantEnds tells whether an instruction never goes on to its successor.
func wantEnds(name string, cond bool, l line) bool {
	if cond {
		return false
	}
	switch name {
	case "b", "bx", "bxj", "bxns", "udf", "bkpt", "hlt", "tbb", "tbh", "eret":
		return true
	case "cmp", "tst", "cmn", "teq", "str", "bl", "blx", "cbz", "cbnz":
		return false
	}
	if strings.HasPrefix(name, "rfe") {
		return true
	}
	if strings.HasPrefix(name, "ldm") || name == "pop" {
		return strings.Contains(l.operands, "pc}")
	}
	return oneDest[name] && strings.HasPrefix(l.operands, "pc,")
}

// compareControl compares targets and, for what goes on, the written registers.
func (c *tally) compareControl(name string, l line, i *isa.Inst) {
	switch i.Op {
	case isa.Call, isa.Jump, isa.CondJump:
		want, ok := hexTarget(l)
		if name == "bx" { // bx pc
			want, ok = (l.addr+4)&^3, l.thumb
		}
		if name == "add" {
			return
		}
		if l.thumb != (name == "blx") && name != "bx" {
			want |= 1
		}
		c.targets++
		if !ok || i.Target != want {
			c.differs("target "+name, l, i, fmt.Sprintf("%x", want))
		}
		return
	case isa.CallReg, isa.JumpReg, isa.JumpMem, isa.JumpTable, isa.Return, isa.Trap, isa.Syscall:
		return
	}
	if i.Writes != wantWrites(name, l) {
		c.differs("writes "+name, l, i, fmt.Sprintf("%b", wantWrites(name, l)))
	}
}
