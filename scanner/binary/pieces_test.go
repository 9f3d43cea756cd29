// SPDX-License-Identifier: MIT

package binary

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestJoined(t *testing.T) {
	tests := []struct {
		summary       string
		begun, pieces []string
		word          int
		want, not     []string
	}{
		{"the last word overlaps", []string{"/bin/mou"}, []string{"/bin/mou", "unt"}, 8, []string{"/bin/mount", "/bin/mouunt"}, nil},
		{"the last word follows", []string{"/bin/mou"}, []string{"nt"}, 8, []string{"/bin/mount"}, nil},
		{"two words and an end", []string{"/usr/bin"}, []string{"/mountpo", "int"}, 8, []string{"/usr/bin/mountpoint", "/usr/bin/mountpo"}, nil},
		{"words of four bytes", []string{"/bin"}, []string{"/bin", "/mou", "nt"}, 4, []string{"/bin/mount"}, nil},
		{"a piece of another string does not fit by overlap", []string{"/bin/mou"}, []string{"cat"}, 8, []string{"/bin/moucat"}, []string{"/bin/mocat", "/bin/mount"}},
		{"a text that ended goes not on", []string{"/bin/mou"}, []string{"nt", "abc"}, 8, nil, []string{"/bin/mountabc"}},
		{"two vectors", []string{"/usr/lib/modules"}, []string{"/usr/lib/modules", "-of-it/lib.so"}, 8, []string{"/usr/lib/modules-of-it/lib.so"}, nil},
		{"a vector that overlaps", []string{"/tmp/a-server-so"}, []string{"server-socket-of"}, 8, nil, []string{"/tmp/a-server-socket-of"}},
		{"the end of a vector that overlaps", []string{"/tmp/a-server-so"}, []string{"server-socket"}, 8, []string{"/tmp/a-server-socket"}, nil},
		{"no pieces", []string{"/bin/mou"}, nil, 8, nil, []string{"/bin/mou"}},
	}
	for _, tt := range tests {
		t.Run(tt.summary, func(t *testing.T) {
			got := joined(tt.begun, tt.pieces, tt.word)
			for _, name := range tt.want {
				assert.Contains(t, got, name)
			}
			for _, name := range tt.not {
				assert.NotContains(t, got, name)
			}
		})
	}
}

func TestJoinedIsBounded(t *testing.T) {
	var pieces []string
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			pieces = append(pieces, string([]rune{'/', 'x', 'x', 'x', 'x', 'x', a, b}))
		}
	}
	got := joined(pieces, pieces, 8)
	assert.Less(t, len(got), maxCopiedNames+len(pieces))
}
