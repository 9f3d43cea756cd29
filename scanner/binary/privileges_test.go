// SPDX-License-Identifier: MIT

package binary_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// open stands for a word that is not known completely.
var open []uint64

// TestPrivileges: the words that a function builds in memory and hands over; the same
// call twice counts once.
func TestPrivileges(t *testing.T) {
	for _, tc := range []struct {
		summary, function, callee string
		arg                       int8
		want                      [][][]uint64 // calls, words, values
		files                     string
	}{
		{"one element on the stack, set again and again", "keep_one_by_one", "cap_set_flag", 3, [][][]uint64{{{10}}, {{18}}, {{23}}}, ``},
		{"data that nothing changes", "keep_list", "cap_set_flag", 3, [][][]uint64{{{18}, {7}, {6}}}, ``},
		{"some elements only on one path", "keep_counted", "cap_set_flag", 3, [][][]uint64{{{10}, {12}}}, `O2`},
		{"data that a function changes", "keep_changed", "cap_set_flag", 3, [][][]uint64{{{5}, open}}, `O2`},
		{"what another function may have changed", "keep_unseen", "cap_set_flag", 3, [][][]uint64{{open, open}}, ``},
		{"version 1 of capset, by its number", "keep_word", "syscall", 1, [][][]uint64{{{0, 1 << 13}, {0, 1 << 13}}}, `(O0|(arm|riscv64|x86-64)\.O2)`},
		{"what capget found, and one more", "keep_more", "capset", 1, [][][]uint64{{{1 << 7}, {1 << 7}}}, `(O0|(arm|riscv64)\.O2)`},
		{"words that a vector register holds", "keep_more", "capset", 1, [][][]uint64{{open, open}}, `(arm64|x86-64)\.O2`},
	} {
		for _, path := range fixtureFiles(t, `^privileges\..*`+tc.files) {
			t.Run(tc.summary+" "+filepath.Base(path), func(t *testing.T) {
				f := analyze(t, path)
				assert.ElementsMatch(t, tc.want, handed(f, tc.function, tc.callee, tc.arg, len(tc.want[0])))
			})
		}
	}
}

// handed are the first words that a function hands to its calls of an import.
func handed(f *binary.File, function, callee string, arg int8, words int) [][][]uint64 {
	var out [][][]uint64
	for _, i := range f.Reach(binary.Roots{Names: []string{function}}).Sites {
		s := &f.Sites[i]
		if s.Import < 0 || f.Imports[s.Import].Name != callee {
			continue
		}
		var call [][]uint64
		for _, a := range s.Args {
			switch {
			case a.Index != arg || !a.Deref || len(call) == words:
			case a.Complete():
				call = append(call, a.Ints)
			default:
				call = append(call, open)
			}
		}
		if len(out) == 0 || !assert.ObjectsAreEqual(out[len(out)-1], call) {
			out = append(out, call)
		}
	}
	return out
}

// TestVersion: the version of capset's header tells how many words count.
func TestVersion(t *testing.T) {
	for _, path := range fixtureFiles(t, `^privileges\.`) {
		f := analyze(t, path)
		require.Equal(t, [][][]uint64{{{0x19980330}}}, handed(f, "keep_word", "syscall", 0, 1), path)
		require.Equal(t, [][][]uint64{{{0x20080522}}}, handed(f, "keep_words", "capset", 0, 1), path)
	}
}
