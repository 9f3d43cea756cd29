// SPDX-License-Identifier: MIT

package unit_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// evaluate reads the lines of a [Service] section that has a command too; the error
// says why PID 1 refuses it.
func evaluate(t testing.TB, version, lines string) (*unit.Service, error) {
	v, err := unit.ParseVersion(version)
	require.NoError(t, err)
	text := "[Service]\nExecStart=/bin/true\n" + strings.ReplaceAll(lines, " ;; ", "\n")
	assignments, _, err := unit.Parse([]byte(text), "/a@b.service", "service", v)
	require.NoError(t, err)
	return unit.NewRules(v).Evaluate("a@b.service", "/a@b.service", assignments)
}

// shown is a setting's value as text.
func shown(s *unit.Service, setting string) string {
	switch value := reflect.ValueOf(s).Elem().FieldByName(setting).Interface().(type) {
	case unit.CapabilitySet:
		if names := value.Names(); len(names) > 20 {
			all := unit.AllCapabilities(unit.Version{Major: 257}).Names()
			return "~" + strings.Join(slices.DeleteFunc(all, func(n string) bool { return slices.Contains(names, n) }), " ")
		} else {
			return strings.Join(names, " ")
		}
	case unit.AddressFamilies:
		kind := map[bool]string{true: "allow", false: "deny"}[value.Allow]
		return strings.TrimSpace(kind + " " + strings.Join(sorted(value.Names), " "))
	case unit.NamespaceSet:
		return fmt.Sprintf("%#x", uint64(value))
	default:
		return fmt.Sprint(value)
	}
}

