// SPDX-License-Identifier: MIT

package rootfs_test

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

func TestResolve(t *testing.T) {
	merged := []string{
		"usr/lib/systemd/system/a.service=a", "usr/bin/sh=", "lib -> usr/lib", "bin -> usr/bin", "sbin -> bin",
		"etc/systemd/system/alias.service -> /lib/systemd/system/a.service",
	}
	split := []string{"lib/systemd/system/a.service=a", "usr/lib/systemd/system/b.service=b", "bin/sh="}
	links := []string{
		"a/b/file=", "abs -> /a/b", "rel -> a/b", "a/up -> ../a/b/file", "root -> /", "a/root -> ../../..",
		"out -> ../../../a", "a/out -> /../../etc", "etc/passwd=", "self -> self", "x -> y", "y -> x",
		"in -> in/x", "dangling -> /no/where", "a/slashes -> //a//b///", "dot -> ./a/./b/.",
		"to-file -> /a/b/file", "file-below -> /a/b/file/x", "fifo|", "socket@", "to-fifo -> fifo",
		"od\nd/fi\x1b[31mle=", "od\nd/\xff\xfe -> /od\nd/fi\x1b[31mle",
	}
	chain := chainOfLinks(41)
	tests := []struct {
		summary string
		tree    []string
		name    string
		path    string // "" when it fails
		err     error
		parent  string // of ResolveParent, where that differs from path
	}{
		{summary: "root", tree: merged, name: "/", path: "/"},
		{summary: "root without slash", tree: merged, name: ".", path: "/"},
		{summary: "no leading slash", tree: merged, name: "usr/bin/sh", path: "/usr/bin/sh"},
		{summary: "merged usr", tree: merged, name: "/lib/systemd/system/a.service", path: "/usr/lib/systemd/system/a.service"},
		{summary: "two links after another", tree: merged, name: "/sbin/sh", path: "/usr/bin/sh"},
		{summary: "unit linked from etc", tree: merged, name: "/etc/systemd/system/alias.service",
			path: "/usr/lib/systemd/system/a.service", parent: "/etc/systemd/system/alias.service"},
		{summary: "split usr, lib", tree: split, name: "/lib/systemd/system/a.service", path: "/lib/systemd/system/a.service"},
		{summary: "split usr, usr/lib", tree: split, name: "/usr/lib/systemd/system/a.service", err: fs.ErrNotExist, parent: "-"},

		{summary: "absolute link", tree: links, name: "/abs", path: "/a/b", parent: "/abs"},
		{summary: "absolute link in the middle", tree: links, name: "/abs/file", path: "/a/b/file"},
		{summary: "relative link", tree: links, name: "/rel/file", path: "/a/b/file"},
		{summary: "relative link upwards", tree: links, name: "/a/up", path: "/a/b/file", parent: "/a/up"},
		{summary: "link with many slashes", tree: links, name: "/a/slashes/file", path: "/a/b/file"},
		{summary: "link with dots", tree: links, name: "/dot/./file", path: "/a/b/file"},
		{summary: "dot dot", tree: links, name: "/a/b/../b/file", path: "/a/b/file"},
		{summary: "dot dot after a link goes up where the link leads", tree: links, name: "/abs/../b", path: "/a/b"},
		{summary: "dot dot at the root", tree: links, name: "/../../a", path: "/a"},
		{summary: "dot dot last", tree: links, name: "/a/b/..", path: "/a"},
		{summary: "dot dot below what does not exist", tree: links, name: "/missing/../a", err: fs.ErrNotExist, parent: "-"},
		{summary: "slash after a directory", tree: links, name: "/abs/", path: "/a/b"},
		{summary: "slash after a file", tree: links, name: "/a/b/file/", err: fs.ErrNotExist, parent: "-"},
		{summary: "link to the root", tree: links, name: "/root/root/a/root/a", path: "/a"},
		{summary: "link above the root", tree: links, name: "/out/b", path: "/a/b"},
		{summary: "absolute link above the root", tree: links, name: "/a/out/passwd", path: "/etc/passwd"},

		{summary: "link to itself", tree: links, name: "/self", err: rootfs.ErrLoop, parent: "/self"},
		{summary: "link to itself in the middle", tree: links, name: "/self/x", err: rootfs.ErrLoop, parent: "-"},
		{summary: "two links in a circle", tree: links, name: "/x", err: rootfs.ErrLoop, parent: "/x"},
		{summary: "link below itself", tree: links, name: "/in", err: rootfs.ErrLoop, parent: "/in"},
		{summary: "dangling link", tree: links, name: "/dangling", err: fs.ErrNotExist, parent: "/dangling"},
		{summary: "file as directory", tree: links, name: "/to-file/x", err: fs.ErrNotExist, parent: "-"},
		{summary: "link below a file", tree: links, name: "/file-below", err: fs.ErrNotExist, parent: "/file-below"},
		{summary: "missing", tree: links, name: "/missing", err: fs.ErrNotExist, parent: "-"},
		{summary: "empty path", tree: links, name: "", err: fs.ErrNotExist, parent: "-"},
		{summary: "NUL in the path", tree: links, name: "/a\x00b", err: fs.ErrInvalid, parent: "-"},
		{summary: "name that no file can have", tree: links, name: "/" + strings.Repeat("n", 256), err: fs.ErrNotExist, parent: "-"},
		{summary: "path that no call takes", tree: links, name: strings.Repeat("/a/..", 1000), err: rootfs.ErrTooLarge, parent: "-"},

		{summary: "FIFO", tree: links, name: "/fifo", path: "/fifo"},
		{summary: "link to a FIFO", tree: links, name: "/to-fifo", path: "/fifo", parent: "/to-fifo"},
		{summary: "socket", tree: links, name: "/socket", path: "/socket"},
		{summary: "newline, escape sequence and bytes that are no text", tree: links, name: "/od\nd/\xff\xfe",
			path: "/od\nd/fi\x1b[31mle", parent: "/od\nd/\xff\xfe"},

		{summary: "40 links", tree: chain, name: "/l39", path: "/end", parent: "/l39"},
		{summary: "41 links", tree: chain, name: "/l40", err: rootfs.ErrLoop, parent: "/l40"},
		{summary: "40 links to a directory, and one in it", tree: append(chain, "end/l -> ."), name: "/l39/l",
			err: rootfs.ErrLoop, parent: "/end/l"},
	}
	for _, test := range tests {
		t.Run(test.summary, func(t *testing.T) {
			for _, listed := range []bool{false, true} {
				image := open(t, test.tree...)
				if listed {
					listAll(t, image)
				}
				assertPath(t, test.path, test.err, image.Resolve, test.name)
				switch test.parent {
				case "-":
					assertPath(t, "", test.err, image.ResolveParent, test.name)
				case "":
					assertPath(t, test.path, nil, image.ResolveParent, test.name)
				default:
					assertPath(t, test.parent, nil, image.ResolveParent, test.name)
				}
			}
		})
	}
}

