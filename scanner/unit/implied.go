// SPDX-License-Identifier: MIT

package unit

import (
	"fmt"
	"path"
	"strings"
)

// implication is a setting that another one brings at load time, after the
// fragment and all drop-ins; nothing that is written undoes it.
type implication struct {
	setting string // what brings it
	holds   func(*Service) bool
	implies []string // settings whose rows it decides
	apply   func(*Service, Version)
}

// implications in the order in which PID 1 applies them (systemd.exec(5), the
// settings' own texts; DeviceAllow by the versions in testdata/oracle).
var implications = []implication{
	{"PrivateDevices", func(s *Service) bool { return s.PrivateDevices }, []string{"DeviceAllow"}, func(s *Service, _ Version) {
		s.drop("CAP_MKNOD", "CAP_SYS_RAWIO")
		if s.DevicePolicy == "auto" {
			s.DevicePolicy = "closed"
		}
	}},
	{"ProtectKernelModules", func(s *Service) bool { return s.ProtectKernelModules }, nil, func(s *Service, _ Version) {
		s.drop("CAP_SYS_MODULE")
	}},
	{"ProtectKernelLogs", func(s *Service) bool { return s.ProtectKernelLogs }, nil, func(s *Service, _ Version) {
		s.drop("CAP_SYSLOG")
	}},
	{"ProtectClock", func(s *Service) bool { return s.ProtectClock }, nil, func(s *Service, _ Version) {
		s.drop("CAP_SYS_TIME", "CAP_WAKE_ALARM")
		if s.restrictsDevices() {
			s.DeviceAllow = append(s.DeviceAllow, Device{"char-rtc", "r"})
		}
	}},
	{"RootImage", func(s *Service) bool { return s.RootImage != "" || s.mountImages }, nil, func(s *Service, _ Version) {
		if s.restrictsDevices() {
			s.DeviceAllow = append(s.DeviceAllow, Device{"/dev/loop-control", "rw"}, Device{"block-loop", "rwm"})
		}
	}},
	{"LoadCredentialEncrypted", func(s *Service) bool { return s.loadCredentials.anyEncrypted() || s.setCredentials.anyEncrypted() }, nil, func(s *Service, v Version) {
		if s.opensTPM(v) && s.restrictsDevices() {
			s.DeviceAllow = append(s.DeviceAllow, Device{"char-tpm", "rw"})
		}
	}},
	{"DynamicUser", func(s *Service) bool { return s.DynamicUser }, []string{"PrivateTmp", "RemoveIPC", "ProtectSystem", "ProtectHome", "NoNewPrivileges", "RestrictSUIDSGID"}, func(s *Service, v Version) {
		if s.PrivateTmp == "no" {
			s.PrivateTmp = "yes"
			if v.Major >= 257 {
				s.PrivateTmp = "disconnected"
			}
		}
		s.RemoveIPC, s.NoNewPrivileges, s.RestrictSUIDSGID = true, true, true
		s.ProtectSystem = "strict"
		if s.ProtectHome == "no" {
			s.ProtectHome = "read-only"
		}
	}},
}

func (s *Service) drop(capabilities ...string) {
	for _, c := range capabilities {
		s.CapabilityBoundingSet &^= Capability(c)
	}
}

// restrictsDevices tells whether the device list is in force at load time.
func (s *Service) restrictsDevices() bool {
	return s.DevicePolicy != "auto" || len(s.DeviceAllow) > 0
}

// opensTPM tells whether encrypted credentials put the TPM on the device list:
// not before the named point releases, and no more from 258 on; those set as
// literals count from later releases on.
func (s *Service) opensTPM(v Version) bool {
	if v.Major >= 258 || !v.Has(Version{250, 11}, Version{251, 12}, Version{252, 6}, Version{253, 0}) {
		return false
	}
	return s.loadCredentials.anyEncrypted() || v.Has(Version{252, 7}, Version{253, 1}, Version{254, 0}) && v.Major >= 252
}

// finish applies what PID 1 derives once all lines are read.
func (s *Service) finish(name string, v Version) {
	if s.Type == "" {
		s.Type = s.defaultType(v)
	}
	if s.NotifyAccess == "none" && (s.Type == "notify" || s.Type == "notify-reload" || s.watchdog || s.fdStore) {
		s.NotifyAccess = "main"
	}
	for _, i := range implications {
		if !i.holds(s) {
			continue
		}
		before := s.CapabilityBoundingSet
		i.apply(s, v)
		src, ok := s.sources[i.setting]
		if !ok {
			continue
		}
		for _, setting := range i.implies {
			s.implied[setting] = src
		}
		if taken := before &^ s.CapabilityBoundingSet; taken != 0 {
			s.taken = append(s.taken, takenCapabilities{taken, src})
		}
	}
	if s.DynamicUser && s.User == "" {
		prefix, _, _, _ := SplitName(name)
		s.User = prefix
	}
}

