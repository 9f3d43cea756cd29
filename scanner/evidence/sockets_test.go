// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

func TestAnswersDatagrams(t *testing.T) {
	module := func(family, typ uint64, imports ...string) *loaded {
		f := &elfcode.File{Imports: []elfcode.Import{{Name: "socket"}}}
		m := &loaded{file: &module{File: f}, reached: &elfcode.Reached{Imports: []int32{0}, Sites: []int32{0}}}
		for _, name := range imports {
			m.reached.Imports = append(m.reached.Imports, int32(len(f.Imports)))
			f.Imports = append(f.Imports, elfcode.Import{Name: name})
		}
		arg := func(i int8, v uint64) elfcode.Arg {
			return elfcode.Arg{Index: i, Values: elfcode.Values{Ints: []uint64{v}}}
		}
		f.Sites = []elfcode.Site{{Kind: elfcode.CallSite, Import: 0, Args: []elfcode.Arg{arg(0, family), arg(1, typ)}}}
		return m
	}
	for _, test := range []struct {
		summary string
		m       *loaded
		want    bool
	}{
		{"a server", module(1, 2|0x80000, "bind", "recvfrom", "sendto"), true},
		{"who only sends", module(1, 2, "sendto"), false},
		{"streams", module(1, 1, "bind", "recvfrom", "sendto"), false},
		{"the network", module(2, 2, "bind", "recvfrom", "sendto"), false},
	} {
		t.Run(test.summary, func(t *testing.T) {
			c := &collector{facts: map[[2]string]bool{}}
			c.answersDatagrams(test.m)
			assert.Equal(t, test.want, c.result.fact(FactDatagramServer, "") != nil)
		})
	}
}
