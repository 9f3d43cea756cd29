// SPDX-License-Identifier: MIT

// Functions that only tables of pointers lead to: a table that main uses, one
// that only dead code uses, a structure of operations, a handler that is
// passed as a parameter, names in a table.

#define _GNU_SOURCE
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/time.h>
#include <unistd.h>

struct command {
	const char *name;
	int (*run)(const char *);
};

static int do_chroot(const char *arg) { return chroot(arg); }
static int do_mount(const char *arg) { return mount("/dev/example", arg, "ext4", MS_NOEXEC, 0); }
static int do_hostname(const char *arg) { return sethostname(arg, strlen(arg)); }
static int do_domain(const char *arg) { return setdomainname(arg, strlen(arg)); }
static int do_swap(const char *arg) { return unshare(CLONE_NEWUTS) + (arg != 0); }

static const struct command commands[] = {
	{"chroot", do_chroot},
	{"mount", do_mount},
	{"hostname", do_hostname},
};

// Not of the same shape: neighbours that repeat each other's layout count as one.
static const struct {
	const char *name;
	long flags;
	int (*run)(const char *);
} dead_commands[] = {
	{"domain", 1, do_domain},
	{"swap", 2, do_swap},
};

struct operations {
	int version;
	int (*start)(void);
	int (*stop)(void);
};

static int start(void) { return setsid(); }
static int stop(void) { return getppid(); }

static struct operations operations = {1, start, stop};

static void on_alarm(int signal) {
	(void)signal;
	sync();
}

__attribute__((used, noinline)) static int never(int i, const char *arg) {
	return dead_commands[i & 1].run(arg);
}

// Two jumps to imports and nothing else, as a linkage table has them.
__attribute__((noinline)) static int either(int i) { return i ? getpgrp() : getpid(); }

// Calls of imports only.
__attribute__((noinline)) static void daemonize(void) {
	if (setpgid(0, 0) + nice(5) + chdir("/") < 0)
		pause();
}

__attribute__((noinline)) static int call(const struct operations *o, int second) {
	return second ? o->stop() : o->start();
}

static const char *const files[] = {"/etc/first.conf", "/etc/second.conf", "/etc/third.conf"};

int main(int argc, char **argv) {
	signal(SIGALRM, on_alarm);
	daemonize();
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (argc > 2 && strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argv[2]);
	if (getpwnam("example") == 0)
		return access(files[argc % 3], R_OK);
	return call(&operations, argc) + either(argc);
}