// defaultType is the type of a service that names none (systemd.service(5), Type=).
func (s *Service) defaultType(v Version) string {
	usesCredentials := len(s.loadCredentials)+len(s.setCredentials) > 0 || s.importsCredentials
	switch {
	case s.BusName != "":
		return "dbus"
	case v.Major >= 257 && usesCredentials:
		return "exec"
	case len(s.Commands["ExecStart"]) > 0:
		return "simple"
	}
	return "oneshot"
}

// refused says why PID 1 refuses to load the service, or nothing
// (systemd.service(5); the versions as seen or read, see testdata/oracle).
func (s *Service) refused(v Version) string {
	starts, stops := len(s.Commands["ExecStart"]), len(s.Commands["ExecStop"])
	oneshot := s.Type == "oneshot"
	switch {
	case starts == 0 && stops == 0 && !s.hasSuccessAction():
		return "it has neither ExecStart=, ExecStop= nor SuccessAction="
	case starts == 0 && !oneshot:
		return "it has no ExecStart=, which is allowed for Type=oneshot only"
	case starts == 0 && !s.RemainAfterExit && !s.hasSuccessAction():
		return "it has no ExecStart= and RemainAfterExit=yes is not set"
	case starts > 1 && !oneshot:
		return "it has more than one ExecStart=, which is allowed for Type=oneshot only"
	case oneshot && (s.Restart == "always" || s.Restart == "on-success"):
		return fmt.Sprintf("Restart=%s is not allowed for Type=oneshot", s.Restart)
	case oneshot && s.restartForce && v.Major <= 255:
		return "RestartForceExitStatus= is not allowed for Type=oneshot"
	case oneshot && s.ExitType == "cgroup":
		return "ExitType=cgroup is not allowed for Type=oneshot"
	case s.Type == "dbus" && s.BusName == "":
		return "Type=dbus needs BusName="
	case s.PAMName != "" && s.KillMode != "" && s.KillMode != "control-group" && s.KillMode != "mixed":
		return fmt.Sprintf("KillMode=%s is not allowed with PAMName=", s.KillMode)
	}
	return s.refusedSandbox(v)
}

func (s *Service) hasSuccessAction() bool { return s.SuccessAction != "" && s.SuccessAction != "none" }

// refusedSandbox says which sandbox settings exclude each other.
func (s *Service) refusedSandbox(v Version) string {
	switch {
	case v.Major >= 256 && s.DynamicUser && s.WorkingDirectory == "~":
		return "DynamicUser=yes and WorkingDirectory=~ exclude each other"
	case v.Major >= 256 && underAPI(s.WorkingDirectory) && (v.Major == 256 || s.mountNamespace(v)):
		return "WorkingDirectory= below /proc, /sys or /dev is not allowed with a mount name space"
	case v.Major >= 257 && s.PrivatePIDs && s.Type == "forking":
		return "PrivatePIDs=yes is not allowed for Type=forking"
	case v.Has(Version{260, 3}, Version{261, 0}) && s.PrivatePIDs && s.PAMName != "":
		return "PrivatePIDs=yes and PAMName= exclude each other"
	case s.PrivateUsers == "managed" && (s.User != "" || s.Group != "" || s.DynamicUser || s.PAMName != ""):
		return "PrivateUsers=managed excludes User=, Group=, DynamicUser= and PAMName="
	case v.Major >= 260 && s.PrivateUsers != "no" && s.userNamespacePath:
		return "PrivateUsers= and UserNamespacePath= exclude each other"
	}
	return ""
}

func underAPI(dir string) bool {
	top, _, _ := strings.Cut(strings.TrimPrefix(path.Clean(dir), "/"), "/")
	return strings.HasPrefix(dir, "/") && (top == "proc" || top == "sys" || top == "dev")
}

// mountNamespace tells whether the service gets a mount name space, as the check
// of WorkingDirectory= sees it; a private /tmp counts from 258 on.
func (s *Service) mountNamespace(v Version) bool {
	return s.PrivateMounts == Yes || s.PrivateDevices || s.ProtectKernelTunables || s.ProtectKernelModules ||
		s.ProtectKernelLogs || s.ProtectControlGroups != "no" || s.ProtectHome != "no" || s.ProtectSystem != "no" ||
		s.RootImage != "" || s.RootDirectory != "" || s.mountImages || s.ProtectProc != "default" || s.ProcSubset != "all" ||
		v.Major >= 258 && s.PrivateTmp != "no"
}
