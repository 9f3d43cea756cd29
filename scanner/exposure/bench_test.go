// SPDX-License-Identifier: MIT

package exposure_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// BenchmarkAssess scores all recorded services that load.
func BenchmarkAssess(b *testing.B) {
	version := unit.Version{Major: 257, Point: 13}
	image, err := rootfs.New(filepath.Join(oracleDir, "rootfs"))
	require.NoError(b, err)
	tree, err := unit.Open(image, version)
	require.NoError(b, err)
	var services []*unit.Service
	for _, name := range tree.Names("service") {
		if u := tree.Load(name); u.Service != nil {
			services = append(services, u.Service)
		}
	}
	target := &exposure.Target{Version: version, Arch: seccomp.X8664}
	b.ResetTimer()
	for range b.N {
		for _, s := range services {
			exposure.Assess(target, s)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(services)), "ns/unit")
}
