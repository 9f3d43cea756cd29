// SPDX-License-Identifier: MIT

// A structure inside of another one: the address of the inner one is formed in
// a function that only the inner one leads to, so that it must not divide the
// outer one. nginx's event modules are like that.

#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/swap.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))

struct actions {
	int (*add)(const char *);
	int (*del)(const char *);
	int (*wait)(const char *);
	int (*init)(const char *);
};

struct module {
	const char *name;
	int (*create)(const char *);
	struct actions actions;
};

struct actions chosen;

static int create(const char *arg) { return access(arg, 0); }
static int add(const char *arg) { return swapon(arg, 0); }
static int del(const char *arg) { return swapoff(arg); }
static int wait(const char *arg) { return klogctl(3, (char *)arg, 1); }
static int init(const char *arg);

static struct module module = {"inner", create, {add, del, wait, init}};
struct module *modules[] = {&module, &module};

NOINLINE static int init(const char *arg) {
	static int calls;
	struct actions *inner = &module.actions;
	if (module.name[0] == arg[0])
		chosen = *inner;
	__asm__ volatile("" : : "r"(inner) : "memory");
	return calls++ + unshare(CLONE_NEWIPC);
}

int main(int argc, char **argv) {
	struct module *m = modules[argc & 1];
	if (m->create(argv[0]) + m->actions.init(argv[0]) < 0)
		return 1;
	return argc > 1 ? chosen.add(argv[1]) : chosen.wait(argv[0]);
}
