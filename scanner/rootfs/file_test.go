// SPDX-License-Identifier: MIT

package rootfs_test

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

// opener leaves out the methods that TestFS would hold to Open's form of names.
type opener struct{ image *rootfs.FS }

func (o opener) Open(name string) (fs.File, error)      { return o.image.Open(name) }
func (o opener) Lstat(name string) (fs.FileInfo, error) { return o.image.Lstat(name) }
func (o opener) ReadLink(name string) (string, error)   { return o.image.Readlink(name) }

func TestIsAFileSystem(t *testing.T) {
	// In Go 1.22 TestFS takes every link for one to a file.
	image := open(t, "usr/lib/a=a", "usr/lib/b=", "usr/empty/", "usr/lib/x/a -> /../usr/lib/a", "top -> usr/lib/b")
	require.NoError(t, fstest.TestFS(opener{image}, "usr/lib/a", "usr/empty", "usr/lib/x/a", "top"))

	image = open(t, "usr/lib/a=a", "usr/lib/b/c=", "lib -> usr/lib")
	below, err := fs.Sub(opener{image}, "lib")
	require.NoError(t, err)
	require.NoError(t, fstest.TestFS(below, "a", "b/c"))

	for _, name := range []string{"/top", "./top", "usr/../top", "usr/", ""} {
		_, err := image.Open(name)
		require.ErrorIs(t, err, fs.ErrInvalid, name)
	}
}

func TestReadFile(t *testing.T) {
	image := open(t, "etc/file=content", "etc/empty=", "link -> /etc/file", "etc/dir/", "etc/fifo|", "etc/socket@", "to-fifo -> etc/fifo")
	tests := []struct {
		summary string
		name    string
		content string
		err     error
	}{
		{"file", "/etc/file", "content", nil},
		{"without slash", "etc/file", "content", nil},
		{"through a link", "/link", "content", nil},
		{"empty", "/etc/empty", "", nil},
		{"directory", "/etc/dir", "", rootfs.ErrNotRegular},
		{"FIFO, which would wait for a writer", "/etc/fifo", "", rootfs.ErrNotRegular},
		{"link to a FIFO", "/to-fifo", "", rootfs.ErrNotRegular},
		{"socket", "/etc/socket", "", rootfs.ErrNotRegular},
		{"missing", "/etc/missing", "", fs.ErrNotExist},
	}
	for _, test := range tests {
		t.Run(test.summary, func(t *testing.T) {
			data, err := image.ReadFile(test.name)
			require.ErrorIs(t, err, test.err)
			assert.Equal(t, test.content, string(data))

			file, err := image.OpenFile(test.name)
			require.ErrorIs(t, err, test.err)
			if err == nil {
				assertContent(t, test.content, file)
			}
		})
	}
}

func assertContent(t *testing.T, want string, file *rootfs.File) {
	t.Helper()
	require.EqualValues(t, len(want), file.Size())
	data, err := io.ReadAll(io.NewSectionReader(file, 0, file.Size()))
	require.NoError(t, err)
	assert.Equal(t, want, string(data))
	_, err = file.ReadAt(make([]byte, 1), file.Size())
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, file.Close())
}

func TestReadFileLimit(t *testing.T) {
	image := open(t, "file=12345")
	data, err := image.ReadFileLimit("/file", 5)
	require.NoError(t, err)
	require.Equal(t, "12345", string(data))
	_, err = image.ReadFileLimit("/file", 4)
	require.ErrorIs(t, err, rootfs.ErrTooLarge)
	require.EqualError(t, err, "read /file: limit exceeded: file of more than 4 bytes")
}

func TestSparseFileOfTwoGigabytes(t *testing.T) {
	root := tree(t, "sparse=")
	require.NoError(t, os.Truncate(filepath.Join(root, "sparse"), 2<<30))
	image, err := rootfs.New(root)
	require.NoError(t, err)
	allocated := testing.AllocsPerRun(1, func() { _, err = image.ReadFile("/sparse") })
	require.ErrorIs(t, err, rootfs.ErrTooLarge)
	require.Less(t, allocated, 20.0)
	file, err := image.OpenFile("/sparse")
	require.NoError(t, err)
	defer file.Close()
	require.EqualValues(t, 2<<30, file.Size())
}

