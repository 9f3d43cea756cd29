// SPDX-License-Identifier: MIT

package unit_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// booted are the units that every image of these tests has, with what the summary adds.
func booted(more files) files {
	image := files{
		vendor + "multi-user.target": "[Unit]\nRequires=basic.target\n", vendor + "basic.target": "[Unit]\nWants=sockets.target timers.target paths.target\n",
		vendor + "sockets.target": "", vendor + "timers.target": "", vendor + "paths.target": "", vendor + "sysinit.target": "", vendor + "getty.target": "",
		vendor + "default.target": "-> multi-user.target", vendor + "shutdown.target": "", "/etc/machine-id": "0123456789abcdef0123456789abcdef\n",
		etc + "multi-user.target.wants/base.service": "-> /usr/lib/systemd/system/base.service", vendor + "base.service": wanted,
	}
	for name, text := range image {
		if text == "" {
			image[name] = "[Unit]\nDescription=x\n"
		}
	}
	maps.Copy(image, more)
	return image
}

const socket = "[Socket]\nListenStream=/run/x\n"

// TestList holds which services a booted device would list besides base.service,
// and what pulls each in.
func TestList(t *testing.T) {
	for _, c := range []struct {
		summary string
		files   files
		version string
		presets unit.Presets
		want    []string // "NAME: REASON, REASON"
	}{
		{"nothing refers to it", files{vendor + "a.service": static}, "257", "", nil},
		{"a link in /etc", files{vendor + "a.service": wanted, etc + "multi-user.target.wants/a.service": "-> /usr/lib/systemd/system/a.service"}, "257", "",
			[]string{"a.service: multi-user.target wants"}},
		{"a link of the vendor", files{vendor + "a.service": static, vendor + "basic.target.wants/a.service": "-> ../a.service"}, "257", "",
			[]string{"a.service: basic.target wants"}},
		{"the link's own name counts", files{vendor + "a.service": static, vendor + "b.service": static, etc + "multi-user.target.wants/a.service": "-> /usr/lib/systemd/system/b.service"}, "257", "",
			[]string{"a.service: multi-user.target wants"}},
		{"a link that is masked", files{vendor + "a.service": static, vendor + "multi-user.target.wants/a.service": "-> ../a.service", etc + "multi-user.target.wants/a.service": masked}, "257", "", nil},
		{"a file is no link", files{vendor + "a.service": static, etc + "multi-user.target.wants/a.service": static}, "257", "", nil},
		{"a masked service", files{vendor + "a.service": static, etc + "a.service": masked, etc + "multi-user.target.wants/a.service": "-> ../a.service"}, "257", "", nil},
		{"a service that is refused", files{vendor + "a.service": "[Service]\nType=dbus\nExecStart=/bin/true\n", vendor + "multi-user.target.wants/a.service": "-> ../a.service"}, "257", "", nil},
		{"requires and upholds", files{vendor + "a.service": static, vendor + "multi-user.target.requires/a.service": "-> ../a.service", vendor + "b.service": static, vendor + "multi-user.target.upholds/b.service": "-> ../b.service"}, "254", "",
			[]string{"a.service: multi-user.target requires", "b.service: multi-user.target upholds"}},
		{"upholds before 254", files{vendor + "b.service": static, vendor + "multi-user.target.upholds/b.service": "-> ../b.service"}, "253", "", nil},
		{"folders by an alias of the target", files{vendor + "a.service": static, etc + "default.target.wants/a.service": "-> /usr/lib/systemd/system/a.service"}, "257", "",
			[]string{"a.service: multi-user.target wants"}},
		{"oneshot is left out", files{vendor + "a.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n[Unit]\nWants=b.service\n", vendor + "b.service": static,
			vendor + "multi-user.target.wants/a.service": "-> ../a.service"}, "257", "", []string{"b.service: a.service wants"}},
		{"oneshot by default too", files{vendor + "a.service": "[Service]\nExecStop=/bin/true\nRemainAfterExit=yes\n", vendor + "multi-user.target.wants/a.service": "-> ../a.service"}, "257", "", nil},
		{"an alias is listed by its id", files{vendor + "a.service": static, vendor + "b.service": "-> a.service", vendor + "multi-user.target.wants/b.service": "-> ../b.service"}, "257", "",
			[]string{"a.service: multi-user.target wants"}},
		{"order alone keeps it in memory", files{vendor + "a.service": static, vendor + "b.service": static + "[Unit]\nAfter=a.service\n", vendor + "multi-user.target.wants/b.service": "-> ../b.service"}, "257", "",
			[]string{"a.service: b.service is ordered after", "b.service: multi-user.target wants"}},
		{"conflicts and failures", files{vendor + "rescue.service": static, vendor + "emergency.service": static, vendor + "a.service": static + "[Unit]\nConflicts=rescue.service\nOnFailure=emergency.service\n",
			vendor + "multi-user.target.wants/a.service": "-> ../a.service"}, "257", "",
			[]string{"a.service: multi-user.target wants", "emergency.service: a.service starts on failure", "rescue.service: a.service conflicts with"}},
		{"what starts it is said before what does not", files{vendor + "a.service": static, vendor + "b.service": static + "[Unit]\nAfter=a.service\nWants=a.service\n", vendor + "multi-user.target.wants/b.service": "-> ../b.service"}, "257", "",
			[]string{"a.service: b.service wants", "b.service: multi-user.target wants"}},
		{"dependencies of what is not there", files{vendor + "a.service": static, vendor + "b.target": "[Unit]\nWants=a.service\n"}, "257", "", nil},

		{"a socket", files{vendor + "a.service": static, vendor + "a.socket": socket, vendor + "sockets.target.wants/a.socket": "-> ../a.socket"}, "257", "",
			[]string{"a.service: a.socket triggers"}},
		{"a socket of another service", files{vendor + "b.service": static, vendor + "a.socket": socket + "Service=b.service\n", vendor + "sockets.target.wants/a.socket": "-> ../a.socket"}, "257", "",
			[]string{"b.service: a.socket triggers"}},
		{"a socket with a service for each connection", files{vendor + "a@.service": static, vendor + "a.socket": socket + "Accept=yes\n", vendor + "sockets.target.wants/a.socket": "-> ../a.socket"}, "257", "", nil},
		{"a timer", files{vendor + "a.service": static, vendor + "a.timer": "[Timer]\nOnBootSec=1\n", vendor + "timers.target.wants/a.timer": "-> ../a.timer"}, "257", "",
			[]string{"a.service: a.timer triggers"}},
		{"a path", files{vendor + "b.service": static, vendor + "a.path": "[Path]\nPathExists=/x\nUnit=b.service\n", vendor + "paths.target.wants/a.path": "-> ../a.path"}, "257", "",
			[]string{"b.service: a.path triggers"}},

		{"an instance", files{vendor + "t@.service": static, etc + "multi-user.target.wants/t@x.service": "-> /usr/lib/systemd/system/t@.service"}, "257", "",
			[]string{"t@x.service: multi-user.target wants"}},
		{"a template by itself", files{vendor + "t@.service": static, etc + "multi-user.target.wants/t@.service": "-> /usr/lib/systemd/system/t@.service"}, "257", "", nil},
		{"an instance that wants another", files{vendor + "t@.service": static + "[Unit]\nWants=u@%i.service\n", vendor + "u@.service": static, etc + "multi-user.target.wants/t@x.service": "-> /usr/lib/systemd/system/t@.service"}, "257", "",
			[]string{"t@x.service: multi-user.target wants", "u@x.service: t@x.service wants"}},
		{"a terminal", files{vendor + "getty@.service": "[Service]\nType=idle\nExecStart=/sbin/agetty\n", vendor + "multi-user.target.wants/getty.target": "-> ../getty.target",
			etc + "getty.target.wants/getty@tty1.service": "-> /usr/lib/systemd/system/getty@.service"}, "257", "", []string{"getty@tty1.service: getty.target wants"}},

		{"a name on the bus", files{vendor + "dbus.service": static, vendor + "multi-user.target.wants/dbus.service": "-> ../dbus.service", vendor + "a.service": "[Service]\nBusName=org.a\nExecStart=/bin/true\n",
			"/usr/share/dbus-1/system-services/org.a.service": "[D-BUS Service]\nName=org.a\nExec=/bin/false\nSystemdService=a.service\n"}, "257", "",
			[]string{"a.service: D-Bus name org.a", "dbus.service: multi-user.target wants"}},
		{"a name without a bus", files{vendor + "a.service": static, "/usr/share/dbus-1/system-services/org.a.service": "[D-BUS Service]\nName=org.a\nSystemdService=a.service\n"}, "257", "", nil},
		{"a bus by its name", files{vendor + "a.service": "[Service]\nBusName=org.a\nExecStart=/bin/true\n", vendor + "dbus.socket": socket, vendor + "dbus.service": static, vendor + "multi-user.target.wants/a.service": "-> ../a.service"}, "257", "",
			[]string{"a.service: multi-user.target wants", "dbus.service: dbus.socket triggers"}},

		{"a preset at the first boot", files{"/etc/machine-id": "uninitialized\n", vendor + "a.service": wanted, vendor + "b.service": wanted,
			"/usr/lib/systemd/system-preset/90-x.preset": "disable b.service\nenable *\n"}, "257", unit.PresetsAuto, []string{"a.service: multi-user.target wants (preset)"}},
		{"no preset later", files{vendor + "a.service": wanted}, "257", unit.PresetsAuto, nil},
		{"presets when asked", files{vendor + "a.service": wanted}, "257", unit.PresetsYes, []string{"a.service: multi-user.target wants (preset)"}},
		{"no presets when not asked", files{"/etc/machine-id": "uninitialized\n", vendor + "a.service": wanted}, "257", unit.PresetsNo, nil},
		{"the first line that matches", files{vendor + "a.service": wanted, "/usr/lib/systemd/system-preset/10.preset": "# x\n\ndisable a.*\n", "/usr/lib/systemd/system-preset/20.preset": "enable a.service\n"}, "257", unit.PresetsYes, nil},
		{"a preset file hides one of its name", files{vendor + "a.service": wanted, "/usr/lib/systemd/system-preset/10.preset": "disable a.service\n", "/etc/systemd/system-preset/10.preset": "enable a.service\n"}, "257", unit.PresetsYes,
			[]string{"a.service: multi-user.target wants (preset)"}},
		{"ignore from 254 on", files{vendor + "a.service": wanted, "/usr/lib/systemd/system-preset/10.preset": "ignore a.service\n"}, "254", unit.PresetsYes, nil},
		{"ignore before is no word", files{vendor + "a.service": wanted, "/usr/lib/systemd/system-preset/10.preset": "ignore a.service\n"}, "253", unit.PresetsYes, []string{"a.service: multi-user.target wants (preset)"}},
		{"instances of a preset", files{vendor + "t@.service": wanted, "/usr/lib/systemd/system-preset/10.preset": "enable t@.service x y\n"}, "257", unit.PresetsYes,
			[]string{"t@x.service: multi-user.target wants (preset)", "t@y.service: multi-user.target wants (preset)"}},
		{"the default instance", files{vendor + "t@.service": wanted + "DefaultInstance=d\n"}, "257", unit.PresetsYes, []string{"t@d.service: multi-user.target wants (preset)"}},
		{"a preset of a masked unit", files{vendor + "a.service": wanted, etc + "a.service": masked}, "257", unit.PresetsYes, nil},
	} {
		t.Run(c.summary, func(t *testing.T) {
			if c.presets == "" {
				c.presets = unit.PresetsAuto
			}
			assert.Equal(t, c.want, reasons(booted(c.files).open(t, c.version).List(c.presets)))
		})
	}
}

