// SPDX-License-Identifier: MIT

package unit

import (
	"path"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

// BusService is a name on the system bus that is activated when somebody asks for it.
type BusService struct {
	File string // the D-Bus service file
	Name string
	Unit string // what systemd starts for it, empty when the bus starts Exec
	Exec string // the command line that the bus starts
}

// busServiceFolders are those of the system bus (D-Bus specification, "Message Bus
// Starting Services").
var busServiceFolders = []string{"/etc/dbus-1/system-services", "/usr/local/share/dbus-1/system-services", "/usr/share/dbus-1/system-services", "/lib/dbus-1/system-services"}

// BusServices reads the D-Bus service files of the system bus.
func BusServices(fs *rootfs.FS) []BusService {
	var list []BusService
	for _, dir := range busServiceFolders {
		entries, err := fs.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			file := dir + "/" + e.Name()
			if data, err := fs.ReadFile(file); err == nil && path.Ext(file) == ".service" {
				list = append(list, parseBusService(file, string(data)))
			}
		}
	}
	return list
}

func parseBusService(file, text string) BusService {
	b := BusService{File: file}
	for _, line := range strings.Split(text, "\n") {
		key, value, _ := strings.Cut(line, "=")
		switch value = strings.TrimSpace(value); strings.TrimSpace(key) {
		case "Name":
			b.Name = value
		case "SystemdService":
			b.Unit = value
		case "Exec":
			b.Exec = value
		}
	}
	return b
}
