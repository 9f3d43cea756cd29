// SPDX-License-Identifier: MIT

package rootfs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

// FuzzResolve plants a forest of links, one line per file as in tree, and
// compares every answer with that of the kernel's own resolution inside a root.
func FuzzResolve(f *testing.F) {
	f.Add("a/b=\nl -> a\nm -> /l/../l/b", "/m")
	f.Add("a/b/\na/b/up -> ../../..", "a/b/up/a/./b/")
	f.Add("x -> y\ny -> x\nz -> z/z", "/z")
	f.Add("usr/lib/f=\nlib -> usr/lib\netc/f -> /lib/f", "/etc/f/")
	f.Add("a -> ../../../../../../../../etc/passwd\nb -> /proc/self/root", "/a")
	f.Add(strings.Join(chainOfLinks(45), "\n"), "/l40/x")
	f.Add("d/d/=\nd/e -> d/..\nd/d/f -> ../e/e/e/d", "d/d/f/f/f")
	f.Fuzz(func(t *testing.T, forest, name string) {
		root := t.TempDir()
		for _, line := range strings.SplitN(forest, "\n", 64) {
			_ = plant(root, line) // what cannot be made is not there
		}
		for _, follow := range []bool{true, false} {
			compareWithKernel(t, root, name, follow)
		}
	})
}

func compareWithKernel(t *testing.T, root, name string, follow bool) {
	image, err := rootfs.New(root)
	require.NoError(t, err)
	resolve := image.Resolve
	if !follow {
		resolve = image.ResolveParent
	}
	fresh, freshErr := resolve(name)
	require.True(t, (freshErr == nil) == strings.HasPrefix(fresh, "/"), "error XOR path: %q, %v", fresh, freshErr)
	_ = fs.WalkDir(image, ".", func(string, fs.DirEntry, error) error { return nil })
	listed, listedErr := resolve(name)
	require.Equal(t, []any{fresh, freshErr}, []any{listed, listedErr}, "the same from memory")

	want, wantErr := resolveByKernel(root, name, follow)
	if errors.Is(wantErr, errors.ErrUnsupported) || errors.Is(freshErr, rootfs.ErrTooLarge) {
		return
	}
	require.Equal(t, sentinel(wantErr), sentinel(freshErr), "%q: kernel %v, we %v", name, wantErr, freshErr)
	if wantErr == nil {
		require.Equal(t, want, fresh)
	}
}

// resolveByKernel asks openat2, which Linux has since 5.6.
func resolveByKernel(root, name string, follow bool) (string, error) {
	dir, err := os.Open(root)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	if !follow {
		how.Flags |= unix.O_NOFOLLOW
	}
	fd, err := unix.Openat2(int(dir.Fd()), name, &how)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	host, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	if err != nil {
		return "", err
	}
	inside, err := filepath.Rel(root, host)
	return filepath.Join("/", inside), err
}

// sentinel says in our words what an error of either side means.
func sentinel(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ENAMETOOLONG):
		return fs.ErrNotExist
	case errors.Is(err, unix.ELOOP), errors.Is(err, rootfs.ErrLoop):
		return rootfs.ErrLoop
	case errors.Is(err, unix.EINVAL), errors.Is(err, fs.ErrInvalid):
		return fs.ErrInvalid
	}
	return err
}