func reasons(listed []unit.Listed) (list []string) {
	for _, l := range listed {
		if l.Name != "base.service" {
			list = append(list, l.Name+": "+strings.Join(l.PulledInBy, ", "))
		}
	}
	return list
}

const generators = "/usr/lib/systemd/system-generators/"

// TestGenerators: units that the device's own generators make of the image.
func TestGenerators(t *testing.T) {
	rcLocal := files{generators + "systemd-rc-local-generator": "*x", vendor + "rc-local.service": "[Service]\nType=forking\nExecStart=/etc/rc.local start\n", "/etc/rc.local": "*#!/bin/sh\n"}
	script := files{generators + "systemd-sysv-generator": "*x", "/etc/init.d/foo.sh": "*#!/bin/sh\n### BEGIN INIT INFO\n# Required-Start: $network bar\n### END INIT INFO\n",
		"/etc/rc3.d/S20foo.sh": "-> ../init.d/foo.sh", vendor + "bar.service": static}
	with := func(image, more files) files {
		all := maps.Clone(image)
		maps.Copy(all, more)
		return all
	}
	unlinked := maps.Clone(script)
	delete(unlinked, "/etc/rc3.d/S20foo.sh")
	foo := []string{"bar.service: foo.service is ordered after", "foo.service: System V generator"}
	for _, c := range []struct {
		summary string
		files   files
		want    []string
	}{
		{"rc.local", rcLocal, []string{"rc-local.service: rc-local generator"}},
		{"rc.local that is not executable", with(rcLocal, files{"/etc/rc.local": "#!/bin/sh\n"}), nil},
		{"rc.local without the generator", with(rcLocal, files{generators + "systemd-rc-local-generator": "-> /gone"}), nil},
		{"rc.local with the generator masked", with(rcLocal, files{"/etc/systemd/system-generators/systemd-rc-local-generator": masked}), nil},
		{"a script", script, foo},
		{"a start link counts by its name", with(script, files{"/etc/rc3.d/S20foo.sh": "-> ../init.d/gone"}), foo},
		{"a script that no runlevel starts", with(unlinked, files{"/etc/rc3.d/K20foo.sh": "-> ../init.d/foo.sh"}), nil},
		{"a script with a unit of its name", with(script, files{vendor + "foo.service": static}), nil},
		{"a script whose unit is masked", with(script, files{etc + "foo.service": masked}), nil},
		{"a script that is not executable", with(script, files{"/etc/init.d/foo.sh": "#!/bin/sh\n"}), nil},
		{"a script without the generator", with(script, files{generators + "systemd-sysv-generator": "not executable"}), nil},
	} {
		t.Run(c.summary, func(t *testing.T) {
			assert.Equal(t, c.want, reasons(booted(c.files).open(t, "252").List(unit.PresetsAuto)))
		})
	}

	tree := booted(with(script, files{etc + "foo.service.d/x.conf": "[Service]\nPrivateTmp=yes\n"})).open(t, "252")
	u := tree.Load("foo.service")
	assert.Equal(t, unit.Loaded, u.LoadState, "%v", u.Diagnostics)
	assert.Equal(t, "/run/systemd/generator.late/foo.service", u.Fragment)
	assert.Equal(t, "generated", tree.State(u))
	assert.Equal(t, "forking", u.Service.Type)
	assert.Equal(t, "yes", u.Service.PrivateTmp, "drop-ins apply to generated units too")
	assert.Equal(t, []string{"/etc/init.d/foo.sh", "start"}, u.Service.Commands["ExecStart"][0].Args)
	assert.Contains(t, tree.Names("service"), "foo.service")
}
