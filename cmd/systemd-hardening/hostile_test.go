// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// secret stands in files outside of the image; no report may show it.
const secret = "SECRET-OUTSIDE-OF-THE-IMAGE"

// hostile is something odd in an image, and what must be said of it: in the
// diagnostics of odd.service, or of the image when the unit is not listed.
type hostile struct {
	summary string
	plant   func(t *testing.T, root string)
	unit    string // "odd.service" when empty
	state   string // its load state; empty when it is not listed
	says    string // part of a diagnostic; empty when PID 1 has nothing to say either
}

const odd = unitDir + "/odd.service"

// content plants a unit file of that text.
func content(text string) func(*testing.T, string) {
	return func(t *testing.T, root string) { put(t, root, odd, text) }
}

func linked(target string) func(*testing.T, string) {
	return func(t *testing.T, root string) { symlink(t, root, odd, target) }
}

func node(name string, mode uint32, device int) func(*testing.T, string) {
	return func(t *testing.T, root string) {
		file := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		if err := syscall.Mknod(file, mode, device); err != nil {
			t.Skipf("no right to make it: %v", err)
		}
	}
}

func sparse(name string, size int64) func(*testing.T, string) {
	return func(t *testing.T, root string) {
		put(t, root, name, "")
		require.NoError(t, os.Truncate(filepath.Join(root, name), size))
	}
}

const null = 1<<8 | 3 // device number of /dev/null

