// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// hiddenCalls are functions of the C library whose system calls may not be seen in its code:
// those that enter the kernel through its cancellation wrapper, to which glibc 2.41 and
// later hand the number in memory, those that make threads and processes through
// hand-written code, and in musl those that change the user of all threads
// (src/unistd/setxid.c). A function makes one of each set of calls, divided by "|": which
// one, its architecture and release decide. Source: pthreads(7), "Cancellation points", and
// the sysdeps/unix/sysv/linux of glibc.
var hiddenCalls = func() map[string][]string {
	table := map[string][]string{}
	for _, name := range strings.Fields(`accept4 connect copy_file_range epoll_pwait epoll_pwait2
		fallocate fdatasync fsync getrandom msgrcv msgsnd msync open_by_handle_at openat openat2
		preadv preadv2 pwritev pwritev2 read readv recvfrom recvmsg sendmmsg sendmsg sendto splice
		tee vmsplice waitid write writev process_madvise close
		setuid setgid setreuid setregid setresuid setresgid`) {
		table[name] = []string{name}
	}
	for name, calls := range map[string]string{
		"open": "open|openat", "open64": "open|openat", "creat": "creat|open|openat", "openat64": "openat",
		"pread": "pread64", "pread64": "pread64", "pwrite": "pwrite64", "pwrite64": "pwrite64",
		"recv": "recvfrom|recv", "send": "sendto|send", "poll": "poll|ppoll|ppoll_time64", "ppoll": "ppoll|ppoll_time64",
		"select": "select|pselect6|_newselect|pselect6_time64", "pselect": "pselect6|pselect6_time64", "epoll_wait": "epoll_wait|epoll_pwait",
		"wait": "wait4|waitid", "wait3": "wait4|waitid", "waitpid": "wait4|waitid", "wait4": "wait4|waitid",
		"nanosleep": "nanosleep|clock_nanosleep|clock_nanosleep_time64", "clock_nanosleep": "clock_nanosleep|clock_nanosleep_time64",
		"usleep": "clock_nanosleep|nanosleep|clock_nanosleep_time64", "sleep": "clock_nanosleep|nanosleep|clock_nanosleep_time64",
		"thrd_sleep": "clock_nanosleep|nanosleep|clock_nanosleep_time64",
		"pause":      "pause|ppoll", "sigsuspend": "rt_sigsuspend", "sigtimedwait": "rt_sigtimedwait|rt_sigtimedwait_time64",
		"sigwait": "rt_sigtimedwait|rt_sigtimedwait_time64", "sigwaitinfo": "rt_sigtimedwait|rt_sigtimedwait_time64",
		"tcdrain": "ioctl", "lockf": "fcntl|fcntl64", "fcntl": "fcntl|fcntl64", "fcntl64": "fcntl|fcntl64",
		"sync_file_range": "sync_file_range|sync_file_range2|arm_sync_file_range",
		"recvmmsg":        "recvmmsg|recvmmsg_time64", "accept": "accept|accept4", "aio_suspend": "futex|futex_time64",
		"mq_receive": "mq_timedreceive|mq_timedreceive_time64", "mq_send": "mq_timedsend|mq_timedsend_time64",
		"mq_timedreceive": "mq_timedreceive|mq_timedreceive_time64", "mq_timedsend": "mq_timedsend|mq_timedsend_time64",
		"seteuid": "setresuid", "setegid": "setresgid", "pclose": "wait4",
		"pthread_create": "clone|clone3", "thrd_create": "clone|clone3", "fork": "clone|fork", "vfork": "vfork|clone", "daemon": "clone|fork",
		"system": "wait4|waitid clone|clone3|vfork execve", "popen": "clone|clone3|vfork execve",
		"posix_spawn": "clone|clone3|vfork execve", "posix_spawnp": "clone|clone3|vfork execve",
		"timer_create": "timer_create clone|clone3", "getaddrinfo_a": "clone|clone3", "aio_read": "clone|clone3", "aio_write": "clone|clone3",
	} {
		table[name] = strings.Fields(calls)
	}
	return table
}()

// hidden is a function with the sets of system calls that are not seen in it.
type hidden struct {
	id   elfcode.FuncID
	sets []string
}