func TestDeviceIsNotOpened(t *testing.T) {
	root := tree(t, "dev/")
	if err := unix.Mknod(filepath.Join(root, "dev/null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
		t.Skip("making a device node needs privileges: ", err)
	}
	image, err := rootfs.New(root)
	require.NoError(t, err)
	_, err = image.ReadFile("/dev/null")
	require.ErrorIs(t, err, rootfs.ErrNotRegular)
	_, err = image.Open("dev/null")
	require.ErrorIs(t, err, rootfs.ErrNotRegular)
	info, err := image.Stat("/dev/null")
	require.NoError(t, err)
	require.Equal(t, fs.ModeDevice|fs.ModeCharDevice|0o666, info.Mode()|0o666)
}

func TestUnreadableFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read every file")
	}
	root := tree(t, "secret=x")
	require.NoError(t, os.Chmod(filepath.Join(root, "secret"), 0))
	image, err := rootfs.New(root)
	require.NoError(t, err)
	_, err = image.ReadFile("/secret")
	require.ErrorIs(t, err, fs.ErrPermission)
}

func TestStat(t *testing.T) {
	root := tree(t, "dir/file=four", "link -> dir/file", "dir/fifo|", "dir/socket@")
	require.NoError(t, os.Chmod(filepath.Join(root, "dir/file"), 0o755|fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky))
	image, err := rootfs.New(root)
	require.NoError(t, err)
	for _, name := range []string{"dir", "dir/file", "link", "dir/fifo", "dir/socket"} {
		want, err := os.Stat(filepath.Join(root, name))
		require.NoError(t, err)
		got, err := image.Stat("/" + name)
		require.NoError(t, err)
		assert.Equal(t, fs.FormatFileInfo(want), fs.FormatFileInfo(got))

		want, err = os.Lstat(filepath.Join(root, name))
		require.NoError(t, err)
		got, err = image.Lstat("/" + name)
		require.NoError(t, err)
		assert.Equal(t, fs.FormatFileInfo(want), fs.FormatFileInfo(got))
	}
}

func TestReadlink(t *testing.T) {
	long := strings.Repeat("/long", 100)
	image := open(t, "usr/abs -> /etc/x", "usr/rel -> ../x", "lib -> usr", "usr/long -> "+long, "usr/file=")
	for name, want := range map[string]string{
		"/usr/abs": "/etc/x", "/lib/rel": "../x", "/lib": "usr", "/lib/long": long,
	} {
		target, err := image.Readlink(name)
		require.NoError(t, err)
		assert.Equal(t, want, target)
	}
	_, err := image.Readlink("/lib/file")
	require.ErrorIs(t, err, fs.ErrInvalid)
	_, err = image.Readlink("/lib/missing")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestReadDir(t *testing.T) {
	image := open(t, "d/b=", "d/B=", "d/a b=", "d/a.d/", "d/a-=", "d/\xff=", "d/z -> nowhere", "d/é=", "d/10=", "d/9=", "d/fifo|", "link -> d", "file=")
	entries, err := image.ReadDir("/link/")
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, fs.FormatDirEntry(entry))
		info, err := entry.Info()
		require.NoError(t, err)
		assert.Equal(t, entry.Name(), info.Name())
		assert.Equal(t, entry.Type(), info.Mode().Type())
	}
	require.Equal(t, []string{
		"- 10", "- 9", "- B", "- a b", "- a-", "d a.d/", "- b", "p fifo", "L z", "- é", "- \xff",
	}, names)

	_, err = image.ReadDir("/file")
	require.ErrorIs(t, err, rootfs.ErrNotDirectory)
	_, err = image.ReadDir("/missing")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// What a caller does with a listing stays with the caller.
func TestReadDirIsACopy(t *testing.T) {
	image := open(t, "d/a=", "d/b=")
	first, err := image.ReadDir("/d")
	require.NoError(t, err)
	first[0] = nil
	second, err := image.ReadDir("/d")
	require.NoError(t, err)
	require.Equal(t, "a", second[0].Name())
}
