// SPDX-License-Identifier: MIT

package rootfs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

// TestTraceHolds: whatever a reader can notice must not hold any more after a change,
// and what it did not look at does not matter.
func TestTraceHolds(t *testing.T) {
	lines := []string{"etc/conf=text", "usr/bin/prog=\x7fELF and more", "usr/lib/a.so=a", "usr/lib/b.so=b", "lib -> usr/lib", "etc/other=x", "usr/share/doc=1"}
	for _, test := range []struct {
		summary string
		read    func(t *testing.T, f *rootfs.FS)
		change  func(root string) error
		holds   bool
	}{
		{"nothing changed", readAll, nil, true},
		{"time stamps", readAll, func(root string) error {
			return os.Chtimes(filepath.Join(root, "etc/conf"), time.Unix(1, 0), time.Unix(1, 0))
		}, true},
		{"a file that was not read", readAll, write("etc/other", "y"), true},
		{"a new file in a folder that was not listed", readAll, write("usr/share/new", "y"), true},
		{"the same size", readAll, write("etc/conf", "tent"), false},
		{"the same size and time", readAll, func(root string) error {
			at := filepath.Join(root, "etc/conf")
			info, err := os.Stat(at)
			if err != nil {
				return err
			}
			if err := os.WriteFile(at, []byte("tent"), 0o644); err != nil {
				return err
			}
			return os.Chtimes(at, info.ModTime(), info.ModTime())
		}, false},
		{"the beginning of a file", readAll, write("usr/bin/prog", "\x7fELf and more"), false},
		{"what is behind the beginning that was read", readAll, write("usr/bin/prog", "\x7fELF and m0re"), true},
		{"a folder that was listed", readAll, write("usr/lib/c.so", ""), false},
		{"the opened file", readAll, write("usr/lib/a.so", "A"), false},
		{"what was missing is there", readAll, write("etc/missing", ""), false},
		{"what was there is missing", readAll, func(root string) error { return os.Remove(filepath.Join(root, "usr/lib/b.so")) }, false},
		{"another target of a link", readAll, func(root string) error {
			if err := os.Remove(filepath.Join(root, "lib")); err != nil {
				return err
			}
			return os.Symlink("usr/share", filepath.Join(root, "lib"))
		}, false},
		{"a folder instead of a link", readAll, func(root string) error {
			if err := os.Remove(filepath.Join(root, "lib")); err != nil {
				return err
			}
			if err := os.Rename(filepath.Join(root, "usr/lib"), filepath.Join(root, "lib")); err != nil {
				return err
			}
			return os.Symlink("../lib", filepath.Join(root, "usr/lib"))
		}, false},
		{"permissions", readAll, func(root string) error { return os.Chmod(filepath.Join(root, "usr/bin/prog"), 0o4755) }, false},
		{"a link out of the image instead of a folder", readAll, func(root string) error {
			if err := os.Rename(filepath.Join(root, "usr"), filepath.Join(root, "moved")); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(root, "moved"), filepath.Join(root, "usr"))
		}, false},
		{"a file that got too large for its reader", func(t *testing.T, f *rootfs.FS) {
			_, err := f.ReadFileLimit("/etc/conf", 10)
			require.NoError(t, err)
		}, write("etc/conf", "more than ten bytes"), false},
		{"a file that is no more too large", func(t *testing.T, f *rootfs.FS) {
			_, err := f.ReadFileLimit("/etc/conf", 2)
			require.ErrorIs(t, err, rootfs.ErrTooLarge)
		}, write("etc/conf", "x"), false},
		{"many names in a folder", func(t *testing.T, f *rootfs.FS) {
			for _, name := range strings.Fields("a b c d e f g h i j k l m n o p q r s t") {
				_, err := f.Stat("/usr/share/" + name)
				require.Error(t, err)
			}
		}, write("usr/share/t", ""), false},
		{"read through fs.FS", func(t *testing.T, f *rootfs.FS) {
			file, err := f.Open("etc/conf")
			require.NoError(t, err)
			require.NoError(t, file.Close())
		}, write("etc/conf", "tent"), false},
	} {
		t.Run(test.summary, func(t *testing.T) {
			root := tree(t, lines...)
			image, err := rootfs.New(root)
			require.NoError(t, err)
			readAll(t, image) // remembers what the trace must have nevertheless
			trace := image.Record()
			test.read(t, image)
			seen := trace.Observations()
			require.NotEmpty(t, seen)
			if test.change != nil {
				require.NoError(t, test.change(root))
			}
			again, err := rootfs.New(root)
			require.NoError(t, err)
			assert.Equal(t, test.holds, again.Holds(seen))
		})
	}
}

// readAll uses every method that reads.
func readAll(t *testing.T, f *rootfs.FS) {
	t.Helper()
	data, err := f.ReadFile("/etc/conf")
	require.NoError(t, err)
	require.Equal(t, "text", string(data))
	head, err := f.ReadHead("/usr/bin/prog", 4)
	require.NoError(t, err)
	require.Equal(t, "\x7fELF", string(head))
	_, err = f.Stat("/usr/bin/prog")
	require.NoError(t, err)
	_, err = f.Lstat("/etc/missing")
	require.Error(t, err)
	entries, err := f.ReadDir("/lib")
	require.NoError(t, err)
	require.Len(t, entries, 2)
	file, err := f.OpenFile("/lib/a.so")
	require.NoError(t, err)
	defer file.Close()
	assertContent(t, "a", file)
	_, err = f.Stat("/lib/b.so")
	require.NoError(t, err)
}

func write(name, content string) func(root string) error {
	return func(root string) error { return os.WriteFile(filepath.Join(root, name), []byte(content), 0o644) }
}

// TestTraceOfOwners: the manifest counts only where an owner was asked for.
func TestTraceOfOwners(t *testing.T) {
	root := tree(t, "etc/conf=text")
	observe := func(manifest string, ask bool) (*rootfs.FS, []rootfs.Observation) {
		image, err := rootfs.New(root)
		require.NoError(t, err)
		if manifest != "" {
			require.NoError(t, image.SetOwners(strings.NewReader(manifest)))
		}
		trace := image.Record()
		if ask {
			image.Owner("/etc/conf")
		}
		return image, trace.Observations()
	}
	const one, other = "100644 0 0 /etc/conf\n", "104755 0 0 /etc/conf\n"
	image, seen := observe(one, true)
	require.Len(t, seen, 1)
	assert.True(t, image.Holds(seen))
	changed, _ := observe(other, true)
	assert.False(t, changed.Holds(seen))
	without, _ := observe("", true)
	assert.False(t, without.Holds(seen))
	_, none := observe(other, false)
	assert.Empty(t, none)
}

// TestDigestIsOfWhatIsRead: a file that changes after it was opened is read as it was.
func TestDigestIsOfWhatIsRead(t *testing.T) {
	root := tree(t, "a=old")
	image, err := rootfs.New(root)
	require.NoError(t, err)
	image.Record()
	file, err := image.OpenFile("/a")
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, write("a", "new")(root))
	assertContent(t, "old", file)
	require.Len(t, file.Digest(), 32)
}

func TestReadHead(t *testing.T) {
	image := open(t, "short=ab", "dir/")
	head, err := image.ReadHead("short", 20)
	require.NoError(t, err)
	assert.Equal(t, "ab", string(head))
	_, err = image.ReadHead("dir", 20)
	assert.ErrorIs(t, err, rootfs.ErrNotRegular)
	_, err = image.ReadHead("gone", 20)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