// findHidden finds what of hiddenCalls a file of the C library's does not show.
func findHidden(f *elfcode.File) []hidden {
	if !isLibc(f) {
		return nil
	}
	var list []hidden
	for id := range f.Funcs {
		sets := hiddenCalls[strings.TrimPrefix(strings.TrimPrefix(strings.TrimLeft(f.Funcs[id].Name, "_"), "libc_"), "GI___")]
		if len(sets) == 0 {
			continue
		}
		own := seenFrom(f, elfcode.FuncID(id), 1)
		deep := seenFrom(f, elfcode.FuncID(id), len(f.Funcs))
		unseen := slices.DeleteFunc(slices.Clone(sets), func(set string) bool {
			seen := own
			if len(own) == 0 || strings.Contains(set, "clone") || set == "execve" {
				seen = deep // it calls the function that does it
			}
			return slices.ContainsFunc(strings.Split(set, "|"), func(call string) bool { return seen[call] || seen[call+"32"] })
		})
		if len(unseen) > 0 {
			list = append(list, hidden{elfcode.FuncID(id), unseen})
		}
	}
	return list
}

// seenFrom are the system calls that the first functions show which one leads to, itself
// included. What ends the program is left out: it reports why, and opens files for that.
func seenFrom(f *elfcode.File, id elfcode.FuncID, functions int) map[string]bool {
	seen := map[string]bool{}
	visited := map[elfcode.FuncID]bool{id: true}
	for queue := []elfcode.FuncID{id}; len(queue) > 0 && functions > 0; queue, functions = queue[1:], functions-1 {
		fn := &f.Funcs[queue[0]]
		for i := fn.FirstSite; i < fn.FirstSite+fn.Sites; i++ {
			for _, n := range f.Sites[i].Number.Ints {
				if name, ok := elfcode.SyscallName(f.Arch, n&0xffffffff); ok {
					seen[name] = true
				}
			}
		}
		for _, r := range fn.Refs {
			if to := elfcode.FuncID(r.ID()); r.Kind() <= elfcode.RefIFunc && !visited[to] && !f.Funcs[to].NoReturn {
				visited[to] = true
				queue = append(queue, to)
			}
		}
	}
	return seen
}

// hiddenIn takes the system calls that the C library's code does not show, of the functions
// that are reached in it; those that the architecture lacks are left out.
func (c *collector) hiddenIn(m *loaded) {
	for _, h := range m.file.hidden {
		if _, reached := slices.BinarySearch(m.reached.Funcs, h.id); !reached {
			continue
		}
		for _, call := range strings.Split(strings.Join(h.sets, "|"), "|") {
			if c.im.hasSyscall(call + "32") { // arm's, for user ids of 32 bits
				call += "32"
			}
			if c.im.hasSyscall(call) {
				c.syscall(call, place{where: m.path, why: m.way(h.id)})
			}
		}
	}
}

// onDemand are calls that the loader of glibc makes only when it is started as a program to
// print what it knows of the machine (dl-diagnostics-cpu.c), and to sample a program
// (dl-profile.c), which the environment asks for.
var onDemand = []string{"getcpu", "sched_setaffinity", "sched_getaffinity", "setitimer"}

// demands are variables by which the environment asks for more than a program does itself.
var demands = []string{"LD_PROFILE", "GLIBC_TUNABLES"}

const namesMemory = 0x53564d41 // PR_SET_VMA

// leftOut tells whether a system call of the C library's is one that neither the kernel, when it starts
// the program, nor the unit's environment asks for. Of memory names are given
// only where a tunable asks for it (setvmaname.c).
func (c *collector) leftOut(x *call) bool {
	if !x.libc || slices.ContainsFunc(demands, func(name string) bool { return c.env[name] != "" }) {
		return false
	}
	if options, all := x.ints(0); x.name == "prctl" && all && len(options) == 1 && options[0]&0xffffffff == namesMemory {
		return true
	}
	if !isLoader(x.soname) || x.module == c.walked.path {
		return false
	}
	return slices.Contains(onDemand, x.name) || strings.HasPrefix(x.name, "readlink") && !c.walked.usesOrigin()
}

// usesOrigin tells whether something may make the loader look for the folder of the program
// (dl-origin.c): a name or path of libraries with $ORIGIN.
func (p *program) usesOrigin() bool {
	mentions := func(text string) bool {
		return strings.Contains(text, "$ORIGIN") || strings.Contains(text, "${ORIGIN}")
	}
	return slices.ContainsFunc(p.modules, func(m *loaded) bool {
		return !m.libc && (mentions(m.file.RPath) || mentions(m.file.RunPath) || slices.ContainsFunc(m.file.Needed, mentions) ||
			slices.ContainsFunc(m.reached.Strings, func(id int32) bool { return mentions(m.file.Strings[id]) }))
	})
}

// isLoader tells whether a SONAME is that of glibc's dynamic loader.
func isLoader(soname string) bool {
	return hasPrefix([]string{"ld-linux", "ld64.so", "ld.so"}, soname)
}
