// SPDX-License-Identifier: MIT

package platform

import (
	"io/fs"
	"slices"
	"strings"
)

// modules of mandatory access control: their name, the kernel's option, the files
// that configure them.
var modules = []struct {
	name, option string
	files        []string
}{
	{"apparmor", "SECURITY_APPARMOR", []string{"etc/apparmor.d/*", "usr/share/apparmor.d/*"}},
	{"selinux", "SECURITY_SELINUX", []string{"etc/selinux/config"}},
	{"smack", "SECURITY_SMACK", []string{"etc/smack/*"}},
}

// SecurityModules returns which of apparmor, selinux and smack the target may run
// with, sorted: the image configures them and the kernel, as far as it is known,
// has them. Which one is active is decided at boot.
func SecurityModules(image fs.FS, k *Kernel) []string {
	found := []string{}
	for _, m := range modules {
		if value, known := k.Option(m.option); known && value == "" {
			continue
		}
		if slices.ContainsFunc(m.files, func(pattern string) bool { return configures(image, pattern) }) {
			found = append(found, m.name)
		}
	}
	return found
}

// configures tells whether a file is there that does not switch its module off.
func configures(image fs.FS, pattern string) bool {
	names, _ := fs.Glob(image, pattern)
	if pattern != "etc/selinux/config" {
		return len(names) > 0
	}
	data, err := fs.ReadFile(image, pattern)
	if err != nil {
		return false
	}
	for _, line := range strings.Split(string(data), "\n") {
		if mode, ok := strings.CutPrefix(strings.TrimSpace(line), "SELINUX="); ok {
			return strings.TrimSpace(mode) != "disabled"
		}
	}
	return true
}
