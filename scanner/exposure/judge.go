// SPDX-License-Identifier: MIT

package exposure

import (
	"net/netip"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// judge gives the badness of a row for a service, from 0 to the row's range.
// Source of every rule: systemd-analyze of 250 to 262, compared in testdata/oracle.
type judge func(*Target, *unit.Service) uint64

// off is 1 unless the setting is good.
func off(good func(*unit.Service) bool) judge {
	return func(_ *Target, s *unit.Service) uint64 {
		if good(s) {
			return 0
		}
		return 1
	}
}

// word looks a setting's word up; words that are not listed are good.
func word(value func(*unit.Service) string, badness map[string]uint64) judge {
	return func(_ *Target, s *unit.Service) uint64 { return badness[value(s)] }
}

func user(t *Target, s *unit.Service) uint64 {
	switch {
	case s.User == t.nobody():
		return 9
	case s.User == "root", s.User == "0":
		return 10
	case s.DynamicUser, s.User != "":
		return 0
	}
	return 10
}

func supplementaryGroups(_ *Target, s *unit.Service) uint64 {
	if len(s.SupplementaryGroups) > 0 {
		return 1
	}
	return 0
}

// privateMounts: over D-Bus eight other settings count as it; offline none does,
// and from 254 on an unset value reads as true there.
func privateMounts(t *Target, s *unit.Service) uint64 {
	good := s.PrivateMounts == unit.Yes
	if t.Compat == Offline {
		good = good || t.Version.Major >= 254 && s.PrivateMounts == unit.Unset
	} else {
		good = good || s.PrivateDevices || s.PrivateTmp != "no" || s.ProtectControlGroups != "no" || s.ProtectKernelTunables ||
			s.ProtectKernelModules || s.ProtectHome != "no" || s.ProtectSystem != "no" || s.RootImage != ""
	}
	if good {
		return 0
	}
	return 1
}

func rootDirectory(_ *Target, s *unit.Service) uint64 {
	for _, root := range []string{s.RootDirectory, s.RootImage} {
		if root != "" && root != "/" {
			return 0
		}
	}
	return 1
}

// umask weighs the most dangerous bit that the mask leaves in new files.
func umask(_ *Target, s *unit.Service) uint64 {
	for _, bit := range []struct {
		mode    uint32
		badness uint64
	}{{0o002, 10}, {0o004, 5}, {0o020, 2}, {0o040, 1}} {
		if s.UMask&bit.mode == 0 {
			return bit.badness
		}
	}
	return 0
}

// rowCapabilities are those that a row is about, by its JSON name.
var rowCapabilities = map[string]unit.CapabilitySet{}

func capability(suffix, jsonSuffix string, weight uint64, what string, names ...string) row {
	var set unit.CapabilitySet
	for _, n := range names {
		set |= unit.Capability(n)
	}
	rowCapabilities["CapabilityBoundingSet_"+jsonSuffix] = set
	return row{
		id: "CapabilityBoundingSet=~" + suffix, jsonField: "CapabilityBoundingSet_" + jsonSuffix, weight: weight, valueMax: 1,
		setting: "CapabilityBoundingSet", judge: off(func(s *unit.Service) bool { return s.CapabilityBoundingSet&set == 0 }),
		good: "cannot have " + what, bad: "may have " + what,
	}
}

func withSince(r row, since ...unit.Version) row {
	r.since = since
	return r
}

func namespace(name string, weight uint64, flag unit.NamespaceSet, what string) row {
	return row{
		id: "RestrictNamespaces=~" + name, jsonField: "RestrictNamespaces_" + name, weight: weight, valueMax: 1,
		setting: "RestrictNamespaces", judge: off(func(s *unit.Service) bool { return !s.RestrictNamespaces.Permits(flag) }),
		good: "cannot make " + what + " name spaces", bad: "can make " + what + " name spaces",
	}
}

// commonFamilies have rows of their own; the last row is about all others.
var commonFamilies = map[string]bool{"AF_INET": true, "AF_INET6": true, "AF_UNIX": true, "AF_NETLINK": true, "AF_PACKET": true}

// family rows: good when an allow list does not name the families, or a deny list
// names at least one. Without names the row is about all other families.
func family(suffix, jsonSuffix string, weight uint64, what string, names ...string) row {
	good := func(s *unit.Service) bool {
		listed := false
		for _, n := range names {
			listed = listed || s.RestrictAddressFamilies.Lists(n)
		}
		if len(names) == 0 {
			for n := range s.RestrictAddressFamilies.Names {
				listed = listed || !commonFamilies[n]
			}
		}
		return listed != s.RestrictAddressFamilies.Allow
	}
	return row{
		id: "RestrictAddressFamilies=~" + suffix, jsonField: "RestrictAddressFamilies_" + jsonSuffix, weight: weight, valueMax: 1,
		setting: "RestrictAddressFamilies", judge: off(good), good: "cannot make " + what, bad: "can make " + what,
	}
}

func systemCallArchitectures(_ *Target, s *unit.Service) uint64 {
	switch {
	case len(s.SystemCallArchitectures) == 0:
		return 10
	case len(s.SystemCallArchitectures) == 1 && s.SystemCallArchitectures[0] == "native":
		return 0
	}
	return 8
}

// systemCalls rows ask whether a filter leaves any call of the group that the
// target's architecture has.
func systemCalls(group string, weight uint64) row {
	name := "@" + group
	return row{
		id: "SystemCallFilter=~" + name, jsonField: "SystemCallFilter_" + strings.ReplaceAll(group, "-", "_"), weight: weight, valueMax: 10,
		setting: "SystemCallFilter", needs: seccompBuild,
		judge: func(t *Target, s *unit.Service) uint64 { return t.filterBadness(s.SystemCallFilter, name) },
		good:  "may not use the system calls of " + name, bad: "may use system calls of " + name,
	}
}

func (t *Target) filterBadness(f unit.SystemCallFilter, group string) uint64 {
	if !f.Active() {
		return 10
	}
	for _, call := range t.groups[group] {
		switch {
		case f.Allow && t.permits(f, call):
			return 9
		case !f.Allow && !f.Lists(call):
			return 10
		}
	}
	return 0
}

// permits tells whether an allow list counts a call as allowed. Before 252 the
// manager hands out calls that a later line took back with an error number, and
// the reader over D-Bus drops that number (systemd 250.8 to 251).
func (t *Target) permits(f unit.SystemCallFilter, call string) bool {
	if t.Version.Major < 252 && t.Compat == Online {
		return f.Lists(call)
	}
	return f.Permits(call)
}

var (
	anyIPv4   = netip.MustParsePrefix("0.0.0.0/0")
	anyIPv6   = netip.MustParsePrefix("::/0")
	loopback4 = netip.MustParsePrefix("127.0.0.0/8")
	loopback6 = netip.MustParsePrefix("::1/128")
)

func ipAddressDeny(t *Target, s *unit.Service) uint64 {
	if len(s.IPIngressFilterPath)+len(s.IPEgressFilterPath) > 0 {
		return 0
	}
	denied := map[netip.Prefix]bool{}
	for _, p := range s.IPAddressDeny {
		denied[p] = true
	}
	if !denied[anyIPv4] || !denied[anyIPv6] {
		return 10
	}
	badness := uint64(0)
	for _, p := range s.IPAddressAllow {
		if !t.isLocalhost(p) {
			return 5
		}
		badness = 2
	}
	return badness
}

// isLocalhost: over D-Bus an IPv4 entry is the local host only with the prefix
// length 8; offline its length is not looked at.
func (t *Target) isLocalhost(p netip.Prefix) bool {
	if p == loopback4 || p == loopback6 {
		return true
	}
	return t.Compat == Offline && (loopback4.Contains(p.Addr()) || p.Addr() == loopback6.Addr())
}

func deviceAllow(_ *Target, s *unit.Service) uint64 {
	switch {
	case s.DevicePolicy == "auto":
		return 10
	case len(s.DeviceAllow) > 0:
		return 5
	}
	return 0
}
