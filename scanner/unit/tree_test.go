// SPDX-License-Identifier: MIT

package unit_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

const masked = "-> /dev/null"

// TestLoad holds which file is the unit, by what name, and with which drop-ins.
func TestLoad(t *testing.T) {
	for _, c := range []struct {
		summary  string
		files    files
		version  string
		asked    string
		state    unit.LoadState
		id       string // empty: as asked
		fragment string
		aliases  string
		dropIns  string
	}{
		{summary: "/etc over /usr", files: files{etc + "a.service": static, vendor + "a.service": static}, fragment: etc + "a.service"},
		{summary: "control over /etc", files: files{etc + "a.service": static, "/etc/systemd/system.control/a.service": static},
			fragment: "/etc/systemd/system.control/a.service"},
		{summary: "/etc over attached and /run", files: files{"/run/systemd/system/a.service": static, "/etc/systemd/system.attached/a.service": static},
			fragment: "/etc/systemd/system.attached/a.service"},
		{summary: "/run over /usr/local over /usr", files: files{"/usr/local/lib/systemd/system/a.service": static, vendor + "a.service": static},
			fragment: "/usr/local/lib/systemd/system/a.service"},
		{summary: "a late generator comes last", files: files{"/run/systemd/generator.late/a.service": static, vendor + "a.service": static},
			fragment: vendor + "a.service"},
		{summary: "/lib of a split /usr", files: files{"/lib/systemd/system/a.service": static}, version: "254", fragment: "/lib/systemd/system/a.service"},
		{summary: "/lib that is a link", files: files{"/lib": "-> usr/lib", vendor + "a.service": static}, version: "254", fragment: vendor + "a.service"},
		{summary: "a whole search directory that is a link", files: files{"/etc/systemd/system": "-> /opt/units", "/opt/units/a.service": static},
			fragment: etc + "a.service"},

		{summary: "nowhere", files: files{vendor + "b.service": static}, state: unit.NotFound},
		{summary: "drop-ins make no unit", files: files{etc + "a.service.d/a.conf": static, vendor + "b.service": static}, state: unit.NotFound},
		{summary: "a name that no unit has", files: files{vendor + "b.service": static}, asked: "a b.service", state: unit.NotFound},
		{summary: "a folder of that name", files: files{etc + "a.service/x": "", vendor + "a.service": static}, fragment: vendor + "a.service"},

		{summary: "masked", files: files{etc + "a.service": masked, vendor + "a.service": static}, state: unit.Masked, fragment: etc + "a.service"},
		{summary: "masked by an empty file", files: files{etc + "a.service": "", vendor + "a.service": static}, state: unit.Masked, fragment: etc + "a.service"},
		{summary: "masked by the vendor, overridden", files: files{vendor + "a.service": masked, etc + "a.service": static}, fragment: etc + "a.service"},
		{summary: "masked by way of another link", files: files{etc + "a.service": "-> /opt/null", "/opt/null": masked}, state: unit.Masked, fragment: etc + "a.service"},
		{summary: "masked by a relative link", files: files{etc + "a.service": "-> ../../../dev/null"}, state: unit.Masked, fragment: etc + "a.service"},
		{summary: "only comments are no mask", files: files{etc + "a.service": "# nothing\n"}, state: unit.BadSetting, fragment: etc + "a.service"},
		{summary: "an alias of a masked unit", files: files{etc + "b.service": masked, vendor + "a.service": "-> b.service"},
			state: unit.Masked, id: "b.service", fragment: etc + "b.service", aliases: "a.service"},

		{summary: "an alias", files: files{vendor + "b.service": static, vendor + "a.service": "-> b.service"}, id: "b.service", fragment: vendor + "b.service", aliases: "a.service"},
		{summary: "an alias is looked up anew from the top", files: files{vendor + "b.service": static, etc + "b.service": static, vendor + "a.service": "-> b.service"},
			id: "b.service", fragment: etc + "b.service", aliases: "a.service"},
		{summary: "an alias of an alias", files: files{vendor + "c.service": static, vendor + "b.service": "-> c.service", etc + "a.service": "-> /usr/lib/systemd/system/b.service"},
			id: "c.service", fragment: vendor + "c.service", aliases: "a.service b.service"},
		{summary: "a dangling alias", files: files{etc + "a.service": "-> /usr/lib/systemd/system/b.service"}, state: unit.NotFound},
		{summary: "an alias loop", files: files{etc + "a.service": "-> b.service", etc + "b.service": "-> a.service"}, state: unit.NotFound},
		{summary: "an alias to itself", files: files{etc + "a.service": "-> /usr/lib/systemd/system/a.service", vendor + "a.service": static}, fragment: vendor + "a.service"},
		{summary: "an alias of another type is dropped", files: files{etc + "a.service": "-> b.socket", vendor + "a.service": static}, fragment: vendor + "a.service"},
		{summary: "plain to template is dropped", files: files{etc + "a.service": "-> a@.service", vendor + "a.service": static}, fragment: vendor + "a.service"},
		{summary: "plain to instance is dropped", files: files{etc + "a.service": "-> a@b.service", vendor + "a.service": static}, fragment: vendor + "a.service"},

		{summary: "a linked unit file", files: files{etc + "a.service": "-> /opt/x", "/opt/x": static}, fragment: etc + "a.service"},
		{summary: "a linked file that is absent hides the lower one", files: files{etc + "a.service": "-> /opt/x", vendor + "a.service": static}, state: unit.NotFound},

		{summary: "an instance of a template", files: files{vendor + "t@.service": static}, asked: "t@x.service", fragment: vendor + "t@.service"},
		{summary: "an instance with a file", files: files{vendor + "t@.service": static, vendor + "t@x.service": static}, asked: "t@x.service", fragment: vendor + "t@x.service"},
		{summary: "a template alone", files: files{vendor + "t@.service": static}, asked: "t@.service", id: "t@test_instance.service", fragment: vendor + "t@.service"},
		{summary: "a template alone before 257", files: files{vendor + "t@.service": static}, version: "256", asked: "t@.service", id: "t@test-instance.service", fragment: vendor + "t@.service"},
		{summary: "an alias of templates", files: files{vendor + "t@.service": static, vendor + "u@.service": "-> t@.service"}, asked: "u@x.service",
			id: "t@x.service", fragment: vendor + "t@.service", aliases: "u@x.service"},
		{summary: "an instance that is a link to its template", files: files{vendor + "t@.service": static, etc + "t@x.service": "-> /usr/lib/systemd/system/t@.service"},
			asked: "t@x.service", fragment: vendor + "t@.service"},
		{summary: "a masked instance", files: files{vendor + "t@.service": static, etc + "t@x.service": masked}, asked: "t@x.service", state: unit.Masked, fragment: etc + "t@x.service"},

		{summary: "drop-ins in the order of their names", files: files{vendor + "a.service": static, vendor + "a.service.d/20.conf": "", etc + "a.service.d/10.conf": "",
			vendor + "service.d/15.conf": "", "/run/systemd/system/a.service.d/30.conf": ""}, fragment: vendor + "a.service",
			dropIns: etc + "a.service.d/10.conf " + vendor + "service.d/15.conf " + vendor + "a.service.d/20.conf /run/systemd/system/a.service.d/30.conf"},
		{summary: "one drop-in of a name", files: files{vendor + "a.service": static, vendor + "a.service.d/x.conf": "", etc + "a.service.d/x.conf": "", vendor + "service.d/x.conf": ""},
			fragment: vendor + "a.service", dropIns: etc + "a.service.d/x.conf"},
		{summary: "the directory before the name", files: files{vendor + "a-b.service": static, vendor + "a-b.service.d/x.conf": "", etc + "a-.service.d/x.conf": ""},
			asked: "a-b.service", fragment: vendor + "a-b.service", dropIns: etc + "a-.service.d/x.conf"},
		{summary: "a name of its own before the type", files: files{vendor + "a.service": static, vendor + "a.service.d/x.conf": "", etc + "service.d/x.conf": ""},
			fragment: vendor + "a.service", dropIns: vendor + "a.service.d/x.conf"},
		{summary: "the id before an alias", files: files{vendor + "b.service": static, vendor + "a.service": "-> b.service", etc + "a.service.d/x.conf": "", vendor + "b.service.d/x.conf": ""},
			id: "b.service", fragment: vendor + "b.service", aliases: "a.service", dropIns: vendor + "b.service.d/x.conf"},
		{summary: "no drop-ins by other names", files: files{vendor + "a.service": static, etc + "a.service.d/.x.conf": "", etc + "a.service.d/x.txt": "", etc + "a.d/x.conf": ""},
			fragment: vendor + "a.service"},
		{summary: "a drop-in folder that is an absolute link", files: files{vendor + "a.service": static, etc + "a.service.d": "-> /opt/d", "/opt/d/x.conf": ""},
			fragment: vendor + "a.service", dropIns: "/opt/d/x.conf"},
		{summary: "or a relative one", files: files{vendor + "a.service": static, etc + "a.service.d": "-> ../../../opt/d", "/opt/d/x.conf": ""}, fragment: vendor + "a.service"},

		{summary: "a broken file", files: files{vendor + "a.service": static + "[Unit\n"}, state: unit.LoadError, fragment: vendor + "a.service"},
		{summary: "a refused setting", files: files{vendor + "a.service": static + "User=a:b\n"}, state: unit.BadSetting, fragment: vendor + "a.service"},
		{summary: "a refused setting before a broken line", files: files{vendor + "a.service": static + "User=a:b\n[Unit\n"}, state: unit.BadSetting, fragment: vendor + "a.service"},
		{summary: "a broken drop-in", files: files{vendor + "a.service": static, etc + "a.service.d/x.conf": "[Unit\n"}, fragment: vendor + "a.service", dropIns: etc + "a.service.d/x.conf"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			set := func(field *string, value string) {
				if *field == "" {
					*field = value
				}
			}
			set(&c.version, "257")
			set(&c.asked, "a.service")
			set(&c.id, c.asked)
			set((*string)(&c.state), string(unit.Loaded))
			u := c.files.open(t, c.version).Load(c.asked)
			assert.Equal(t, c.state, u.LoadState, "%v", u.Diagnostics)
			assert.Equal(t, c.id, u.Name)
			assert.Equal(t, c.fragment, u.Fragment)
			assert.Equal(t, c.aliases, strings.Join(u.Aliases, " "))
			assert.Equal(t, c.dropIns, strings.Join(u.DropIns, " "))
			assert.Equal(t, c.state == unit.Loaded, u.Service != nil)
		})
	}
}

