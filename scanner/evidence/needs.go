// SPDX-License-Identifier: MIT

package evidence

import "strings"

// Fact IDs: what the code of a service does. Values are named beside them.
const (
	FactSocketFamily   = "socket-family"   // AF_INET, ...
	FactCapability     = "capability"      // CAP_SYS_TIME, ...: what a reached system call may ask for
	FactNamespace      = "namespace"       // mnt, net, ...: made or entered
	FactDevice         = "device"          // /dev/rtc
	FactPathRead       = "path-read"       // a path that is only looked at
	FactPath           = "path"            // a path below a place that a setting protects
	FactPathWritten    = "path-written"    // a path below /usr that is written to
	FactExec           = "exec"            // a program that it starts
	FactSetID          = "set-id-program"  // one that has a set-ID bit or file capabilities
	FactWX             = "wx-memory"       // memory that is writable and executable, or becomes executable
	FactRealtime       = "realtime"        // a real-time scheduling policy
	FactSetIDBits      = "set-id-bits"     // makes files with set-user-ID or set-group-ID
	FactHostname       = "hostname"        // sets the host or domain name
	FactClock          = "clock"           // sets or tunes a clock
	FactKernelLog      = "kernel-log"      // reads or controls the kernel's log
	FactModule         = "module"          // loads or removes kernel modules
	FactKeyring        = "keyring"         // uses the kernel's key rings
	FactPersonality    = "personality"     // changes its execution domain
	FactMount          = "mount"           // mounts or unmounts
	FactUserChange     = "user-change"     // changes its user or group
	FactPrivilegedPort = "privileged-port" // may bind a port below 1024
	FactRawIO          = "raw-io"          // I/O ports
	FactReboot         = "reboot"
	FactPtrace         = "ptrace"
	FactDatagramServer = "datagram-server" // answers local datagrams to where they came from
	FactMountTable     = "mount-table"     // asks about every file system that is mounted
	FactSession        = "session"         // marks of a program that runs what its users ask for
)

// need is a fact that a reached system call brings.
type need struct{ fact, value string }

func capabilities(names ...string) []need {
	list := make([]need, len(names))
	for i, n := range names {
		list[i] = need{FactCapability, n}
	}
	return list
}

// syscallNeeds says what a system call that is reached brings, whatever its
// arguments; those whose arguments decide are judged in calls.go. Sources:
// capabilities(7) and the manual page of each call.
var syscallNeeds = func() map[string][]need {
	table := map[string][]need{}
	add := func(calls string, needs ...need) {
		for _, c := range strings.Fields(calls) {
			table[c] = append(table[c], needs...)
		}
	}
	add("mount umount umount2 pivot_root move_mount fsopen fsconfig fsmount fspick open_tree open_tree_attr mount_setattr", append(capabilities("CAP_SYS_ADMIN"), need{FactMount, ""})...)
	add("swapon swapoff", capabilities("CAP_SYS_ADMIN")...)
	add("sethostname setdomainname", append(capabilities("CAP_SYS_ADMIN"), need{FactHostname, ""})...)
	add("quotactl quotactl_fd", capabilities("CAP_SYS_ADMIN")...)
	add("bpf", capabilities("CAP_SYS_ADMIN", "CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN")...)
	add("perf_event_open", capabilities("CAP_SYS_ADMIN", "CAP_PERFMON")...)
	add("fanotify_init fanotify_mark lookup_dcookie seccomp vm86 nfsservctl", capabilities("CAP_SYS_ADMIN")...)
	add("name_to_handle_at open_by_handle_at", capabilities("CAP_DAC_READ_SEARCH")...)
	add("setuid setuid32 setreuid setreuid32 setresuid setresuid32 setfsuid setfsuid32", append(capabilities("CAP_SETUID"), need{FactUserChange, ""})...)
	add("setgid setgid32 setregid setregid32 setresgid setresgid32 setfsgid setfsgid32 setgroups setgroups32", append(capabilities("CAP_SETGID"), need{FactUserChange, ""})...)
	add("ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise", append(capabilities("CAP_SYS_PTRACE"), need{FactPtrace, ""})...)
	add("settimeofday clock_settime clock_settime64 adjtimex clock_adjtime clock_adjtime64 stime", append(capabilities("CAP_SYS_TIME"), need{FactClock, ""})...)
	add("iopl ioperm pciconfig_read pciconfig_write pciconfig_iobase", append(capabilities("CAP_SYS_RAWIO"), need{FactRawIO, ""})...)
	add("init_module finit_module delete_module create_module", append(capabilities("CAP_SYS_MODULE"), need{FactModule, ""})...)
	add("syslog", append(capabilities("CAP_SYSLOG"), need{FactKernelLog, ""})...)
	add("setpriority sched_setscheduler sched_setparam sched_setattr ioprio_set mbind migrate_pages move_pages set_mempolicy", capabilities("CAP_SYS_NICE")...)
	add("setrlimit prlimit64 ugetrlimit", capabilities("CAP_SYS_RESOURCE")...)
	add("mknod mknodat", capabilities("CAP_MKNOD")...)
	add("chown chown32 fchown fchown32 lchown lchown32 fchownat", capabilities("CAP_CHOWN", "CAP_FSETID")...)
	add("setxattrat", capabilities("CAP_SETFCAP", "CAP_SYS_ADMIN", "CAP_MAC_ADMIN")...)
	add("shmget shmat shmctl semget semop semctl semtimedop msgget msgsnd msgrcv msgctl ipc", capabilities("CAP_IPC_OWNER")...)
	add("kill tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal", capabilities("CAP_KILL")...)
	add("reboot kexec_load kexec_file_load", append(capabilities("CAP_SYS_BOOT"), need{FactReboot, ""})...)
	add("mlock mlock2 mlockall memfd_secret", capabilities("CAP_IPC_LOCK")...)
	add("io_uring_setup io_uring_register", capabilities("CAP_IPC_LOCK")...)
	add("mq_open msgctl", capabilities("CAP_SYS_RESOURCE")...)
	add("chroot", capabilities("CAP_SYS_CHROOT")...)
	add("acct", capabilities("CAP_SYS_PACCT")...)
	add("vhangup", capabilities("CAP_SYS_TTY_CONFIG")...)
	add("add_key request_key keyctl", need{FactKeyring, ""})
	add("personality", need{FactPersonality, ""})
	return table
}()

// wishes are the functions of the C library whose system calls of these kinds are
// what the program asks for. Elsewhere the library makes them for itself: it asks for a
// limit (sysconf(3)), or makes a pipe of a name (mkfifo(3)); what a thread or a mutex
// may ask for is asked for by other functions first (asksForPriority).
var wishes = func() map[string][]string {
	table := map[string][]string{}
	for calls, functions := range map[string]string{
		"setrlimit prlimit64 ugetrlimit":    "setrlimit setrlimit64 prlimit prlimit64 ulimit vlimit",
		"sched_setscheduler sched_setparam": "sched_setscheduler sched_setparam pthread_setschedparam pthread_setschedprio",
		"mknod mknodat":                     "mknod mknodat xmknod xmknodat",
	} {
		for _, call := range strings.Fields(calls) {
			table[call] = strings.Fields(functions)
		}
	}
	return table
}()

// asksForPriority are functions behind which threads, processes or owners of a mutex get
// the priority that the program wants.
var asksForPriority = strings.Fields(`pthread_attr_setinheritsched pthread_attr_setschedpolicy pthread_attr_setschedparam
	pthread_mutexattr_setprotocol pthread_mutexattr_setprioceiling posix_spawnattr_setschedpolicy posix_spawnattr_setschedparam`)
