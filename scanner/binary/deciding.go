// SPDX-License-Identifier: MIT

package binary

// What of a call's arguments decides whether a setting may be used, one letter
// per argument:
//
//   - nothing
//     i  an integer of 32 bits
//     l  a long
//     s  the string it points to
//     F  the family and the port in the sockaddr it points to
//     P  the first 64-bit word that it points to (clone_args.flags)
//     A  the second 32-bit word that it points to (sched_attr.sched_policy)
//     O  the first two 64-bit words (open_how.flags and mode)
//     H  the first 32-bit word (cap_user_header_t.version)
//     C  four words of the data of capset: effective and permitted, twice
//     W  the first sixteen 32-bit words (a list of cap_value_t)
var decidingArgs = map[string]string{
	"accept4": "---i", "bind": "-F", "connect": "-F", "socket": "iii", "socketpair": "iii",
	"setsockopt": "-ii", "getaddrinfo": "ss",

	"ioctl": "-i", "fcntl": "-i", "fcntl64": "-i", "prctl": "ill", "personality": "i", "__fcntl_time64": "-i", "__ioctl_time64": "-i",
	"clone": "--i", "__clone": "--i", "clone3": "P", "unshare": "i", "setns": "-i",
	"mmap": "--ii", "mmap64": "--ii", "mmap2": "--ii", "mprotect": "--i", "pkey_mprotect": "--i", "shmat": "--i",
	"sched_setscheduler": "-i", "sched_setaffinity": "i", "pthread_setschedparam": "-i", "pthread_attr_setschedpolicy": "-i",
	"posix_spawnattr_setschedpolicy": "-i", "posix_spawnattr_setflags": "-i", "sched_setattr": "-A",
	"capset": "HC", "cap_from_text": "s", "cap_set_flag": "-iiWi", "cap_from_name": "s", "capng_update": "iii", "capng_updatev": "iiiiiiiiiiii", "nl_connect": "-i", "mnl_socket_open": "i", "mnl_socket_open2": "i",
	"g_mkdir_with_parents": "-i", "g_mkdir": "-i", "g_chmod": "-i", "g_mkdtemp_full": "-i", "g_mkstemp_full": "--i", "g_file_set_contents_full": "----i",
	"uv_fs_mkdir": "---i", "uv_fs_chmod": "---i", "uv_fs_fchmod": "---i",
	"keyctl": "i", "bpf": "i", "seccomp": "i", "ptrace": "i", "reboot": "i", "klogctl": "i",
	"kill": "-i", "setrlimit": "i", "setrlimit64": "i", "prlimit": "-i", "prlimit64": "-i",
	"clock_settime": "i", "clock_adjtime": "i", "timer_create": "i", "timerfd_create": "i", "memfd_create": "si",
	"umask": "i", "fchmod": "-i", "chmod": "si", "lchmod": "si", "fchmodat": "-sii", "fchmodat2": "-sii",
	"mkdir": "si", "mkdirat": "-si", "mkfifo": "si", "mkfifoat": "-si", "mknod": "si", "mknodat": "-si", "__xmknod": "-si", "__xmknodat": "--si",
	"creat": "si", "creat64": "si", "open": "sii", "open64": "sii", "openat": "isii", "openat64": "isii", "openat2": "-sO",
	"__open_2": "si", "__open64_2": "si", "__openat_2": "isi", "__openat64_2": "isi", "__open": "sii", "__open64": "sii",
	"shm_open": "sii", "shm_unlink": "s", "sem_open": "si", "mq_open": "si", "shmget": "--i", "msgget": "-i", "semget": "--i",

	"fopen": "ss", "fopen64": "ss", "freopen": "ss", "freopen64": "ss", "setmntent": "ss",
	"stat": "s", "stat64": "s", "lstat": "s", "lstat64": "s", "__xstat": "-s", "__xstat64": "-s", "__lxstat": "-s", "__lxstat64": "-s",
	"__stat64_time64": "s", "__lstat64_time64": "s", "__fstatat64_time64": "-s",
	"fstatat": "-s", "fstatat64": "-s", "newfstatat": "-s", "__fxstatat": "--s", "__fxstatat64": "--s", "statx": "-s",
	"access": "si", "faccessat": "-si", "faccessat2": "-si", "euidaccess": "si", "eaccess": "si",
	"readlink": "s", "readlinkat": "-s", "realpath": "s", "canonicalize_file_name": "s", "__readlink_chk": "s", "__realpath_chk": "s",
	"opendir": "s", "scandir": "s", "scandir64": "s", "ftw": "s", "ftw64": "s", "nftw": "s", "nftw64": "s", "glob": "si", "glob64": "si",
	"unlink": "s", "unlinkat": "-s", "remove": "s", "rmdir": "s", "rename": "ss", "renameat": "-s-s", "renameat2": "-s-s",
	"link": "ss", "linkat": "-s-s", "symlink": "ss", "symlinkat": "s-s", "chdir": "s", "chroot": "s", "pivot_root": "ss",
	"chown": "s", "lchown": "s", "fchownat": "-s", "truncate": "s", "truncate64": "s",
	"utime": "s", "utimes": "s", "lutimes": "s", "utimensat": "-s", "futimesat": "-s", "__utimensat64": "-s", "__utime64": "s", "__utimes64": "s",
	"statfs": "s", "statfs64": "s", "statvfs": "s", "statvfs64": "s", "pathconf": "s",
	"setxattr": "ss", "lsetxattr": "ss", "fsetxattr": "-s", "getxattr": "ss", "lgetxattr": "ss", "fgetxattr": "-s",
	"inotify_add_watch": "-si", "fanotify_mark": "-il-s", "fanotify_init": "i",
	"mount": "sssl", "umount": "s", "umount2": "si", "swapon": "s", "swapoff": "s", "acct": "s",
	"fsopen": "s", "open_tree": "-si", "name_to_handle_at": "-s", "quotactl": "is",
	"mkstemp": "s", "mkstemp64": "s", "mkostemp": "s", "mkostemp64": "s", "mkdtemp": "s", "mktemp": "s", "tempnam": "s",

	"execl": "ss", "execlp": "ss", "execle": "ss", "execv": "s", "execve": "s", "execvp": "s", "execvpe": "s", "execveat": "-s",
	"posix_spawn": "-s", "posix_spawnp": "-s", "pidfd_spawn": "-s", "pidfd_spawnp": "-s", "system": "s", "popen": "ss", "wordexp": "s",
	"dlopen": "si", "dlmopen": "-si", "lt_dlopen": "s", "lt_dlopenext": "s", "g_module_open": "si",
	"g_spawn_command_line_async": "s", "g_spawn_command_line_sync": "s",

	"getpwnam": "s", "getpwnam_r": "s", "getgrnam": "s", "getgrnam_r": "s", "getspnam": "s", "initgroups": "s", "getgrouplist": "s",
	"getservbyname": "ss", "getprotobyname": "s", "gethostbyname": "s", "gethostbyname2": "si",
	"openlog": "sii", "syslog": "i", "setlocale": "is", "iconv_open": "ss", "getenv": "s", "secure_getenv": "s", "g_getenv": "s", "sysconf": "i",
	"setenv": "s", "putenv": "s", "pam_putenv": "-s", "pam_misc_setenv": "-s", "g_setenv": "s", "g_environ_setenv": "-s",
	"pam_start": "s", "sd_notify": "-s",
}

