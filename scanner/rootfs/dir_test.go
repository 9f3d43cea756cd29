// SPDX-License-Identifier: MIT

package rootfs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestDirectoryOfTooManyNames(t *testing.T) {
	const names = 3
	dir := t.TempDir()
	for i := range names {
		require.NoError(t, os.Symlink("x", filepath.Join(dir, fmt.Sprint(i))))
	}
	image, err := New(dir)
	require.NoError(t, err)
	for limit, want := range map[int]error{names - 1: ErrTooLarge, names: nil} {
		fd, err := image.openat("/", unix.O_DIRECTORY)
		require.NoError(t, err)
		list, err := image.readAll(fd, "/", limit)
		require.ErrorIs(t, err, want)
		require.Len(t, list, map[error]int{nil: names}[want])
		require.NoError(t, unix.Close(fd))
	}
}

// A file system may leave the types of a directory's files open.
func TestDirectoryRecordsWithoutType(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Symlink("x", filepath.Join(dir, "link")))
	image, err := New(dir)
	require.NoError(t, err)
	record := append(make([]byte, 16), 24, 0, unix.DT_UNKNOWN, 'l', 'i', 'n', 'k', 0)
	list, err := image.parse(nil, record, "/")
	require.NoError(t, err)
	require.Equal(t, []dirItem{{"link", fs.ModeSymlink}}, list)
}

// What was a regular file a moment ago and is a FIFO now is not waited for.
func TestSwappedFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, unix.Mkfifo(filepath.Join(dir, "fifo"), 0o600))
	image, err := New(dir)
	require.NoError(t, err)
	_, _, err = image.openRegular(place{path: "/fifo"})
	require.ErrorIs(t, err, ErrNotRegular)
}

func TestMemoryIsBounded(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	image, err := New(dir)
	require.NoError(t, err)
	for i := range maxRemembered + 10 {
		_, err := image.Resolve(fmt.Sprintf("/missing%d/file", i))
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	require.LessOrEqual(t, len(image.dirs), maxRemembered+1)
	at, err := image.Resolve("/./file")
	require.NoError(t, err)
	require.Equal(t, "/file", at)
}
