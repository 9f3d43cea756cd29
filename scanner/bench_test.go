// SPDX-License-Identifier: MIT

package scanner_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner"
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
