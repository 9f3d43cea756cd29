// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// moduleOf is a module of a program that calls one function of another one.
func moduleOf(soname, imports string) *loaded {
	file := &elfcode.File{SONAME: soname, Imports: []elfcode.Import{{Name: "read"}, {Name: imports}}}
	return &loaded{file: &module{File: file}, reached: &elfcode.Reached{Imports: []int32{1}}}
}

func TestPrivatePaths(t *testing.T) {
	client, server := moduleOf("", "dbus_bus_get"), moduleOf("", "dbus_server_listen")
	for _, test := range []struct {
		summary, soname, path string
		main                  *loaded
		want                  bool
	}{
		{"a place for temporary databases", "libsqlite3.so.0", "/var/tmp", client, true},
		{"another path of the library", "libsqlite3.so.0", "/tmp/x", client, false},
		{"another library", "libkrb5.so.3", "/tmp", client, false},
		{"a client of the bus", "libdbus-1.so.3", "/tmp", client, true},
		{"who serves a bus", "libdbus-1.so.3", "/tmp", server, false},
	} {
		t.Run(test.summary, func(t *testing.T) {
			m := moduleOf(test.soname, "read")
			p := &program{modules: []*loaded{test.main, m}}
			assert.Equal(t, test.want, p.isPrivate(m, test.path))
		})
	}
}

func TestIdlePaths(t *testing.T) {
	selinux, kerberos := moduleOf("libselinux.so.1", "read"), moduleOf("libkrb5.so.3", "read")
	assert.Equal(t, []string{"/proc/%"}, tree(t, nil).idlePaths(selinux))
	assert.Empty(t, tree(t, map[string]string{"etc/selinux/config": "SELINUX=enforcing\n"}).idlePaths(selinux))
	assert.Equal(t, []string{"/tmp", "/var/tmp"}, tree(t, nil).idlePaths(kerberos))
	assert.Empty(t, tree(t, map[string]string{"etc/krb5.conf": "[libdefaults]\n"}).idlePaths(kerberos))
	assert.Empty(t, tree(t, nil).idlePaths(moduleOf("libapparmor.so.1", "read")))
	assert.Contains(t, tree(t, nil).idlePaths(moduleOf("libgio-2.0.so.0", "read")), "/dev/cd")
	shell := moduleOf("", "read")
	shell.path = "/usr/bin/bash"
	assert.Contains(t, tree(t, nil).idlePaths(shell), "/dev/tcp/")
}

func TestBeforeWords(t *testing.T) {
	for text, want := range map[string]string{
		"/dev/urandom (or equivalent) not found": "/dev/urandom", "/proc/net/dev: cannot open": "/proc/net/dev",
		"/dev/watchdog": "/dev/watchdog", "/srv/two words": "/srv/two words", "/device is gone": "/device is gone",
	} {
		assert.Equal(t, want, beforeWords(text))
	}
}

func TestNamesNoMachine(t *testing.T) {
	remote := map[string]string{"etc/pkcs11/modules/remote.module": "remote: vsock:cid=2;port=1\n"}
	local := map[string]string{"etc/pkcs11/modules/token.module": "module: opensc-pkcs11.so\n"}
	named := moduleOf("", "read")
	named.file.Strings = []string{"vsock:2:5000"}
	for _, test := range []struct {
		summary, soname string
		files           map[string]string
		main            *loaded
		want            bool
	}{
		{"sd_notify", "libsystemd.so.0", nil, moduleOf("", "sd_notify"), true},
		{"a program that names an address", "libsystemd.so.0", nil, named, false},
		{"a token", "libp11-kit.so.0", local, moduleOf("", "read"), true},
		{"a token of another machine", "libp11-kit.so.0", remote, moduleOf("", "read"), false},
		{"another library", "libuv.so.1", nil, moduleOf("", "read"), false},
	} {
		t.Run(test.summary, func(t *testing.T) {
			c := &collector{im: tree(t, test.files)}
			c.walked = &program{modules: []*loaded{test.main}}
			assert.Equal(t, test.want, c.namesNoMachine(&call{soname: test.soname}))
		})
	}
}

func TestOnlyReads(t *testing.T) {
	for _, test := range []struct {
		summary, soname, file, path string
		want                        bool
	}{
		{"what describes a block device", "libblkid.so.1", "/usr/lib/libblkid.so.1.1.0", "/sys/dev/block/%d:%d", true},
		{"another place", "libblkid.so.1", "/usr/lib/libblkid.so.1.1.0", "/proc/sys/vm", false},
		{"a name that begins alike", "libblkid.so.1", "/usr/lib/libblkid.so.1.1.0", "/system", false},
		{"a program by its name", "", "/usr/bin/kmod", "/sys/module/%s", true},
		{"another program", "", "/usr/bin/kmodx", "/sys/module/%s", false},
		{"another library", "libudisks2.so.0", "/usr/lib/libudisks2.so.0", "/sys/block", false},
	} {
		t.Run(test.summary, func(t *testing.T) {
			m := moduleOf(test.soname, "read")
			m.path = test.file
			assert.Equal(t, test.want, m.onlyReads(test.path))
		})
	}
}