var hostiles = []hostile{
	{"a FIFO", node(odd, syscall.S_IFIFO|0o644, 0), "", "", "neither a regular file nor a link"},
	{"a FIFO behind a link", func(t *testing.T, root string) {
		node("opt/fifo", syscall.S_IFIFO|0o644, 0)(t, root)
		symlink(t, root, odd, "/opt/fifo")
	}, "", "error", "not a regular file"},
	{"a socket", node(odd, syscall.S_IFSOCK|0o644, 0), "", "", "neither a regular file nor a link"},
	{"a device", node(odd, syscall.S_IFCHR|0o644, null), "", "", "neither a regular file nor a link"},
	{"a device behind a link masks", func(t *testing.T, root string) {
		node("opt/null", syscall.S_IFCHR|0o644, null)(t, root)
		symlink(t, root, odd, "/opt/null")
	}, "", "masked", ""},
	{"a folder", func(t *testing.T, root string) { put(t, root, odd+"/x", "") }, "", "", "neither a regular file nor a link"},
	{"a folder behind a link", linked("/opt"), "", "not-found", "is a directory"},
	{"a sparse file of 2 GiB", sparse(odd, 2<<30), "", "error", "limit exceeded"},
	{"a drop-in of 2 GiB", func(t *testing.T, root string) {
		put(t, root, odd, service)
		sparse(odd+".d/x.conf", 2<<30)(t, root)
	}, "", "loaded", "drop-in cannot be read and has no effect"},
	{"an empty file", content(""), "", "masked", ""},
	{"NUL bytes", content(strings.Repeat("\x00", 5000) + service), "", "loaded", ""},
	{"NUL bytes within", content(service + "Private\x00Tmp=yes\n"), "", "loaded", "line without '='"},
	{"CRLF", content(strings.ReplaceAll(service+"Foo=1\n", "\n", "\r\n")), "", "loaded", "unknown setting Foo="},
	{"a byte order mark", content("\ufeff" + service + "Foo=1\n"), "", "loaded", "unknown setting Foo="},
	{"invalid UTF-8", content(service + "Environment=\xff\xfe\n"), "", "error", "not valid UTF-8"},
	{"invalid UTF-8 in an unknown key", content(service + "Fo\xffo=1\n"), "", "error", "not valid UTF-8"},
	{"a line of 10 MiB", content(service + "Environment=" + strings.Repeat("x", 10<<20)), "", "error", "longer than 1 MiB"},
	{"a continued line of 10 MiB", content(service + "Environment=" + strings.Repeat(strings.Repeat("x", 1000)+"\\\n", 10<<10)), "", "error", "longer than 1 MiB"},
	{"a million sections", content(strings.Repeat("[Service]\n", 1<<20) + service), "", "loaded", ""},
	{"a million unknown keys", content(service + strings.Repeat("K=\n", 1<<20)), "", "loaded", "after 1000 lines without effect, further ones are not named"},
	{"an unclosed section", content("[Service\n"), "", "error", "does not end in ']'"},
	{"ELF as unit", content("\x7fELF\x02\x01\x01" + strings.Repeat("\x00\xff", 1000)), "", "error", "not valid UTF-8"},

	{"a link to itself", linked("odd.service"), "", "", ""},
	{"a link loop", func(t *testing.T, root string) {
		symlink(t, root, odd, "/opt/a")
		symlink(t, root, "opt/a", "b")
		symlink(t, root, "opt/b", "a")
	}, "", "error", "too many levels of symbolic links"},
	{"an alias loop", func(t *testing.T, root string) {
		symlink(t, root, odd, "other.service")
		symlink(t, root, unitDir+"/other.service", "odd.service")
	}, "", "not-found", ""},
	{"a link to the root", linked("/"), "", "not-found", "is a directory"},
	{"a link to the parent's parents", linked(strings.Repeat("../", 30)), "", "not-found", "is a directory"},
	{"a dangling link", linked("/opt/gone"), "", "not-found", "dangling link"},
	{"an empty drop-in folder that is a file", func(t *testing.T, root string) {
		put(t, root, odd, service)
		put(t, root, odd+".d", "x")
	}, "", "loaded", ""},
	{"a drop-in that is a folder", func(t *testing.T, root string) {
		put(t, root, odd, service)
		put(t, root, odd+".d/x.conf/y", "")
	}, "", "loaded", "drop-in cannot be read"},
	{"a drop-in that is a FIFO", func(t *testing.T, root string) {
		put(t, root, odd, service)
		node(odd+".d/x.conf", syscall.S_IFIFO|0o644, 0)(t, root)
	}, "", "loaded", "drop-in cannot be read"},

	{"a program that is a FIFO", program(node("usr/bin/odd", syscall.S_IFIFO|0o755, 0)), "", "loaded", ""},
	{"a program that is a folder", program(func(t *testing.T, root string) { put(t, root, "usr/bin/odd/x", "") }), "", "loaded", ""},
	{"a program that is a link loop", program(func(t *testing.T, root string) { symlink(t, root, "usr/bin/odd", "odd") }), "", "loaded", ""},
	{"a program of 2 GiB of nothing", program(sparse("usr/bin/odd", 2<<30)), "", "loaded", ""},
	{"a program that begins like ELF", program(func(t *testing.T, root string) {
		put(t, root, "usr/bin/odd", "\x7fELF\x02\x01\x01"+strings.Repeat("\xff", 200))
	}), "", "loaded", ""},
	{"a script that is its own interpreter", program(func(t *testing.T, root string) { put(t, root, "usr/bin/odd", "#!/usr/bin/odd\n") }), "", "loaded", ""},
}

// program plants a unit whose command is odd.
func program(plant func(*testing.T, string)) func(*testing.T, string) {
	return func(t *testing.T, root string) {
		put(t, root, odd, strings.ReplaceAll(service, "/usr/bin/true", "/usr/bin/odd"))
		plant(t, root)
	}
}

// plain makes an image with one good unit.
func plain(t *testing.T) string {
	root := t.TempDir()
	put(t, root, unitDir+"/good.service", service)
	require.NoError(t, os.MkdirAll(filepath.Join(root, "opt"), 0o755))
	return root
}

