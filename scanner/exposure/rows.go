// SPDX-License-Identifier: MIT

package exposure

import "github.com/systemd-hardening/systemd-hardening/scanner/unit"

// row is one assessor of systemd-analyze security. Weights, ranges and order are
// the same in 250 to 262 (src/analyze/analyze-security.c of each release); what
// differs stands in since.
type row struct {
	id        string // as systemd prints it
	jsonField string
	weight    uint64
	valueMax  uint64 // the range of the badness
	setting   string // whose line decides the row, without "="
	judge     judge
	// since names the releases that brought the row; empty: 250 or before.
	since []unit.Version
	// needs is a condition for the row to apply at all.
	needs condition
	good  string // our words for badness 0
	bad   string // and for anything else
}

type condition int

const (
	always              condition = iota
	defaultDependencies           // does not apply with DefaultDependencies=no
	nonRoot                       // does not apply to processes that start as root
	seccompBuild                  // absent in a systemd built without seccomp
)

// rows in the order of systemd's own table.
var rows = []row{
	{"User=/DynamicUser=", "UserOrDynamicUser", 2000, 10, "User", user, nil, always, "runs as a user that is not root", "runs as root or as the shared user nobody"},
	{"SupplementaryGroups=", "SupplementaryGroups", 200, 1, "SupplementaryGroups", supplementaryGroups, nil, nonRoot, "has no supplementary groups", "runs with supplementary groups"},
	{"PrivateDevices=", "PrivateDevices", 1000, 1, "PrivateDevices", off(func(s *unit.Service) bool { return s.PrivateDevices }), nil, always, "sees pseudo devices only", "can see and use hardware devices"},
	{"PrivateMounts=", "PrivateMounts", 1000, 1, "PrivateMounts", privateMounts, nil, always, "has a mount name space of its own", "can put mounts into the host's mount name space"},
	{"PrivateNetwork=", "PrivateNetwork", 2500, 1, "PrivateNetwork", off(func(s *unit.Service) bool { return s.PrivateNetwork }), nil, always, "has no access to the host's network", "has access to the host's network"},
	{"PrivateTmp=", "PrivateTmp", 1000, 1, "PrivateTmp", off(func(s *unit.Service) bool { return s.PrivateTmp != "no" }), nil, defaultDependencies, "has a /tmp of its own", "shares /tmp with other software"},
	{"PrivateUsers=", "PrivateUsers", 1000, 1, "PrivateUsers", off(func(s *unit.Service) bool { return s.PrivateUsers != "no" }), nil, always, "sees no users but its own", "sees the host's users"},
	{"ProtectControlGroups=", "ProtectControlGroups", 1000, 1, "ProtectControlGroups", off(func(s *unit.Service) bool { return s.ProtectControlGroups != "no" }), nil, always, "cannot change control groups", "can change control groups"},
	{"ProtectKernelModules=", "ProtectKernelModules", 1000, 1, "ProtectKernelModules", off(func(s *unit.Service) bool { return s.ProtectKernelModules }), nil, always, "cannot load or read kernel modules", "can load kernel modules"},
	{"ProtectKernelTunables=", "ProtectKernelTunables", 1000, 1, "ProtectKernelTunables", off(func(s *unit.Service) bool { return s.ProtectKernelTunables }), nil, always, "cannot change kernel variables in /proc and /sys", "can change kernel variables in /proc and /sys"},
	{"ProtectKernelLogs=", "ProtectKernelLogs", 1000, 1, "ProtectKernelLogs", off(func(s *unit.Service) bool { return s.ProtectKernelLogs }), nil, always, "cannot use the kernel's log buffer", "can read and write the kernel's log buffer"},
	{"ProtectClock=", "ProtectClock", 1000, 1, "ProtectClock", off(func(s *unit.Service) bool { return s.ProtectClock }), nil, always, "cannot set a clock", "can set the system's clocks"},
	{"ProtectHome=", "ProtectHome", 1000, 10, "ProtectHome", word(func(s *unit.Service) string { return s.ProtectHome }, map[string]uint64{"no": 10, "read-only": 5, "tmpfs": 1}), nil, defaultDependencies, "sees no home directories", "has access to home directories"},
	{"ProtectHostname=", "ProtectHostname", 50, 1, "ProtectHostname", off(func(s *unit.Service) bool { return s.ProtectHostname != "no" }), nil, always, "cannot change the host name", "can change the host name"},
	{"ProtectSystem=", "ProtectSystem", 1000, 10, "ProtectSystem", word(func(s *unit.Service) string { return s.ProtectSystem }, map[string]uint64{"no": 10, "yes": 5, "full": 3}), nil, defaultDependencies, "sees the file system read-only", "can write to parts of the operating system"},
	{"RootDirectory=/RootImage=", "RootDirectoryOrRootImage", 200, 1, "RootDirectory", rootDirectory, nil, defaultDependencies, "has a root directory or image of its own", "runs in the host's root directory"},
	{"LockPersonality=", "LockPersonality", 100, 1, "LockPersonality", off(func(s *unit.Service) bool { return s.LockPersonality }), nil, always, "cannot change its execution domain", "can change its execution domain"},
	{"MemoryDenyWriteExecute=", "MemoryDenyWriteExecute", 100, 1, "MemoryDenyWriteExecute", off(func(s *unit.Service) bool { return s.MemoryDenyWriteExecute }), nil, always, "cannot make writable memory executable", "can make writable memory executable"},
	{"NoNewPrivileges=", "NoNewPrivileges", 1000, 1, "NoNewPrivileges", off(func(s *unit.Service) bool { return s.NoNewPrivileges }), nil, always, "cannot gain privileges through execve()", "can gain privileges through execve(), as by set-user-ID programs"},
	capability("CAP_SYS_ADMIN", "CAP_SYS_ADMIN", 1500, "administrator rights", "CAP_SYS_ADMIN"),
	capability("CAP_SET(UID|GID|PCAP)", "CAP_SET_UID_GID_PCAP", 1500, "the right to change users, groups and capabilities", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"),
	capability("CAP_SYS_PTRACE", "CAP_SYS_PTRACE", 1500, "the right to trace other processes", "CAP_SYS_PTRACE"),
	capability("CAP_SYS_TIME", "CAP_SYS_TIME", 1000, "the right to set the clock", "CAP_SYS_TIME"),
	capability("CAP_NET_ADMIN", "CAP_NET_ADMIN", 1000, "the right to configure the network", "CAP_NET_ADMIN"),
	capability("CAP_SYS_RAWIO", "CAP_SYS_RAWIO", 1000, "raw access to I/O ports and memory", "CAP_SYS_RAWIO"),
	capability("CAP_SYS_MODULE", "CAP_SYS_MODULE", 1000, "the right to load kernel modules", "CAP_SYS_MODULE"),
	capability("CAP_AUDIT_*", "CAP_AUDIT", 500, "access to the audit subsystem", "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_AUDIT_WRITE"),
	capability("CAP_SYSLOG", "CAP_SYSLOG", 500, "access to the kernel's log", "CAP_SYSLOG"),
	capability("CAP_SYS_(NICE|RESOURCE)", "CAP_SYS_NICE_RESOURCE", 500, "the right to raise priorities and resource limits", "CAP_SYS_NICE", "CAP_SYS_RESOURCE"),
	capability("CAP_MKNOD", "CAP_MKNOD", 500, "the right to make device nodes", "CAP_MKNOD"),
	capability("CAP_(CHOWN|FSETID|SETFCAP)", "CAP_CHOWN_FSETID_SETFCAP", 1000, "the right to change owners, set-ID bits and capabilities of files", "CAP_CHOWN", "CAP_FSETID", "CAP_SETFCAP"),
	capability("CAP_(DAC_*|FOWNER|IPC_OWNER)", "CAP_DAC_FOWNER_IPC_OWNER", 1000, "the right to pass over file and IPC permissions", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_IPC_OWNER"),
	capability("CAP_KILL", "CAP_KILL", 500, "the right to signal any process", "CAP_KILL"),
	// The closing parenthesis of the JSON name stands in every version of systemd.
	capability("CAP_NET_(BIND_SERVICE|BROADCAST|RAW)", "CAP_NET_BIND_SERVICE_BROADCAST_RAW)", 500, "raw sockets and privileged ports", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_RAW"),
	capability("CAP_SYS_BOOT", "CAP_SYS_BOOT", 100, "the right to reboot", "CAP_SYS_BOOT"),
	capability("CAP_MAC_*", "CAP_MAC", 100, "the right to change mandatory access control", "CAP_MAC_ADMIN", "CAP_MAC_OVERRIDE"),
	capability("CAP_LINUX_IMMUTABLE", "CAP_LINUX_IMMUTABLE", 75, "the right to mark files immutable", "CAP_LINUX_IMMUTABLE"),
	capability("CAP_IPC_LOCK", "CAP_IPC_LOCK", 50, "the right to lock memory", "CAP_IPC_LOCK"),
	capability("CAP_SYS_CHROOT", "CAP_SYS_CHROOT", 50, "the right to call chroot()", "CAP_SYS_CHROOT"),
	capability("CAP_BLOCK_SUSPEND", "CAP_BLOCK_SUSPEND", 25, "the right to block suspend", "CAP_BLOCK_SUSPEND"),
	capability("CAP_WAKE_ALARM", "CAP_WAKE_ALARM", 25, "the right to set timers that wake the system", "CAP_WAKE_ALARM"),
	capability("CAP_LEASE", "CAP_LEASE", 25, "the right to take file leases", "CAP_LEASE"),
	capability("CAP_SYS_TTY_CONFIG", "CAP_SYS_TTY_CONFIG", 25, "the right to configure terminals", "CAP_SYS_TTY_CONFIG"),
	capability("CAP_SYS_PACCT", "CAP_SYS_PACCT", 25, "the right to use process accounting", "CAP_SYS_PACCT"),
	withSince(capability("CAP_BPF", "CAP_BPF", 25, "the right to load BPF programs", "CAP_BPF"),
		unit.Version{Major: 252, Point: 19}, unit.Version{Major: 253, Point: 13}, unit.Version{Major: 254, Point: 6}, unit.Version{Major: 255, Point: 0}),
	{"UMask=", "UMask", 100, 10, "UMask", umask, nil, always, "makes files that only its own user may use", "makes files that others may read or write"},
	{"KeyringMode=", "KeyringMode", 1000, 1, "KeyringMode", off(func(s *unit.Service) bool { return s.KeyringMode == "private" }), nil, always, "shares no key ring with other services", "shares key rings with other services"},
	{"ProtectProc=", "ProtectProc", 1000, 3, "ProtectProc", word(func(s *unit.Service) string { return s.ProtectProc }, map[string]uint64{"default": 3, "noaccess": 1}), nil, always, "sees no processes of other users in /proc", "sees all processes in /proc"},
	{"ProcSubset=", "ProcSubset", 10, 1, "ProcSubset", off(func(s *unit.Service) bool { return s.ProcSubset == "pid" }), nil, always, "sees only processes in /proc", "sees all of /proc"},
	{"NotifyAccess=", "NotifyAccess", 1000, 1, "NotifyAccess", off(func(s *unit.Service) bool { return s.NotifyAccess != "all" }), nil, always, "child processes cannot change its state", "child processes can change its state"},
	{"RemoveIPC=", "RemoveIPC", 100, 1, "RemoveIPC", off(func(s *unit.Service) bool { return s.RemoveIPC }), nil, nonRoot, "its user leaves no IPC objects behind", "its user may leave IPC objects behind"},
	{"Delegate=", "Delegate", 100, 1, "Delegate", off(func(s *unit.Service) bool { return !s.Delegate }), nil, always, "keeps no control group subtree of its own", "may manage its own control group subtree"},
	{"RestrictRealtime=", "RestrictRealtime", 500, 1, "RestrictRealtime", off(func(s *unit.Service) bool { return s.RestrictRealtime }), nil, always, "cannot get real-time scheduling", "can get real-time scheduling"},
	{"RestrictSUIDSGID=", "RestrictSUIDSGID", 1000, 1, "RestrictSUIDSGID", off(func(s *unit.Service) bool { return s.RestrictSUIDSGID }), nil, always, "cannot make set-user-ID or set-group-ID files", "can make set-user-ID and set-group-ID files"},
	namespace("user", 1500, unit.NewUser, "user"),
	namespace("mnt", 500, unit.NewMnt, "mount"),
	namespace("ipc", 500, unit.NewIPC, "IPC"),
	namespace("pid", 500, unit.NewPID, "process"),
	namespace("cgroup", 500, unit.NewCgroup, "control group"),
	namespace("net", 500, unit.NewNet, "network"),
	namespace("uts", 100, unit.NewUTS, "host name"),
	family("AF_(INET|INET6)", "AF_INET_INET6", 1500, "Internet sockets", "AF_INET", "AF_INET6"),
	family("AF_UNIX", "AF_UNIX", 25, "local sockets", "AF_UNIX"),
	family("AF_NETLINK", "AF_NETLINK", 200, "netlink sockets", "AF_NETLINK"),
	family("AF_PACKET", "AF_PACKET", 1000, "packet sockets", "AF_PACKET"),
	family("…", "OTHER", 1250, "sockets of unusual families"),
	{"SystemCallArchitectures=", "SystemCallArchitectures", 1000, 10, "SystemCallArchitectures", systemCallArchitectures, nil, seccompBuild, "runs system calls of the native architecture only", "may run system calls of other architectures"},
	systemCalls("swap", 1000),
	systemCalls("obsolete", 250),
	systemCalls("clock", 1000),
	systemCalls("cpu-emulation", 250),
	systemCalls("debug", 1000),
	systemCalls("mount", 1000),
	systemCalls("module", 1000),
	systemCalls("raw-io", 1000),
	systemCalls("reboot", 1000),
	systemCalls("privileged", 700),
	systemCalls("resources", 700),
	{"IPAddressDeny=", "IPAddressDeny", 1000, 10, "IPAddressDeny", ipAddressDeny, nil, always, "talks to no IP address that is not allowed", "may talk to IP addresses beyond the local host"},
	{"DeviceAllow=", "DeviceAllow", 1000, 10, "DeviceAllow", deviceAllow, nil, always, "has no device access list entries", "may open device nodes"},
	{"AmbientCapabilities=", "AmbientCapabilities", 500, 1, "AmbientCapabilities", off(func(s *unit.Service) bool { return s.AmbientCapabilities == 0 }), nil, always, "passes no ambient capabilities on", "passes ambient capabilities on"},
}
