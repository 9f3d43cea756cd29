// SPDX-License-Identifier: MIT

package pkgdata

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const recorded = "../../testdata/pkgdata/scarthgap"

func TestOwnersOfARealBuild(t *testing.T) {
	paths := []string{
		"/usr/lib/systemd/system/worker@.service",
		"/lib/systemd/system/spool.service",
		"/usr/lib/systemd/libsystemd-shared-255.so",
		"/etc/systemd/system/multi-user.target.wants/foo.service", // made by a post-install script
	}
	want := map[string][]Owner{
		paths[0]: {{"rig-template", "rig-template"}},
		paths[1]: {{"rig-runtime", "rig-runtime"}},
		paths[2]: {{"libsystemd-shared", "systemd"}},
	}
	for _, installed := range [][]string{nil, {"systemd", "rig-template", "rig-runtime", "libsystemd-shared", "not-in-pkgdata"}} {
		d, err := Open(recorded, installed...)
		require.NoError(t, err)
		owners, err := d.Owners(paths)
		require.NoError(t, err)
		assert.Equal(t, want, owners)
	}
}

func TestVersionOfARealBuild(t *testing.T) {
	d, err := Open(recorded)
	require.NoError(t, err)
	for pkg, want := range map[string]string{"systemd": "255.21", "libsystemd-shared": "255.21", "absent": "", "../runtime/systemd": "", "..": ""} {
		v, err := d.Version(pkg)
		require.NoError(t, err)
		assert.Equal(t, want, v, pkg)
	}
}

func TestOwner(t *testing.T) {
	for _, tc := range []struct {
		summary   string
		files     map[string]string
		installed []string
		path      string
		want      Owner
		ok        bool
		err       string
	}{{
		summary: "no package ships it",
		files:   map[string]string{"runtime/a": "PN: a\nFILES_INFO:a: {\"/bin/a\": 1}\n"},
		path:    "/bin/b",
	}, {
		summary: "a key without the package's name",
		files:   map[string]string{"runtime/a": "PN: r\nFILES_INFO: {\"/bin/a\": 1}\n"},
		path:    "/bin/a",
		want:    Owner{"a", "r"}, ok: true,
	}, {
		summary: "the build has split /usr, the path does not",
		files:   map[string]string{"runtime/a": "PN: r\nFILES_INFO:a: {\"/lib/systemd/system/a.service\": 1}\n"},
		path:    "/usr/lib/systemd/system/a.service",
		want:    Owner{"a", "r"}, ok: true,
	}, {
		summary: "/usr/share is not merged with anything",
		files:   map[string]string{"runtime/a": "PN: r\nFILES_INFO:a: {\"/share/a\": 1}\n"},
		path:    "/usr/share/a",
	}, {
		summary: "both forms exist: the one asked for counts",
		files: map[string]string{
			"runtime/a": "PN: a\nFILES_INFO:a: {\"/lib/x\": 1}\n",
			"runtime/b": "PN: b\nFILES_INFO:b: {\"/usr/lib/x\": 1}\n",
		},
		path: "/usr/lib/x",
		want: Owner{"b", "b"}, ok: true,
	}, {
		summary: "two packages of the build ship it, and which one is installed is not known",
		files: map[string]string{
			"runtime/a": "PN: a\nFILES_INFO:a: {\"/sbin/x\": 1}\n",
			"runtime/b": "PN: b\nFILES_INFO:b: {\"/sbin/x\": 1}\n",
		},
		path: "/sbin/x",
	}, {
		summary: "two packages of the build ship it, one is installed",
		files: map[string]string{
			"runtime/a": "PN: a\nFILES_INFO:a: {\"/sbin/x\": 1}\n",
			"runtime/b": "PN: b\nFILES_INFO:b: {\"/sbin/x\": 1}\n",
		},
		installed: []string{"b"},
		path:      "/sbin/x",
		want:      Owner{"b", "b"}, ok: true,
	}, {
		summary: "a renamed package is named as its recipe names it",
		files: map[string]string{
			"runtime/foo":             "PN: foo\nPKG:foo: libfoo1\nFILES_INFO:foo: {\"/lib/systemd/system/foo.service\": 1}\n",
			"runtime-reverse/libfoo1": "-> ../runtime/foo",
		},
		installed: []string{"libfoo1"},
		path:      "/lib/systemd/system/foo.service",
		want:      Owner{"foo", "foo"}, ok: true,
	}, {
		summary:   "a copy of pkgdata that followed its links",
		files:     map[string]string{"runtime-reverse/libfoo1": "PN: foo\nFILES_INFO:foo: {\"/bin/foo\": 1}\n"},
		installed: []string{"libfoo1"},
		path:      "/bin/foo",
		want:      Owner{"foo", "foo"}, ok: true,
	}, {
		summary: "a link that leads out of pkgdata is not followed",
		files: map[string]string{
			"elsewhere":         "PN: evil\nFILES_INFO: {\"/bin/x\": 1}\n",
			"runtime-reverse/x": "-> ../elsewhere",
			"runtime/y":         "-> ../elsewhere",
		},
		installed: []string{"x", "y"},
		path:      "/bin/x",
	}, {
		summary: "escapes: Python's around JSON's",
		files:   map[string]string{"runtime/a": `PN: a` + "\n" + `FILES_INFO:a: {"/lib/systemd/system/dev-sda\\\\x2d1.service": 1, "/\\u00e4": 2, "/\xe9": 3}` + "\n"},
		path:    `/lib/systemd/system/dev-sda\x2d1.service`,
		want:    Owner{"a", "a"}, ok: true,
	}, {
		summary: "an escape that does not exist",
		files:   map[string]string{"runtime/a": `FILES_INFO:a: {"\q": 1}`},
		path:    "/x",
		err:     `runtime/a: unknown escape: "\\q\": 1}"`,
	}, {
		summary: "JSON that ends early",
		files:   map[string]string{"runtime/a": `FILES_INFO:a: {"/x`},
		path:    "/x",
		err:     `runtime/a: FILES_INFO: a name without end: "/x"`,
	}, {
		summary: "JSON that ends early, with escapes",
		files:   map[string]string{"runtime/a": `FILES_INFO:a: {"/\\\\x`},
		path:    "/x",
		err:     `runtime/a: FILES_INFO: unexpected end of JSON input`,
	}} {
		t.Run(tc.summary, func(t *testing.T) {
			dir := tree(t, tc.files)
			d, err := Open(dir, tc.installed...)
			require.NoError(t, err)
			got, ok, err := d.Owner(tc.path)
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tc.ok, ok)
			assert.Equal(t, tc.want, got)
		})
	}
}