// TestHostile: each oddity is a diagnostic, ends in time, changes nothing in the
// image, and does not touch the other units.
func TestHostile(t *testing.T) {
	for _, c := range hostiles {
		t.Run(c.summary, func(t *testing.T) {
			root := plain(t)
			c.plant(t, root)
			before := snapshot(t, root)
			r, _ := scanned(t, root, "--evidence")
			assert.Equal(t, before, snapshot(t, root), "the image was changed")

			good, found := r.Find("good.service")
			require.True(t, found)
			assert.Equal(t, report.Level(96), good.Exposure)
			diagnostics := r.Diagnostics
			u, found := r.Find("odd.service")
			if assert.Equal(t, c.state != "", found, "listed") && found {
				assert.Equal(t, c.state, u.LoadState)
				diagnostics = append(diagnostics, u.Diagnostics...)
			}
			assert.True(t, c.says == "" || mentions(diagnostics, c.says), "%v does not say %q", diagnostics, c.says)
			for _, verb := range [][]string{{"scan", root}, {"check", root, "--all", "--threshold", "10.0"}, {"scan", root, "odd.service"}} {
				assert.Equal(t, 0, call(t, append(verb, "--arch", "x86-64", "--systemd-version", "257")...).code, "%q", verb)
			}
		})
	}
}

func mentions(diagnostics []report.Diagnostic, text string) bool {
	for _, d := range diagnostics {
		if strings.Contains(d.Message, text) {
			return true
		}
	}
	return false
}

// TestNothingOutside: links, of every kind, that lead out of the image find what
// is at that place inside it, and never the host's file.
func TestNothingOutside(t *testing.T) {
	outside := t.TempDir()
	put(t, outside, "secret.service", "[Service]\nExecStart=/bin/"+secret+"\nEnvironment="+secret+"\n")
	put(t, outside, "d/secret.conf", "[Service]\nEnvironment="+secret+"\n")
	put(t, outside, "program", "#!/bin/"+secret+"\n")
	up := strings.Repeat("../", 40)
	for summary, plant := range map[string]func(t *testing.T, root string){
		"an absolute link": func(t *testing.T, root string) { symlink(t, root, odd, outside+"/secret.service") },
		"a relative link":  func(t *testing.T, root string) { symlink(t, root, odd, up+outside+"/secret.service") },
		"a folder that is a link": func(t *testing.T, root string) {
			put(t, root, odd, service)
			symlink(t, root, odd+".d", outside+"/d")
		},
		"a drop-in that is a link": func(t *testing.T, root string) {
			put(t, root, odd, service)
			symlink(t, root, odd+".d/x.conf", up+outside+"/d/secret.conf")
		},
		"a unit directory that is a link": func(t *testing.T, root string) {
			put(t, root, odd, service)
			symlink(t, root, "etc/systemd/system", outside)
		},
		"a component that is a link": func(t *testing.T, root string) {
			put(t, root, odd, service)
			symlink(t, root, "etc", up+filepath.Dir(outside))
		},
		"a program that is a link": func(t *testing.T, root string) {
			put(t, root, odd, service)
			symlink(t, root, "usr/bin/true", outside+"/program")
		},
		"other files that are links": func(t *testing.T, root string) {
			put(t, root, odd, service)
			for _, name := range []string{"etc/machine-id", "etc/ld.so.cache", "etc/nsswitch.conf", "var/lib/dpkg/status", "etc/rc.local", "usr/share/dbus-1/system-services"} {
				symlink(t, root, name, outside+"/secret.service")
			}
		},
	} {
		t.Run(summary, func(t *testing.T) {
			root := plain(t)
			plant(t, root)
			for _, args := range [][]string{{"--format", "json"}, {"odd.service"}, {}} {
				r := call(t, append([]string{"scan", root, "--all", "--evidence", "--arch", "x86-64", "--systemd-version", "257"}, args...)...)
				assert.Equal(t, 0, r.code, r.stderr)
				shown := strings.ReplaceAll(r.stdout+r.stderr, outside, "")
				assert.NotContains(t, shown, secret)
				assert.NotContains(t, shown, "secret.conf")
			}
		})
	}
}

