// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// TestLookedAt: a path is only looked at where it is opened to be read, and nothing
// else is done with it in the same function.
func TestLookedAt(t *testing.T) {
	const path = "/proc/sys/net/ipv4/ip_forward"
	text := elfcode.Arg{Values: elfcode.Values{Strings: []string{path}}}
	number := func(v uint64) elfcode.Arg { return elfcode.Arg{Index: 1, Values: elfcode.Values{Ints: []uint64{v}}} }
	mode := func(m string) elfcode.Arg { return elfcode.Arg{Index: 1, Values: elfcode.Values{Strings: []string{m}}} }
	type use struct {
		name string
		args []elfcode.Arg
	}
	for _, test := range []struct {
		summary string
		uses    []use
		want    bool
	}{
		{"opened to read", []use{{"open", []elfcode.Arg{text, number(0)}}}, true},
		{"opened to write", []use{{"open", []elfcode.Arg{text, number(1)}}}, false},
		{"opened to read, then to write", []use{{"open", []elfcode.Arg{text, number(0)}}, {"open", []elfcode.Arg{text, number(1)}}}, false},
		{"a stream to read", []use{{"fopen", []elfcode.Arg{text, mode("re")}}}, true},
		{"a stream to write", []use{{"fopen", []elfcode.Arg{text, mode("w")}}}, false},
		{"a stream to do both", []use{{"fopen", []elfcode.Arg{text, mode("r+")}}}, false},
		{"asked about before a use that is not seen", []use{{"access", []elfcode.Arg{text, number(2)}}}, false},
		{"asked about, then opened to read", []use{{"access", []elfcode.Arg{text, number(4)}}, {"open", []elfcode.Arg{text, number(0)}}}, true},
		{"handed to a program too", []use{{"open", []elfcode.Arg{text, number(0)}}, {"execl", []elfcode.Arg{text}}}, false},
		{"handed to what is no site", nil, false},
		{"beside files that are written below a folder", []use{{"open", []elfcode.Arg{text, number(0)}}, {"openat", []elfcode.Arg{known(0, 5), known(2, 1)}}}, false},
		{"beside files that are read below a folder", []use{{"open", []elfcode.Arg{text, number(0)}}, {"openat", []elfcode.Arg{known(0, 5), {Index: 1}, known(2, 0)}}}, true},
		{"a folder that is listed", []use{{"opendir", []elfcode.Arg{text}}, {"open", []elfcode.Arg{{}, number(0)}}}, true},
		{"a folder that is listed beside files that are written", []use{{"opendir", []elfcode.Arg{text}}, {"open", []elfcode.Arg{{}, number(1)}}}, false},
		{"beside files that are written by their paths", []use{{"open", []elfcode.Arg{text, number(0)}}, {"openat", []elfcode.Arg{known(0, 0xffffff9c), known(2, 1)}}}, true},
	} {
		t.Run(test.summary, func(t *testing.T) {
			file := &elfcode.File{Strings: []string{path}, Funcs: []elfcode.Func{{Refs: []elfcode.Ref{elfcode.Ref(uint32(elfcode.RefString) << 28)}}}}
			reached := &elfcode.Reached{Funcs: []elfcode.FuncID{0}, Strings: []int32{0}}
			for i, u := range test.uses {
				file.Imports = append(file.Imports, elfcode.Import{Name: u.name})
				file.Sites = append(file.Sites, elfcode.Site{Kind: elfcode.CallSite, Import: int32(i), Args: u.args})
				reached.Sites = append(reached.Sites, int32(i))
			}
			m := &loaded{file: &module{File: file}, reached: reached}
			assert.Equal(t, test.want, m.lookedAt()[0])
		})
	}
}
