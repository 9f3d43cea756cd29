// SPDX-License-Identifier: MIT

package platform

import (
	"io/fs"
	"strings"
)

// sysctlFiles are what systemd-sysctl applies at boot (sysctl.d(5)), and the file
// that sysctl(8) does.
var sysctlFiles = []string{"etc/sysctl.d/*.conf", "run/sysctl.d/*.conf", "usr/local/lib/sysctl.d/*.conf", "usr/lib/sysctl.d/*.conf", "lib/sysctl.d/*.conf", "etc/sysctl.conf"}

// UsersForbidden returns a file of the image that sets the number of user name
// spaces to 0, or nothing. Whether another file overrides it is not looked at.
func UsersForbidden(image fs.FS) string {
	for _, pattern := range sysctlFiles {
		names, _ := fs.Glob(image, pattern)
		for _, name := range names {
			data, err := fs.ReadFile(image, name)
			if err == nil && setsZero(string(data), "user.max_user_namespaces") {
				return "/" + name
			}
		}
	}
	return ""
}

// setsZero tells whether a line gives the variable the value 0; a name may have
// slashes for dots, and a dash before it.
func setsZero(text, variable string) bool {
	for _, line := range strings.Split(text, "\n") {
		name, value, ok := strings.Cut(line, "=")
		name = strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(name), "-"), "/", ".")
		if ok && name == variable && strings.TrimSpace(value) == "0" {
			return true
		}
	}
	return false
}