// TestTerminalIsSafe: what the image calls itself cannot steer a terminal.
func TestTerminalIsSafe(t *testing.T) {
	root := plain(t)
	for _, name := range []string{"a\x1b[31mb.service", "a\nb.service", "a\rb.service", "\u202eecivres.service"} {
		put(t, root, unitDir+"/"+name, service)
		put(t, root, unitDir+"/good.service.d/"+name+".conf", "[Service]\nK\x1b[2J=1\n[X\x1b[2J]\n")
	}
	put(t, root, unitDir+"/esc.service", "[Service]\nExecStart=/usr/bin/\x1b]0;x\x07true\nUser=\x1b[2Ja:b\n")
	for _, args := range [][]string{{"scan", root, "--all"}, {"scan", root, "good.service", "esc.service", "a\x1b[31mb.service"}, {"check", root, "--all", "--threshold", "1.0"}, {"check", root, "--all", "--format", "qa"}} {
		r := call(t, append(args, "--arch", "x86-64", "--systemd-version", "257")...)
		assert.NotContains(t, r.stdout+r.stderr, "\x1b", "%q", args)
		assert.NotContains(t, r.stdout+r.stderr, "\u202e", "%q", args)
		assert.NotContains(t, r.stdout+r.stderr, "\r", "%q", args)
	}
	r, text := scanned(t, root)
	assert.Len(t, r.Units, 2, "names that no unit has are no units")
	assert.NotContains(t, text, "\x1b", "JSON escapes control characters")
}

// TestManyDropIns: a limit, with a name, is said and kept.
func TestManyDropIns(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 100,000 files")
	}
	root := plain(t)
	many(t, root, unitDir+"/good.service.d/%06d.conf", 100_000)
	start := time.Now()
	r, _ := scanned(t, root)
	t.Logf("scanned in %s", time.Since(start))
	u, found := r.Find("good.service")
	require.True(t, found)
	assert.True(t, mentions(u.Diagnostics, "100000 drop-ins: only the first"), "%v", u.Diagnostics)
}

// TestManyUnits: more unit files than the limit make no report, and say why.
func TestManyUnits(t *testing.T) {
	if testing.Short() {
		t.Skip("makes 50,001 files")
	}
	root := plain(t)
	many(t, root, unitDir+"/u%d.service", 50_001)
	r := call(t, "scan", root, "--arch", "x86-64", "--systemd-version", "257")
	assert.Equal(t, exitFailure, r.code)
	assert.Contains(t, r.stderr, "more than 50000 unit files")
}

// many makes n empty files; names of one file are made quicker than files, and a
// file can have 65,000 of them.
func many(t *testing.T, root, pattern string, n int) {
	require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, pattern)), 0o755))
	for i := range n {
		empty := fmt.Sprintf("empty%d", i/60_000)
		if i%60_000 == 0 {
			put(t, root, empty, "")
		}
		require.NoError(t, os.Link(filepath.Join(root, empty), filepath.Join(root, fmt.Sprintf(pattern, i))))
	}
}

// TestReadOnlyImage: a tree that nobody may write to is scanned all the same, and
// files that cannot be read are diagnostics.
func TestReadOnlyImage(t *testing.T) {
	root := plain(t)
	put(t, root, odd, service)
	put(t, root, unitDir+"/good.service.d/x.conf", service)
	unreadable := []string{odd, unitDir + "/good.service.d/x.conf"}
	for _, name := range unreadable {
		require.NoError(t, os.Chmod(filepath.Join(root, name), 0))
	}
	var folders []string
	require.NoError(t, filepath.WalkDir(root, func(file string, e os.DirEntry, err error) error {
		if e.IsDir() {
			folders = append(folders, file)
		}
		return err
	}))
	for _, folder := range folders {
		require.NoError(t, os.Chmod(folder, 0o555))
		t.Cleanup(func() { require.NoError(t, os.Chmod(folder, 0o755)) })
	}
	before := snapshot(t, root)
	r, _ := scanned(t, root, "--evidence")
	assert.Equal(t, before, snapshot(t, root))
	if os.Geteuid() == 0 {
		t.Log("root can read everything: the diagnostics of unreadable files are not compared")
		return
	}
	u, _ := r.Find("odd.service")
	require.NotNil(t, u)
	assert.Equal(t, "error", u.LoadState)
	assert.True(t, mentions(u.Diagnostics, "permission denied"), "%v", u.Diagnostics)
	u, _ = r.Find("good.service")
	require.NotNil(t, u)
	assert.Equal(t, "loaded", u.LoadState)
	assert.True(t, mentions(u.Diagnostics, "permission denied"), "%v", u.Diagnostics)
}
