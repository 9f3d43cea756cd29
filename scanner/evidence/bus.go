// SPDX-License-Identifier: MIT

package evidence

import (
	"regexp"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// activatesUnits tells whether a command line is that of a system bus which leaves
// starting services to systemd (dbus-daemon(1), --systemd-activation;
// dbus-broker-launch(1), --scope).
func activatesUnits(args []string) bool {
	i := slices.Index(args, "--scope")
	return slices.Contains(args, "--system") && slices.Contains(args, "--systemd-activation") ||
		i >= 0 && i+1 < len(args) && args[i+1] == "system"
}

// readsBusServices tells whether a program is one that starts what D-Bus service files name.
func (p *program) readsBusServices() bool {
	return len(p.modules) > 0 && p.modules[0].marked([]string{busServiceGroup})
}

// busConfigurations are the files of a system bus (dbus-daemon(1), "Configuration file").
var busConfigurations = []string{"/usr/share/dbus-1/system.conf", "/etc/dbus-1/system.conf", "/etc/dbus-1/system-local.conf",
	"/usr/share/dbus-1/system.d/*.conf", "/etc/dbus-1/system.d/*.conf"}

// busText is one of these files.
type busText struct{ file, text string }

func (im *Image) busConfiguration() []busText {
	var texts []busText
	for _, pattern := range busConfigurations {
		for _, file := range im.glob(pattern, "") {
			if data, err := im.fs.ReadFile(file); err == nil {
				texts = append(texts, busText{file, string(data)})
			}
		}
	}
	return texts
}

// hasServiceFolders tells whether a system bus looks for services in folders of its own,
// which are not read.
func (im *Image) hasServiceFolders() bool {
	return slices.ContainsFunc(im.busConfiguration(), func(c busText) bool { return strings.Contains(c.text, "<servicedir>") })
}

// serviceHelper is the program that starts others as another user.
var serviceHelper = regexp.MustCompile(`<servicehelper>\s*([^<\s]+)\s*</servicehelper>`)

// activations takes what a system bus starts by itself: the programs of names for which
// systemd has no unit. Where the program is /bin/false, nothing comes of it either way.
func (c *collector) activations(value string, at place) {
	c.assume("exec-unresolved", value, "it starts no program but those that the D-Bus service files in the image name", at)
	for _, s := range unit.BusServices(c.im.fs) {
		words := strings.Fields(s.Exec)
		if s.Unit != "" || len(words) == 0 || words[0] == "/bin/false" {
			continue
		}
		for _, conf := range c.im.busConfiguration() {
			for _, m := range serviceHelper.FindAllStringSubmatch(conf.text, -1) {
				c.start(m[1], nil, place{where: conf.file})
			}
		}
		c.start(strings.Trim(words[0], `"'`), words[1:], place{where: s.File})
	}
}
