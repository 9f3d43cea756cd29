// SPDX-License-Identifier: MIT

package unit_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// states are what systemctl --root=IMAGE is-enabled of 252.38 printed; empty where
// it failed.
type states map[string]string

var stateCases = []struct {
	summary string
	files   files
	states  states
}{
	{"static", files{vendor + "a.service": static},
		states{"a.service": "static"}},
	{"disabled", files{vendor + "a.service": wanted},
		states{"a.service": "disabled"}},
	{"enabled etc wants", files{vendor + "a.service": wanted, etc + "multi-user.target.wants/a.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "enabled"}},
	{"vendor wants with install", files{vendor + "a.service": wanted, vendor + "multi-user.target.wants/a.service": "-> ../a.service"},
		states{"a.service": "disabled"}},
	{"vendor wants without install", files{vendor + "a.service": static, vendor + "multi-user.target.wants/a.service": "-> ../a.service"},
		states{"a.service": "static"}},
	{"etc wants no install", files{vendor + "a.service": static, etc + "multi-user.target.wants/a.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "enabled"}},
	{"wants link by basename only", files{vendor + "a.service": wanted, etc + "multi-user.target.wants/a.service": "-> /nowhere/a.service"},
		states{"a.service": "enabled"}},
	{"wants link other name", files{vendor + "a.service": wanted, etc + "multi-user.target.wants/b.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "disabled", "b.service": ""}},
	{"masked", files{vendor + "a.service": wanted, etc + "a.service": "-> /dev/null"},
		states{"a.service": "masked"}},
	{"masked runtime", files{vendor + "a.service": wanted, "/run/systemd/system/a.service": "-> /dev/null"},
		states{"a.service": "masked-runtime"}},
	{"masked vendor", files{vendor + "a.service": "-> /dev/null"},
		states{"a.service": "masked"}},
	{"masked empty etc", files{vendor + "a.service": wanted, etc + "a.service": ""},
		states{"a.service": "masked"}},
	{"masked and wanted", files{vendor + "a.service": wanted, etc + "a.service": "-> /dev/null", etc + "multi-user.target.wants/a.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "masked"}},
	{"enabled runtime", files{vendor + "a.service": wanted, "/run/systemd/system/multi-user.target.wants/a.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "enabled-runtime"}},
	{"linked", files{"/opt/a.service": wanted, etc + "a.service": "-> /opt/a.service"},
		states{"a.service": "linked"}},
	{"linked static", files{"/opt/a.service": static, etc + "a.service": "-> /opt/a.service"},
		states{"a.service": "linked"}},
	{"linked runtime", files{"/opt/a.service": wanted, "/run/systemd/system/a.service": "-> /opt/a.service"},
		states{"a.service": "linked-runtime"}},
	{"linked other name", files{"/opt/b.service": wanted, etc + "a.service": "-> /opt/b.service"},
		states{"a.service": "alias"}},
	{"linked and enabled", files{"/opt/a.service": wanted, etc + "a.service": "-> /opt/a.service", etc + "multi-user.target.wants/a.service": "-> /opt/a.service"},
		states{"a.service": "enabled"}},
	{"vendor alias", files{vendor + "a.service": wanted, vendor + "b.service": "-> a.service"},
		states{"a.service": "disabled", "b.service": "alias"}},
	{"etc alias by Alias=", files{vendor + "a.service": static + "[Install]\nAlias=b.service\n", etc + "b.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "enabled", "b.service": "alias"}},
	{"etc alias without Alias=", files{vendor + "a.service": static, etc + "b.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "indirect", "b.service": "alias"}},
	{"vendor alias and Alias=", files{vendor + "a.service": static + "[Install]\nAlias=b.service\n", vendor + "b.service": "-> a.service"},
		states{"a.service": "disabled", "b.service": "alias"}},
	{"wanted via alias name", files{vendor + "a.service": static + "[Install]\nAlias=b.service\nWantedBy=multi-user.target\n", vendor + "b.service": "-> a.service", etc + "multi-user.target.wants/b.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "disabled", "b.service": "alias"}},
	{"disabled alias only", files{vendor + "a.service": static + "[Install]\nAlias=b.service\n"},
		states{"a.service": "disabled", "b.service": ""}},
	{"also only", files{vendor + "a.service": static + "[Install]\nAlso=b.service\n", vendor + "b.service": wanted},
		states{"a.service": "indirect", "b.service": "disabled"}},
	{"also, other enabled", files{vendor + "a.service": static + "[Install]\nAlso=b.service\n", vendor + "b.service": wanted, etc + "multi-user.target.wants/b.service": "-> /usr/lib/systemd/system/b.service"},
		states{"a.service": "indirect", "b.service": "enabled"}},
	{"also itself static", files{vendor + "a.service": static + "[Install]\nAlso=b.service\n", vendor + "b.service": static},
		states{"a.service": "indirect"}},
	{"also with wantedby", files{vendor + "a.service": static + "[Install]\nAlso=b.service\nWantedBy=x.target\n", vendor + "b.service": wanted, etc + "multi-user.target.wants/b.service": "-> /usr/lib/systemd/system/b.service"},
		states{"a.service": "disabled"}},
	{"also socket", files{vendor + "a.service": static + "[Install]\nAlso=a.socket\n", vendor + "a.socket": "[Socket]\nListenStream=/x\n[Install]\nWantedBy=sockets.target\n", etc + "sockets.target.wants/a.socket": "-> /usr/lib/systemd/system/a.socket"},
		states{"a.service": "indirect", "a.socket": "enabled"}},
	{"template plain", files{vendor + "t@.service": wanted},
		states{"t@.service": "disabled", "t@x.service": "disabled"}},
	{"template static", files{vendor + "t@.service": static},
		states{"t@.service": "static", "t@x.service": "static"}},
	{"template default instance", files{vendor + "t@.service": static + "[Install]\nWantedBy=m.target\nDefaultInstance=d\n"},
		states{"t@.service": "disabled", "t@d.service": "disabled"}},
	{"template default instance enabled", files{vendor + "t@.service": static + "[Install]\nWantedBy=m.target\nDefaultInstance=d\n", etc + "m.target.wants/t@d.service": "-> /usr/lib/systemd/system/t@.service"},
		states{"t@.service": "enabled", "t@d.service": "enabled", "t@x.service": "disabled"}},
	{"instance enabled", files{vendor + "t@.service": static + "[Install]\nWantedBy=m.target\n", etc + "m.target.wants/t@x.service": "-> /usr/lib/systemd/system/t@.service"},
		states{"t@.service": "indirect", "t@x.service": "enabled", "t@y.service": "disabled"}},
	{"default other instance enabled", files{vendor + "t@.service": static + "[Install]\nWantedBy=m.target\nDefaultInstance=d\n", etc + "m.target.wants/t@x.service": "-> /usr/lib/systemd/system/t@.service"},
		states{"t@.service": "indirect", "t@x.service": "enabled", "t@d.service": "disabled"}},
	{"template wanted itself", files{vendor + "t@.service": static + "[Install]\nWantedBy=m.target\n", etc + "m.target.wants/t@.service": "-> /usr/lib/systemd/system/t@.service"},
		states{"t@.service": "enabled", "t@x.service": "disabled"}},
	{"template masked", files{vendor + "t@.service": wanted, etc + "t@.service": "-> /dev/null"},
		states{"t@.service": "masked", "t@x.service": "masked"}},
	{"instance masked", files{vendor + "t@.service": wanted, etc + "t@x.service": "-> /dev/null"},
		states{"t@.service": "disabled", "t@x.service": "masked"}},
	{"instance alias link", files{vendor + "t@.service": static, etc + "t@x.service": "-> /usr/lib/systemd/system/t@.service"},
		states{"t@.service": "indirect", "t@x.service": "enabled"}},
	{"getty default alias", files{vendor + "getty@.service": static + "[Install]\nWantedBy=getty.target\nDefaultInstance=tty1\n", vendor + "autovt@.service": "-> getty@.service", etc + "getty.target.wants/getty@tty1.service": "-> /usr/lib/systemd/system/getty@.service"},
		states{"getty@.service": "enabled", "getty@tty1.service": "enabled", "autovt@.service": "alias"}},
	{"dropin install", files{vendor + "a.service": static, etc + "a.service.d/x.conf": "[Install]\nWantedBy=multi-user.target\n"},
		states{"a.service": "disabled"}},
	{"dropin install enabled", files{vendor + "a.service": static, etc + "a.service.d/x.conf": "[Install]\nWantedBy=multi-user.target\n", etc + "multi-user.target.wants/a.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "enabled"}},
	{"wantedby reset", files{vendor + "a.service": static + "[Install]\nWantedBy=x.target\nWantedBy=\n"},
		states{"a.service": "static"}},
	{"etc file", files{etc + "a.service": wanted},
		states{"a.service": "disabled"}},
	{"etc file enabled", files{etc + "a.service": wanted, etc + "multi-user.target.wants/a.service": "-> ../a.service"},
		states{"a.service": "enabled"}},
	{"run file", files{"/run/systemd/system/a.service": static},
		states{"a.service": "static"}},
	{"run file install", files{"/run/systemd/system/a.service": wanted},
		states{"a.service": "disabled"}},
	{"generated", files{"/run/systemd/generator/a.service": wanted},
		states{"a.service": "generated"}},
	{"generated late", files{"/run/systemd/generator.late/a.service": static},
		states{"a.service": "generated"}},
	{"transient", files{"/run/systemd/transient/a.service": static},
		states{"a.service": "transient"}},
	{"control", files{"/etc/systemd/system.control/a.service": static},
		states{"a.service": "static"}},
	{"not found", files{vendor + "z.service": static},
		states{"a.service": ""}},
	{"bad file", files{vendor + "a.service": "[Service\nExecStart=x\n"},
		states{"a.service": ""}},
	{"bad setting", files{vendor + "a.service": "[Service]\nUser=a:b\n[Install]\nWantedBy=x.target\n"},
		states{"a.service": "disabled"}},
	{"dangling alias", files{etc + "a.service": "-> /usr/lib/systemd/system/gone.service"},
		states{"a.service": ""}},
	{"dangling linked", files{etc + "a.service": "-> /opt/gone.service"},
		states{"a.service": ""}},
	{"requires", files{vendor + "a.service": static + "[Install]\nRequiredBy=x.target\n", etc + "x.target.requires/a.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "enabled"}},
	{"upholds", files{vendor + "a.service": static + "[Install]\nUpheldBy=x.target\n", etc + "x.target.upholds/a.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "static"}},
	{"usrlocal", files{"/usr/local/lib/systemd/system/a.service": wanted, "/usr/local/lib/systemd/system/multi-user.target.wants/a.service": "-> ../a.service"},
		states{"a.service": "disabled"}},
	{"attached", files{"/etc/systemd/system.attached/a.service": wanted},
		states{"a.service": "disabled"}},
	{"run attached", files{"/run/systemd/system.attached/a.service": wanted},
		states{"a.service": "disabled"}},
	{"wants plain file", files{vendor + "a.service": wanted, etc + "multi-user.target.wants/a.service": "x"},
		states{"a.service": "disabled"}},
	{"wants devnull", files{vendor + "a.service": wanted, etc + "multi-user.target.wants/a.service": "-> /dev/null"},
		states{"a.service": "enabled"}},
	{"etc wants alias of wrong unit", files{vendor + "a.service": wanted, vendor + "b.service": wanted, etc + "multi-user.target.wants/a.service": "-> /usr/lib/systemd/system/b.service"},
		states{"a.service": "enabled", "b.service": "disabled"}},
	{"alias masked", files{vendor + "a.service": wanted, etc + "a.service": "-> /dev/null", vendor + "b.service": "-> a.service"},
		states{"a.service": "masked", "b.service": "masked"}},
	{"alias wanted, two levels", files{vendor + "a.service": wanted, vendor + "b.service": "-> a.service", vendor + "c.service": "-> b.service", etc + "multi-user.target.wants/c.service": "-> /usr/lib/systemd/system/c.service"},
		states{"a.service": "disabled", "b.service": "alias", "c.service": "alias"}},
	{"etc alias named in Alias of vendor and template", files{vendor + "t@.service": static + "[Install]\nAlias=u@.service\n", etc + "u@.service": "-> /usr/lib/systemd/system/t@.service"},
		states{"t@.service": "enabled", "t@x.service": "disabled", "u@.service": "alias"}},
	{"split usr", files{"/lib/systemd/system/a.service": wanted, etc + "multi-user.target.wants/a.service": "-> /lib/systemd/system/a.service"},
		states{"a.service": "enabled"}},
	{"only also missing", files{vendor + "a.service": static + "[Install]\nAlso=gone.service\n"},
		states{"a.service": "indirect"}},
	{"defaultinstance only", files{vendor + "t@.service": static + "[Install]\nDefaultInstance=d\n"},
		states{"t@.service": "static"}},
	{"tmpl default, dest nowhere", files{vendor + "t@.service": static + "[Install]\nWantedBy=m.target\nDefaultInstance=d\n", etc + "m.target.wants/t@d.service": "-> /nowhere/zz.service"},
		states{"t@.service": "enabled", "t@d.service": "enabled"}},
	{"tmpl other, dest nowhere", files{vendor + "t@.service": static + "[Install]\nWantedBy=m.target\n", etc + "m.target.wants/t@x.service": "-> /nowhere/zz.service"},
		states{"t@.service": "indirect", "t@x.service": "enabled"}},
	{"tmpl other name, dest tmpl", files{vendor + "t@.service": static + "[Install]\nWantedBy=m.target\n", etc + "m.target.wants/u@x.service": "-> /usr/lib/systemd/system/t@.service"},
		states{"t@.service": "disabled", "t@x.service": "disabled"}},
	{"plain other name, dest plain", files{vendor + "t.service": static + "[Install]\nWantedBy=m.target\n", etc + "m.target.wants/u.service": "-> /usr/lib/systemd/system/t.service"},
		states{"t.service": "disabled"}},
	{"tmpl alias default in wants", files{vendor + "t@.service": static + "[Install]\nAlias=u@.service\nDefaultInstance=d\n", etc + "m.target.wants/u@d.service": "-> /usr/lib/systemd/system/t@.service"},
		states{"t@.service": "disabled", "t@d.service": "disabled"}},
	{"tmpl alias default in dir", files{vendor + "t@.service": static + "[Install]\nAlias=u@.service\nDefaultInstance=d\n", etc + "u@d.service": "-> /usr/lib/systemd/system/t@.service"},
		states{"t@.service": "indirect", "t@d.service": "disabled"}},
	{"alias specifier", files{vendor + "t@.service": static + "[Install]\nAlias=u-%i.service\n", etc + "u-x.service": "-> /usr/lib/systemd/system/t@x.service"},
		states{"t@.service": "disabled", "t@x.service": "indirect"}},
	{"alias specifier2", files{vendor + "a.service": static + "[Install]\nAlias=u-%p.service\n", etc + "u-a.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "indirect"}},
	{"vendor instance wants", files{vendor + "t@.service": static, vendor + "m.target.wants/t@x.service": "-> ../t@.service"},
		states{"t@.service": "static", "t@x.service": "static"}},
	{"vendor instance wants install", files{vendor + "t@.service": wanted, vendor + "m.target.wants/t@x.service": "-> ../t@.service"},
		states{"t@.service": "disabled", "t@x.service": "static"}},
	{"vendor instance own file", files{vendor + "t@.service": wanted, vendor + "t@x.service": static},
		states{"t@.service": "disabled", "t@x.service": "static"}},
	{"vendor instance link", files{vendor + "t@.service": wanted, vendor + "t@x.service": "-> t@.service"},
		states{"t@.service": "disabled", "t@x.service": "static"}},
	{"vendor instance wants default", files{vendor + "t@.service": static + "[Install]\nWantedBy=m.target\nDefaultInstance=x\n", vendor + "m.target.wants/t@x.service": "-> ../t@.service"},
		states{"t@.service": "disabled", "t@x.service": "static"}},
	{"run instance", files{vendor + "t@.service": static, "/run/systemd/system/m.target.wants/t@x.service": "-> /usr/lib/systemd/system/t@.service"},
		states{"t@.service": "indirect", "t@x.service": "enabled-runtime"}},
	{"run generator wants", files{vendor + "t.service": wanted, "/run/systemd/generator/m.target.wants/t.service": "-> /usr/lib/systemd/system/t.service"},
		states{"t.service": "enabled-runtime"}},
	{"control wants", files{vendor + "t.service": wanted, "/etc/systemd/system.control/m.target.wants/t.service": "-> /usr/lib/systemd/system/t.service"},
		states{"t.service": "disabled"}},
	{"attached wants", files{vendor + "t.service": wanted, "/etc/systemd/system.attached/m.target.wants/t.service": "-> /usr/lib/systemd/system/t.service"},
		states{"t.service": "disabled"}},
	{"run attached wants", files{vendor + "t.service": wanted, "/run/systemd/system.attached/m.target.wants/t.service": "-> /usr/lib/systemd/system/t.service"},
		states{"t.service": "enabled-runtime"}},
	{"etc file, and lower wants", files{etc + "t.service": wanted, vendor + "t.service": wanted, vendor + "m.target.wants/t.service": "-> ../t.service"},
		states{"t.service": "disabled"}},
	{"wants wrong type", files{vendor + "t.service": wanted, etc + "m.target.wants/t.service": "-> /usr/lib/systemd/system/t.socket"},
		states{"t.service": "enabled"}},
	{"wants of invalid name", files{vendor + "t.service": wanted, etc + "foo.wants/t.service": "-> /usr/lib/systemd/system/t.service"},
		states{"t.service": "enabled"}},
	{"wants of type", files{vendor + "t.service": wanted, etc + "target.wants/t.service": "-> /usr/lib/systemd/system/t.service"},
		states{"t.service": "enabled"}},
	{"conf.d", files{vendor + "t.service": wanted, etc + "t.service.d/t.service": "-> /usr/lib/systemd/system/t.service"},
		states{"t.service": "disabled"}},
	{"etc alias in attached", files{vendor + "t.service": static, "/etc/systemd/system.attached/u.service": "-> /usr/lib/systemd/system/t.service"},
		states{"t.service": "static"}},
	{"run alias", files{vendor + "t.service": static, "/run/systemd/system/u.service": "-> /usr/lib/systemd/system/t.service"},
		states{"t.service": "indirect"}},
	{"run alias named", files{vendor + "t.service": static + "[Install]\nAlias=u.service\n", "/run/systemd/system/u.service": "-> /usr/lib/systemd/system/t.service"},
		states{"t.service": "enabled-runtime"}},
	{"rel linked etc", files{"/usr/share/a.service": wanted, etc + "a.service": "-> ../../../usr/share/a.service"},
		states{"a.service": "linked"}},
	{"linked in vendor", files{"/usr/share/a.service": wanted, vendor + "a.service": "-> /usr/share/a.service"},
		states{"a.service": "disabled"}},
	{"linked in vendor other name", files{"/usr/share/b.service": wanted, vendor + "a.service": "-> /usr/share/b.service"},
		states{"a.service": "alias"}},
	{"linked in vendor enabled", files{"/usr/share/a.service": wanted, vendor + "a.service": "-> /usr/share/a.service", etc + "multi-user.target.wants/a.service": "-> /usr/lib/systemd/system/a.service"},
		states{"a.service": "enabled"}},
	{"linked template", files{"/opt/t@.service": wanted, etc + "t@.service": "-> /opt/t@.service"},
		states{"t@.service": "linked", "t@x.service": "disabled"}},
	{"linked in attached", files{"/opt/a.service": static, "/etc/systemd/system.attached/a.service": "-> /opt/a.service"},
		states{"a.service": "static"}},
	{"etc alias link to link", files{vendor + "a.service": static + "[Install]\nAlias=c.service\n", vendor + "b.service": "-> a.service", etc + "c.service": "-> /usr/lib/systemd/system/b.service"},
		states{"a.service": "disabled", "b.service": "alias", "c.service": "alias"}},
	{"etc alias dest by basename", files{vendor + "a.service": static + "[Install]\nAlias=c.service\n", etc + "c.service": "-> /nowhere/a.service"},
		states{"a.service": "enabled", "c.service": ""}},
	{"wants dir is link", files{vendor + "a.service": wanted, "/opt/w/a.service": "-> /usr/lib/systemd/system/a.service", etc + "m.target.wants": "-> /opt/w"},
		states{"a.service": "disabled"}},
	{"tab", files{vendor + "a.service": static + "[Install]\nAlias=b.service\nAlias=\n"},
		states{"a.service": "static"}},
	{"also reset", files{vendor + "a.service": static + "[Install]\nAlso=b.service\nAlso=\n"},
		states{"a.service": "indirect"}},
	{"unknown install", files{vendor + "a.service": static + "[Install]\nWantedby=x.target\n"},
		states{"a.service": "static"}},
	{"bad wantedby", files{vendor + "a.service": static + "[Install]\nWantedBy=/x y\n"},
		states{"a.service": "disabled"}}}

func TestState(t *testing.T) {
	for _, c := range stateCases {
		t.Run(c.summary, func(t *testing.T) {
			tree := c.files.open(t, "252.38")
			for name, want := range c.states {
				u := tree.Load(name)
				got := tree.State(u)
				if !isUnitsOwn(u, name) && u.LoadState != unit.Masked {
					got = "alias" // State is about the unit, not about the name that was asked for
				}
				assert.Equal(t, want, got, name)
			}
		})
	}
}

// isUnitsOwn tells whether the name, or the template of that name, is the unit's id.
func isUnitsOwn(u *unit.Unit, name string) bool {
	return u.Name == name || unit.IsTemplate(name) && unit.Template(u.Name) == name
}

// TestStateOfSelfAlias: systemctl fails for a link to itself (too many levels of
// symbolic links); PID 1 passes over it, and so does the state.
func TestStateOfSelfAlias(t *testing.T) {
	tree := files{vendor + "a.service": wanted, etc + "a.service": "-> /usr/lib/systemd/system/a.service"}.open(t, "252")
	u := tree.Load("a.service")
	assert.Equal(t, unit.Loaded, u.LoadState)
	assert.Equal(t, "disabled", tree.State(u))
}

// TestStateLive asks the systemctl of this host for what stands in the table.
func TestStateLive(t *testing.T) {
	tool, err := exec.LookPath("systemctl")
	if err != nil {
		t.Skip("no systemctl here: nothing to compare with")
	}
	out, err := exec.Command(tool, "--version").Output()
	if err != nil || !strings.HasPrefix(string(out), "systemd 252 ") {
		t.Skipf("the table holds what 252 says, and this is %.12s", out)
	}
	for _, c := range stateCases {
		root := c.files.write(t)
		for name, want := range c.states {
			out, _ := exec.Command(tool, "--root="+root, "is-enabled", name).Output() // fails for what is not enabled
			assert.Equal(t, want, strings.TrimSpace(string(out)), "%s: %s", c.summary, name)
		}
	}
}

// TestStateOfLaterReleases: [Install] knows UpheldBy= from 254 on.
func TestStateOfLaterReleases(t *testing.T) {
	image := files{
		vendor + "a.service": static + "[Install]\nUpheldBy=x.target\n", etc + "x.target.upholds/a.service": "-> /usr/lib/systemd/system/a.service",
		vendor + "b.service": static + "[Install]\nUpheldBy=x.target\n",
	}
	for version, want := range map[string][]string{"253": {"static", "static"}, "254": {"enabled", "disabled"}} {
		tree := image.open(t, version)
		assert.Equal(t, want, []string{tree.State(tree.Load("a.service")), tree.State(tree.Load("b.service"))}, version)
	}
}
