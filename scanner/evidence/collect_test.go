// SPDX-License-Identifier: MIT

package evidence

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

const daemonSource = `
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <stdlib.h>
#include <dlfcn.h>
#include <fcntl.h>
static void never(void) __attribute__((used, noinline));
static void never(void) { chroot("/"); }
int main(int argc, char **argv) {
	char *args[] = { "helper", 0 };
	int s = socket(AF_INET, SOCK_STREAM, 0);
	if (argc > 1) dlopen("libplug.so", RTLD_NOW);
	if (argc > 2) return system("logger -t x; cat /proc/modules");
	chmod("/run/x", 0750);
	open("/dev/rtc0", O_RDONLY);
	execve("/usr/libexec/helper", args, 0);
	return s;
}`

const helperSource = `
#include <sys/time.h>
#include <time.h>
int main(void) { struct timespec t = {0}; return clock_settime(CLOCK_REALTIME, &t); }`

const plugSource = `
#include <unistd.h>
int plug(void) { return sethostname("x", 1); }`

const sessionSource = `
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) { setenv("LOGNAME", argv[1], 1); return execv(argv[2], argv + 2); }`

// pagerSource only looks at the user's choice; loginSource has a table of its own for
// its child's environment; jobSource gives a shell its input, hookSource a text.
const pagerSource = `
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) { char *s = getenv("SHELL"); return execl(s, s, "-c", argv[1], (char *)0); }`

const loginSource = `
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static char *table[9];
static __attribute__((noinline)) void add(const char *name, const char *value) {
	for (int i = 0; i < 8; i++)
		if (!table[i]) { table[i] = malloc(99); strcpy(table[i], name); strcat(table[i], value); return; }
}
int main(int argc, char **argv) {
	char *old = getenv("SHELL");
	add("USER=", argv[1]);
	add("SHELL=", old);
	return execve(argv[2], argv + 2, table);
}`

// scatteredSource has its helper's name in a line of its built-in configuration only.
const scatteredSource = `
#include <string.h>
#include <unistd.h>
static const char *const lines[] = { "interval 7", "helper_program /usr/libexec/helper" };
int main(int argc, char **argv) { return execv(strchr(lines[argc & 1], ' ') + 1, argv); }`

const jobSource = `
#include <unistd.h>
int main(void) { return execl("/bin/sh", "sh", (char *)0); }`

const hookSource = `
#include <unistd.h>
int main(int argc, char **argv) { return execl("/bin/sh", "sh", "-c", argv[1], (char *)0); }`

// appletsSource is built like BusyBox: one file, whose name decides what it is.
const appletsSource = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
const char applet_names[] = "[\0" "ash\0" "date\0" "hostname\0" "login\0" "true\0";
static int none(int argc, char **argv) { return argc; }
static int date(int argc, char **argv) { struct timespec t = {0}; return clock_settime(CLOCK_REALTIME, &t); }
static int name(int argc, char **argv) { return sethostname(argv[1], 1); }
static int login(int argc, char **argv) { setenv("SHELL", argv[1], 1); return execv(argv[2], argv); }
static int shell(int argc, char **argv) { return execv(argv[1], argv); }
static int yes(int argc, char **argv) { return 0; }
int (*const applet_main[])(int, char **) = { none, shell, date, name, login, yes };
int main(int argc, char **argv) {
	const char *base = strrchr(argv[0], '/'), *n = applet_names;
	base = base ? base + 1 : argv[0];
	for (int i = 0; *n; i++, n += strlen(n) + 1)
		if (!strcmp(n, base))
			return applet_main[i](argc, argv);
	if (argc > 1) { argv++; return main(argc - 1, argv); }
	return puts("BusyBox v1.36.1");
}`

// busSource starts what files of a folder name.
const busSource = `
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) { return strcmp(argv[1], "D-BUS Service") ? 0 : execv(argv[2], argv); }`

const launcherSource = `
#include <unistd.h>
int main(int argc, char **argv) { return execvp(argv[1], argv + 1); }`

// startSource starts what nameSource, of another library, hands to it.
const startSource = `
#include <unistd.h>
void start(const char *program) { execl(program, program, (char *)0); }`

const nameSource = `
void start(const char *program);
void name(void) { start("/usr/libexec/helper"); }`

// bareSource starts an interpreter that no script of its own is for, taughtSource one with a script.
const (
	bareSource = `
