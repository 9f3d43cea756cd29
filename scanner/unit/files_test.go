// SPDX-License-Identifier: MIT

package unit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

const (
	vendor = "/usr/lib/systemd/system/"
	etc    = "/etc/systemd/system/"

	static = "[Service]\nExecStart=/bin/true\n"
	wanted = static + "[Install]\nWantedBy=multi-user.target\n"
)

// files are those of an image by path: their text, or "-> TARGET" for a link, or
// "*" before the text of an executable one.
type files map[string]string

// write makes the image below a new folder and returns that folder.
func (f files) write(t testing.TB) string {
	root := t.TempDir()
	for name, text := range f {
		file := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		if target, link := strings.CutPrefix(text, "-> "); link {
			require.NoError(t, os.Symlink(target, file))
			continue
		}
		text, executable := strings.CutPrefix(text, "*")
		mode := os.FileMode(0o644)
		if executable {
			mode = 0o755
		}
		require.NoError(t, os.WriteFile(file, []byte(text), mode))
	}
	return root
}

// open opens the image's units for a version like "257" or "250.14".
func (f files) open(t testing.TB, version string) *unit.Tree {
	return openTree(t, f.write(t), version)
}

func openTree(t testing.TB, root, version string) *unit.Tree {
	v, err := unit.ParseVersion(version)
	require.NoError(t, err)
	image, err := rootfs.New(root)
	require.NoError(t, err)
	tree, err := unit.Open(image, v)
	require.NoError(t, err)
	return tree
}
