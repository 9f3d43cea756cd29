/* SPDX-License-Identifier: MIT */
/* Linked statically for the comparison with objdump; pulls in much of libc. */
#include <dlfcn.h>
#include <math.h>
#include <netdb.h>
#include <pthread.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t wide;
static _Atomic uint32_t narrow;

static void *thread(void *arg)
{
	atomic_fetch_add(&wide, (uintptr_t)arg);
	atomic_fetch_or(&narrow, 3);
	return 0;
}

int getpid_like(int);

int choose(int n)
{
	switch (n) {
	case 0: return 0x12345678;
	case 1: return puts("one");
	case 2: return rand() % 7;
	case 3: return -1;
	case 4: return 0xff00ff;
	case 5: return putchar(n);
	case 6: return 0xabababab;
	case 7: return getpid_like(n);
	}
	return n;
}

int getpid_like(int n) { return n * 37 / 11; }

int main(int argc, char **argv)
{
	pthread_t t;
	regex_t r;
	pthread_create(&t, 0, thread, argv);
	pthread_join(t, 0);
	regcomp(&r, argv[0], REG_EXTENDED);
	printf("%d %f %s %lld\n", choose(argc), sin(argc) / pow(argc, 3), strerror(argc), 1LL << argc);
	qsort(argv, argc, sizeof *argv, (int (*)(const void *, const void *))strcmp);
	return gethostbyname(argv[0]) == dlopen(argv[0], RTLD_NOW);
}