// TestValues: what a value means, which one is ignored, and how later lines merge.
func TestValues(t *testing.T) {
	const cgroup, net, mnt, user, all = 0x02000000, 0x40000000, 0x00020000, 0x10000000, 0x7e020000
	hex := func(n uint64) string { return fmt.Sprintf("%#x", n) }
	for _, c := range []struct{ lines, version, setting, want string }{
		{"PrivateDevices=on", "", "PrivateDevices", "true"},
		{"PrivateDevices=yes ;; PrivateDevices=", "", "PrivateDevices", "true"},
		{"PrivateDevices=yes ;; PrivateDevices=maybe", "", "PrivateDevices", "true"},
		{"PrivateDevices=\"yes\"", "", "PrivateDevices", "false"},
		{"PrivateDevices=yes ;; PrivateDevices=0", "", "PrivateDevices", "false"},
		{"PrivateMounts=yes ;; PrivateMounts=", "253", "PrivateMounts", "2"},
		{"PrivateMounts=yes ;; PrivateMounts=", "254", "PrivateMounts", "0"},
		{"ProtectHostname=yes ;; ProtectHostname=", "257", "ProtectHostname", "yes"},
		{"ProtectHostname=yes ;; ProtectHostname=", "258", "ProtectHostname", "no"},
		{"ProtectHostname=private:host", "257", "ProtectHostname", "no"},
		{"ProtectHostname=private:host", "258", "ProtectHostname", "private"},
		{"ProtectHostname=no:host", "258", "ProtectHostname", "no"},
		{"PrivateTmp=disconnected", "256", "PrivateTmp", "no"},
		{"PrivateTmp=disconnected", "257", "PrivateTmp", "disconnected"},
		{"PrivateUsers=full", "257", "PrivateUsers", "no"},
		{"PrivateUsers=full", "258", "PrivateUsers", "full"},
		{"PrivateUsers=managed", "259", "PrivateUsers", "no"},
		{"PrivateUsers=managed", "260", "PrivateUsers", "managed"},
		{"ProtectControlGroups=strict", "257", "ProtectControlGroups", "strict"},
		{"ProtectHome=read-only ;; ProtectHome=", "", "ProtectHome", "read-only"},
		{"ProtectHome=Read-Only", "", "ProtectHome", "no"},
		{"ProtectSystem=TRUE", "", "ProtectSystem", "yes"},
		{"KeyringMode=shared ;; KeyringMode=", "", "KeyringMode", "shared"},
		{"ProtectProc=Invisible", "", "ProtectProc", "default"},
		{"DevicePolicy=strict ;; DevicePolicy=bogus", "", "DevicePolicy", "strict"},
		{"UMask=77", "", "UMask", "63"},
		{"UMask=0077 ;; UMask=", "", "UMask", "63"},
		{"UMask=888", "", "UMask", "18"},
		{"Type=notify-reload", "252", "Type", "simple"},
		{"Type=notify-reload", "253", "Type", "notify-reload"},
		{"Type=bogus ;; BusName=org.x", "", "Type", "dbus"},
		{"LoadCredential=a", "256", "Type", "simple"},
		{"LoadCredential=a", "257", "Type", "exec"},
		{"SetCredential=a", "257", "Type", "simple"},
		{"LoadCredential=a:rel/ative", "257", "Type", "simple"},
		{"LoadCredential=a ;; LoadCredentialEncrypted=", "257", "Type", "simple"},
		{"Type=notify", "", "NotifyAccess", "main"},
		{"WatchdogSec=10", "", "NotifyAccess", "main"},
		{"WatchdogSec=0", "", "NotifyAccess", "none"},
		{"FileDescriptorStoreMax=5 ;; NotifyAccess=all", "", "NotifyAccess", "all"},

		{"User=%i", "", "User", "b"},
		{"User=a ;; User=", "", "User", ""},
		{"DynamicUser=yes", "", "User", "a"},
		{"DynamicUser=yes ;; ProtectSystem=full", "", "ProtectSystem", "strict"},
		{"DynamicUser=yes ;; ProtectHome=tmpfs", "", "ProtectHome", "tmpfs"},
		{"DynamicUser=yes ;; PrivateTmp=no", "256", "PrivateTmp", "yes"},
		{"DynamicUser=yes ;; PrivateTmp=no", "257", "PrivateTmp", "disconnected"},
		{"SupplementaryGroups=a b ;; SupplementaryGroups=c", "", "SupplementaryGroups", "[a b c]"},
		{"SupplementaryGroups=a ;; SupplementaryGroups=", "", "SupplementaryGroups", "[]"},
		{"RootDirectory=/srv//./x/", "", "RootDirectory", "/srv/x"},
		{"Delegate=", "", "Delegate", "true"},
		{"Delegate=yes ;; Delegate=no", "", "Delegate", "false"},
		{"Delegate=bogus", "", "Delegate", "true"},

		{"CapabilityBoundingSet=", "", "CapabilityBoundingSet", ""},
		{"CapabilityBoundingSet=cap_kill 12", "", "CapabilityBoundingSet", "CAP_KILL CAP_NET_ADMIN"},
		{"CapabilityBoundingSet=CAP_KILL ;; CapabilityBoundingSet=CAP_LEASE", "", "CapabilityBoundingSet", "CAP_KILL CAP_LEASE"},
		{"CapabilityBoundingSet=CAP_KILL CAP_LEASE ;; CapabilityBoundingSet=~CAP_KILL", "", "CapabilityBoundingSet", "CAP_LEASE"},
		{"CapabilityBoundingSet=~CAP_KILL", "", "CapabilityBoundingSet", "~CAP_KILL"},
		{"CapabilityBoundingSet=~CAP_KILL ;; CapabilityBoundingSet=CAP_KILL", "", "CapabilityBoundingSet", "~"},
		{"CapabilityBoundingSet=CAP_NOSUCH", "", "CapabilityBoundingSet", ""},
		{"CapabilityBoundingSet=CAP_KILL ;; CapabilityBoundingSet=~CAP_NOSUCH", "", "CapabilityBoundingSet", "~"},
		{"CapabilityBoundingSet=~ ;; CapabilityBoundingSet=CAP_KILL", "258", "CapabilityBoundingSet", "CAP_KILL"},
		{"CapabilityBoundingSet=~ ;; CapabilityBoundingSet=CAP_KILL", "261", "CapabilityBoundingSet", "~"},
		{"CapabilityBoundingSet=CAP_KILL \"CAP_LEASE", "253", "CapabilityBoundingSet", "CAP_KILL"},
		{"CapabilityBoundingSet=CAP_KILL \"CAP_LEASE", "254", "CapabilityBoundingSet", "CAP_KILL CAP_LEASE"},
		{"AmbientCapabilities=~CAP_KILL", "", "AmbientCapabilities", "~CAP_KILL"},
		{"PrivateDevices=yes", "", "CapabilityBoundingSet", "~CAP_SYS_RAWIO CAP_MKNOD"},
		{"PrivateDevices=yes ;; CapabilityBoundingSet=CAP_MKNOD CAP_KILL", "", "CapabilityBoundingSet", "CAP_KILL"},
		{"ProtectClock=yes", "", "CapabilityBoundingSet", "~CAP_SYS_TIME CAP_WAKE_ALARM"},

		{"RestrictNamespaces=yes", "", "RestrictNamespaces", "0x0"},
		{"RestrictNamespaces=no", "257", "RestrictNamespaces", hex(all)},
		{"RestrictNamespaces=no", "258", "RestrictNamespaces", hex(all | 0x80)},
		{"RestrictNamespaces=yes ;; RestrictNamespaces=", "", "RestrictNamespaces", hex(1<<64 - 1)},
		{"RestrictNamespaces=net ;; RestrictNamespaces=cgroup", "", "RestrictNamespaces", hex(net | cgroup)},
		{"RestrictNamespaces=yes ;; RestrictNamespaces=net", "", "RestrictNamespaces", hex(net)},
		{"RestrictNamespaces=~user mnt", "257", "RestrictNamespaces", hex(all &^ (user | mnt))},
		{"RestrictNamespaces=net bogus", "", "RestrictNamespaces", hex(1<<64 - 1)},
		{"RestrictNamespaces=time", "251", "RestrictNamespaces", hex(1<<64 - 1)},
		{"RestrictNamespaces=time", "252", "RestrictNamespaces", "0x80"},

		{"RestrictAddressFamilies=AF_INET af_unix", "", "RestrictAddressFamilies", "allow AF_INET AF_UNIX"},
		{"RestrictAddressFamilies=~AF_INET", "", "RestrictAddressFamilies", "deny AF_INET"},
		{"RestrictAddressFamilies=AF_LOCAL", "", "RestrictAddressFamilies", "allow AF_UNIX"},
		{"RestrictAddressFamilies=AF_INET ;; RestrictAddressFamilies=~AF_INET", "", "RestrictAddressFamilies", "allow"},
		{"RestrictAddressFamilies=none", "", "RestrictAddressFamilies", "allow"},
		{"RestrictAddressFamilies=none ;; RestrictAddressFamilies=~AF_INET", "", "RestrictAddressFamilies", "deny AF_INET"},
		{"RestrictAddressFamilies=AF_INET ;; RestrictAddressFamilies=", "", "RestrictAddressFamilies", "deny"},
		{"RestrictAddressFamilies=AF_UNIX AF_BOGUS AF_INET", "260", "RestrictAddressFamilies", "allow AF_INET AF_UNIX"},
		{"RestrictAddressFamilies=AF_UNIX AF_BOGUS AF_INET", "261", "RestrictAddressFamilies", "allow AF_UNIX"},

		{"SystemCallArchitectures=native x86 native", "", "SystemCallArchitectures", "[native x86]"},
		{"SystemCallArchitectures=native ;; SystemCallArchitectures=", "", "SystemCallArchitectures", "[]"},
		{"SystemCallArchitectures=bogus", "", "SystemCallArchitectures", "[]"},

		{"IPAddressDeny=any", "", "IPAddressDeny", "[0.0.0.0/0 ::/0]"},
		{"IPAddressDeny=10.1.2.3/8 10.0.0.0/8", "", "IPAddressDeny", "[10.0.0.0/8]"},
		{"IPAddressAllow=localhost ::2 bogus", "", "IPAddressAllow", "[127.0.0.0/8 ::1/128 ::2/128]"},
		{"IPAddressDeny=any ;; IPAddressDeny=", "", "IPAddressDeny", "[]"},
		{"IPIngressFilterPath=/sys/fs/bpf//x", "", "IPIngressFilterPath", "[/sys/fs/bpf/x]"},
		{"IPIngressFilterPath=x", "", "IPIngressFilterPath", "[]"},

		{"DeviceAllow=/dev/null rw", "", "DeviceAllow", "[{/dev/null rw}]"},
		{"DeviceAllow=char-rtc r ;; DeviceAllow=", "", "DeviceAllow", "[]"},
		{"DeviceAllow=/etc/passwd", "", "DeviceAllow", "[]"},
		{"DeviceAllow=/dev/null x", "", "DeviceAllow", "[]"},
		{"PrivateDevices=yes ;; DevicePolicy=auto", "", "DevicePolicy", "closed"},
		{"ProtectClock=yes", "", "DeviceAllow", "[]"},
		{"ProtectClock=yes ;; DevicePolicy=closed", "", "DeviceAllow", "[{char-rtc r}]"},
	} {
		versions := []string{c.version}
		if c.version == "" {
			versions = []string{"250", "257", "262"}
		}
		for _, version := range versions {
			s, err := evaluate(t, version, c.lines)
			if assert.NoError(t, err, "%s in %s", c.lines, version) {
				assert.Equal(t, c.want, shown(s, c.setting), "%s in %s", c.lines, version)
			}
		}
	}
}

