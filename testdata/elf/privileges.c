// SPDX-License-Identifier: MIT

// What a program keeps of its capabilities, built in memory: lists on the stack and in
// data, of fixed and of computed length, words with single bits. Each exported function
// is a case of its own; the functions of libcap are imported and never linked.

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef int cap_value_t;
typedef void *cap_t;
extern cap_t cap_get_proc(void);
extern cap_t cap_init(void);
extern int cap_free(void *);
extern int cap_clear(cap_t);
extern int cap_set_proc(cap_t);
extern int cap_set_flag(cap_t, int, int, const cap_value_t *, int);
extern int cap_get_flag(cap_t, cap_value_t, int, int *);
extern int capset(void *, void *);
extern int capget(void *, void *);
extern void unseen(void *);
extern void note(const char *);

struct header {
	unsigned version;
	int pid;
};

struct data {
	unsigned effective, permitted, inheritable;
};

#define EXPORT __attribute__((visibility("default")))

#define SET_CAP(c, value) \
	do { \
		cap_value_t list[1] = {value}; \
		int has; \
		if (cap_get_flag(c, value, 1, &has) == 0 && has) \
			if (cap_set_flag(c, 0, 1, list, 1) == -1 || cap_set_flag(c, 1, 1, list, 1) == -1) \
				note("cannot keep"); \
	} while (0)

EXPORT void keep_one_by_one(int more) {
	cap_t c = cap_init();
	SET_CAP(c, 10);
	SET_CAP(c, 18);
	if (more)
		SET_CAP(c, 23);
	cap_set_proc(c);
	cap_free(c);
}

static cap_value_t kept_list[] = {18, 7, 6};

EXPORT void keep_list(void) {
	cap_t c = cap_init();
	cap_clear(c);
	cap_set_flag(c, 0, 3, kept_list, 1);
	cap_set_flag(c, 1, 3, kept_list, 1);
	cap_set_proc(c);
	cap_free(c);
}

EXPORT void keep_counted(int more) {
	cap_value_t list[3];
	int n = 0;
	cap_t c = cap_get_proc();
	list[n++] = 10;
	if (more)
		list[n++] = 12;
	cap_set_flag(c, 0, n, list, 1);
	cap_set_flag(c, 1, n, list, 1);
	cap_set_proc(c);
	cap_free(c);
}

static cap_value_t changed_list[] = {5, 7};

EXPORT void change_list(int v) {
	changed_list[1] = v;
}

EXPORT void keep_changed(void) {
	cap_t c = cap_init();
	cap_set_flag(c, 1, 2, changed_list, 1);
	cap_set_proc(c);
}

EXPORT void keep_unseen(void) {
	cap_value_t list[2] = {1, 2};
	cap_t c = cap_init();
	unseen(list);
	cap_set_flag(c, 1, 2, list, 1);
	cap_set_proc(c);
}

EXPORT int keep_word(int transparent) {
	struct header h;
	struct data d;
	memset(&h, 0, sizeof h);
	memset(&d, 0, sizeof d);
	h.version = 0x19980330;
	if (transparent)
		d.effective = d.permitted = 1u << 13;
	return syscall(SYS_capset, &h, &d);
}

EXPORT int keep_words(int raw) {
	struct header h = {0x20080522, 0};
	struct data d[2];
	memset(d, 0, sizeof d);
	d[0].effective |= 1u << 10;
	if (raw)
		d[0].effective |= 1u << 13;
	d[0].permitted = d[0].effective;
	return capset(&h, d);
}

EXPORT int keep_more(void) {
	struct header h = {0x19980330, 0};
	struct data d;
	capget(&h, &d);
	h.version = 0x19980330;
	d.effective |= 1u << 7;
	d.permitted |= 1u << 7;
	return capset(&h, &d);
}