// TestNames: all files of a type, aliases and templates among them.
func TestNames(t *testing.T) {
	tree := files{vendor + "b.service": static, etc + "a.service": "-> /usr/lib/systemd/system/b.service", vendor + "t@.service": static,
		vendor + "m.service": masked, vendor + "x.socket": "", vendor + "no unit.service": static}.open(t, "257")
	assert.Equal(t, []string{"a.service", "b.service", "m.service", "t@.service"}, tree.Names("service"))
}

// TestTreeDiagnostics: links and folders that PID 1 passes over are named.
func TestTreeDiagnostics(t *testing.T) {
	for _, c := range []struct {
		summary string
		files   files
		says    string
	}{
		{"a link to another type", files{etc + "a.service": "-> b.socket"}, "/etc/systemd/system/a.service:0: a.service cannot be an alias of b.socket"},
		{"a relative link to a folder", files{etc + "a.service.d": "-> ../../../opt/d", "/opt/d/x.conf": ""}, "/etc/systemd/system/a.service.d:0: folder is a link"},
		{"a folder instead of a unit", files{etc + "a.service/x": ""}, "/etc/systemd/system/a.service:0: neither a regular file nor a link"},
	} {
		var says []string
		for _, d := range c.files.open(t, "257").Diagnostics {
			says = append(says, d.Source.String()+": "+d.Message)
		}
		assert.Contains(t, strings.Join(says, "\n"), c.says, c.summary)
	}
}