// TestFilter: which system calls pass after the lines of SystemCallFilter=.
func TestFilter(t *testing.T) {
	for _, c := range []struct {
		lines         string
		active        bool
		passes, stops string
	}{
		{"", false, "mount read", ""},
		{"read", true, "read execve", "mount"}, // @default is on every allow list
		{"~mount", true, "read", "mount"},
		{"~@mount", true, "read", "mount umount2"},
		{"@system-service", true, "read openat", "mount reboot"},
		{"@system-service|~@privileged", true, "read", "chown"},
		{"@system-service|~chown:EPERM", true, "read", "chown"},
		{"read|~read", true, "execve", "read"},
		{"~mount|mount", false, "mount", ""},
		{"~mount reboot|mount", true, "mount", "reboot"},
		{"~mount|", false, "mount", ""},
		{"|~mount", true, "read", "mount"},
		{"mount:EPERM", true, "execve", "mount read"},
		{"@bogus", true, "execve", "read"},
		{`"@mount"`, true, "execve", "mount"},
		{"bogus", true, "execve", "read"},
		{"~bogus", false, "read", ""},
		{"~mount:bogus", false, "mount", ""},
		{"~mount:kill", true, "read", "mount"},
		{"~mount:4096", false, "mount", ""},
	} {
		lines := ""
		if c.lines != "" {
			for _, value := range strings.Split(c.lines, "|") {
				lines += "SystemCallFilter=" + value + "\n"
			}
		}
		s, err := evaluate(t, "257", lines)
		require.NoError(t, err)
		assert.Equal(t, c.active, s.SystemCallFilter.Active(), c.lines)
		for _, call := range strings.Fields(c.passes) {
			assert.True(t, s.SystemCallFilter.Permits(call), "%s: %s", c.lines, call)
		}
		for _, call := range strings.Fields(c.stops) {
			assert.False(t, s.SystemCallFilter.Permits(call), "%s: %s", c.lines, call)
		}
	}
}

