// SPDX-License-Identifier: MIT

package armdec

import (
	"math/bits"
	"regexp"
	"strconv"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// line is one instruction as objdump prints it.
type line struct {
	addr     uint64
	code     []byte
	thumb    bool
	mnemonic string
	operands string
	comment  string
}

// parseLine reads "  addr:\traw\tmnemonic\toperands"; ok is false for
// everything else, data included. Raw bytes are grouped by instruction unit,
// most significant byte first: one group of 8 digits is A32.
func parseLine(text string) (l line, ok bool) {
	parts := strings.Split(text, "\t")
	if len(parts) < 3 || !strings.HasSuffix(parts[0], ":") {
		return l, false
	}
	addr, err := strconv.ParseUint(strings.Trim(parts[0], " :"), 16, 32)
	if err != nil || strings.HasPrefix(parts[2], ".word") || strings.HasPrefix(parts[2], ".short") ||
		strings.HasPrefix(parts[2], ".byte") {
		return l, false
	}
	l.addr, l.thumb = addr, true
	for _, group := range strings.Fields(parts[1]) {
		v, err := strconv.ParseUint(group, 16, 32)
		if err != nil {
			return l, false
		}
		if len(group) == 8 {
			l.thumb = false
			l.code = append(l.code, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
			continue
		}
		l.code = append(l.code, byte(v), byte(v>>8))
	}
	rest := strings.Join(parts[2:], " ")
	if at := strings.IndexAny(rest, "@;"); at >= 0 {
		rest, l.comment = rest[:at], rest[at+1:]
	}
	l.mnemonic, l.operands, _ = strings.Cut(strings.TrimSpace(rest), " ")
	l.operands = strings.TrimSpace(l.operands)
	return l, len(l.code) > 0
}

var conditions = map[string]bool{
	"eq": true, "ne": true, "cs": true, "cc": true, "mi": true, "pl": true, "vs": true,
	"vc": true, "hi": true, "ls": true, "ge": true, "lt": true, "gt": true, "le": true, "al": true,
}

// noDest are the instructions that write no register but a base that is
// written back; twoDest write their first two operands. All others write
// their first operand.
var (
	noDest = wordSet(`cmp cmn cmnp cmpp tst tstp teq teqp b bl blx bx bxj cbz cbnz push str strb strh strd strt strbt
		strht stm stmia stmdb stmib stmda svc nop dmb dsb isb pld pldw pli msr mcr mcr2 mcrr mcrr2 cdp cdp2
		ldc ldc2 ldcl ldc2l stc stc2 stcl stc2l udf bkpt hlt cps cpsie cpsid setend yield wfe wfi sev sevl dbg
		clrex stl stlb stlh hvc smc eret rfe rfeia rfedb rfeda rfeib csdb esb psb tsb pssbb ssbb cpy? setpan
		ldfs ldfd ldfe ldfp stfs stfd stfe stfp lfm sfm bxns blxns sb srs srsia srsdb srsda srsib tbb tbh`)
	twoDest = wordSet(`ldrd ldrexd ldaexd umull umlal smull smlal umaal smlalbb smlalbt smlaltb smlaltt smlald
		smlaldx smlsld smlsldx`)
	oneDest = wordSet(`mov movw movt mvn add addw sub subw rsb rsc adc sbc and orr orn eor bic lsl lsr asr ror rrx
		mul mla mls ldr ldrb ldrh ldrsb ldrsh ldrt ldrbt ldrht ldrsbt ldrsht ldrex ldrexb ldrexh lda ldab ldah ldaex
		ldaexb ldaexh strex strexb strexh strexd stlex stlexb stlexh stlexd uxtb uxth sxtb sxth uxtb16 sxtb16
		uxtab uxtah sxtab sxtah uxtab16 sxtab16 ubfx sbfx bfi bfc clz rev rev16 revsh rbit neg adr sdiv udiv
		usat ssat usat16 ssat16 sel pkhbt pkhtb mrs mrc mrc2 mrrc mrrc2 pop ldm ldmia ldmdb ldmib ldmda swp swpb
		qadd qsub qdadd qdsub smmla smmlar smmls smmlsr smmul smmulr usad8 usada8
		smulbb smulbt smultb smultt smulwb smulwt smlabb smlabt smlatb smlatt smlawb smlawt
		smlad smladx smlsd smlsdx smuad smuadx smusd smusdx
		crc32b crc32h crc32w crc32cb crc32ch crc32cw cpy
		uadd8 uadd16 usub8 usub16 uasx usax sadd8 sadd16 ssub8 ssub16 sasx ssax qadd8 qadd16 qsub8 qsub16 qasx qsax
		uqadd8 uqadd16 uqsub8 uqsub16 uqasx uqsax shadd8 shadd16 shsub8 shsub16 shasx shsax uhadd8 uhadd16
		uhsub8 uhsub16 uhasx uhsax`)
)

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

func known(m string) bool { return noDest[m] || twoDest[m] || oneDest[m] }

// base splits a mnemonic into its operation and whether it has a condition.
// ok is false for the names that the tables above do not have.
func base(mnemonic string) (name string, cond, ok bool) {
	m, _, _ := strings.Cut(mnemonic, ".")
	if strings.HasPrefix(m, "aes") || strings.HasPrefix(m, "sha1") || strings.HasPrefix(m, "sha256") {
		return "vsha", false, true
	}
	if strings.HasPrefix(m, "v") || strings.HasPrefix(m, "f") {
		if n := len(m) - 2; n > 1 && conditions[m[n:]] && m[n:] != "al" && !strings.Contains(" vc vac vm vnm vsel fm ", " "+m[:n]+" ") {
			return m[:n], true, true
		}
		return m, false, true
	}
	if strings.HasPrefix(m, "it") && strings.Trim(m[2:], "te") == "" {
		return "it", false, true
	}
	forms := []string{m}
	if n := len(m) - 2; n > 0 && conditions[m[n:]] {
		forms = append(forms, m[:n])
	}
	for _, f := range forms {
		if known(f) {
			return f, f != m, true
		}
		if s := strings.TrimSuffix(f, "s"); oneDest[s] || twoDest[s] {
			return s, f != m, true
		}
	}
	return m, false, false
}

var registers = map[string]isa.Reg{"sl": 10, "fp": 11, "ip": 12, "sp": 13, "lr": 14, "pc": 15}

func init() {
	for n := isa.Reg(0); n < 16; n++ {
		registers["r"+strconv.Itoa(int(n))] = n
	}
}

var (
	writeBack = regexp.MustCompile(`\[(\w+)[^\]]*\]!`)
	postIndex = regexp.MustCompile(`\[(\w+)[^\]]*\], [^{]`)
	multiBase = regexp.MustCompile(`^(\w+)!`)
	regList   = regexp.MustCompile(`\{([^}]*)\}`)
)

// operandList splits at commas outside of brackets.
func operandList(s string) []string {
	depth := 0
	return strings.FieldsFunc(s, func(r rune) bool {
		switch r {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		return depth == 0 && (r == ',' || r == ' ')
	})
}

// wantWrites is the registers that the text of an instruction says it writes.
func wantWrites(name string, l line) isa.RegSet {
	var s isa.RegSet
	add := func(text string) {
		if r, ok := registers[text]; ok && r != pc {
			s = s.With(r)
		}
	}
	for _, re := range []*regexp.Regexp{writeBack, postIndex, multiBase} {
		if m := re.FindStringSubmatch(l.operands); m != nil {
			add(m[1])
		}
	}
	ops := operandList(l.operands)
	at := func(n int) {
		if n < len(ops) {
			add(ops[n])
		}
	}
	switch {
	case name == "push" || name == "vpush" || strings.HasPrefix(name, "srs"):
		add("sp")
	case name == "vpop":
		add("sp")
	case name == "pop" || strings.HasPrefix(name, "ldm"):
		if name == "pop" {
			add("sp")
		}
		s |= listed(l.operands)
	case name == "mov" && len(ops) == 2 && ops[0] == ops[1]: // changes nothing
	case name == "mrc" || name == "mrc2":
		at(2)
	case name == "mrrc" || name == "mrrc2":
		at(2)
		at(3)
	case strings.HasPrefix(name, "f") || strings.HasPrefix(name, "vldm") || strings.HasPrefix(name, "vstm"):
	case strings.HasPrefix(name, "v"):
		for n := range ops {
			if _, ok := registers[ops[n]]; !ok || name == "vmsr" || strings.HasPrefix(name, "vdup") {
				break
			}
			at(n)
		}
	case name == "hvc" || name == "smc": // the other world may answer in them
		s = isa.Set(0, 1, 2, 3)
	case noDest[name] || name == "it":
	case twoDest[name]:
		at(0)
		at(1)
		if len(ops) == 2 || strings.HasPrefix(ops[1], "[") { // A32 names only the first one
			s = s.With(registers[ops[0]] + 1)
		}
	default:
		at(0)
	}
	return s
}

// listed is the registers in braces.
func listed(operands string) (s isa.RegSet) {
	m := regList.FindStringSubmatch(operands)
	if m == nil {
		return 0
	}
	for _, item := range strings.Split(m[1], ", ") {
		first, last, isRange := strings.Cut(item, "-")
		if !isRange {
			last = first
		}
		for r := registers[first]; r <= registers[last]; r++ {
			if r != pc {
				s = s.With(r)
			}
		}
	}
	return s
}

// hexTarget reads the address that a branch's operands end with.
func hexTarget(l line) (uint64, bool) {
	text, _, _ := strings.Cut(l.operands, " <")
	ops := operandList(text)
	if len(ops) == 0 {
		return 0, false
	}
	v, err := strconv.ParseUint(strings.TrimPrefix(ops[len(ops)-1], "0x"), 16, 32)
	return v, err == nil
}

// commentAddress reads the address that objdump computed: "(1234 <...>)".
func commentAddress(l line) (uint64, bool) {
	_, text, ok := strings.Cut(l.comment, "(")
	if !ok {
		return 0, false
	}
	text = strings.TrimPrefix(text, "adr ")
	if _, after, isAdr := strings.Cut(text, ", "); isAdr {
		text = after
	}
	text = strings.TrimRight(strings.Fields(text)[0], ")")
	v, err := strconv.ParseUint(strings.TrimPrefix(text, "0x"), 16, 64)
	return v & 0xffffffff, err == nil
}

// unrotated joins a constant that objdump prints as "#byte, rotation", which
// it does when there is a shorter way to encode it.
func unrotated(ops []string) []string {
	n := len(ops)
	if n < 3 || strings.HasPrefix(ops[n-1], "#") {
		return ops
	}
	v, isNumber := number(ops[n-2])
	by, err := strconv.Atoi(ops[n-1])
	if !isNumber || err != nil {
		return ops
	}
	joined := "#" + strconv.FormatUint(uint64(bits.RotateLeft32(uint32(v), -by)), 10)
	return append(ops[:n-2:n-2], joined)
}

// number reads "#-12" or "#0x1f".
func number(text string) (int64, bool) {
	if !strings.HasPrefix(text, "#") {
		return 0, false
	}
	v, err := strconv.ParseInt(text[1:], 0, 64)
	return v, err == nil
}