#include <unistd.h>
int main(void) { return execl("/usr/bin/python3", "python3", "--version", (char *)0); }`
	taughtSource = `
#include <unistd.h>
int main(void) { return execl("/usr/bin/python3", "python3", "/opt/hook.py", (char *)0); }`
)

// snakeSource has a table of functions as Python's modules have them (methodobject.h).
const snakeSource = `
#include <unistd.h>
struct method { const char *name; const void *(*function)(void); int flags; const char *documentation; };
static const void *root(void) { return (void *)(long)chroot("/"); }
static const void *name(void) { return (void *)(long)sethostname("x", 1); }
static struct method methods[] = { { "chroot", root, 1, "documented" }, { "sethostname", name, 4, 0 }, { 0 } };
const void *PyInit_posix(void) { return methods; }
static const struct { const char *name; const void *(*function)(void); } modules[] = { { "posix", PyInit_posix }, { 0 } };
int main(int argc, char **argv) { return ((struct method *)modules[argc].function())->function() != 0; }`

// camelSource has the tables of Perl's operators.
const camelSource = `
#include <unistd.h>
const char *const PL_op_name[] = { "print", "chroot", "syscall", "freed" };
static long print(long n) { return write(1, "x", n); }
static long root(long n) { return chroot("/"); }
static long calls(long n) { return syscall(n); }
long (*PL_ppaddr[])(long) = { print, root, calls };
const char *const folders[] = { "/usr/lib/perl5/5.40", "/usr/share/perl5" };
int main(int argc, char **argv) { return PL_ppaddr[argc](argc) != *folders[argc]; }`

// tabledSource hands a library's name to dlopen by a table of functions; copiedSource
// fills an array with a path.
const tabledSource = `
#include <dlfcn.h>
const char *names[] = { "libplug.so", 0 };
static int load(const char *name) { return dlopen(name, RTLD_NOW) != 0; }
static int leave(const char *name) { return *name; }
int (*loaders[])(const char *) = { load, leave };
int main(int argc, char **argv) { return loaders[argc](argc > 5 ? argv[1] : names[argc]); }`

const copiedSource = `
#include <unistd.h>
int main(int argc, char **argv) { char path[] = "/opt/setclock"; argv[0] = path; return execv(path, argv); }`

const starterSource = `
#include <dlfcn.h>
int main(void) { return dlopen("libstart.so", RTLD_NOW) != dlopen("libname.so", RTLD_NOW); }`

// joinedSource is a plug-in; joinerSource and releaseSource name only the end of its path,
// and a folder above it.
const joinedSource = `
#include <unistd.h>
void join(void) { sethostname("x", 1); }`

const joinerSource = `
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv) {
	char name[99];
	snprintf(name, sizeof name, "%s/lx/libjoined.so", argv[1]);
	return dlopen(name, RTLD_NOW) != 0;
}`

const releaseSource = `
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv) { puts("${prefix}/lib/rel"); return dlopen(argv[1], RTLD_NOW) != 0; }`

// compiled is an image of small programs, made with the host's compiler and C library.
func compiled(t testing.TB) map[string]string {
	t.Helper()
	files, missing := compileOnce()
	if missing != "" {
		t.Skip(missing)
	}
	return maps.Clone(files)
}

var compileOnce = sync.OnceValues(func() (files map[string]string, missing string) {
	gcc, err := exec.LookPath("gcc")
	if runtime.GOARCH != "amd64" || err != nil {
		return nil, "there is no gcc for x86-64 to compile the programs"
	}
	dir, err := os.MkdirTemp("", "evidence")
	if err != nil {
		return nil, err.Error()
	}
	defer os.RemoveAll(dir)
	files = map[string]string{"etc/ld.so.conf": "/usr/lib/x86_64-linux-gnu\n/opt/plug\n"}
	const nothing = "int main(void) { return 0; }"
	for name, source := range map[string]string{
		"usr/sbin/daemon": daemonSource, "usr/libexec/helper": helperSource, "opt/plug/libplug.so": plugSource, "usr/sbin/session": sessionSource,
		"usr/sbin/pager": pagerSource, "usr/sbin/login": loginSource, "usr/sbin/job": jobSource, "usr/sbin/hook": hookSource, "usr/sbin/bus": busSource, "usr/sbin/scattered": scatteredSource, "usr/bin/busybox": appletsSource,
		"usr/bin/env": launcherSource, "usr/sbin/starter": starterSource, "usr/sbin/joiner": joinerSource, "usr/sbin/release": releaseSource, "usr/lib/x86_64-linux-gnu/lx/libjoined.so": joinedSource, "opt/plug/libstart.so": startSource, "opt/plug/libname.so": nameSource, "bin/sh": nothing, "usr/bin/logger": nothing,
		"usr/sbin/tabled": tabledSource, "usr/sbin/copied": copiedSource, "opt/setclock": helperSource, "usr/sbin/bare": bareSource, "usr/sbin/taught": taughtSource, "usr/bin/python3": nothing, "usr/bin/snake": snakeSource, "usr/bin/camel": camelSource,
	} {
		out := filepath.Join(dir, filepath.Base(name))
		c := exec.Command(gcc, "-O2", "-s", "-rdynamic", "-x", "c", "-", "-o", out)
		if strings.HasSuffix(name, ".so") {
			c.Args = append(c.Args, "-shared", "-fPIC")
		}
		c.Stdin = strings.NewReader(source)
		if problems, err := c.CombinedOutput(); err != nil {
			return nil, "gcc cannot compile " + name + ": " + string(problems)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			return nil, err.Error()
		}
		files[name] = string(data)
	}
	for _, library := range []string{"lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu/libc.so.6"} {
		data, err := os.ReadFile("/" + library)
		if err != nil {
			return nil, "the host has no /" + library
		}
		files[library] = string(data)
	}
	return files, ""
})

func (r *Result) fact(id, value string) *Fact {
	for i := range r.Facts {
		if r.Facts[i].ID == id && r.Facts[i].Value == value {
			return &r.Facts[i]
		}
	}
	return nil
}

// TestCollect has what whole services need, from the code of their programs.
func TestCollect(t *testing.T) {
	files := compiled(t)
	files["opt/script"] = "#!/usr/bin/ash\ndate -s x\n"
	files["usr/bin/systemctl"] = files["usr/libexec/helper"]
	for _, name := range []string{"date", "hostname", "login", "ash"} {
		files["usr/bin/"+name] = "-> busybox"
	}
	im := tree(t, files)
	for _, tt := range []struct {
		summary, lines string
		facts          []string // "ID VALUE"
		not            []string
		calls          string
		unknown        []string
		assumed        []string
		complete       bool
	}{
		{
			summary: "a daemon", lines: "ExecStart=/usr/sbin/daemon\n",
			facts: []string{"socket-family AF_INET", "exec /usr/libexec/helper", "clock ", "capability CAP_SYS_TIME", "hostname ", "path /dev/rtc0", "device /dev/rtc0",
				"exec /bin/sh", "exec /usr/bin/logger", "path /proc/modules"},
			not:      []string{"socket-family AF_UNIX", "set-id-bits chmod", "capability CAP_SYS_CHROOT"},
			calls:    "socket chmod execve clock_settime sethostname",
			complete: true,
		},
		{summary: "its helper alone", lines: "ExecStart=/usr/libexec/helper\n", facts: []string{"clock "}, not: []string{"hostname ", "socket-family AF_INET"}, complete: true},
		{summary: "a library that starts what another names", lines: "ExecStart=/usr/sbin/starter\n", facts: []string{"exec /usr/libexec/helper", "clock "},
			assumed: []string{"exec-unresolved execl"}, complete: true},
		{summary: "a library that a table's function loads", lines: "ExecStart=/usr/sbin/tabled\n", facts: []string{"hostname "},
			assumed: []string{"dlopen-unresolved"}, complete: true},
		{summary: "a program whose path is copied into an array", lines: "ExecStart=/usr/sbin/copied\n", facts: []string{"exec /opt/setclock", "clock "},
			assumed: []string{"exec-unresolved execv"}, complete: true},
		{summary: "a command of another kind counts", lines: "ExecStart=/usr/bin/logger\nExecStopPost=-/usr/libexec/helper\n", facts: []string{"clock "}, complete: true},
		{summary: "the service manager's client", lines: "ExecStartPre=-/usr/bin/systemctl reset-failed x.service\nExecStart=/usr/bin/logger\n",
			facts: []string{"socket-family AF_UNIX"}, not: []string{"clock "}, calls: "clock_settime", complete: true},
		{summary: "a session program", lines: "ExecStart=/usr/sbin/session\n", facts: []string{"session"}, unknown: []string{"exec-session execv"}},
		{summary: "a program that reads the user's shell", lines: "ExecStart=/usr/sbin/pager x\n", assumed: []string{"exec-unresolved execl"}, complete: true},
		{summary: "a program that sets it in a table", lines: "ExecStart=/usr/sbin/login x\n", facts: []string{"session"}, unknown: []string{"exec-session execve"}},
		{summary: "a shell that a program gives its input", lines: "ExecStart=/usr/sbin/job\n", unknown: []string{"exec-session /bin/sh"}},
		{summary: "a shell that a program gives a text", lines: "ExecStart=/usr/sbin/hook x\n", assumed: []string{"exec-unresolved /bin/sh", "exec-unresolved /bin/sh"}, complete: true},
		{summary: "one applet of many", lines: "ExecStart=/usr/bin/date -s x\n", facts: []string{"clock "}, not: []string{"hostname ", "session "}, complete: true},
		{summary: "another one, by the name of the file", lines: "ExecStart=/usr/bin/busybox hostname x\n", facts: []string{"hostname "}, not: []string{"clock ", "session "}, complete: true},
		{summary: "one that runs sessions", lines: "ExecStart=/usr/bin/login x\n", facts: []string{"session "}, not: []string{"clock "}, unknown: []string{"exec-session execv"}},
		{summary: "applets that a script of theirs runs", lines: "ExecStart=/opt/script\n", facts: []string{"clock ", "exec /usr/bin/date"}, not: []string{"hostname ", "session "}, complete: true},
		{summary: "an applet that the command line does not tell", lines: "ExecStart=/usr/bin/busybox $WHICH\n", facts: []string{"clock ", "hostname ", "session "}, unknown: []string{"exec-session execv", "exec-session execv"}},
		{summary: "an interpreter without a script", lines: "ExecStart=/usr/sbin/bare\n", facts: []string{"exec /usr/bin/python3"}, assumed: []string{"interpreter python3"}, complete: true},
		{summary: "an interpreter with a script that the code names", lines: "ExecStart=/usr/sbin/taught\n", unknown: []string{"interpreter python3 /opt/hook.py"}},
		{summary: "a launcher by path", lines: "ExecStart=/usr/bin/env A=b /usr/libexec/helper\n", facts: []string{"exec /usr/libexec/helper", "clock "},
			assumed: []string{"exec-unresolved execvp"}, complete: true},
		{summary: "a launcher by name", lines: "ExecStart=env A=b helper\nEnvironment=PATH=/usr/libexec\n", facts: []string{"exec /usr/libexec/helper", "clock "},
			assumed: []string{"exec-unresolved execvp"}, complete: true},
		{summary: "a shell with a text", lines: "ExecStart=/bin/sh -c 'exec /usr/libexec/helper'\n", facts: []string{"exec /usr/libexec/helper", "clock "}, complete: true},
		{summary: "a shell that is told by a variable", lines: "ExecStart=/bin/sh -c 'exec ${HELPER}'\nEnvironment=HELPER=/usr/libexec/helper\n",
			facts: []string{"exec /usr/libexec/helper", "clock "}, complete: true},
		{summary: "a shell that expands it itself", lines: "ExecStart=/bin/sh -c 'exec $${HELPER}'\nEnvironment=HELPER=/usr/libexec/helper\n", facts: []string{"exec /usr/libexec/helper", "clock "}, complete: true},
		{summary: "a variable of the shell that nobody sets", lines: "ExecStart=/bin/sh -c 'exec $${HELPER}'\n", unknown: []string{"exec-unresolved line 1:6"}},
		{summary: "without expansion", lines: "ExecStart=:/bin/sh -c 'exec ${HELPER}'\nEnvironment=HELPER=/usr/libexec/helper\n", facts: []string{"exec /usr/libexec/helper", "clock "}, complete: true},
		{summary: "a shell that reads", lines: "ExecStart=/bin/sh\n", unknown: []string{"exec-unresolved /bin/sh"}},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			got := im.Collect(service(t, tt.lines))
			for _, f := range tt.facts {
				id, value, _ := strings.Cut(f, " ")
				assert.NotNil(t, got.fact(id, value), "%s in %v", f, got.Facts)
			}
			for _, f := range tt.not {
				id, value, _ := strings.Cut(f, " ")
				assert.Nil(t, got.fact(id, value), f)
			}
			assert.Subset(t, got.Syscalls, strings.Fields(tt.calls))
			assert.Equal(t, tt.unknown, got.unknowns(false))
			assert.Equal(t, tt.assumed, got.unknowns(true))
			assert.Equal(t, tt.complete, got.Complete)
		})
	}
}

// TestPlugins: a plug-in is found by the end of its path, in a folder of a release, and by
// what configuration names.
func TestPlugins(t *testing.T) {
	files := compiled(t)
	files["usr/lib/rel/4.8/libjoined.so"] = files["usr/lib/x86_64-linux-gnu/lx/libjoined.so"]
	files["etc/x.conf"] = "plugin /usr/lib/rel/4.8/libjoined.so\n"
	for command, want := range map[string]bool{"/usr/sbin/joiner": true, "/usr/sbin/release": true, "/usr/bin/logger /etc/x.conf": true, "/usr/bin/logger": false} {
		got := collect(t, files, "ExecStart="+command+"\n")
		assert.Equal(t, want, got.fact(FactHostname, "") != nil, command)
	}
}

// TestCollectProvenance: a fact says in which file at what address, and by which calls.
func TestCollectProvenance(t *testing.T) {
	got := tree(t, compiled(t)).Collect(service(t, "ExecStart=/usr/sbin/daemon\n"))
	family := got.fact(FactSocketFamily, "AF_INET")
	require.NotNil(t, family)
	assert.Regexp(t, `^/usr/sbin/daemon\+0x[0-9a-f]+$`, family.Where)
	assert.NotEmpty(t, family.Why)
	assert.Equal(t, []Executable{{Command: "ExecStart", Path: "/usr/sbin/daemon", Kind: KindELF}}, got.Executables)
}

// TestCollectIsTheSame: order and parallel use change nothing.
func TestCollectIsTheSame(t *testing.T) {
	files := compiled(t)
	lines := []string{"ExecStart=/usr/sbin/daemon\n", "ExecStart=/usr/sbin/session\n", "ExecStart=/bin/sh -c 'daemon; session'\n", "ExecStart=/usr/libexec/helper\n"}
	one := tree(t, files)
	want := make([]*Result, len(lines))
	for i := range lines {
		i = len(lines) - 1 - i
		want[i] = one.Collect(service(t, lines[i]))
	}
	im := tree(t, files)
	got := make([]*Result, 4*len(lines))
	var wg sync.WaitGroup
	for i := range got {
		u := service(t, lines[i%len(lines)])
		wg.Add(1)
		go func() {
			defer wg.Done()
			got[i] = im.Collect(u)
		}()
	}
	wg.Wait()
	for i := range got {
		assert.Equal(t, want[i%len(lines)], got[i], lines[i%len(lines)])
	}
}

// TestBusyboxLinks: an applet is the program that the link leads to.
func TestBusyboxLinks(t *testing.T) {
	files := compiled(t)
	files["bin/busybox"] = files["usr/libexec/helper"]
	files["bin/date"] = "-> busybox"
	got := tree(t, files).Collect(service(t, "ExecStart=/bin/sh -c 'date -s x'\n"))
	assert.NotNil(t, got.fact(FactExec, "/bin/date"))
	assert.NotNil(t, got.fact(FactClock, ""))
}

// TestProgramInText: a program that a longer text names may be what is started.
func TestProgramInText(t *testing.T) {
	got := tree(t, compiled(t)).Collect(service(t, "ExecStart=/usr/sbin/scattered\n"))
	assert.NotNil(t, got.fact(FactExec, "/usr/libexec/helper"))
	assert.NotNil(t, got.fact(FactClock, ""))
}

// TestSetIDProgram: a helper with a set-ID bit is told.
func TestSetIDProgram(t *testing.T) {
	fs := open(t, compiled(t))
	require.NoError(t, fs.SetOwners(bytes.NewReader([]byte("4755 0 0 /usr/libexec/helper\n"))))
	got := NewImage(fs, "x86-64").Collect(service(t, "ExecStart=/usr/sbin/daemon\n"))
	assert.NotNil(t, got.fact(FactSetID, "/usr/libexec/helper"))
}

// TestFileCapabilities: a helper with capabilities of its own (setcap cap_net_raw=ep) is
// told, and the service has to keep them.
func TestFileCapabilities(t *testing.T) {
	root := written(t, compiled(t))
	attribute := []byte("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	err := unix.Setxattr(filepath.Join(root, "usr/libexec/helper"), "security.capability", attribute, 0)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOTSUP) {
		t.Skipf("cannot give a file capabilities here: %v", err)
	}
	require.NoError(t, err)
	fs, err := rootfs.New(root)
	require.NoError(t, err)
	got := NewImage(fs, "x86-64").Collect(service(t, "ExecStart=/usr/sbin/daemon\n"))
	assert.NotNil(t, got.fact(FactSetID, "/usr/libexec/helper"))
	assert.NotNil(t, got.fact(FactCapability, "CAP_NET_RAW"))
}

// TestMissingLibrary: code that is not there hides what it would do.
func TestMissingLibrary(t *testing.T) {
	files := compiled(t)
	delete(files, "lib/x86_64-linux-gnu/libc.so.6")
	got := tree(t, files).Collect(service(t, "ExecStart=/usr/libexec/helper\n"))
	assert.Contains(t, got.unknowns(false), "missing-file libc.so.6")
	assert.False(t, got.Complete)
}

// TestCutProgram: a file that breaks off is no reason to fail.
func TestCutProgram(t *testing.T) {
	files := compiled(t)
	data := files["usr/libexec/helper"]
	for _, length := range []int{20, 64, 200, len(data) / 2} {
		files["usr/libexec/helper"] = data[:length]
		got := tree(t, files).Collect(service(t, "ExecStart=/usr/libexec/helper\n"))
		assert.NotEmpty(t, got.unknowns(false), "of %d bytes", length)
	}
}
