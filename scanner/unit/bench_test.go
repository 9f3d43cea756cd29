// SPDX-License-Identifier: MIT

package unit_test

import (
	"path/filepath"
	"testing"
)

var oracleRoot = filepath.Join(oracleDir, "rootfs")

// BenchmarkOpen reads the names in all unit directories.
func BenchmarkOpen(b *testing.B) {
	for range b.N {
		openTree(b, oracleRoot, "257")
	}
}

// BenchmarkLoad reads and merges all recorded services; each is loaded once by a tree.
func BenchmarkLoad(b *testing.B) {
	loaded := 0
	for range b.N {
		b.StopTimer()
		tree := openTree(b, oracleRoot, "257")
		names := tree.Names("service")
		b.StartTimer()
		for _, name := range names {
			tree.Load(name)
		}
		loaded += len(names)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(loaded), "ns/unit")
}
