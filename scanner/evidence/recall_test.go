// SPDX-License-Identifier: MIT

package evidence

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

var recallTable = flag.Bool("table", false, "write the table of daemons into docs/evidence.md")

const (
	traceFiles   = "../../testdata/strace/traces/*.txt"
	evidencePage = "../../docs/evidence.md"
	tableBegin   = "<!-- table of daemons: make recall-test -->\n"
	tableEnd     = "<!-- end of the table -->\n"
)

// recording is what a daemon did under strace: testdata/strace/README.md.
type recording struct {
	name string
	unit string
	seen []observation
}

// observation is one line, with the program that did it.
type observation struct{ program, kind, value string }

func readRecording(t *testing.T, file string) recording {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	r := recording{name: strings.TrimSuffix(filepath.Base(file), ".txt")}
	program := ""
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		kind, value, _ := strings.Cut(lines.Text(), " ")
		switch {
		case kind == "" || kind == "#":
		case kind == "program":
			program = value
		case program == "":
			r.unit += lines.Text() + "\n"
		default:
			r.seen = append(r.seen, observation{program, kind, value})
		}
	}
	require.NoError(t, lines.Err())
	require.NotEmpty(t, r.seen, file)
	return r
}

// collect is the static result for the unit that was recorded.
func (r recording) collect(t *testing.T, im *Image) *Result {
	version, err := unit.ParseVersion("257")
	require.NoError(t, err)
	name := r.name + ".service"
	assignments, _, err := unit.Parse([]byte("[Service]\n"+r.unit), "/etc/systemd/system/"+name, "service", version)
	require.NoError(t, err)
	service, err := unit.NewRules(version).Evaluate(name, "", assignments)
	require.NoError(t, err)
	return im.Collect(&unit.Unit{Name: name, LoadState: unit.Loaded, Assignments: assignments, Service: service})
}

// harmless are observations that no setting which is proposed can hinder, and that the
// static result therefore leaves out on purpose.
var harmless = []struct {
	kind, value string // a prefix
	reason      string
}{
	{"syscall", "restart_syscall", "the kernel resumes a call by it after a stop; the program does not make it"},
	{"family", "AF_UNSPEC", "the kernel has no such sockets, and RestrictAddressFamilies= answers with the same error"},
	{"wx", "mprotect PROT_BTI", "arm64's loader asks for branch protection of code that is there, and goes on when it may not (glibc since 2.33, dl-bti.c)"},
	{"prctl", "", "judged by the capabilities that an option asks for"},
	{"ioctl", "", "judged by the capabilities that a request asks for"},
	{"path", "read /dev/null", "PrivateDevices= leaves it"},
	{"path", "write /dev/null", "PrivateDevices= leaves it"},
	{"path", "read /dev/urandom", "PrivateDevices= leaves it"},
	{"path", "read /dev/random", "PrivateDevices= leaves it"},
	{"path", "read /dev/log", "a link into /run, kept by PrivateDevices="},
	{"path", "read /dev/shm", "PrivateDevices= leaves the file system that is mounted there"},
	{"path", "write /dev/shm", "PrivateDevices= leaves the file system that is mounted there"},
	{"path", "read /dev/pts", "PrivateDevices= leaves the file system that is mounted there"},
	{"path", "read /proc/irq", "mounted by the recording itself, so that a reader of the mount table comes by; ProtectKernelTunables= only forbids to write"},
	{"path", "read /proc/self", "ProtectProc= and ProtectKernelTunables= leave it"},
	{"path", "write /proc/self", "the C library writes names of threads there; ProtectProc= and ProtectKernelTunables= leave it"},
	{"path", "read /proc/cpuinfo", "only ProcSubset= hides it, which is never proposed"},
	{"path", "read /proc/uptime", "only ProcSubset= hides it, which is never proposed"},
	{"path", "read /proc/sys/kernel", "the C library reads limits there; ProtectKernelTunables= only forbids to write"},
	{"path", "read /proc/sys/vm", "the C library reads limits there; ProtectKernelTunables= only forbids to write"},
	{"path", "read /sys/devices/system/cpu", "the C library counts processors; ProtectKernelTunables= only forbids to write"},
}

