// SPDX-License-Identifier: MIT

package exposure_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// TestSource: each row names the line that decided it.
func TestSource(t *testing.T) {
	version := unit.Version{Major: 257, Point: 0}
	for _, c := range []struct {
		summary, lines string
		want           map[string]int // line by JSON name; 0 for none
	}{
		{"nothing is set", "[Service]\nExecStart=/x\n", map[string]int{"PrivateTmp": 0, "CapabilityBoundingSet_CAP_KILL": 0, "UserOrDynamicUser": 0}},
		{"the last line that counts", "[Service]\nExecStart=/x\nPrivateTmp=no\nPrivateTmp=yes\nPrivateTmp=bogus\n", map[string]int{"PrivateTmp": 4}},
		{"capabilities that are implied", "[Service]\nExecStart=/x\nPrivateDevices=yes\nProtectClock=yes\n", map[string]int{
			"CapabilityBoundingSet_CAP_MKNOD": 3, "CapabilityBoundingSet_CAP_SYS_TIME": 4, "CapabilityBoundingSet_CAP_KILL": 0, "DeviceAllow": 3}},
		{"capabilities that are set", "[Service]\nExecStart=/x\nPrivateDevices=yes\nCapabilityBoundingSet=CAP_MKNOD\n", map[string]int{
			"CapabilityBoundingSet_CAP_MKNOD": 3, "CapabilityBoundingSet_CAP_KILL": 4}},
		{"none are left to imply", "[Service]\nExecStart=/x\nPrivateDevices=yes\nCapabilityBoundingSet=\n", map[string]int{
			"CapabilityBoundingSet_CAP_MKNOD": 4, "CapabilityBoundingSet_CAP_KILL": 4}},
		{"one of two settings", "[Service]\nExecStart=/x\nDynamicUser=yes\nRootImage=/y\nDevicePolicy=closed\n", map[string]int{
			"UserOrDynamicUser": 3, "RootDirectoryOrRootImage": 4, "ProtectSystem": 3, "NoNewPrivileges": 3}},
		{"a policy for devices", "[Service]\nExecStart=/x\nDevicePolicy=closed\n", map[string]int{"DeviceAllow": 3}},
	} {
		assignments, _, err := unit.Parse([]byte(c.lines), "/a.service", "service", version)
		require.NoError(t, err)
		s, err := unit.NewRules(version).Evaluate("a.service", "/a.service", assignments)
		require.NoError(t, err)
		for _, row := range exposure.Assess(&exposure.Target{Version: version, Arch: seccomp.X8664}, s).Rows {
			if want, listed := c.want[row.JSONField]; listed {
				src, ok := row.Source(s)
				assert.Equal(t, want, src.Line, "%s: %s", c.summary, row.JSONField)
				assert.Equal(t, want != 0, ok, "%s: %s", c.summary, row.JSONField)
			}
		}
	}
}
