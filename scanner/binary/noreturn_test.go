// SPDX-License-Identifier: MIT

package binary

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Imports of the parts below.
const (
	importAssert = iota // __assert_fail, which never comes back
	importWarn          // warnx, which does
)

// TestContinuations: a part that ends with a call runs on into the next one, unless
// what it calls never comes back.
func TestContinuations(t *testing.T) {
	call := func(at uint64, kind findingKind, target uint64) finding { return finding{at, target, kind} }
	stub := func(start uint64, f ...finding) part {
		return part{span: span{start, start + 0x10}, framed: true, exit: exitCall, exitAt: start + 0xb, found: f}
	}
	dies := part{span: span{0x2000, 0x2010}, framed: true, exit: exitCall, exitAt: 0x200b,
		found: []finding{call(0x200b, findImport, importAssert)}}
	for _, test := range []struct {
		summary string
		first   part
		want    bool
	}{
		{"an import that comes back", stub(0x1000, call(0x100b, findImport, importWarn)), true},
		{"an import that does not", stub(0x1000, call(0x100b, findImport, importAssert)), false},
		{"it does not, but is not called last", stub(0x1000, call(0x1001, findImport, importAssert)), true},
		{"a function that comes back", stub(0x1000, call(0x100b, findCall, 0x1010)), true},
		{"a function that only fails", stub(0x1000, call(0x100b, findCall, 0x2000)), false},
		{"a pointer", stub(0x1000), true},
		{"a stub that may lead to either", stub(0x1000, call(0x100b, findImport, importAssert), call(0x100b, findCall, 0x1010)), true},
	} {
		t.Run(test.summary, func(t *testing.T) {
			comesBack := part{span: span{0x1010, 0x1020}, framed: true, returns: true}
			d := discoverer{
				code:   &code{parts: []part{test.first, comesBack, dies}, imports: &importList{list: []Import{{Name: "__assert_fail"}, {Name: "warnx"}}}},
				starts: map[uint64]start{0x1010: {kind: startSoft}},
			}
			d.continuations()
			assert.Equal(t, test.want, d.parts[0].found != nil && d.parts[0].found[len(d.parts[0].found)-1].kind == findJump)
		})
	}
}
