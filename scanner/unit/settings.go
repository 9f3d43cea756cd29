// SPDX-License-Identifier: MIT

package unit

import "strings"

// Settings that PID 1 knows in a service's unit file, so that a line it would
// ignore is found. Taken from `systemd --dump-configuration-items` of 252.38,
// 257.13 and 262.1; the releases between from "Added in version" of their manual
// pages. Where these say nothing, the earliest release that is possible stands
// here: a line is called unknown only when it is.

// settingsOf250 holds for every section what systemd 250 knew.
var settingsOf250 = map[string]string{
	"Unit": `
		After AllowIsolate AssertACPower AssertArchitecture AssertCPUFeature AssertCPUPressure AssertCPUs AssertCapability
		AssertControlGroupController AssertCredential AssertDirectoryNotEmpty AssertEnvironment AssertFileIsExecutable AssertFileNotEmpty
		AssertFirstBoot AssertGroup AssertHost AssertIOPressure AssertKernelCommandLine AssertKernelVersion AssertMemory
		AssertMemoryPressure AssertNeedsUpdate AssertOSRelease AssertPathExists AssertPathExistsGlob AssertPathIsDirectory
		AssertPathIsEncrypted AssertPathIsMountPoint AssertPathIsReadWrite AssertPathIsSymbolicLink AssertSecurity AssertUser
		AssertVirtualization Before BindTo BindsTo CollectMode ConditionACPower ConditionArchitecture ConditionCPUFeature
		ConditionCPUPressure ConditionCPUs ConditionCapability ConditionControlGroupController ConditionDirectoryNotEmpty
		ConditionEnvironment ConditionFileIsExecutable ConditionFileNotEmpty ConditionFirmware ConditionFirstBoot ConditionGroup
		ConditionHost ConditionIOPressure ConditionKernelCommandLine ConditionKernelVersion ConditionMemory ConditionMemoryPressure
		ConditionNeedsUpdate ConditionOSRelease ConditionPathExists ConditionPathExistsGlob ConditionPathIsDirectory
		ConditionPathIsEncrypted ConditionPathIsMountPoint ConditionPathIsReadWrite ConditionPathIsSymbolicLink ConditionSecurity
		ConditionUser ConditionVirtualization Conflicts DefaultDependencies Description Documentation FailureAction
		FailureActionExitStatus IgnoreOnIsolate JobRunningTimeoutSec JobTimeoutAction JobTimeoutRebootArgument JobTimeoutSec
		JoinsNamespaceOf OnFailure OnFailureIsolate OnFailureJobMode OnSuccess OnSuccessJobMode PartOf PropagateReloadFrom
		PropagateReloadTo PropagatesReloadTo PropagatesStopTo RebootArgument RefuseManualStart RefuseManualStop ReloadPropagatedFrom
		Requires RequiresMountsFor RequiresOverridable Requisite RequisiteOverridable SourcePath StartLimitAction StartLimitBurst
		StartLimitInterval StartLimitIntervalSec StopPropagatedFrom StopWhenUnneeded SuccessAction SuccessActionExitStatus Upholds Wants`,
	"Service": `
		AllowedCPUs AllowedMemoryNodes AmbientCapabilities AppArmorProfile BPFProgram BindPaths BindReadOnlyPaths BlockIOAccounting
		BlockIODeviceWeight BlockIOReadBandwidth BlockIOWeight BlockIOWriteBandwidth BusName CPUAccounting CPUAffinity CPUQuota
		CPUQuotaPeriodSec CPUSchedulingPolicy CPUSchedulingPriority CPUSchedulingResetOnFork CPUShares CPUWeight CacheDirectory
		CacheDirectoryMode CapabilityBoundingSet ConfigurationDirectory ConfigurationDirectoryMode CoredumpFilter DefaultMemoryLow
		DefaultMemoryMin Delegate DeviceAllow DevicePolicy DisableControllers DynamicUser Environment EnvironmentFile ExecCondition
		ExecPaths ExecReload ExecSearchPath ExecStart ExecStartPost ExecStartPre ExecStop ExecStopPost ExitType ExtensionDirectories
		ExtensionImages FailureAction FileDescriptorStoreMax FinalKillSignal Group GuessMainPID IOAccounting IODeviceLatencyTargetSec
		IODeviceWeight IOReadBandwidthMax IOReadIOPSMax IOSchedulingClass IOSchedulingPriority IOWeight IOWriteBandwidthMax IOWriteIOPSMax
		IPAccounting IPAddressAllow IPAddressDeny IPCNamespacePath IPEgressFilterPath IPIngressFilterPath IgnoreSIGPIPE
		InaccessibleDirectories InaccessiblePaths KeyringMode KillMode KillSignal LimitAS LimitCORE LimitCPU LimitDATA LimitFSIZE
		LimitLOCKS LimitMEMLOCK LimitMSGQUEUE LimitNICE LimitNOFILE LimitNPROC LimitRSS LimitRTPRIO LimitRTTIME LimitSIGPENDING LimitSTACK
		LoadCredential LoadCredentialEncrypted LockPersonality LogExtraFields LogLevelMax LogNamespace LogRateLimitBurst
		LogRateLimitIntervalSec LogsDirectory LogsDirectoryMode ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit
		ManagedOOMPreference ManagedOOMSwap MemoryAccounting MemoryDenyWriteExecute MemoryHigh MemoryLimit MemoryLow MemoryMax MemoryMin
		MemorySwapMax MountAPIVFS MountFlags MountImages NUMAMask NUMAPolicy NetworkNamespacePath Nice NoExecPaths NoNewPrivileges
		NonBlocking NotifyAccess OOMPolicy OOMScoreAdjust PAMName PIDFile PassEnvironment PermissionsStartOnly Personality PrivateDevices
		PrivateIPC PrivateMounts PrivateNetwork PrivateTmp PrivateUsers ProcSubset ProtectClock ProtectControlGroups ProtectHome
		ProtectHostname ProtectKernelLogs ProtectKernelModules ProtectKernelTunables ProtectProc ProtectSystem ReadOnlyDirectories
		ReadOnlyPaths ReadWriteDirectories ReadWritePaths RebootArgument RemainAfterExit RemoveIPC Restart RestartForceExitStatus
		RestartKillSignal RestartPreventExitStatus RestartSec RestrictAddressFamilies RestrictFileSystems RestrictNamespaces
		RestrictNetworkInterfaces RestrictRealtime RestrictSUIDSGID RootDirectory RootDirectoryStartOnly RootHash RootHashSignature
		RootImage RootImageOptions RootVerity RuntimeDirectory RuntimeDirectoryMode RuntimeDirectoryPreserve RuntimeMaxSec
		RuntimeRandomizedExtraSec SELinuxContext SecureBits SendSIGHUP SendSIGKILL SetCredential SetCredentialEncrypted Slice
		SmackProcessLabel SocketBindAllow SocketBindDeny Sockets StandardError StandardInput StandardInputData StandardInputText
		StandardOutput StartLimitAction StartLimitBurst StartLimitInterval StartupAllowedCPUs StartupAllowedMemoryNodes
		StartupBlockIOWeight StartupCPUShares StartupCPUWeight StartupIOWeight StateDirectory StateDirectoryMode SuccessExitStatus
		SupplementaryGroups SyslogFacility SyslogIdentifier SyslogLevel SyslogLevelPrefix SystemCallArchitectures SystemCallErrorNumber
		SystemCallFilter SystemCallLog TTYColumns TTYPath TTYReset TTYRows TTYVHangup TTYVTDisallocate TasksAccounting TasksMax
		TemporaryFileSystem TimeoutAbortSec TimeoutCleanSec TimeoutSec TimeoutStartFailureMode TimeoutStartSec TimeoutStopFailureMode
		TimeoutStopSec TimerSlackNSec Type UMask USBFunctionDescriptors USBFunctionStrings UnsetEnvironment User UtmpIdentifier UtmpMode
		WatchdogSec WatchdogSignal WorkingDirectory`,
	"Install": `
		Alias Also DefaultInstance RequiredBy WantedBy`,
}

