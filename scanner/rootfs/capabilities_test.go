// SPDX-License-Identifier: MIT

package rootfs_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

// TestCapabilities: the words are those of struct vfs_cap_data, as setcap writes them.
func TestCapabilities(t *testing.T) {
	root := t.TempDir()
	for _, test := range []struct {
		summary, attribute string
		want               uint64
	}{
		{"none", "", 0},
		{"cap_net_raw=ep", "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 1 << 13},
		{"cap_net_raw=p in a user name space", "\x00\x00\x00\x03\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00", 1 << 13},
		{"cap_bpf=ep", "\x01\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00", 1 << 39},
		{"inheritable only", "\x00\x00\x00\x02\x00\x00\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 0},
	} {
		t.Run(test.summary, func(t *testing.T) {
			file := filepath.Join(root, "program")
			require.NoError(t, os.WriteFile(file, nil, 0o755)) // a write takes the attribute away
			f := openTree(t, root)
			f.Record()
			if test.attribute != "" {
				err := unix.Setxattr(file, "security.capability", []byte(test.attribute), 0)
				if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) {
					t.Skipf("cannot give a file capabilities here: %v", err)
				}
				require.NoError(t, err)
			}
			assert.Equal(t, test.want, f.Capabilities("/program"))
		})
	}
	assert.Zero(t, openTree(t, root).Capabilities("/missing"))
}

func TestTraceHoldsCapabilities(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "program")
	require.NoError(t, os.WriteFile(file, nil, 0o755))
	f := openTree(t, root)
	trace := f.Record()
	f.Capabilities("/program")
	seen := trace.Observations()
	assert.True(t, openTree(t, root).Holds(seen))
	err := unix.Setxattr(file, "security.capability", []byte("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), 0)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) {
		t.Skipf("cannot give a file capabilities here: %v", err)
	}
	require.NoError(t, err)
	assert.False(t, openTree(t, root).Holds(seen))
}

func openTree(t *testing.T, root string) *rootfs.FS {
	f, err := rootfs.New(root)
	require.NoError(t, err)
	return f
}