// tree writes files; a content "-> TARGET" is a symbolic link.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "runtime"), 0o777))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "runtime-reverse"), 0o777))
	for name, content := range files {
		file := filepath.Join(dir, name)
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			require.NoError(t, os.Symlink(target, file))
			continue
		}
		require.NoError(t, os.WriteFile(file, []byte(content), 0o666))
	}
	return dir
}

func TestOddDirectories(t *testing.T) {
	_, err := Open(t.TempDir())
	require.ErrorIs(t, err, os.ErrNotExist)

	file := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(file, "runtime"), nil, 0o666))
	_, err = Open(file)
	require.ErrorContains(t, err, "is not a directory")

	dir := tree(t, map[string]string{"runtime/loop": "-> loop"})
	require.NoError(t, os.Mkdir(filepath.Join(dir, "runtime", "folder"), 0o777))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "runtime", "fifo"), 0o666))
	for _, installed := range [][]string{nil, {"fifo", "folder", "loop"}} {
		d, err := Open(dir, installed...)
		require.NoError(t, err)
		owners, err := d.Owners([]string{"/x"})
		require.NoError(t, err)
		assert.Empty(t, owners)
	}
}

func TestFileOverTheLimitIsAnError(t *testing.T) {
	dir := tree(t, nil)
	file := filepath.Join(dir, "runtime", "large")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	require.NoError(t, os.Truncate(file, maxFile+1))
	d, err := Open(dir)
	require.NoError(t, err)
	_, err = d.Owners([]string{"/x"})
	require.ErrorContains(t, err, "runtime/large: the file is too large")
	_, err = d.Version("large")
	require.ErrorContains(t, err, "runtime/large: the file is too large")
}

func TestManifest(t *testing.T) {
	assert.Equal(t, []string{"base-files", "foo"}, Manifest("base-files qemux86_64 3.0.14\n\nfoo core2_64 1.0\n"))
	assert.Empty(t, Manifest(""))
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"rig-template", "systemd"} {
		text, err := os.ReadFile(filepath.Join(recorded, "runtime", name))
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte(`FILES_INFO:a: {"/lib/systemd/system/dev-sda\\\\x2d1.service": 1, "/\\u00e4": 2, "/\xe9": 3}`))
	want := index([]string{"/usr/lib/systemd/system/worker@.service", `/lib/systemd/system/dev-sda\x2d1.service`})
	f.Fuzz(func(t *testing.T, text []byte) {
		found, err := want.in(text, "pkg")
		for _, s := range found {
			require.Contains(t, want[string(split([]byte(s.path)))], s.path)
			require.NotContains(t, s.owner.Recipe, "\n")
		}
		if err != nil {
			require.True(t, bytes.Contains(text, []byte("FILES_INFO")))
		}
	})
}

// A build of a big image: 20,000 packages, most with a few files, some with
// thousands.
func BenchmarkOwners(b *testing.B) {
	dir := b.TempDir()
	require.NoError(b, os.Mkdir(filepath.Join(dir, "runtime"), 0o777))
	var size int64
	for i := 0; i < 20_000; i++ {
		var files []string
		for j := 0; j < 10+i%100/99*2000; j++ {
			files = append(files, fmt.Sprintf(`"/usr/lib/package%d/some/folder/file%d.so": %d`, i, j, j))
		}
		text := fmt.Sprintf("PN: p%d\nFILES_INFO:p%d: {%s}\n", i, i, strings.Join(files, ", "))
		size += int64(len(text))
		require.NoError(b, os.WriteFile(filepath.Join(dir, "runtime", fmt.Sprint("p", i)), []byte(text), 0o666))
	}
	var paths []string
	for i := 0; i < 300; i++ {
		paths = append(paths, fmt.Sprintf("/lib/package%d/some/folder/file3.so", i))
	}
	d, err := Open(dir)
	require.NoError(b, err)
	b.SetBytes(size)
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		owners, err := d.Owners(paths)
		require.NoError(b, err)
		require.Len(b, owners, 300)
	}
}