// TestRefused: what makes PID 1 refuse a service, by version.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ lines, version, says string }{
		{"ExecStart=/bin/a", "257", "more than one ExecStart="},
		{"Type=oneshot ;; ExecStart=/bin/a", "257", ""},
		{"ExecStart=", "257", "neither ExecStart=, ExecStop= nor SuccessAction="},
		{"ExecStart= ;; ExecStop=/bin/a", "257", "RemainAfterExit=yes is not set"},
		{"ExecStart= ;; ExecStop=/bin/a ;; RemainAfterExit=yes", "257", ""},
		{"ExecStart= ;; ExecStop=/bin/a ;; RemainAfterExit=yes ;; Type=simple", "257", "allowed for Type=oneshot only"},
		{"Type=oneshot ;; Restart=always", "257", "Restart=always is not allowed"},
		{"Type=oneshot ;; Restart=on-success", "257", "Restart=on-success is not allowed"},
		{"Type=oneshot ;; Restart=on-failure", "257", ""},
		{"Type=oneshot ;; RestartForceExitStatus=1", "255", "RestartForceExitStatus="},
		{"Type=oneshot ;; RestartForceExitStatus=1", "256", ""},
		{"Type=oneshot ;; ExitType=cgroup", "257", "ExitType=cgroup"},
		{"Type=dbus", "257", "needs BusName="},
		{"PAMName=login ;; KillMode=process", "257", "KillMode=process"},
		{"PAMName=login ;; KillMode=mixed", "257", ""},

		{"DynamicUser=perhaps", "257", "is not a boolean"},
		{"DynamicUser=", "257", "is not a boolean"},
		{"User=a:b", "257", "not a valid user"},
		{"User=00", "257", "not a valid user"},
		{"User=%Z", "257", "unknown specifier"},
		{"User=a b", "257", ""},
		{"User=-a", "257", ""},
		{"User=65535", "257", "not a valid user"},
		{"SupplementaryGroups=a/b", "257", "not a valid group"},
		{"RootDirectory=srv", "257", "not an absolute path"},
		{"RootDirectory=/srv/../x", "257", "not an absolute path"},
		{"WorkingDirectory=x", "257", "not an absolute path"},
		{"WorkingDirectory=-x", "257", ""},

		{"DynamicUser=yes ;; WorkingDirectory=~", "255", ""},
		{"DynamicUser=yes ;; WorkingDirectory=~", "256", "WorkingDirectory=~"},
		{"WorkingDirectory=/proc/sys", "255", ""},
		{"WorkingDirectory=/proc/sys", "256", "WorkingDirectory="},
		{"WorkingDirectory=/proc/sys", "257", ""},
		{"WorkingDirectory=/proc/sys ;; ProtectSystem=yes", "257", "WorkingDirectory="},
		{"WorkingDirectory=/proc/sys ;; PrivateTmp=yes", "257", ""},
		{"WorkingDirectory=/proc/sys ;; PrivateTmp=yes", "261", "WorkingDirectory="},
		{"Type=forking ;; PrivatePIDs=yes", "256", ""},
		{"Type=forking ;; PrivatePIDs=yes", "257", "PrivatePIDs=yes is not allowed"},
		{"PrivateUsers=managed ;; User=a", "259", ""},
		{"PrivateUsers=managed ;; User=a", "260", "PrivateUsers=managed"},
		{"PrivateUsers=yes ;; UserNamespacePath=/x", "260", "exclude each other"},
		{"PrivatePIDs=yes ;; PAMName=login", "260.2", ""},
		{"PrivatePIDs=yes ;; PAMName=login", "260.3", "exclude each other"},
	} {
		_, err := evaluate(t, c.version, c.lines)
		if c.says == "" {
			assert.NoError(t, err, "%s in %s", c.lines, c.version)
		} else {
			assert.ErrorContains(t, err, c.says, "%s in %s", c.lines, c.version)
		}
	}
}

