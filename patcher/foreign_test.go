// SPDX-License-Identifier: MIT

package patcher

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

func TestForeignDropIn(t *testing.T) {
	for _, c := range []struct {
		summary, unit, dropIn string
		foreign               bool
	}{
		{"none", "a.service", "/etc/systemd/system/a.service.d/10-x.conf", false},
		{"ours", "a.service", "/usr/lib/systemd/system/a.service.d/50-hardening.conf", false},
		{"ours, split /usr", "a.service", "/lib/systemd/system/a.service.d/50-hardening.conf", false},
		{"ours, of the template", "a@b.service", "/usr/lib/systemd/system/a@.service.d/50-hardening.conf", false},
		{"a person's in /etc hides ours", "a.service", "/etc/systemd/system/a.service.d/50-hardening.conf", true},
		{"ours would hide that of the type", "a.service", "/usr/lib/systemd/system/service.d/50-hardening.conf", true},
		{"ours would hide that of the prefix", "a-b.service", "/usr/lib/systemd/system/a-.service.d/50-hardening.conf", true},
	} {
		t.Run(c.summary, func(t *testing.T) {
			got := foreignDropIn(&report.Unit{Name: c.unit, DropIns: []string{c.dropIn}})
			assert.Equal(t, c.foreign, got == c.dropIn)
		})
	}
}

func TestOwnUnknownsFirst(t *testing.T) {
	s := &subject{Unit: &report.Unit{
		Executables: []report.Executable{{Path: "/usr/sbin/cron"}},
		Unknowns: []report.Unknown{
			{ID: "a", Where: "/usr/bin/tar+0x1"}, {ID: "b", Where: "/usr/sbin/cron+0x2"}, {ID: "c", Where: "/usr/sbin/cronolog+0x3"}, {ID: "d", Where: "/usr/sbin/cron+0x4"},
		},
	}}
	var order string
	for _, u := range s.ownFirst() {
		order += u.ID
	}
	assert.Equal(t, "bdac", order)
}
