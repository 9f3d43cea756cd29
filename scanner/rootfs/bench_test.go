// SPDX-License-Identifier: MIT

package rootfs_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

const units = 700

// manyUnits is an image with merged /usr, and its units' directory listed.
func manyUnits(b *testing.B) *rootfs.FS {
	b.Helper()
	lines := []string{"lib -> usr/lib", "usr/bin/daemon="}
	for i := range units {
		lines = append(lines, fmt.Sprintf("usr/lib/systemd/system/u%d.service=[Service]\nExecStart=/usr/bin/daemon\n", i))
	}
	image := open(b, lines...)
	_, err := image.ReadDir("/lib/systemd/system")
	require.NoError(b, err)
	return image
}

func BenchmarkResolve(b *testing.B) {
	image := manyUnits(b)
	for _, test := range []struct{ summary, name string }{
		{"listed", "/lib/systemd/system/u7.service"},
		{"not listed", "/usr/bin/daemon"},
		{"missing", "/lib/systemd/system/u7.service.d/x.conf"},
		{"missing directory", "/etc/systemd/system/u7.service"},
	} {
		b.Run(test.summary, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				_, _ = image.Resolve(test.name)
			}
		})
	}
}

func BenchmarkReadFile(b *testing.B) {
	image := manyUnits(b)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if _, err := image.ReadFile(fmt.Sprintf("/lib/systemd/system/u%d.service", i%units)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadDir reads the directory from disk every time.
func BenchmarkReadDir(b *testing.B) {
	root := tree(b)
	for i := range units {
		require.NoError(b, plant(root, fmt.Sprintf("u%d.service=", i)))
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		image, err := rootfs.New(root)
		require.NoError(b, err)
		_, err = image.ReadDir("/")
		require.NoError(b, err)
	}
}