// TestDropInKeepsWhatStandsBefore: of a drop-in that breaks off, the lines above count.
func TestDropInKeepsWhatStandsBefore(t *testing.T) {
	u := files{vendor + "a.service": static,
		etc + "a.service.d/10.conf": "[Service]\nPrivateTmp=yes\nUser=a:b\nProtectClock=yes\n",
		etc + "a.service.d/20.conf": "[Service]\nPrivateNetwork=yes\n[Unit\n[Service]\nLockPersonality=yes\n",
		etc + "a.service.d/30.conf": "[Service]\nNoNewPrivileges=yes\n",
	}.open(t, "257").Load("a.service")
	assert.Equal(t, unit.Loaded, u.LoadState)
	s := u.Service
	assert.Equal(t, []any{"yes", true, true, false, false}, []any{s.PrivateTmp, s.PrivateNetwork, s.NoNewPrivileges, s.ProtectClock, s.LockPersonality})
	var says []string
	for _, d := range u.Diagnostics {
		says = append(says, d.Source.String()+": "+d.Message)
	}
	assert.Contains(t, strings.Join(says, "\n"), "the rest of this drop-in has no effect")
	src, ok := s.Source("PrivateTmp")
	assert.True(t, ok)
	assert.Equal(t, unit.Source{File: etc + "a.service.d/10.conf", Line: 2}, src)
}
