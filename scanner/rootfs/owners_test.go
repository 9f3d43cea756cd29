// SPDX-License-Identifier: MIT

package rootfs_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

func TestOwners(t *testing.T) {
	tests := []struct {
		summary  string
		manifest string
		name     string
		owner    rootfs.Owner
		known    bool
	}{
		{"set-uid file", "755 0 0 /\n4755 0 33 /usr/bin/su\n", "/usr/bin/su", rootfs.Owner{Mode: 0o4755, GID: 33}, true},
		{"file type in the mode", "0104755 0 0 /usr/bin/su\n", "/usr/bin/su", rootfs.Owner{Mode: 0o4755}, true},
		{"the root", "755 0 0 /\n", "/", rootfs.Owner{Mode: 0o755}, true},
		{"asked without a slash", "640 0 42 /etc/shadow\n", "etc/shadow", rootfs.Owner{Mode: 0o640, GID: 42}, true},
		{"spaces in the path", "644 1 2 / a  b \n", "/ a  b ", rootfs.Owner{Mode: 0o644, UID: 1, GID: 2}, true},
		{"backslashes are themselves", `644 1 2 /a\x2db` + "\n", `/a\x2db`, rootfs.Owner{Mode: 0o644, UID: 1, GID: 2}, true},
		{"NUL ends the records", "755 0 0 /\x00600 7 8 /a\nb\x00", "/a\nb", rootfs.Owner{Mode: 0o600, UID: 7, GID: 8}, true},
		{"last record without an end", "755 0 0 /\n600 7 8 /a", "/a", rootfs.Owner{Mode: 0o600, UID: 7, GID: 8}, true},
		{"the last record for a path", "600 1 1 /a\n600 2 2 /a\n", "/a", rootfs.Owner{Mode: 0o600, UID: 2, GID: 2}, true},
		{"largest ids", "600 4294967295 4294967294 /a\n", "/a", rootfs.Owner{Mode: 0o600, UID: 1<<32 - 1, GID: 1<<32 - 2}, true},
		{"empty lines", "\n\n600 7 8 /a\n\n", "/a", rootfs.Owner{Mode: 0o600, UID: 7, GID: 8}, true},
		{"not in the manifest", "755 0 0 /\n", "/etc", rootfs.Owner{}, false},
		{"empty manifest", "", "/", rootfs.Owner{}, false},
	}
	for _, test := range tests {
		t.Run(test.summary, func(t *testing.T) {
			image := open(t)
			require.NoError(t, image.SetOwners(strings.NewReader(test.manifest)))
			owner, known := image.Owner(test.name)
			assert.Equal(t, test.known, known)
			assert.Equal(t, test.owner, owner)
		})
	}
}

func TestOwnersErrors(t *testing.T) {
	tests := []struct {
		summary  string
		manifest string
		err      string
	}{
		{"three fields", "755 0 0 /\n644 0 0\n", `ownership manifest: line 2: "644 0 0" is not MODE UID GID PATH`},
		{"mode", "0o755 0 0 /\n", `ownership manifest: line 1: mode "0o755" is not an octal number`},
		{"user name", "755 root 0 /\n", `ownership manifest: line 1: user "root" is not a number`},
		{"group name", "755 0 -1 /\n", `ownership manifest: line 1: group "-1" is not a number`},
		{"relative path", "755 0 0 /\n\n755 0 0 etc\n", `ownership manifest: line 3: path "etc" is not absolute`},
		{"id that does not fit", "755 4294967296 0 /\n", `ownership manifest: line 1: user "4294967296" is not a number`},
	}
	for _, test := range tests {
		t.Run(test.summary, func(t *testing.T) {
			image := open(t)
			require.NoError(t, image.SetOwners(strings.NewReader("600 7 8 /kept\n")))
			require.EqualError(t, image.SetOwners(strings.NewReader(test.manifest)), test.err)
			_, known := image.Owner("/kept")
			require.True(t, known)
		})
	}
}

func TestOwnersUnreadable(t *testing.T) {
	broken := errors.New("broken pipe")
	require.ErrorIs(t, open(t).SetOwners(iotest.ErrReader(broken)), broken)
}

func TestOwnerWithoutManifest(t *testing.T) {
	_, known := open(t, "file=").Owner("/file")
	require.False(t, known)
}

func FuzzSetOwners(f *testing.F) {
	f.Add("755 0 0 /\n4755 0 33 /usr/bin/su\n")
	f.Add("755 0 0 /\x00600 7 8 /a\nb\x00")
	f.Add("755 0 0")
	f.Fuzz(func(t *testing.T, manifest string) {
		image := open(t)
		err := image.SetOwners(strings.NewReader(manifest))
		if err == nil && strings.Trim(manifest, "\n\x00") != "" {
			require.Contains(t, manifest, "/")
		}
		if err != nil {
			require.Contains(t, err.Error(), "ownership manifest: line ")
		}
	})
}
