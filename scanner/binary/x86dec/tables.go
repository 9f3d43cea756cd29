// SPDX-License-Identifier: MIT

package x86dec

// attr says what follows an opcode.
type attr uint16

const (
	modRM  attr = 1 << iota
	imm8        // one byte
	imm16       // two bytes (ret n)
	imm24       // two and one byte (enter)
	immZ        // four bytes, two with prefix 66
	immV        // as the operand's size, up to eight bytes (mov r, imm)
	moffs       // an absolute address
	group3      // an immediate when ModRM.reg is 0 or 1 (test)
	rel         // a branch: prefix 66 does not shorten it
	bad         // not an instruction in 64-bit mode
)

// oneByte holds the attributes of the one-byte opcodes; prefixes and escapes
// never reach it.
var oneByte = buildOneByte()

// twoByte holds those after 0F.
var twoByte = buildTwoByte()

// span sets the attributes of a range of opcodes.
func span(t *[256]attr, from, to int, a attr) {
	for i := from; i <= to; i++ {
		t[i] = a
	}
}

func buildOneByte() *[256]attr {
	var t [256]attr
	for op := 0; op < 0x40; op += 8 {
		span(&t, op, op+3, modRM)
		t[op+4], t[op+5] = imm8, immZ
		t[op+6], t[op+7] = bad, bad
	}
	span(&t, 0x60, 0x62, bad)
	t[0x63] = modRM
	t[0x68], t[0x69], t[0x6a], t[0x6b] = immZ, modRM|immZ, imm8, modRM|imm8
	span(&t, 0x70, 0x7f, imm8|rel)
	t[0x80], t[0x81], t[0x82], t[0x83] = modRM|imm8, modRM|immZ, bad, modRM|imm8
	span(&t, 0x84, 0x8f, modRM)
	t[0x9a] = bad
	span(&t, 0xa0, 0xa3, moffs)
	t[0xa8], t[0xa9] = imm8, immZ
	span(&t, 0xb0, 0xb7, imm8)
	span(&t, 0xb8, 0xbf, immV)
	t[0xc0], t[0xc1] = modRM|imm8, modRM|imm8
	t[0xc2], t[0xc6], t[0xc7], t[0xc8] = imm16, modRM|imm8, modRM|immZ, imm24
	t[0xca], t[0xcd], t[0xce] = imm16, imm8, bad
	span(&t, 0xd0, 0xd3, modRM)
	span(&t, 0xd4, 0xd6, bad)
	span(&t, 0xd8, 0xdf, modRM)
	span(&t, 0xe0, 0xe3, imm8|rel)
	span(&t, 0xe4, 0xe7, imm8)
	t[0xe8], t[0xe9], t[0xea], t[0xeb] = immZ|rel, immZ|rel, bad, imm8|rel
	t[0xf6], t[0xf7] = modRM|group3, modRM|group3
	t[0xfe], t[0xff] = modRM, modRM
	return &t
}

func buildTwoByte() *[256]attr {
	var t [256]attr
	span(&t, 0, 0xff, modRM)
	for _, op := range []int{0x04, 0x0a, 0x0c, 0x24, 0x25, 0x26, 0x27, 0x36, 0x39, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f} {
		t[op] = bad
	}
	span(&t, 0x05, 0x09, 0)
	t[0x0b], t[0x0e], t[0x77] = 0, 0, 0
	t[0x0f] = modRM | imm8
	span(&t, 0x30, 0x35, 0)
	t[0x37] = 0
	span(&t, 0x80, 0x8f, immZ|rel)
	span(&t, 0xa0, 0xa2, 0)
	span(&t, 0xa8, 0xaa, 0)
	span(&t, 0xc8, 0xcf, 0)
	for _, op := range []int{0x70, 0x71, 0x72, 0x73, 0xa4, 0xac, 0xba, 0xc2, 0xc4, 0xc5, 0xc6} {
		t[op] = modRM | imm8
	}
	return &t
}

// attributes looks the opcode up.
func (s *state) attributes() attr {
	switch {
	case s.opmap == mapOne:
		return oneByte[s.opcode]
	case s.opmap == map0F && !s.vex:
		return twoByte[s.opcode]
	case s.opmap == map0F:
		return s.vexMap0F()
	case s.opmap == map0F3A:
		return modRM | imm8
	}
	return modRM
}

// vexMap0F: the vector forms of the map have an immediate where the plain ones
// have, and only vzeroupper has no operand.
func (s *state) vexMap0F() attr {
	if s.opcode == 0x77 && !s.evex {
		return 0
	}
	return modRM | twoByte[s.opcode]&imm8
}
