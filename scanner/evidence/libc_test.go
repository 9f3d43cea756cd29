// SPDX-License-Identifier: MIT

package evidence

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// compileC compiles C for the host and returns the file.
func compileC(t *testing.T, source string, args ...string) string {
	t.Helper()
	compiled(t) // skips where there is no compiler
	out := filepath.Join(t.TempDir(), "out")
	c := exec.Command("gcc", append([]string{"-O2", "-s", "-D_GNU_SOURCE", "-pthread", "-x", "c", "-", "-o", out}, args...)...)
	c.Stdin = strings.NewReader(source)
	problems, err := c.CombinedOutput()
	require.NoError(t, err, string(problems))
	return out
}

func content(t *testing.T, file string) string {
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(data)
}

// needs are the system calls of a program that is compiled from C, in an image with the
// host's C library.
func needs(t *testing.T, source, environment string) []string {
	t.Helper()
	files := compiled(t)
	image := map[string]string{"usr/bin/program": content(t, compileC(t, source))}
	for _, library := range []string{"lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu/libc.so.6", "etc/ld.so.conf"} {
		image[library] = files[library]
	}
	return tree(t, image).Collect(service(t, "ExecStart=/usr/bin/program\n"+environment)).Syscalls
}

const head = `
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>
#include <fcntl.h>
#include <glob.h>
extern char **environ;
static void *work(void *x) { return x; }
static pthread_t thread;
static pthread_attr_t attr;
static pthread_mutex_t mutex;
static pthread_mutexattr_t protocol;
static posix_spawnattr_t how;
static posix_spawn_file_actions_t actions;
static glob_t files;
static char *args[] = { "true", 0 };
`

// TestAsked: what the C library does only where a program asks for it counts where one does.
func TestAsked(t *testing.T) {
	for _, tt := range []struct{ summary, main, calls, not string }{
		{"a thread", "pthread_create(&thread, 0, work, 0);", "clone3", "sched_setscheduler sched_setaffinity sched_getparam setsid"},
		{"a thread with a priority", "pthread_attr_setinheritsched(&attr, 1); pthread_create(&thread, &attr, work, 0);", "clone3 sched_setscheduler", ""},
		{"a thread with processors", "pthread_attr_setaffinity_np(&attr, 1, 0); pthread_create(&thread, &attr, work, 0);", "sched_setaffinity", ""},
		{"a mutex", "pthread_mutex_lock(&mutex);", "futex", "sched_get_priority_max sched_getparam sched_setscheduler"},
		{"a mutex with a priority", "pthread_mutexattr_setprotocol(&protocol, 2); pthread_mutex_lock(&mutex);", "sched_get_priority_max sched_getparam sched_setscheduler", ""},
		{"a child", `posix_spawn(0, "/bin/true", 0, 0, args, environ);`, "execve", "setsid setpgid setresuid sched_setparam chdir fchdir close_range"},
		{"a command", `system("true");`, "execve wait4", "setsid setpgid setresuid sched_setparam"},
		{"a child with attributes", `posix_spawnattr_setflags(&how, 1); posix_spawn(0, "/bin/true", 0, &how, args, environ);`, "setsid setpgid setresuid sched_setparam", "fchdir"},
		{"a child elsewhere", `posix_spawn_file_actions_addchdir_np(&actions, "/"); posix_spawn(0, "/bin/true", &actions, 0, args, environ);`, "chdir", "setsid fchdir"},
		{"a session of its own", `setsid(); posix_spawn(0, "/bin/true", 0, 0, args, environ);`, "setsid", "setpgid"},
		{"a path", `realpath(".", 0);`, "getcwd", "getgroups"},
		{"files by a pattern", `glob("/run/*", GLOB_ERR, 0, &files);`, "getdents64", "alarm"},
		{"files in a home", `glob("~/*", GLOB_TILDE, 0, &files);`, "getdents64 alarm", ""},
		{"files, as the user asks", `glob("~/*", atoi(args[0]), 0, &files);`, "getdents64 alarm", ""},
		{"who may read a path", `faccessat(-100, "x", 4, 0x200);`, "faccessat2 getgroups", ""},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			got := needs(t, head+"int main(void) { "+tt.main+" return 0; }", "")
			assert.Subset(t, got, strings.Fields(tt.calls))
			for _, name := range strings.Fields(tt.not) {
				assert.NotContains(t, got, name)
			}
		})
	}
}

