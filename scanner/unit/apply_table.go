// SPDX-License-Identifier: MIT

package unit

import (
	"net/netip"
	"slices"
	"strings"
)

// setters is how the value of each setting is read that the score, the ability
// to load or the commands depend on; all other known settings are only kept as
// assignments. Merge and reset rules: systemd.exec(5) and neighbours, and where
// these are silent what testdata/oracle recorded.
var setters = map[string]setter{
	"Unit.DefaultDependencies": boolean(func(s *Service) *bool { return &s.DefaultDependencies }),
	"Unit.SuccessAction": enumeration(func(s *Service) *string { return &s.SuccessAction }, "none", "reboot", "reboot-force", "reboot-immediate",
		"poweroff", "poweroff-force", "poweroff-immediate", "exit", "exit-force", "soft-reboot", "soft-reboot-force", "kexec", "kexec-force", "halt",
		"halt-force", "halt-immediate"),

	"Service.Type":                   setType,
	"Service.RemainAfterExit":        boolean(func(s *Service) *bool { return &s.RemainAfterExit }),
	"Service.Restart":                enumeration(func(s *Service) *string { return &s.Restart }, "no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always"),
	"Service.RestartForceExitStatus": present(func(s *Service) *bool { return &s.restartForce }),
	"Service.ExitType":               enumeration(func(s *Service) *string { return &s.ExitType }, "main", "cgroup"),
	"Service.KillMode":               enumeration(func(s *Service) *string { return &s.KillMode }, "control-group", "process", "mixed", "none"),
	"Service.BusName":                text(func(s *Service) *string { return &s.BusName }),
	"Service.PAMName":                text(func(s *Service) *string { return &s.PAMName }),
	"Service.WatchdogSec":            setWatchdog,
	"Service.FileDescriptorStoreMax": setFDStore,

	"Service.User":                setUser(func(s *Service) *string { return &s.User }),
	"Service.Group":               setUser(func(s *Service) *string { return &s.Group }),
	"Service.SupplementaryGroups": setSupplementaryGroups,
	"Service.DynamicUser":         setDynamicUser,
	"Service.UMask":               setUMask,
	"Service.WorkingDirectory":    setWorkingDirectory,
	"Service.RootDirectory":       rootPath(func(s *Service) *string { return &s.RootDirectory }),
	"Service.RootImage":           rootPath(func(s *Service) *string { return &s.RootImage }),
	"Service.MountImages":         present(func(s *Service) *bool { return &s.mountImages }),
	"Service.RootMStack":          present(func(s *Service) *bool { return &s.mountImages }),
	"Service.UserNamespacePath":   present(func(s *Service) *bool { return &s.userNamespacePath }),

	"Service.LoadCredential":          loadCredential(false),
	"Service.LoadCredentialEncrypted": loadCredential(true),
	"Service.SetCredential":           setCredential(false),
	"Service.SetCredentialEncrypted":  setCredential(true),
	"Service.ImportCredential":        present(func(s *Service) *bool { return &s.importsCredentials }),

	"Service.PrivateDevices":          boolean(func(s *Service) *bool { return &s.PrivateDevices }),
	"Service.PrivateNetwork":          boolean(func(s *Service) *bool { return &s.PrivateNetwork }),
	"Service.ProtectClock":            boolean(func(s *Service) *bool { return &s.ProtectClock }),
	"Service.ProtectKernelLogs":       boolean(func(s *Service) *bool { return &s.ProtectKernelLogs }),
	"Service.ProtectKernelModules":    boolean(func(s *Service) *bool { return &s.ProtectKernelModules }),
	"Service.ProtectKernelTunables":   boolean(func(s *Service) *bool { return &s.ProtectKernelTunables }),
	"Service.LockPersonality":         boolean(func(s *Service) *bool { return &s.LockPersonality }),
	"Service.MemoryDenyWriteExecute":  boolean(func(s *Service) *bool { return &s.MemoryDenyWriteExecute }),
	"Service.NoNewPrivileges":         boolean(func(s *Service) *bool { return &s.NoNewPrivileges }),
	"Service.RestrictRealtime":        boolean(func(s *Service) *bool { return &s.RestrictRealtime }),
	"Service.RestrictSUIDSGID":        boolean(func(s *Service) *bool { return &s.RestrictSUIDSGID }),
	"Service.RemoveIPC":               boolean(func(s *Service) *bool { return &s.RemoveIPC }),
	"Service.PrivatePIDs":             boolean(func(s *Service) *bool { return &s.PrivatePIDs }),
	"Service.PrivateIPC":              boolean(func(s *Service) *bool { return &s.PrivateIPC }),
	"Service.MountAPIVFS":             boolean(func(s *Service) *bool { return &s.MountAPIVFS }),
	"Service.PrivateMounts":           setPrivateMounts,
	"Service.PrivateTmp":              boolOrWord(func(s *Service) *string { return &s.PrivateTmp }, since{257, "connected"}, since{257, "disconnected"}),
	"Service.PrivateUsers":            boolOrWord(func(s *Service) *string { return &s.PrivateUsers }, since{257, "self"}, since{257, "identity"}, since{258, "full"}, since{260, "managed"}),
	"Service.ProtectControlGroups":    boolOrWord(func(s *Service) *string { return &s.ProtectControlGroups }, since{257, "private"}, since{257, "strict"}),
	"Service.ProtectHostname":         setProtectHostname,
	"Service.ProtectHome":             boolOrWord(func(s *Service) *string { return &s.ProtectHome }, since{0, "read-only"}, since{0, "tmpfs"}),
	"Service.ProtectSystem":           boolOrWord(func(s *Service) *string { return &s.ProtectSystem }, since{0, "full"}, since{0, "strict"}),
	"Service.KeyringMode":             enumeration(func(s *Service) *string { return &s.KeyringMode }, "inherit", "private", "shared"),
	"Service.ProtectProc":             enumeration(func(s *Service) *string { return &s.ProtectProc }, "default", "noaccess", "invisible", "ptraceable"),
	"Service.ProcSubset":              enumeration(func(s *Service) *string { return &s.ProcSubset }, "all", "pid"),
	"Service.NotifyAccess":            enumeration(func(s *Service) *string { return &s.NotifyAccess }, "none", "main", "exec", "all"),
	"Service.Delegate":                setDelegate,
	"Service.CapabilityBoundingSet":   setCapabilities(func(s *Service) *CapabilitySet { return &s.CapabilityBoundingSet }, AllCapabilities),
	"Service.AmbientCapabilities":     setCapabilities(func(s *Service) *CapabilitySet { return &s.AmbientCapabilities }, func(Version) CapabilitySet { return 0 }),
	"Service.RestrictNamespaces":      setNamespaces,
	"Service.RestrictAddressFamilies": setAddressFamilies,
	"Service.SystemCallFilter":        setSystemCallFilter,
	"Service.SystemCallArchitectures": setSystemCallArchitectures,
	"Service.IPAddressAllow":          setAddresses(func(s *Service) *[]netip.Prefix { return &s.IPAddressAllow }),
	"Service.IPAddressDeny":           setAddresses(func(s *Service) *[]netip.Prefix { return &s.IPAddressDeny }),
	"Service.IPIngressFilterPath":     paths(func(s *Service) *[]string { return &s.IPIngressFilterPath }),
	"Service.IPEgressFilterPath":      paths(func(s *Service) *[]string { return &s.IPEgressFilterPath }),
	"Service.DevicePolicy":            enumeration(func(s *Service) *string { return &s.DevicePolicy }, "auto", "closed", "strict"),
	"Service.DeviceAllow":             setDeviceAllow,

	"Service.ExecCondition":  setCommands,
	"Service.ExecStartPre":   setCommands,
	"Service.ExecStart":      setCommands,
	"Service.ExecStartPost":  setCommands,
	"Service.ExecReload":     setCommands,
	"Service.ExecReloadPost": setCommands,
	"Service.ExecStop":       setCommands,
	"Service.ExecStopPost":   setCommands,
}

