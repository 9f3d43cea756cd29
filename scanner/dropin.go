// SPDX-License-Identifier: MIT

package scanner

import (
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// dropInLink returns the vendor's folder for drop-ins of a unit, or of its template,
// when something other than a folder has its name: a link, as to the folder of
// another unit, or a file. A package or tree that brings the folder would collide.
func dropInLink(image *rootfs.FS, name string) string {
	names := []string{name}
	if unit.IsInstance(name) {
		names = append(names, unit.Template(name))
	}
	for _, n := range names {
		folder := "/usr/lib/systemd/system/" + n + ".d"
		if info, err := image.Lstat(folder); err == nil && !info.IsDir() {
			return folder
		}
	}
	return ""
}
