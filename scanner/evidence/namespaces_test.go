// SPDX-License-Identifier: MIT

package evidence

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// TestEntered: what a call of setns(2) asks for depends on the kind that it names.
func TestEntered(t *testing.T) {
	kinds := func(n ...uint64) elfcode.Arg { return elfcode.Arg{Values: elfcode.Values{Ints: n}, Index: 1} }
	library := func(imports string) *program { return &program{modules: []*loaded{moduleOf("", imports)}} }
	for _, test := range []struct {
		summary, soname string
		kind            elfcode.Arg
		walked          *program
		want            string
	}{
		{summary: "the network", kind: kinds(0x40000000), want: "namespace net, capability CAP_SYS_ADMIN"},
		{summary: "mounts", kind: kinds(0x00020000), want: "namespace mnt, capability CAP_SYS_ADMIN, capability CAP_SYS_CHROOT"},
		{summary: "one of two", kind: kinds(0x40000000, 0x80), want: "namespace net, capability CAP_SYS_ADMIN, namespace time"},
		{summary: "whatever the file is", kind: kinds(0), want: "namespace all, capability CAP_SYS_ADMIN, capability CAP_SYS_CHROOT"},
		{summary: "a kind that is not known", kind: elfcode.Arg{Values: elfcode.Values{FromParam: true}, Index: 1}, want: "namespace all, capability CAP_SYS_ADMIN, capability CAP_SYS_CHROOT"},
		{summary: "sd-bus, whose user has no container", soname: "libsystemd.so.0", kind: kinds(0), walked: library("sd_bus_open_system")},
		{summary: "sd-bus, whose user may have one", soname: "libsystemd.so.0", kind: kinds(0x40000000), walked: library("sd_bus_open_system_machine"), want: "namespace net, capability CAP_SYS_ADMIN"},
	} {
		t.Run(test.summary, func(t *testing.T) {
			c := &collector{facts: map[[2]string]bool{}}
			c.walked = test.walked
			judgeEntered(c, &call{name: "setns", args: []elfcode.Arg{{}, test.kind}, soname: test.soname})
			var got []string
			for _, f := range c.result.Facts {
				got = append(got, f.ID+" "+f.Value)
			}
			assert.Equal(t, test.want, strings.Join(got, ", "))
		})
	}
}
