// SPDX-License-Identifier: MIT

package patcher

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// TestAbsent has what is proposed for a service of which nothing is known, because
// the target lacks it anyway.
func TestAbsent(t *testing.T) {
	on := func(arch string, calls ...string) func(*report.Image) {
		return func(i *report.Image) { i.Architecture, i.AbsentSyscalls = arch, calls }
	}
	families := func(names ...string) func(*report.Image) {
		return func(i *report.Image) { i.KernelFrom, i.AbsentFamilies = "/boot/config", names }
	}
	multilib := func(i *report.Image) {
		i.Architecture, i.ForeignLoaders = "arm64", []string{"/lib/ld-linux-armhf.so.3"}
	}
	const (
		neverThere  = "~@cpu-emulation:ENOSYS @obsolete:ENOSYS @raw-io:ENOSYS (proven)"
		withheld    = "withheld"
		noSwap      = "~@swap:ENOSYS (proven)"
		noneOfThese = "~AF_CAN AF_IPX (likely)"
	)
	for _, tt := range []struct {
		summary, version, lines string
		image                   func(*report.Image)
		setting, want           string
	}{
		{"x86-64 has calls of all groups", "257", "", on("x86-64"), "SystemCallFilter", withheld},
		{"arm64 never had three", "257", "", on("arm64"), "SystemCallFilter", neverThere},
		{"nor has riscv64", "250", "", on("riscv64"), "SystemCallFilter", neverThere},
		{"an architecture without filters", "257", "", on("riscv32"), "SystemCallFilter", withheld},
		{"a kernel without swap", "257", "", on("x86-64", "swapoff", "swapon"), "SystemCallFilter", noSwap},
		{"half a group is not enough", "257", "", on("x86-64", "swapon"), "SystemCallFilter", withheld},
		{"programs of another architecture", "257", "", multilib, "SystemCallFilter", withheld},
		{"that the unit allows", "257", "SystemCallArchitectures=native arm\n", on("arm64"), "SystemCallFilter", withheld},
		{"the unit has a filter", "257", "SystemCallFilter=~@clock\n", on("arm64"), "SystemCallFilter", ""},
		{"a filter would imply more", "254", "User=daemon\n", on("arm64"), "SystemCallFilter", withheld},
		{"without privileges", "257", unprivilegedLines, on("arm64", "swapoff", "swapon"), "SystemCallFilter",
			"~@module @reboot @cpu-emulation:ENOSYS @obsolete:ENOSYS @raw-io:ENOSYS @swap:ENOSYS (proven)"},
		{"without privileges, with programs of another architecture", "257", unprivilegedLines, multilib, "SystemCallFilter", "~@module @reboot @swap (proven)"},
		{"families", "257", "", families("AF_CAN", "AF_IPX"), "RestrictAddressFamilies", noneOfThese},
		{"families on an early systemd", "250", "", families("AF_CAN", "AF_IPX"), "RestrictAddressFamilies", noneOfThese},
		{"all families are there", "257", "", families(), "RestrictAddressFamilies", withheld},
		{"some are denied already", "257", "RestrictAddressFamilies=~AF_IPX\n", families("AF_CAN", "AF_IPX"), "RestrictAddressFamilies", "~AF_CAN (likely)"},
		{"a list of what is allowed", "257", "RestrictAddressFamilies=AF_CAN\n", families("AF_CAN"), "RestrictAddressFamilies", ""},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			u := propose(t, tt.version, service(t, tt.version, tt.lines, unknown("interpreter", "*")), tt.image)
			got, _, _ := strings.Cut(said(u, tt.setting), ": ")
			if got != withheld {
				got = said(u, tt.setting)
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

// TestAbsentGroupsAreAbsent: no call of such a group has a number on the
// architecture, by the table of libseccomp.
func TestAbsentGroupsAreAbsent(t *testing.T) {
	for _, arch := range []seccomp.Arch{seccomp.X8664, seccomp.ARM64, seccomp.ARM, seccomp.RISCV64, seccomp.X86, seccomp.PPC64LE, seccomp.LoongArch64} {
		u := service(t, "257", "")
		i := image("257")
		i.Architecture = string(arch)
		s := &subject{Unit: &u, service: evaluate(t, "257", &u), image: i, version: unit.Version{Major: 257, Point: unit.AnyPoint}}
		for _, g := range s.absentGroups() {
			calls := seccomp.Groups(257, -1).Expand(g)
			require.NotEmpty(t, calls, g)
			for _, c := range calls {
				_, exists := seccomp.Number(arch, c)
				assert.False(t, exists, "%s: %s", arch, c)
			}
		}
	}
}

// TestNotEffective: what the target would ignore is withheld, with the reason.
func TestNotEffective(t *testing.T) {
	lacks := func(setting string) func(*report.Image) {
		return func(i *report.Image) {
			i.Effects = append(i.Effects, report.Effect{Setting: setting, Why: "the kernel has no CONFIG_X"})
		}
	}
	for _, r := range rules {
		if _, known := map[string]bool{"PrivateUsers": true, "SocketBindDeny": true}[r.setting]; known {
			continue
		}
		got := propose(t, "257", service(t, "257", toBeProposed[r.setting]), lacks(r.setting))
		assert.Equal(t, "withheld: it would not be effective on this target: the kernel has no CONFIG_X", said(got, r.setting), r.setting)
	}
}

// TestDropInLink: a unit whose folder for drop-ins is a link gets nothing.
func TestDropInLink(t *testing.T) {
	got := propose(t, "257", service(t, "257", "", func(u *report.Unit) { u.DropInLink = "/usr/lib/systemd/system/x.service.d" }))
	assert.Empty(t, got.Proposals)
	assert.Equal(t, "withheld: /usr/lib/systemd/system/x.service.d is not a folder but a link or a file, so that no drop-in can be laid there", said(got, "all"))
	assert.Equal(t, report.None, got.ExposureAfter)
}
