// SPDX-License-Identifier: MIT

package scanner_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner"
	"github.com/systemd-hardening/systemd-hardening/scanner/cache"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

// BenchmarkScan scores every service of the recorded image, from the first look at
// it to the report.
func BenchmarkScan(b *testing.B) {
	for range b.N {
		image, err := rootfs.New("../testdata/oracle/rootfs")
		require.NoError(b, err)
		r, err := scanner.Scan(image, scanner.Options{All: true, SystemdVersion: "257", Architecture: "x86-64"})
		require.NoError(b, err)
		require.Greater(b, len(r.Units), 500)
	}
}

// BenchmarkEvidence scans an image of your own with its evidence: BENCH_ROOTFS names
// its folder. "new" is without a cache, "changed" with one that has the files but not
// the image, "known" with one that has the image.
func BenchmarkEvidence(b *testing.B) {
	root := os.Getenv("BENCH_ROOTFS")
	if root == "" {
		b.Skip("BENCH_ROOTFS names no image")
	}
	scan := func(b *testing.B, known *cache.Dir, options scanner.Options) {
		image, err := rootfs.New(root)
		require.NoError(b, err)
		options.Evidence, options.Cache = true, known
		r, err := scanner.Scan(image, options)
		require.NoError(b, err)
		require.NotEmpty(b, r.Units)
	}
	known, err := cache.Open(b.TempDir())
	require.NoError(b, err)
	b.Run("new", func(b *testing.B) {
		for range b.N {
			scan(b, nil, scanner.Options{})
		}
	})
	b.Run("changed", func(b *testing.B) {
		scan(b, known, scanner.Options{})
		b.ResetTimer()
		for range b.N {
			b.StopTimer()
			changed, err := cache.Open(b.TempDir())
			require.NoError(b, err)
			scan(b, changed, scanner.Options{All: true}) // other units, and with them another image
			b.StartTimer()
			scan(b, changed, scanner.Options{})
		}
	})
	b.Run("known", func(b *testing.B) {
		scan(b, known, scanner.Options{})
		b.ResetTimer()
		for range b.N {
			scan(b, known, scanner.Options{})
		}
	})
}
