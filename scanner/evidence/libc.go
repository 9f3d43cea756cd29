// SPDX-License-Identifier: MIT

package evidence

import "strings"

// cancellationPoints are the functions of the C library that enter the kernel
// through its cancellation wrapper, to which glibc 2.41 and later hand the number of
// the system call in memory, and those that make threads and processes through
// hand-written code: a name stands for the calls behind it. Source: pthreads(7),
// "Cancellation points", and the sysdeps/unix/sysv/linux of glibc. musl hands the numbers of
// those that change the user of all threads on in memory, too (src/unistd/setxid.c).
var cancellationPoints = func() map[string][]string {
	table := map[string][]string{}
	for _, name := range strings.Fields(`accept accept4 clock_nanosleep close connect copy_file_range epoll_pwait epoll_pwait2 epoll_wait
		fallocate fcntl fdatasync fsync getrandom mq_timedreceive mq_timedsend msgrcv msgsnd msync open_by_handle_at openat openat2
		ppoll preadv preadv2 pwritev pwritev2 read readv recvfrom recvmmsg recvmsg sendmmsg sendmsg sendto splice sync_file_range
		tee vmsplice wait4 waitid write writev poll select pselect6 process_madvise futex`) {
		table[name] = []string{name}
	}
	for name, calls := range map[string]string{
		"open": "open openat", "open64": "open openat", "creat": "creat open openat", "openat64": "openat",
		"pread": "pread64", "pread64": "pread64", "pwrite": "pwrite64", "pwrite64": "pwrite64",
		"recv": "recvfrom recv", "send": "sendto send", "poll": "poll ppoll ppoll_time64", "ppoll": "ppoll ppoll_time64",
		"select": "select pselect6 _newselect pselect6_time64", "pselect": "pselect6 pselect6_time64", "epoll_wait": "epoll_wait epoll_pwait",
		"wait": "wait4 waitid", "wait3": "wait4 waitid", "waitpid": "wait4 waitid", "wait4": "wait4 waitid",
		"nanosleep": "nanosleep clock_nanosleep clock_nanosleep_time64", "clock_nanosleep": "clock_nanosleep clock_nanosleep_time64",
		"usleep": "clock_nanosleep nanosleep", "sleep": "clock_nanosleep nanosleep", "thrd_sleep": "clock_nanosleep",
		"pause": "pause ppoll", "sigsuspend": "rt_sigsuspend", "sigtimedwait": "rt_sigtimedwait rt_sigtimedwait_time64",
		"sigwait": "rt_sigtimedwait rt_sigtimedwait_time64", "sigwaitinfo": "rt_sigtimedwait rt_sigtimedwait_time64",
		"tcdrain": "ioctl", "lockf": "fcntl fcntl64", "fcntl": "fcntl fcntl64", "fcntl64": "fcntl fcntl64",
		"recvmmsg": "recvmmsg recvmmsg_time64", "accept": "accept accept4", "aio_suspend": "futex", "system": "wait4 clone clone3 vfork execve",
		"pthread_create": "clone clone3", "thrd_create": "clone clone3", "fork": "clone fork", "vfork": "vfork", "popen": "clone clone3 vfork execve",
		"posix_spawn": "clone clone3 vfork execve", "posix_spawnp": "clone clone3 vfork execve", "timer_create": "timer_create clone clone3",
		"getaddrinfo_a": "clone clone3", "aio_read": "clone clone3", "aio_write": "clone clone3", "daemon": "clone fork",
		"setuid": "setuid", "setgid": "setgid", "seteuid": "setresuid", "setegid": "setresgid", "setreuid": "setreuid", "setregid": "setregid",
		"setresuid": "setresuid", "setresgid": "setresgid",
		"pclose": "wait4", "mq_receive": "mq_timedreceive", "mq_send": "mq_timedsend",
		"mq_timedreceive": "mq_timedreceive mq_timedreceive_time64", "mq_timedsend": "mq_timedsend mq_timedsend_time64",
	} {
		table[name] = strings.Fields(calls)
	}
	return table
}()

// cancellable takes the system calls of the cancellation points that are reached in
// the C library, by the names of its functions; those that the architecture lacks
// are left out.
func (c *collector) cancellable(m *loaded) {
	for _, id := range m.reached.Funcs {
		f := &m.file.Funcs[id]
		name := strings.TrimPrefix(strings.TrimPrefix(strings.TrimLeft(f.Name, "_"), "libc_"), "GI___")
		for _, call := range cancellationPoints[name] {
			if c.im.hasSyscall(call + "32") { // arm's, for user ids of 32 bits
				call += "32"
			}
			if c.im.hasSyscall(call) {
				c.syscall(call, place{where: m.path, why: m.way(id)})
			}
		}
	}
}
