// SPDX-License-Identifier: MIT

package evidence

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// tree makes an image of files by their paths. A text "-> x" is a link; scripts and
// ELF files can be executed.
func tree(t testing.TB, files map[string]string) *Image {
	t.Helper()
	return NewImage(open(t, files), seccomp.X8664)
}

func open(t testing.TB, files map[string]string) *rootfs.FS {
	t.Helper()
	fs, err := rootfs.New(written(t, files))
	require.NoError(t, err)
	return fs
}

// written is a folder with the files; those that are programs can be run.
func written(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		mode := os.FileMode(0o644)
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			require.NoError(t, os.Symlink(target, file))
			continue
		}
		if strings.HasPrefix(text, "#!") || strings.HasPrefix(text, "\x7fELF") {
			mode = 0o755
		}
		require.NoError(t, os.WriteFile(file, []byte(text), mode))
	}
	return root
}

// service is a unit with lines of [Service].
func service(t testing.TB, lines string) *unit.Unit {
	t.Helper()
	version, err := unit.ParseVersion("257")
	require.NoError(t, err)
	const file = "/usr/lib/systemd/system/x.service"
	if !strings.Contains(lines, "ExecStart=") {
		lines += "ExecStart=/usr/bin/x\n"
	}
	assignments, _, err := unit.Parse([]byte("[Service]\n"+lines), file, "service", version)
	require.NoError(t, err)
	s, err := unit.NewRules(version).Evaluate("x.service", file, assignments)
	require.NoError(t, err)
	return &unit.Unit{Name: "x.service", Fragment: file, LoadState: unit.Loaded, Assignments: assignments, Service: s}
}
