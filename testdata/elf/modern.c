// SPDX-License-Identifier: MIT

// A shared library of what newer tool chains and loaders make: thread-local
// storage through descriptors, packed relative relocations, a function of its
// own that a resolver chooses, another load address than 0.

#define _GNU_SOURCE
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define NOINLINE __attribute__((noinline))

EXPORT __thread int modern_last;
static __thread int count, family;

// Behind two accesses to thread-local storage, and with a value from it.
EXPORT int modern_threads(int fd) {
	modern_last = fd;
	count++;
	return sethostname("example", 7) + socket(AF_NETLINK, SOCK_RAW, count);
}
EXPORT void modern_choose(int f) { family = f; }
EXPORT int modern_stored(void) { return socket(family, SOCK_DGRAM, 0); }

static int step_mount(const char *arg) { return mount("/dev/example", arg, "ext4", MS_NOSUID, 0); }
static int step_swap(const char *arg) { return swapon(arg, 0); }
static int step_chroot(const char *arg) { return chroot(arg); }
static int step_name(const char *arg) { return setdomainname(arg, 3); }
static const struct {
	const char *name;
	int (*run)(const char *);
} steps[] = {{"mount", step_mount}, {"swap", step_swap}, {"chroot", step_chroot}, {"name", step_name}};

EXPORT int modern_step(int i, const char *arg) { return steps[i & 3].run(arg); }
EXPORT const char *modern_step_name(int i) { return steps[i & 3].name; }

static int plain(void) { return setfsuid(0); }
static int fancy(void) { return unshare(CLONE_NEWNET); }
static int (*choose(void))(void) { return sizeof(long) == 1 ? plain : fancy; }
static int chosen(void) __attribute__((ifunc("choose")));
EXPORT int modern_chosen(void) { return chosen() + 1; }

EXPORT int modern_other(struct timex *t, char *b) { return adjtimex(t) + klogctl(3, b, 1); }
