// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// TestForgone: what code asks for counts where a module gets to it that does not get along without.
func TestForgone(t *testing.T) {
	libc := &loaded{path: "/lib/libc.so.6", libc: true, reached: &elfcode.Reached{}, file: &module{File: &elfcode.File{SONAME: "libc.so.6", Start: elfcode.NoFunc,
		Funcs:   []elfcode.Func{{Addr: 1, Name: "setns"}, {Addr: 2, Name: "kill"}},
		Exports: []elfcode.Export{{Name: "kill", Func: 1, Object: -1}, {Name: "setns", Func: 0, Object: -1}}}}}
	for _, tc := range []struct {
		summary string
		modules []*loaded
		in      int // of modules, whose code it is; -1 for setns() of the C library
		what    string
		want    bool
	}{
		{"a module of a name service, whatever takes a capability", []*loaded{moduleOf("libnss_systemd.so.2", "setns")}, 0, "CAP_KILL", true},
		{"and what takes none", []*loaded{moduleOf("libnss_systemd.so.2", "setns")}, 0, "keyctl", false},
		{"another module of a name service", []*loaded{moduleOf("libnss_nis.so.2", "bind")}, 0, "CAP_NET_BIND_SERVICE", false},
		{"a library, what is listed", []*loaded{moduleOf("libsystemd.so.0", "setns")}, 0, "CAP_NET_ADMIN", true},
		{"a library, what is not listed", []*loaded{moduleOf("libsystemd.so.0", "setns")}, 0, "CAP_KILL", false},
		{"a library whose user asks for it", []*loaded{moduleOf("libsystemd.so.0", "setns"), moduleOf("", "sd_bus_open_system_machine")}, 0, "setns", false},
		{"the C library for such a library", []*loaded{moduleOf("libsystemd.so.0", "setns"), libc}, -1, "setns", true},
		{"the C library for a program, too", []*loaded{moduleOf("libsystemd.so.0", "setns"), moduleOf("", "setns"), libc}, -1, "setns", false},
		{"the C library for a program alone", []*loaded{moduleOf("", "setns"), libc}, -1, "setns", false},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			c := &collector{}
			c.walked = &program{modules: tc.modules}
			at := place{site: &elfcode.Site{Func: 0}, in: libc}
			if tc.in >= 0 {
				at.in = tc.modules[tc.in]
			}
			assert.Equal(t, tc.want, c.forgone(at, tc.what))
		})
	}
}

// TestWrappers: libwrap changes users for options of its files alone.
func TestWrappers(t *testing.T) {
	for _, tc := range []struct {
		summary string
		files   map[string]string
		what    string
		want    bool
	}{
		{"no files", nil, "setuid", true},
		{"names of hosts", map[string]string{"etc/hosts.allow": "sshd: .example.com\n# user\n"}, "setuid", true},
		{"a user", map[string]string{"etc/hosts.deny": "tftpd: ALL: user nobody\n"}, "setuid", false},
		{"something else of libwrap's", nil, "CAP_KILL", false},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			c := &collector{im: tree(t, tc.files)}
			c.walked = &program{}
			assert.Equal(t, tc.want, c.forgoes(moduleOf("libwrap.so.0", "setuid"), tc.what))
		})
	}
}
