// SPDX-License-Identifier: MIT

package scanner_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner"
	"github.com/systemd-hardening/systemd-hardening/scanner/cache"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

// elf is a program or library of the fixtures.
func elf(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../testdata/elf", name))
	require.NoError(t, err)
	return string(data)
}

// cachedImage is an image with three services, one of them a script's.
func cachedImage(t *testing.T, machine string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"usr/lib/systemd/system/basic.service":  "[Service]\nExecStart=/usr/sbin/basic -c /etc/basic.conf\n",
		"usr/lib/systemd/system/raw.service":    "[Service]\nExecStart=/usr/sbin/raw\nEnvironmentFile=/etc/default/raw\n",
		"usr/lib/systemd/system/script.service": "[Service]\nExecStart=/usr/sbin/script\n",
		"usr/sbin/basic":                        elf(t, "basic."+machine+".O2"),
		"usr/sbin/raw":                          elf(t, "raw."+machine+".O2"),
		"usr/sbin/tables":                       elf(t, "tables."+machine+".O2"),
		"usr/lib/libfixture.so":                 elf(t, "library."+machine+".so"),
		"usr/sbin/script":                       "#!/bin/sh\n/usr/sbin/tables > /run/x\n",
		"etc/basic.conf":                        "log=/var/log/basic\n",
		"etc/default/raw":                       "X=/var/lib/raw\n",
	} {
		putFile(t, root, name, text)
	}
	return root
}

func putFile(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	mode := os.FileMode(0o644)
	if filepath.Base(filepath.Dir(file)) == "sbin" {
		mode = 0o755
	}
	require.NoError(t, os.WriteFile(file, []byte(text), mode))
}

// scanJSON is the report of an image as JSON.
func scanJSON(t *testing.T, root, machine string, known *cache.Dir) string {
	t.Helper()
	image, err := rootfs.New(root)
	require.NoError(t, err)
	r, err := scanner.Scan(image, scanner.Options{All: true, Evidence: true, SystemdVersion: "257", Architecture: machine, Cache: known})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, report.WriteJSON(&b, r))
	return b.String()
}

func openCache(t *testing.T, dir string) *cache.Dir {
	t.Helper()
	d, err := cache.Open(dir)
	require.NoError(t, err)
	return d
}

// TestCacheChangesNothing: with an empty cache, a full one, one of other images, and
// one whose entries are spoiled, the report is what it is without.
func TestCacheChangesNothing(t *testing.T) {
	shared := t.TempDir()
	for _, machine := range []string{"x86-64", "arm64", "arm", "riscv64"} {
		t.Run(machine, func(t *testing.T) {
			root := cachedImage(t, machine)
			want := scanJSON(t, root, machine, nil)
			require.Contains(t, want, "/var/log/basic")
			require.Contains(t, want, `"/usr/sbin/tables"`)
			for range 3 {
				require.Equal(t, want, scanJSON(t, root, machine, openCache(t, shared)))
			}
			other := cachedImage(t, machine) // the same image elsewhere
			require.Equal(t, want, scanJSON(t, other, machine, openCache(t, shared)))
			require.NoError(t, filepath.WalkDir(shared, func(path string, e os.DirEntry, err error) error {
				if err != nil || e.IsDir() {
					return err
				}
				return os.Truncate(path, 100)
			}))
			require.Equal(t, want, scanJSON(t, root, machine, openCache(t, shared)))
		})
	}
}

// TestCacheSeesChanges: after each change the report is that of the changed image.
func TestCacheSeesChanges(t *testing.T) {
	root, dir := cachedImage(t, "x86-64"), t.TempDir()
	for _, change := range []struct {
		summary, name, text string
	}{
		{"nothing", "", ""},
		{"configuration", "etc/basic.conf", "log=/var/lib/x/y\n"},
		{"an environment file", "etc/default/raw", "X=/home/raw\n"},
		{"a script", "usr/sbin/script", "#!/bin/sh\ncat /proc/modules\n"},
		{"a shell that was missing", "bin/sh", elf(t, "basic.x86-64.static-pie")},
		{"a unit", "usr/lib/systemd/system/raw.service", "[Service]\nExecStart=/usr/sbin/tables\n"},
		{"a drop-in", "etc/systemd/system/raw.service.d/x.conf", "[Service]\nEnvironment=A=/boot/x\n"},
		{"a program", "usr/sbin/basic", elf(t, "tables.x86-64.O2")},
		{"name services", "etc/nsswitch.conf", "hosts: files winbind\n"},
		{"library folders", "etc/ld.so.conf", "/usr/local/lib\n"},
	} {
		t.Run(change.summary, func(t *testing.T) {
			before := scanJSON(t, root, "x86-64", openCache(t, dir))
			if change.name != "" {
				putFile(t, root, change.name, change.text)
			}
			want := scanJSON(t, root, "x86-64", nil)
			assert.Equal(t, want, scanJSON(t, root, "x86-64", openCache(t, dir)))
			if change.name != "" && change.name != "etc/ld.so.conf" && change.name != "etc/nsswitch.conf" {
				assert.NotEqual(t, before, want)
			}
		})
	}
}

// TestCacheIsShared: builders that use one folder at the same time get what each gets
// alone.
func TestCacheIsShared(t *testing.T) {
	dir := t.TempDir()
	want, roots := map[string]string{}, map[string]string{}
	for _, machine := range []string{"x86-64", "arm64"} {
		roots[machine] = cachedImage(t, machine)
		want[machine] = scanJSON(t, roots[machine], machine, nil)
	}
	var wg sync.WaitGroup
	for range 3 {
		for machine, root := range roots {
			wg.Add(1)
			go func() {
				defer wg.Done()
				d := openCache(t, dir)
				assert.Equal(t, want[machine], scanJSON(t, root, machine, d))
				d.Close()
			}()
		}
	}
	wg.Wait()
}

// TestCacheIsUsed: the second time nothing is analysed, which the time would tell; here
// no entry is added, and the first one of the image is what the report is made of.
func TestCacheIsUsed(t *testing.T) {
	root, dir := cachedImage(t, "x86-64"), t.TempDir()
	scanJSON(t, root, "x86-64", openCache(t, dir))
	entries := func() []string {
		list, err := filepath.Glob(filepath.Join(dir, "*", "*", "*"))
		require.NoError(t, err)
		return list
	}
	first := entries()
	require.Greater(t, len(first), 3, "one of each file, one of the image")
	scanJSON(t, root, "x86-64", openCache(t, dir))
	require.Equal(t, first, entries())
	putFile(t, root, "etc/basic.conf", "log=/srv/x\n")
	scanJSON(t, root, "x86-64", openCache(t, dir))
	require.Len(t, entries(), len(first)+1, "the files are known, the image is another one")
}