// TestIgnoredLines: a line without effect, or in part, is said with its place.
func TestIgnoredLines(t *testing.T) {
	for _, c := range []struct{ line, version, says string }{
		{"PrivateTpm=yes", "257", "unknown setting PrivateTpm= in [Service] is ignored by systemd 257"},
		{"X-Mine=yes", "257", ""},
		{"PrivatePIDs=yes", "256", "unknown setting PrivatePIDs="},
		{"PrivatePIDs=yes", "257", ""},
		{"MemoryLimit=1G", "257", ""},
		{"MemoryLimit=1G", "258", "unknown setting MemoryLimit="},
		{"PrivateTmp=yes # why", "257", `PrivateTmp= is ignored: "yes # why" is neither`},
		{"ProtectProc=invisble", "257", "ProtectProc= is ignored"},
		{"PrivateUsers=full", "257", "known from systemd 258 on"},
		{"CapabilityBoundingSet=CAP_KILL CAP_KIL", "257", "CapabilityBoundingSet=: unknown and ignored: CAP_KIL"},
		{"SystemCallFilter=@system-servic", "257", "SystemCallFilter=: unknown and ignored: @system-servic"},
		{"SystemCallFilter=read:EPERM", "257", "an allowed call takes no error number"},
		{"RestrictAddressFamilies=AF_INET, AF_UNIX", "257", "unknown and ignored: AF_INET,"},
		{"RestrictNamespaces=net bogus", "257", "one unknown word voids the line"},
		{"IPAddressDeny=all", "257", "unknown and ignored: all"},
		{"DeviceAllow=null", "257", "is no device node"},
		{"SetCredentialEncrypted=a:x", "257", "not valid Base64"},
		{"ExecStartPre=-/bin/%Z", "257", "ExecStartPre= is ignored: unknown specifier"},
	} {
		u := files{vendor + "a.service": static + c.line + "\n"}.open(t, c.version).Load("a.service")
		require.Equal(t, unit.Loaded, u.LoadState, "%s: %v", c.line, u.Diagnostics)
		if c.says == "" {
			assert.Empty(t, u.Diagnostics, c.line)
			continue
		}
		if assert.Len(t, u.Diagnostics, 1, c.line) {
			assert.Contains(t, u.Diagnostics[0].Message, c.says)
			assert.Equal(t, unit.Source{File: vendor + "a.service", Line: 3}, u.Diagnostics[0].Source)
			assert.Equal(t, unit.Warning, u.Diagnostics[0].Severity)
		}
	}
}

func sorted(set map[string]bool) (names []string) {
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