func assertPath(t *testing.T, want string, wantErr error, resolve func(string) (string, error), name string) {
	t.Helper()
	for range 2 { // the second time from memory
		path, err := resolve(name)
		assert.ErrorIs(t, err, wantErr)
		assert.Equal(t, want, path)
	}
}

// listAll lists every directory of an image.
func listAll(t *testing.T, image *rootfs.FS) {
	require.NoError(t, fs.WalkDir(image, ".", func(_ string, _ fs.DirEntry, err error) error { return err }))
}

// chainOfLinks is l0 -> /end, l1 -> l0 and so on.
func chainOfLinks(n int) []string {
	lines := []string{"end/", "l0 -> /end"}
	for i := 1; i < n; i++ {
		lines = append(lines, fmt.Sprintf("l%d -> l%d", i, i-1))
	}
	return lines
}

// A chain of links counts the same, whatever part of it is known already.
func TestLinksAreCountedFromMemoryToo(t *testing.T) {
	image := open(t, append(chainOfLinks(41), "end/file=")...)
	for _, known := range []string{"/l10/file", "/l39/file", "/l0/file"} {
		path, err := image.Resolve(known)
		require.NoError(t, err)
		require.Equal(t, "/end/file", path)
	}
	_, err := image.Resolve("/l40/file")
	require.ErrorIs(t, err, rootfs.ErrLoop)
}

// Two links per level, each holding the level below twice, would be 2^40 steps
// for a walk that does not count.
func TestLinksThatDoubleEnd(t *testing.T) {
	lines := []string{"d/", "d0 -> d"}
	for i := 1; i < 40; i++ {
		lines = append(lines, fmt.Sprintf("d%d -> d%d/../d%d", i, i-1, i-1))
	}
	_, err := open(t, lines...).Resolve("/d39")
	require.ErrorIs(t, err, rootfs.ErrLoop)
}

func TestDepth(t *testing.T) {
	deep := strings.Repeat("/d", rootfs.MaxPathDepth)
	image := open(t, deep[1:]+"/file=", deep[1:]+"/d/file=")
	path, err := image.Resolve(deep + "/file")
	require.NoError(t, err)
	require.Equal(t, deep+"/file", path)
	_, err = image.Resolve(deep + "/d/file")
	require.ErrorIs(t, err, rootfs.ErrTooLarge)
}

func TestUnreadableDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read every directory")
	}
	root := tree(t, "closed/file=")
	require.NoError(t, os.Chmod(root+"/closed", 0))
	t.Cleanup(func() { _ = os.Chmod(root+"/closed", 0o755) })
	image, err := rootfs.New(root)
	require.NoError(t, err)
	_, err = image.Resolve("/closed/file")
	require.ErrorIs(t, err, fs.ErrPermission)
	_, err = image.ReadDir("/closed")
	require.ErrorIs(t, err, fs.ErrPermission)
}