// decidingSyscallArgs are the system calls whose arguments are not those of the
// libc function of the same name.
var decidingSyscallArgs = map[string]string{
	"clone": "i", "syslog": "i", "utime": "s", "mkfifo": "", "remove": "", "system": "", "glob": "",
	"exit": "", "fstatat64": "-s",
}

// argPlace is one thing to look at: an argument, or what it points to.
type argPlace struct {
	index  int8
	deref  bool
	offset int8
	size   uint8
	text   bool
}

// places expands a row of the tables.
func places(letters string) []argPlace {
	var out []argPlace
	for i, c := range []byte(letters) {
		p := argPlace{index: int8(i), size: 4}
		switch c {
		case 'i':
			out = append(out, p)
		case 'l':
			p.size = 8
			out = append(out, p)
		case 's':
			p.size, p.text = 8, true
			out = append(out, p)
		case 'F':
			out = append(out, argPlace{index: p.index, deref: true, size: 2}, argPlace{index: p.index, deref: true, offset: 2, size: 2})
		case 'P':
			out = append(out, argPlace{index: p.index, deref: true, size: 8})
		case 'A':
			out = append(out, argPlace{index: p.index, deref: true, offset: 4, size: 4})
		case 'C':
			for _, offset := range []int8{0, 4, 12, 16} {
				out = append(out, argPlace{index: p.index, deref: true, offset: offset, size: 4})
			}
		case 'H':
			out = append(out, argPlace{index: p.index, deref: true, size: 4})
		case 'W':
			for offset := int8(0); offset < 64; offset += 4 {
				out = append(out, argPlace{index: p.index, deref: true, offset: offset, size: 4})
			}
		case 'O':
			out = append(out, argPlace{index: p.index, deref: true, size: 8}, argPlace{index: p.index, deref: true, offset: 8, size: 8})
		}
	}
	return out
}

// syscallPlaces are the deciding arguments of a system call.
func syscallPlaces(name string) []argPlace {
	if letters, ok := decidingSyscallArgs[name]; ok {
		return places(letters)
	}
	return places(decidingArgs[name])
}
