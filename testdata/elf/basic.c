// SPDX-License-Identifier: MIT

// Constants at calls that decide a setting: direct, through a wrapper, by a
// condition, by a switch, masked; and code that nothing reaches.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

// A wrapper: the family is its own parameter.
NOINLINE static int open_socket(int family, int type) {
	return socket(family, type | SOCK_CLOEXEC, 0);
}

// A wrapper of the wrapper.
NOINLINE static int open_raw(int family) {
	return open_socket(family, SOCK_RAW);
}

NOINLINE static int family_of(int kind) {
	int family;
	switch (kind) {
	case 11: family = AF_UNIX; break;
	case 12: family = AF_CAN; break;
	case 13: family = AF_ALG; break;
	case 14: family = AF_VSOCK; break;
	case 15: family = AF_BLUETOOTH; break;
	case 16: family = AF_TIPC; break;
	default: family = AF_PACKET; break;
	}
	return socketpair(family, SOCK_DGRAM, 0, (int[2]){0});
}

// Nothing calls it.
__attribute__((used)) NOINLINE static void never(void) {
	reboot(RB_AUTOBOOT);
	open("/dev/never", O_RDWR);
	syscall(SYS_acct, 0);
}

int main(int argc, char **argv) {
	struct stat st;
	int fd = open_socket(argc > 1 ? AF_INET : AF_INET6, SOCK_STREAM);
	fd += open_raw(AF_NETLINK);
	fd += family_of(argc);
	chmod("/run/example.sock", 0660);
	if (stat(argv[0], &st) == 0)
		chmod("/run/masked", st.st_mode & 0777);
	mkdir("/var/lib/example", argc > 2 ? 02755 : 0755);
	prctl(PR_SET_NAME, "example");
	fd += open("/etc/example.conf", O_RDONLY | O_CLOEXEC);
	FILE *f = fopen("/proc/self/status", "r");
	void *p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	syscall(SYS_gettid);
	return fd + (f != 0) + (p != 0);
}