func setType(l *loading, s *Service, a Assignment) error {
	known := []string{"simple", "exec", "forking", "oneshot", "dbus", "notify", "idle"}
	if l.version.Major >= 253 {
		known = append(known, "notify-reload")
	}
	return enumeration(func(s *Service) *string { return &s.Type }, known...)(l, s, a)
}

// setWatchdog notes a positive time; its unit does not matter here.
func setWatchdog(_ *loading, s *Service, a Assignment) error {
	s.watchdog = a.Value != "infinity" && strings.ContainsAny(a.Value, "123456789")
	return nil
}

func setFDStore(_ *loading, s *Service, a Assignment) error {
	s.fdStore = strings.Trim(a.Value, "0123456789") == "" && strings.ContainsAny(a.Value, "123456789")
	return nil
}

func setWorkingDirectory(l *loading, s *Service, a Assignment) error {
	value, missingOK := strings.CutPrefix(a.Value, "-")
	if value == "" || value == "~" {
		s.WorkingDirectory = value
		return nil
	}
	path, err := l.expand(value)
	if err == nil && strings.HasPrefix(path, "/") && !slices.Contains(strings.Split(path, "/"), "..") {
		s.WorkingDirectory = simplifyPath(path)
		return nil
	}
	if missingOK {
		return ignored("%q is not an absolute path without \"..\"", value)
	}
	return fatal("%q is not an absolute path without \"..\"", value)
}

