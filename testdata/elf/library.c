// SPDX-License-Identifier: MIT

// A shared library: exported functions that reach different things, a
// constructor, an exported table, a wrapper whose parameter decides, a function
// that a resolver chooses.

#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/klog.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

__attribute__((constructor)) static void initialise(void) { umask(027); }
__attribute__((destructor)) static void finish(void) { unlink("/run/library.pid"); }

EXPORT int library_clock(const struct timespec *t) { return clock_settime(CLOCK_REALTIME, t); }
EXPORT int library_log(char *b, int n) { return klogctl(3, b, n); }
EXPORT int library_socket(int family) { return socket(family, SOCK_DGRAM, 0); }
EXPORT int library_netlink(void) { return library_socket(AF_NETLINK); }

static int by_table(void) { return ptrace(PTRACE_TRACEME, 0, 0, 0); }
EXPORT int (*library_table[])(void) = {by_table, library_netlink};

static int plain(void) { return getpid(); }
static int fancy(void) { return getsid(0); }
static int (*choose(void))(void) { return sizeof(long) == 1 ? plain : fancy; }
EXPORT int library_chosen(void) __attribute__((ifunc("choose")));
EXPORT int library_uses_chosen(void) { return library_chosen(); }
EXPORT int (*library_keep(int i))(void) { return i ? plain : fancy; }
EXPORT int library_adjust(struct timex *t) { return adjtimex(t); }