func isHarmless(o observation) bool {
	for _, h := range harmless {
		if o.kind == h.kind && strings.HasPrefix(o.value, h.value) {
			return true
		}
	}
	return false
}

// hinders names the setting that would hinder an observation.
var hinders = map[string]string{
	"syscall": "SystemCallFilter", "family": "RestrictAddressFamilies", "namespace": "RestrictNamespaces", "wx": "MemoryDenyWriteExecute",
	"policy": "RestrictRealtime", "mode": "RestrictSUIDSGID", "port": "CapabilityBoundingSet", "path": "ProtectSystem", "exec": Everything,
}

// foresees tells whether the static set has an observation.
func (r *Result) foresees(im *Image, o observation) bool {
	switch o.kind {
	case "syscall":
		return slices.Contains(r.Syscalls, o.value)
	case "family":
		return r.hasFact(FactSocketFamily, o.value)
	case "wx":
		return r.hasFact(FactWX, o.value)
	case "policy":
		return r.anyFact(FactRealtime, func(string) bool { return true })
	case "mode":
		return r.anyFact(FactSetIDBits, func(string) bool { return true })
	case "port":
		return r.hasFact(FactPrivilegedPort, "")
	case "namespace":
		name := strings.ToLower(strings.TrimPrefix(o.value, "CLONE_NEW"))
		return r.hasFact(FactNamespace, strings.Replace(name, "ns", "mnt", 1)) || r.hasFact(FactNamespace, "all")
	case "exec":
		return r.starts(im, o.value)
	case "path":
		how, file, _ := strings.Cut(o.value, " ")
		if how == "read" && r.anyFact(FactPathRead, func(fact string) bool { return names(fact, file) }) {
			return true
		}
		return r.anyFact(FactPath, func(fact string) bool { return names(fact, file) }) || r.starts(im, file)
	}
	return false
}

func (r *Result) hasFact(id, value string) bool {
	return r.anyFact(id, func(v string) bool { return v == value })
}

func (r *Result) anyFact(id string, ok func(value string) bool) bool {
	return slices.ContainsFunc(r.Facts, func(f Fact) bool { return f.ID == id && ok(f.Value) })
}

// starts tells whether a program is one of the unit's, or one that these start.
func (r *Result) starts(im *Image, file string) bool {
	same := func(other string) bool {
		a, errA := im.fs.Resolve(file)
		b, errB := im.fs.Resolve(other)
		return file == other || errA == nil && errB == nil && a == b
	}
	return r.anyFact(FactExec, same) || slices.ContainsFunc(r.Executables, func(e Executable) bool { return same(e.Path) })
}

// names tells whether a path fact stands for a path that was seen. A recording has of
// most paths only the place, and of long ones below /proc only the beginning: there a
// fact inside of it counts. /sys is one place to all settings but for control groups.
func names(fact, seen string) bool {
	fact, _, format := strings.Cut(fact, "%")
	switch {
	case strings.HasPrefix(seen, "/dev/"):
		return fact == seen || format && strings.HasPrefix(seen, fact)
	case strings.HasPrefix(seen, "/proc/N"):
		return fact == "/proc" || fact == "/proc/"
	case strings.HasPrefix(seen, "/proc/") && strings.Count(fact, "/") > 2 && (format && strings.HasPrefix(seen, fact) || strings.HasPrefix(seen, fact+"/")):
		return true // of a folder that is named
	case strings.HasPrefix(seen, "/sys/") && !strings.HasPrefix(seen, "/sys/fs"):
		seen = "/sys"
	}
	fact = strings.TrimSuffix(fact, "/")
	return fact == seen || strings.HasPrefix(fact, seen+"/")
}

// covers tells whether something unknown says that an observation was to be expected;
// an unknown with an assumption does not.
func (r *Result) covers(o observation) bool {
	return slices.ContainsFunc(r.Unknowns, func(u Unknown) bool {
		return slices.Contains(u.Blocks, Everything) || slices.Contains(u.Blocks, hinders[o.kind])
	})
}