// filterArchitectures are the words of SystemCallArchitectures= (systemd.exec(5)).
var filterArchitectures = strings.Fields(`x86 x86-64 x32 arm arm64 loongarch64 mips mips64 mips64-n32 mips-le mips64-le
	mips64-le-n32 parisc parisc64 ppc ppc64 ppc64-le riscv64 s390 s390x`)

func setSystemCallArchitectures(_ *loading, s *Service, a Assignment) error {
	if a.Value == "" {
		s.SystemCallArchitectures = nil
		return nil
	}
	words, err := splitWords(a.Value, true, false)
	var unknown []string
	if err != nil {
		unknown = append(unknown, err.Error())
	}
	for _, w := range words {
		switch {
		case w != "native" && !slices.Contains(filterArchitectures, w):
			unknown = append(unknown, w)
		case !slices.Contains(s.SystemCallArchitectures, w):
			s.SystemCallArchitectures = append(s.SystemCallArchitectures, w)
		}
	}
	return skipped(unknown)
}

func setAddresses(field func(*Service) *[]netip.Prefix) setter {
	return func(_ *loading, s *Service, a Assignment) error {
		list, invalid := mergeAddresses(*field(s), a.Value)
		*field(s) = list
		return skipped(invalid)
	}
}

func setDeviceAllow(l *loading, s *Service, a Assignment) error {
	if a.Value == "" {
		s.DeviceAllow = nil
		return nil
	}
	words, err := splitWords(a.Value, true, false)
	if err != nil || len(words) == 0 {
		return ignored("%q names no device", a.Value)
	}
	path, err := l.expand(words[0])
	if err != nil {
		return ignored("%s", err)
	}
	rights := strings.Join(words[1:], " ")
	switch {
	case !deviceNode(path):
		return ignored("%q is no device node below /dev and no block- or char- class", path)
	case strings.Trim(rights, "rwm") != "":
		return ignored("device rights %q are not made of r, w and m", rights)
	}
	s.DeviceAllow = append(s.DeviceAllow, Device{path, rights})
	return nil
}

func deviceNode(path string) bool {
	return strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/run/systemd/inaccessible/") ||
		strings.HasPrefix(path, "block-") || strings.HasPrefix(path, "char-")
}
