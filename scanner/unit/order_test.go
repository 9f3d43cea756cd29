// SPDX-License-Identifier: MIT

package unit_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// TestAfterFileSystems: what a service of the early boot is ordered after, by way of
// units that the boot starts.
func TestAfterFileSystems(t *testing.T) {
	early := func(more string) string { return "[Unit]\nDefaultDependencies=no\n" + more }
	service := func(more string) string { return early(more) + "[Service]\nExecStart=/bin/true\n" }
	for _, test := range []struct {
		summary string
		files   files
		want    bool
	}{
		{"a usual service", files{vendor + "a.service": static}, true},
		{"nothing is ordered", files{vendor + "a.service": service("")}, false},
		{"the target itself", files{vendor + "a.service": service("After=local-fs.target\n")}, true},
		{"a unit that it requires", files{vendor + "a.service": service("After=b.target\nRequires=b.target\n"), vendor + "b.target": early("After=local-fs.target\n")}, true},
		{"a unit that the boot starts", files{vendor + "a.service": service("After=c.service\n"), vendor + "c.service": service("After=local-fs.target\n"),
			vendor + "sysinit.target.wants/c.service": "-> ../c.service"}, true},
		{"a unit that nothing starts", files{vendor + "a.service": service("After=b.target\n"), vendor + "b.target": early("After=local-fs.target\n")}, false},
		{"a unit that is not there", files{vendor + "a.service": service("After=b.target\nRequires=b.target\n")}, false},
		{"a unit that names it", files{vendor + "a.service": service(""), vendor + "c.service": service("After=local-fs.target\nBefore=a.service\n"),
			vendor + "sysinit.target.wants/c.service": "-> ../c.service"}, true},
		{"it is ordered before", files{vendor + "a.service": service("Before=local-fs.target\n")}, false},
		{"a service with the usual dependencies", files{vendor + "a.service": service("After=base.service\n")}, true},
		{"a ring", files{vendor + "a.service": service("After=b.target\nRequires=b.target\n"), vendor + "b.target": early("After=a.service\n")}, false},
	} {
		t.Run(test.summary, func(t *testing.T) {
			test.files[vendor+"multi-user.target.wants/a.service"] = "-> ../a.service"
			test.files[vendor+"local-fs.target"] = early("")
			test.files[vendor+"sysinit.target"] = early("Wants=local-fs.target\nAfter=local-fs.target\n")
			for _, l := range booted(test.files).open(t, "257").List(unit.PresetsAuto) {
				if l.Name == "a.service" {
					assert.Equal(t, test.want, l.AfterFileSystems)
					return
				}
			}
			assert.Fail(t, "a.service is not listed")
		})
	}
}