// comparison counts what of a recording the static result has.
type comparison struct {
	name             string
	traced, static   int // system calls
	covered          []observation
	missed           []observation
	complete         bool
	unknown, assumed []string // kinds, sorted
	imported, naive  int
}

func compare(im *Image, r recording, result *Result) comparison {
	c := comparison{name: r.name, static: len(result.Syscalls), complete: result.Complete}
	traced := map[string]bool{}
	for _, o := range r.seen {
		if o.kind == "syscall" {
			traced[o.value] = true
		}
		switch {
		case isHarmless(o), result.foresees(im, o):
		case result.covers(o):
			c.covered = append(c.covered, o)
		default:
			c.missed = append(c.missed, o)
		}
	}
	c.traced = len(traced)
	for _, u := range result.Unknowns { // sorted
		switch {
		case u.Assumption != "":
			c.assumed = append(c.assumed, u.ID)
		case len(u.Blocks) > 0:
			c.unknown = append(c.unknown, u.ID)
		}
	}
	c.unknown, c.assumed = slices.Compact(c.unknown), slices.Compact(c.assumed)
	return c
}

// TestRecall compares what daemons did under strace with what is found in their files.
// Nothing may have been done that the static result neither has nor calls unknown.
func TestRecall(t *testing.T) {
	im := recallImage(t, "RECALL_ROOTFS", seccomp.X8664)
	table := recall(t, im, traceFiles)
	assert.GreaterOrEqual(t, len(table), 25, "recorded daemons")
	if *recallTable {
		writeTable(t, tableBegin, daemonTable(table))
	}
}

// recall compares recordings with what is found in the image that they were made in.
func recall(t *testing.T, im *Image, recordings string) []comparison {
	files, err := filepath.Glob(recordings)
	require.NoError(t, err)
	var table []comparison
	for _, file := range files {
		r := readRecording(t, file)
		t.Run(r.name, func(t *testing.T) {
			result := r.collect(t, im)
			c := compare(im, r, result)
			c.imported, c.naive = importedCalls(im, result), naiveCalls(im, result)
			table = append(table, c)
			for _, o := range c.covered {
				t.Logf("only covered by an unknown: %s: %s %s", o.program, o.kind, o.value)
			}
			for _, o := range c.missed {
				t.Errorf("missed: %s: %s %s", o.program, o.kind, o.value)
			}
			for _, u := range result.Unknowns {
				t.Logf("unknown: %s %q at %s blocks %v, assumed: %q", u.ID, u.Value, u.Where, u.Blocks, u.Assumption)
			}
		})
	}
	return table
}

// recallImage opens the image that a variable names, in which daemons were recorded.
func recallImage(t *testing.T, variable string, arch seccomp.Arch) *Image {
	root := os.Getenv(variable)
	if root == "" {
		t.Skip(variable + " does not name the image with the recorded daemons: make recall-test makes it")
	}
	fs, err := rootfs.New(root)
	require.NoError(t, err)
	return NewImage(fs, arch)
}

// programsOf are the programs of a service with all modules that each loads.
func programsOf(im *Image, result *Result) []*program {
	var list []*program
	for _, e := range result.Executables {
		file := e.Path
		if e.Kind == KindScript {
			file = strings.Fields(e.Interpreter + " ")[0]
		}
		if file, err := im.fs.Resolve(file); err == nil && im.isNative(file) {
			list = append(list, im.program(file, ""))
		}
	}
	return list
}

// naiveCalls counts the system calls that a tool finds which takes all code of all
// modules of a service's programs for reachable.
func naiveCalls(im *Image, result *Result) int {
	calls := map[string]bool{}
	for _, p := range programsOf(im, result) {
		for _, m := range p.modules {
			addCalls(calls, m.file, func(elfcode.FuncID) bool { return true })
		}
	}
	return len(calls)
}

