// SPDX-License-Identifier: MIT

package binary

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestPointerScan: of the words that may be addresses of code, those in a table of
// functions begin one, even where the code does not show it.
func TestPointerScan(t *testing.T) {
	const code, data = 0x1000, 0x9000
	for _, test := range []struct {
		summary       string
		words, hidden int // the first ones are of functions that the code does not show
		want          int
	}{
		{"a table of functions that are all known", 40, 0, 40},
		{"a table of which some are not", 40, 10, 40},
		{"a table of which too many are not", 40, 11, 29},
		{"a short one", 31, 3, 28},
	} {
		t.Run(test.summary, func(t *testing.T) {
			im := &image{order: binary.LittleEndian, is64: true, code: []span{{code, code + 0x1000}}}
			words := make([]byte, (test.words+2)*8) // a zero on both sides
			for i := range test.words {
				binary.LittleEndian.PutUint64(words[(i+1)*8:], uint64(code+0x10*i))
			}
			im.segs = []segment{{addr: data, end: data + uint64(len(words)), data: words, write: true}}
			known := func(addr uint64) bool { return addr >= uint64(code+0x10*test.hidden) && addr < code+0x1000 }
			rs := im.pointerScan(nil, known)
			assert.Len(t, rs, test.want)
			for i := 1; i < len(rs); i++ {
				assert.Greater(t, rs[i].slot, rs[i-1].slot)
			}
		})
	}
}
