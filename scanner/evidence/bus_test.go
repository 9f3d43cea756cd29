// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestBus: what a system bus starts is what systemd does not start for it.
func TestBus(t *testing.T) {
	const bus = "ExecStart=/usr/sbin/bus --system --systemd-activation\n"
	for _, test := range []struct {
		summary, lines, service string
		more                    string // of its configuration
		starts                  bool
		unknown                 []string
	}{
		{summary: "a name with a unit", lines: bus, service: "Name=org.a\nExec=/usr/libexec/helper\nSystemdService=a.service\n"},
		{summary: "a name without", lines: bus, service: "Name=org.a\nExec=/usr/libexec/helper --x\nUser=root\n", starts: true},
		{summary: "a name that cannot be started", lines: bus, service: "Name=org.a\nExec=/bin/false\n"},
		{summary: "a bus that does not leave it to systemd", lines: "ExecStart=/usr/sbin/bus --system\n", service: "Name=org.a\nExec=/bin/false\n", unknown: []string{"exec-session execv"}},
		{summary: "a bus with folders of its own", lines: bus, service: "Name=org.a\nExec=/bin/false\n", more: "<servicedir>/opt/services</servicedir>", unknown: []string{"exec-session execv"}},
		{summary: "a session's bus", lines: "ExecStart=/usr/sbin/bus --session --systemd-activation\n", service: "Name=org.a\nExec=/bin/false\n", unknown: []string{"exec-session execv"}},
		{summary: "dbus-broker", lines: "ExecStart=/usr/sbin/bus --scope system --audit\n", service: "Name=org.a\nExec=/usr/libexec/helper\nSystemdService=a.service\n"},
	} {
		t.Run(test.summary, func(t *testing.T) {
			files := compiled(t)
			files["usr/share/dbus-1/system-services/org.a.service"] = "[D-BUS Service]\n" + test.service
			files["usr/share/dbus-1/system.conf"] = "<busconfig>\n  <servicehelper>/usr/sbin/session</servicehelper>\n</busconfig>\n"
			files["etc/dbus-1/system.d/more.conf"] = "<busconfig>" + test.more + "</busconfig>\n"
			got := tree(t, files).Collect(service(t, test.lines))
			for _, program := range []string{"/usr/libexec/helper", "/usr/sbin/session"} {
				assert.Equal(t, test.starts, got.fact("exec", program) != nil, program)
			}
			assert.Equal(t, test.starts, got.fact("clock", "") != nil, "the need of what it starts")
			if !test.starts {
				assert.Equal(t, test.unknown, got.unknowns(false))
			}
		})
	}
}