// importedCalls counts those that a tool finds which takes all code of a service's programs and libraries for
// reachable but that of the C library, and of that what the functions lead to which any of them imports.
func importedCalls(im *Image, result *Result) int {
	calls := map[string]bool{}
	for _, p := range programsOf(im, result) {
		roots := elfcode.Roots{Startup: true}
		for _, m := range p.modules {
			for _, i := range m.file.Imports {
				roots.Names = append(roots.Names, i.Name)
			}
			if !m.libc {
				addCalls(calls, m.file, func(elfcode.FuncID) bool { return true })
			}
		}
		for _, m := range p.modules {
			if m.libc {
				reached := m.file.Reach(roots)
				addCalls(calls, m.file, func(id elfcode.FuncID) bool { _, ok := slices.BinarySearch(reached.Funcs, id); return ok })
			}
		}
	}
	return len(calls)
}

// addCalls adds the system calls at the sites in some functions of a file.
func addCalls(calls map[string]bool, f *module, in func(elfcode.FuncID) bool) {
	for _, s := range f.Sites {
		for _, n := range s.Number.Ints {
			if name, ok := elfcode.SyscallName(f.Arch, n&0xffffffff); ok && in(s.Func) {
				calls[name] = true
			}
		}
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		summary    string
		fact, seen string
		want       bool
	}{
		{"the same device", "/dev/rtc", "/dev/rtc", true},
		{"another device", "/dev/rtc", "/dev/rtc0", false},
		{"a device by a format", "/dev/pts/%d", "/dev/pts/N", true},
		{"the folder of devices alone says nothing", "/dev", "/dev/watchdog", false},
		{"a process by a format", "/proc/%d/stat", "/proc/N/stat", true},
		{"the process itself is not another one", "/proc/self/stat", "/proc/N/stat", false},
		{"another file of /proc", "/proc/net/dev", "/proc/meminfo", false},
		{"a kernel variable by a format", "/proc/sys/net/ipv6/conf/%s/mtu", "/proc/sys/net/ipv6/conf", true},
		{"a number in the middle", "/proc/irq/%i/node", "/proc/irq/N/node", true},
		{"another file of /sys", "/sys/class/net", "/sys/bus/pci", true},
		{"control groups are not the rest of /sys", "/sys/class/net", "/sys/fs/cgroup", false},
		{"a file in a place", "/tmp/x", "/tmp", true},
		{"another place", "/var/tmp/x", "/tmp", false},
	}
	for _, tt := range tests {
		t.Run(tt.summary, func(t *testing.T) { assert.Equal(t, tt.want, names(tt.fact, tt.seen)) })
	}
}

// daemonTable is the table of daemons for the documentation.
func daemonTable(table []comparison) string {
	var b strings.Builder
	b.WriteString("| daemon | traced | static | imported | all code | only unknown | missed | complete | blocked by | assumed |\n|---|--:|--:|--:|--:|--:|--:|---|---|---|\n")
	for _, c := range table {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %t | %s | %s |\n", c.name, c.traced, c.static, c.imported, c.naive, len(c.covered), len(c.missed),
			c.complete, strings.Join(c.unknown, ", "), strings.Join(c.assumed, ", "))
	}
	return b.String() + means(table)
}

// writeTable puts a table into the documentation, behind the line that begins it.
func writeTable(t *testing.T, begin, table string) {
	page, err := os.ReadFile(filepath.FromSlash(path.Clean(evidencePage)))
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), begin)
	_, after, closed := strings.Cut(rest, tableEnd)
	require.True(t, found && closed, "the marks of the table")
	require.NoError(t, os.WriteFile(evidencePage, []byte(before+begin+table+tableEnd+after), 0o644))
}

// means are the last lines of the table.
func means(table []comparison) string {
	var out strings.Builder
	for _, complete := range []bool{true, false} {
		n, traced, static, imported, naive := 0, 0, 0, 0, 0
		for _, c := range table {
			if c.complete == complete {
				n, traced, static, imported, naive = n+1, traced+c.traced, static+c.static, imported+c.imported, naive+c.naive
			}
		}
		if n > 0 {
			fmt.Fprintf(&out, "| mean of %d | %d | %d | %d | %d | | | %t | | |\n", n, traced/n, static/n, imported/n, naive/n, complete)
		}
	}
	return out.String()
}
