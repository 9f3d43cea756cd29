// SPDX-License-Identifier: MIT

package rootfs_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

// tree makes a directory from one line per file: "dir/", "file=content",
// "link -> target", "fifo|" and "socket@". Directories above come by themselves.
func tree(t testing.TB, lines ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, line := range lines {
		require.NoError(t, plant(root, line), "%q", line)
	}
	return root
}

func plant(root, line string) error {
	name, rest, isLink := strings.Cut(line, " -> ")
	content, isFile := "", false
	if !isLink {
		name, content, isFile = strings.Cut(line, "=")
	}
	at, err := clearWay(root, strings.TrimRight(name, "/|@"))
	if err != nil {
		return err
	}
	switch {
	case isLink:
		return os.Symlink(rest, at)
	case isFile:
		return os.WriteFile(at, []byte(content), 0o644)
	case strings.HasSuffix(name, "/"):
		return os.MkdirAll(at, 0o755)
	case strings.HasSuffix(name, "|"):
		return unix.Mkfifo(at, 0o644)
	case strings.HasSuffix(name, "@"):
		return bindSocket(at)
	}
	return errors.New("what kind of file is that?")
}

// clearWay makes the directories above name, and none outside the root: a link
// on the way is refused, because the host would follow it.
func clearWay(root, name string) (string, error) {
	if !filepath.IsLocal(name) {
		return "", errors.New("not a path below the root")
	}
	at := root
	for _, component := range strings.Split(filepath.Dir(name), "/") {
		at = filepath.Join(at, component)
		if info, err := os.Lstat(at); err == nil && !info.IsDir() {
			return "", errors.New("not a directory")
		}
		if err := os.MkdirAll(at, 0o755); err != nil {
			return "", err
		}
	}
	at = filepath.Join(root, name)
	if _, err := os.Lstat(at); err == nil && at != root {
		return "", fs.ErrExist
	}
	return at, nil
}

func bindSocket(at string) error {
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: at, Net: "unix"})
	if err != nil {
		return err
	}
	listener.SetUnlinkOnClose(false)
	return listener.Close()
}

func open(t testing.TB, lines ...string) *rootfs.FS {
	t.Helper()
	image, err := rootfs.New(tree(t, lines...))
	require.NoError(t, err)
	return image
}

func TestNew(t *testing.T) {
	root := tree(t, "image/etc/passwd=root", "link -> image", "file=")
	t.Run("a link to the directory", func(t *testing.T) {
		image, err := rootfs.New(filepath.Join(root, "link"))
		require.NoError(t, err)
		data, err := image.ReadFile("/etc/passwd")
		require.NoError(t, err)
		require.Equal(t, "root", string(data))
	})
	for _, name := range []string{"file", "missing"} {
		t.Run("no directory: "+name, func(t *testing.T) {
			_, err := rootfs.New(filepath.Join(root, name))
			require.Error(t, err)
		})
	}
}

// The same questions about the same tree give the same errors wherever it lies,
// and whatever was asked before.
func TestErrorsNameImagePathsOnly(t *testing.T) {
	lines := []string{"etc/loop -> loop", "etc/fifo|", "etc/file=x", "etc/dir/", "etc/out -> ../../../nowhere"}
	short := open(t, lines...)
	long := tree(t, "a/rather/long/way/below/")
	for _, line := range lines {
		require.NoError(t, plant(filepath.Join(long, "a/rather/long/way/below"), line))
	}
	deep, err := rootfs.New(filepath.Join(long, "a/rather/long/way/below"))
	require.NoError(t, err)

	_, err = deep.ReadDir("/etc") // from now on answers come from the listing
	require.NoError(t, err)
	for _, name := range []string{
		"/etc/loop", "/etc/loop/x", "/etc/fifo", "/etc/dir", "/etc/out", "/etc/missing", "/missing/file", "/etc/file/x",
		"", "/etc/\x00", strings.Repeat("/x", 3000), "/etc/" + strings.Repeat("n", 300),
	} {
		want := everyError(short, name)
		require.NotEmpty(t, want, "%q", name)
		require.Equal(t, want, everyError(deep, name), "%q", name)
		for _, text := range want {
			require.NotContains(t, text, os.TempDir())
		}
	}
}

func everyError(image *rootfs.FS, name string) []string {
	_, open := image.Open(strings.TrimPrefix(name, "/"))
	_, openFile := image.OpenFile(name)
	_, stat := image.Stat(name)
	_, lstat := image.Lstat(name)
	_, readlink := image.Readlink(name)
	_, readDir := image.ReadDir(name)
	_, readFile := image.ReadFile(name)
	_, resolve := image.Resolve(name)
	_, parent := image.ResolveParent(name)
	var texts []string
	for _, err := range []error{open, openFile, stat, lstat, readlink, readDir, readFile, resolve, parent} {
		if err != nil {
			texts = append(texts, err.Error())
		}
	}
	return texts
}

// Nothing is written into the image, and what is asked for by many at once is
// the same for all; the race detector watches.
func TestConcurrentUse(t *testing.T) {
	image := open(t, "usr/lib/systemd/system/a.service=x", "lib -> usr/lib", "etc/systemd/system/b.service -> /lib/systemd/system/a.service")
	done := make(chan error)
	const readers = 8
	for range readers {
		go func() { done <- useAll(image) }()
	}
	for range readers {
		require.NoError(t, <-done)
	}
}

func useAll(image *rootfs.FS) error {
	for range 50 {
		data, err := image.ReadFile("/etc/systemd/system/b.service")
		if err != nil || string(data) != "x" {
			return errors.Join(err, errors.New(string(data)))
		}
		if _, err := image.ReadDir("/lib/systemd/system"); err != nil {
			return err
		}
		if _, err := image.Stat("/lib/systemd/system/missing.d/x.conf"); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
