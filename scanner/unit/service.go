// SPDX-License-Identifier: MIT

package unit

import "net/netip"

// Service holds what PID 1 has in memory for a loaded service, as far as its
// score, its ability to load and the reading of its commands need it.
type Service struct {
	DefaultDependencies bool

	Type            string // empty until defaults are applied
	RemainAfterExit bool
	Restart         string
	SuccessAction   string
	BusName         string
	ExitType        string
	KillMode        string
	PAMName         string
	restartForce    bool // RestartForceExitStatus= is set
	watchdog        bool
	fdStore         bool

	// Commands by setting: ExecStart, ExecStartPre, ...
	Commands map[string][]Command

	User, Group         string
	DynamicUser         bool
	SupplementaryGroups []string
	WorkingDirectory    string
	RootDirectory       string
	RootImage           string
	UMask               uint32

	PrivateDevices, PrivateNetwork                                                      bool
	ProtectClock, ProtectKernelLogs, ProtectKernelModules, ProtectKernelTunables        bool
	LockPersonality, MemoryDenyWriteExecute, NoNewPrivileges                            bool
	RestrictRealtime, RestrictSUIDSGID, RemoveIPC, PrivatePIDs, PrivateIPC, MountAPIVFS bool
	PrivateMounts                                                                       Tristate

	// Enumerations that also take a boolean; "no" and "yes" stand for the booleans.
	PrivateTmp, PrivateUsers, ProtectControlGroups, ProtectHostname, ProtectHome, ProtectSystem string

	KeyringMode, ProtectProc, ProcSubset, NotifyAccess string

	Delegate bool

	CapabilityBoundingSet, AmbientCapabilities CapabilitySet
	RestrictNamespaces                         NamespaceSet
	RestrictAddressFamilies                    AddressFamilies
	SystemCallFilter                           SystemCallFilter
	SystemCallArchitectures                    []string

	IPAddressAllow, IPAddressDeny           []netip.Prefix
	IPIngressFilterPath, IPEgressFilterPath []string

	DevicePolicy string
	DeviceAllow  []Device

	mountImages       bool // MountImages= or RootMStack= is set
	userNamespacePath bool

	loadCredentials, setCredentials credentials
	importsCredentials              bool

	// sources tells for a setting the line that gave its present value; implied the
	// line of another setting that changed it afterwards.
	sources, implied map[string]Source
	taken            []takenCapabilities
}

// Device is an entry of DeviceAllow=.
type Device struct{ Path, Rights string }

// Tristate is a boolean that can be unset.
type Tristate int

const (
	Unset Tristate = iota
	No
	Yes
)

// Source returns the line that gave a setting ("PrivateTmp") its present value, be
// it by implying it; ok is false when no line did and the default stands.
func (s *Service) Source(setting string) (Source, bool) {
	if src, ok := s.implied[setting]; ok {
		return src, true
	}
	src, ok := s.sources[setting]
	return src, ok
}

// CapabilitySource returns the line that decided which of some capabilities the
// service may have: one that takes any of them away by implication, else that of
// CapabilityBoundingSet=.
func (s *Service) CapabilitySource(some CapabilitySet) (Source, bool) {
	for _, t := range s.taken {
		if t.set&some != 0 {
			return t.Source, true
		}
	}
	return s.Source("CapabilityBoundingSet")
}

// takenCapabilities are those that a line took from the bounding set by implication.
type takenCapabilities struct {
	set CapabilitySet
	Source
}

// newService has PID 1's defaults for a service of the system manager
// (systemd.exec(5), systemd.service(5), systemd.resource-control(5)).
func newService(v Version) *Service {
	return &Service{
		DefaultDependencies: true,
		UMask:               0o022,
		PrivateTmp:          "no", PrivateUsers: "no", ProtectControlGroups: "no",
		ProtectHostname: "no", ProtectHome: "no", ProtectSystem: "no",
		KeyringMode: "private", ProtectProc: "default", ProcSubset: "all", NotifyAccess: "none",
		DevicePolicy:          "auto",
		CapabilityBoundingSet: AllCapabilities(v),
		RestrictNamespaces:    noNamespaceRestriction,
		Commands:              map[string][]Command{},
		sources:               map[string]Source{},
		implied:               map[string]Source{},
	}
}

// IsRoot tells whether the service's processes start as root: no user, and no
// dynamic one, or root by name or number.
func (s *Service) IsRoot() bool {
	if s.User == "" {
		return !s.DynamicUser
	}
	return s.User == "root" || s.User == "0"
}