// TestDemanded: what the loader does for those who look for errors counts where the unit's
// environment asks for it.
func TestDemanded(t *testing.T) {
	const nothing = "int main(void) { return 0; }"
	assert.NotContains(t, needs(t, nothing, ""), "setitimer")
	assert.Contains(t, needs(t, nothing, "Environment=LD_PROFILE=libc.so.6\n"), "setitimer")
	const plugin = `#include <dlfcn.h>
int main(void) { return dlopen("$ORIGIN/x.so", RTLD_NOW) != 0; }`
	assert.NotRegexp(t, `\breadlink`, needs(t, nothing, ""))
	assert.Regexp(t, `\breadlink`, needs(t, plugin, ""))
}

// TestColdCode: compilers lay the unlikely parts of functions one behind the other. Where one
// ends by a call, that does not come back.
func TestColdCode(t *testing.T) {
	const one = ".cfi_startproc; cmpl $1, x(%rip); je NAME.cold; ret; .cfi_endproc;"
	got := needs(t, `
int x;
void first(void);
asm(".section .text.unlikely; first.cold: .cfi_startproc; push %rax; call abort@PLT; .cfi_endproc;"
    "second.cold: .cfi_startproc; push %rax; call chroot@PLT; call abort@PLT; .cfi_endproc;"
    ".text; first: `+strings.ReplaceAll(one, "NAME", "first")+" second: "+strings.ReplaceAll(one, "NAME", "second")+`");
int main(void) { first(); return 0; }`, "")
	assert.NotContains(t, got, "chroot")
}

// TestHidden: what the code of the C library does not show is told by the names of its functions,
// and only that.
func TestHidden(t *testing.T) {
	site := func(call uint64) elfcode.Site {
		return elfcode.Site{Number: elfcode.Values{Ints: []uint64{call}}}
	}
	f := &elfcode.File{Arch: elfcode.X86_64, SONAME: "libc.so.6",
		Sites: []elfcode.Site{site(257), site(257), site(56), site(59), site(7)}, // openat, clone, execve, poll
		Funcs: []elfcode.Func{
			{Name: "open", Sites: 1},
			{Name: "__poll", FirstSite: 1, Sites: 1}, // its own number is not seen
			{Name: "system", Refs: ref(elfcode.RefCall, 3)},
			{FirstSite: 2, Sites: 2},
			{Name: "sleep", Refs: ref(elfcode.RefCall, 5)},
			{NoReturn: true, FirstSite: 4, Sites: 1},
			{Name: "__libc_write"},
		}}
	assert.Equal(t, []hidden{
		{1, []string{"poll|ppoll|ppoll_time64"}},
		{2, []string{"wait4|waitid"}},
		{4, []string{"clock_nanosleep|nanosleep|clock_nanosleep_time64"}},
		{6, []string{"write"}},
	}, findHidden(f))
	f.SONAME = "libx.so.1"
	assert.Empty(t, findHidden(f))
}

// ref is a list with one reference.
func ref(kind elfcode.RefKind, id uint32) []elfcode.Ref {
	return []elfcode.Ref{elfcode.Ref(uint32(kind)<<28 | id)}
}

// TestRequestsOfHost: the host's C library has what the table says.
func TestRequestsOfHost(t *testing.T) {
	f, err := os.Open("/lib/x86_64-linux-gnu/libc.so.6")
	if runtime.GOARCH != "amd64" || err != nil {
		t.Skip("the host has no C library for x86-64")
	}
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	library, err := elfcode.Analyze(f, info.Size())
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(findRequests(library)), 5)
}