// settingsSince holds what later releases added.
var settingsSince = []struct {
	major   int
	section string
	keys    string
}{
	{252, "Unit", `ConditionCredential`},
	{253, "Service", `DefaultStartupMemoryLow LogFilterPatterns MemoryZSwapMax OpenFile ReloadSignal StartupMemoryHigh StartupMemoryLow StartupMemoryMax StartupMemorySwapMax StartupMemoryZSwapMax`},
	{254, "Service", `DelegateSubgroup ExtensionImagePolicy FileDescriptorStorePreserve ImportCredential MemoryKSM MemoryPressureThresholdSec MemoryPressureWatch MountImagePolicy RestartMaxDelaySec RestartMode RestartSteps RootEphemeral RootImagePolicy`},
	{254, "Install", `UpheldBy`},
	{255, "Unit", `SurviveFinalKillSignal`},
	{255, "Service", `CoredumpReceive NFTSet SetLoginEnvironment`},
	{256, "Unit", `WantsMountsFor`},
	{256, "Service", `MemoryZSwapWriteback`},
	{257, "Service", `BindLogSockets ManagedOOMMemoryPressureDurationSec PrivatePIDs`},
	{258, "Unit", `AssertKernelModuleLoaded AssertPathIsSocket AssertVersion ConditionKernelModuleLoaded ConditionPathIsSocket ConditionVersion`},
	{258, "Service", `BPFDelegateAttachments BPFDelegateCommands BPFDelegateMaps BPFDelegatePrograms CPUPressureThresholdSec CPUPressureWatch CPUSetPartition CacheDirectoryAccounting CacheDirectoryQuota DelegateNamespaces ExecReloadPost IOPressureThresholdSec IOPressureWatch LUOSession LogsDirectoryAccounting LogsDirectoryQuota PrivateBPF RestartRandomizedDelaySec StateDirectoryAccounting StateDirectoryQuota`},
	{259, "Service", `UserNamespacePath`},
	{260, "Service", `BindNetworkInterface MemoryTHP RefreshOnReload RootMStack`},
	{261, "Unit", `AssertFraction ConditionFraction`},
	{261, "Service", `OOMRules`},
	{262, "Unit", `AssertMachineTag ConditionMachineTag`},
}

