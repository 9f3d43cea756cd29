// SPDX-License-Identifier: MIT

package platform

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

func TestSystemdVersion(t *testing.T) {
	const status = "Package: other\nVersion: 1\n\nPackage: systemd\nStatus: install ok installed\nVersion: 1:257.13-1\n\n"
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, test := range []struct {
		summary       string
		image         fstest.MapFS
		version, from string
	}{
		{"by the library", fstest.MapFS{"usr/lib/systemd/libsystemd-shared-255.13.so": file("")}, "255.13", "/usr/lib/systemd/libsystemd-shared-255.13.so"},
		{"the newest library", fstest.MapFS{"lib/systemd/libsystemd-shared-252.so": file(""), "lib/systemd/libsystemd-shared-255.so": file("")}, "255", "/lib/systemd/libsystemd-shared-255.so"},
		{"the point release by the package", fstest.MapFS{"usr/lib/x/systemd/libsystemd-shared-257.so": file(""), "var/lib/dpkg/status": file(status)}, "257.13-1", "/var/lib/dpkg/status"},
		{"a package of another release", fstest.MapFS{"usr/lib/systemd/libsystemd-shared-25.so": file(""), "var/lib/dpkg/status": file(status)}, "25", "/usr/lib/systemd/libsystemd-shared-25.so"},
		{"by the package alone", fstest.MapFS{"var/lib/opkg/status": file(status)}, "257.13-1", "/var/lib/opkg/status"},
		{"nothing", fstest.MapFS{"var/lib/opkg/status": file("Package: systemd-x\nVersion: 3\n")}, "", ""},
	} {
		t.Run(test.summary, func(t *testing.T) {
			version, from, err := SystemdVersion(test.image)
			assert.Equal(t, test.version, version)
			assert.Equal(t, test.from, from)
			if test.version == "" {
				assert.ErrorIs(t, err, ErrUnknown)
			}
		})
	}
}
