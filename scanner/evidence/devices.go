// SPDX-License-Identifier: MIT

package evidence

import "strings"

// pathsBehind are functions by which a program gets or uses paths that stand in no file:
// the nodes and the attributes of devices that libraries find, serial lines, whose speed
// is set, and names for temporary files (libudev(3), sd-device(3), termios(3), tmpnam(3)).
var pathsBehind = byFunction([]struct{ functions, path string }{
	{"udev_device_get_devnode udev_device_get_devlinks_list_entry sd_device_get_devname g_udev_device_get_device_file g_udev_device_get_device_file_symlinks", "/dev/*"},
	{"cfsetispeed cfsetospeed cfsetspeed", "/dev/tty*"},
	{"udev_device_set_sysattr_value sd_device_set_sysattr_value sd_device_set_sysattr_valuef", "/sys/*"},
	{"tmpnam tmpnam_r tempnam", "/tmp"},
})

// byFunction is the table by the names of the functions.
func byFunction(rows []struct{ functions, path string }) map[string]string {
	table := map[string]string{}
	for _, row := range rows {
		for _, name := range strings.Fields(row.functions) {
			table[name] = row.path
		}
	}
	return table
}

// lineEditors set up the terminal that a program was started in.
var lineEditors = []string{"libedit.so.", "libreadline.so."}

// throughLibraries notes the paths that a module gets by such functions.
func (c *collector) throughLibraries(m *loaded) {
	if hasOptionalPaths(m) || hasPrefix(lineEditors, m.file.SONAME) {
		return
	}
	for _, id := range m.reached.Imports {
		name := m.file.Imports[id].Name
		if file, ok := pathsBehind[name]; ok {
			c.path(file, place{where: m.path, why: []string{name}})
		}
	}
}
