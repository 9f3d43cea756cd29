// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// known is an argument, or a word that it points to, with all its values.
func known(index int8, values ...uint64) elfcode.Arg {
	return elfcode.Arg{Index: index, Values: elfcode.Values{Ints: values}}
}

func word(index int8, values ...uint64) elfcode.Arg {
	a := known(index, values...)
	a.Deref = true
	return a
}

var anyWord = elfcode.Arg{Deref: true, Values: elfcode.Values{Mask: 1<<32 - 1}}

func anyWordOf(index int8) elfcode.Arg {
	a := anyWord
	a.Index = index
	return a
}

func text(index int8, value string) elfcode.Arg {
	return elfcode.Arg{Index: index, Values: elfcode.Values{Strings: []string{value}}}
}

func TestCapabilities(t *testing.T) {
	const v1, v3 = 0x19980330, 0x20080522
	for _, tc := range []struct {
		summary, name, soname string
		args                  []elfcode.Arg
		strings               []string
		want                  string // capabilities, and "?" when more may be asked for
	}{
		{"version 1 has one word of each set", "capset", "", []elfcode.Arg{word(0, v1), word(1, 0, 1<<13), word(1, 0, 1<<13), anyWordOf(1), anyWordOf(1)}, nil, "CAP_NET_RAW"},
		{"version 3 has two", "capset", "", []elfcode.Arg{word(0, v3), word(1, 1<<10), word(1, 1<<10), word(1, 1<<7), word(1, 0)}, nil, "CAP_BPF CAP_NET_BIND_SERVICE"},
		{"a word that is not known", "capset", "", []elfcode.Arg{word(0, v3), word(1, 1<<10), word(1, 1<<10), anyWordOf(1), anyWordOf(1)}, nil, "CAP_NET_BIND_SERVICE ?"},
		{"a version that is not known", "capset", "", []elfcode.Arg{anyWordOf(0), word(1, 1<<10), word(1, 1<<10), anyWordOf(1), anyWordOf(1)}, nil, "CAP_NET_BIND_SERVICE ?"},
		{"no words", "capset", "", nil, nil, "?"},
		{"libcap hands on what others gave", "capset", "libcap.so.2", nil, nil, ""},
		{"a list", "cap_set_flag", "", []elfcode.Arg{known(1, 0), known(2, 2), word(3, 12), word(3, 13), anyWordOf(3), known(4, 1)}, nil, "CAP_NET_ADMIN CAP_NET_RAW"},
		{"a list of two lengths", "cap_set_flag", "", []elfcode.Arg{known(1, 0), known(2, 1, 2), word(3, 12), word(3, 13), known(4, 1)}, nil, "CAP_NET_ADMIN CAP_NET_RAW"},
		{"a list that ends too early", "cap_set_flag", "", []elfcode.Arg{known(1, 0), known(2, 2), word(3, 12), anyWordOf(3), known(4, 1)}, nil, "CAP_NET_ADMIN ?"},
		{"cleared", "cap_set_flag", "", []elfcode.Arg{known(1, 0), known(2, 1), anyWordOf(3), known(4, 0)}, nil, ""},
		{"set or cleared", "cap_set_flag", "", []elfcode.Arg{known(1, 0), known(2, 1), anyWordOf(3), known(4, 0, 1)}, nil, "?"},
		{"systemd's PAM module asks for what the bounding set has", "cap_set_flag", "pam_systemd.so", []elfcode.Arg{known(2, 1), anyWordOf(3), known(4, 1)}, nil, ""},
		{"libwebsockets keeps what its user lists", "cap_set_flag", "libwebsockets.so.19", []elfcode.Arg{known(2, 1), anyWordOf(3), known(4, 1)}, nil, "assumed"},
		{"libcap-ng takes away", "capng_update", "", []elfcode.Arg{known(0, 0)}, nil, ""},
		{"libcap-ng adds", "capng_update", "", []elfcode.Arg{known(0, 1), known(1, 6), known(2, 29)}, nil, "CAP_AUDIT_WRITE"},
		{"the ambient set", "prctl", "", []elfcode.Arg{known(0, 47), known(1, 2), known(2, 10)}, nil, "CAP_NET_BIND_SERVICE"},
		{"the ambient set is looked at", "prctl", "", []elfcode.Arg{known(0, 47), known(1, 1)}, nil, ""},
		{"any capability in the ambient set", "prctl", "", []elfcode.Arg{known(0, 47), known(1, 2)}, nil, "?"},
		{"text", "cap_from_text", "", []elfcode.Arg{text(0, "cap_net_raw,cap_net_admin=ep")}, nil, "CAP_NET_ADMIN CAP_NET_RAW"},
		{"text that raises all", "cap_from_text", "", []elfcode.Arg{text(0, "=ep")}, nil, "?"},
		{"text that clears", "cap_from_text", "", []elfcode.Arg{text(0, "=")}, nil, ""},
		{"text that is made of others", "cap_from_text", "", []elfcode.Arg{anyWord}, []string{"%s %s", "cap_sys_time=ep"}, "CAP_SYS_TIME assumed"},
		{"text from elsewhere", "cap_from_text", "", []elfcode.Arg{anyWord}, []string{"capabilities"}, "?"},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			c := &collector{facts: map[[2]string]bool{}, unknowns: map[[3]string]bool{}}
			m := &loaded{file: &module{File: &elfcode.File{Strings: tc.strings}}, reached: &elfcode.Reached{}}
			for i := range tc.strings {
				m.reached.Strings = append(m.reached.Strings, int32(i))
			}
			judges[tc.name](c, &call{name: tc.name, args: tc.args, soname: tc.soname, of: m})
			var got []string
			for _, f := range c.result.Facts {
				got = append(got, f.Value)
			}
			slices.Sort(got)
			for _, u := range c.result.Unknowns {
				if got = append(got, "?"); u.Assumption != "" {
					got[len(got)-1] = "assumed"
				}
			}
			assert.Equal(t, tc.want, strings.Join(got, " "))
		})
	}
}