// settingsGone are no longer known from 258 on, which dropped the legacy control group hierarchy.
const settingsGone = `BlockIOAccounting BlockIODeviceWeight BlockIOReadBandwidth BlockIOWeight BlockIOWriteBandwidth CPUAccounting CPUShares DefaultMemoryLow DefaultMemoryMin DefaultStartupMemoryLow MemoryLimit StartupBlockIOWeight StartupCPUShares`

// sectionsOf holds the sections that a unit type knows.
var sectionsOf = map[string]map[string]bool{
	"service":   {"Unit": true, "Service": true, "Install": true},
	"socket":    {"Unit": true, "Socket": true, "Install": true},
	"timer":     {"Unit": true, "Timer": true, "Install": true},
	"path":      {"Unit": true, "Path": true, "Install": true},
	"target":    {"Unit": true, "Install": true},
	"mount":     {"Unit": true, "Mount": true, "Install": true},
	"slice":     {"Unit": true, "Slice": true, "Install": true},
	"scope":     {"Unit": true, "Scope": true, "Install": true},
	"swap":      {"Unit": true, "Swap": true, "Install": true},
	"device":    {"Unit": true, "Install": true},
	"automount": {"Unit": true, "Automount": true, "Install": true},
}

// keysOf returns "Section.Key" of everything that a service of the given major
// version knows.
func keysOf(major int) map[string]bool {
	known := map[string]bool{}
	add := func(section, keys string, on bool) {
		for _, key := range strings.Fields(keys) {
			known[section+"."+key] = on
		}
	}
	for section, keys := range settingsOf250 {
		add(section, keys, true)
	}
	for _, later := range settingsSince {
		if major >= later.major {
			add(later.section, later.keys, true)
		}
	}
	if major >= 258 {
		add("Service", settingsGone, false)
	}
	return known
}
