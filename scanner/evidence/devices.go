// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"
)

// pathsBehind are functions by which a program gets or uses paths that stand in no file:
// the nodes and the attributes of devices that libraries find, serial lines, whose speed
// is set, and names for temporary files (libudev(3), sd-device(3), termios(3), tmpnam(3)).
var pathsBehind = []struct{ functions, path string }{
	{"udev_device_get_devnode udev_device_get_devlinks_list_entry sd_device_get_devname g_udev_device_get_device_file g_udev_device_get_device_file_symlinks", "/dev/*"},
	{"cfsetispeed cfsetospeed cfsetspeed", "/dev/tty*"},
	{"udev_device_set_sysattr_value sd_device_set_sysattr_value sd_device_set_sysattr_valuef", "/sys/*"},
	{"tmpnam tmpnam_r tempnam", "/tmp"},
}

// throughLibraries notes the paths that a module gets by such functions.
func (c *collector) throughLibraries(m *loaded) {
	if hasOptionalPaths(m) {
		return
	}
	for _, id := range m.reached.Imports {
		for _, k := range pathsBehind {
			if slices.Contains(strings.Fields(k.functions), m.file.Imports[id].Name) {
				c.path(k.path, place{where: m.path, why: []string{m.file.Imports[id].Name}})
			}
		}
	}
}
