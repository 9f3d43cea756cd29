// SPDX-License-Identifier: MIT

package binary_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

const fixtures = "../../testdata/elf"

func analyze(t testing.TB, path string) *binary.File {
	t.Helper()
	r, err := os.Open(path)
	require.NoError(t, err)
	defer r.Close()
	info, err := r.Stat()
	require.NoError(t, err)
	f, err := binary.Analyze(r, info.Size())
	require.NoError(t, err)
	return f
}

// facts puts what is reached into words: "import name", "string text",
// "socket 0=0x10", "syscall getuid".
func facts(f *binary.File, r *binary.Reached) []string {
	var out []string
	for _, i := range r.Imports {
		out = append(out, "import "+f.Imports[i].Name)
	}
	for _, i := range r.Strings {
		out = append(out, "string "+f.Strings[i])
	}
	for _, i := range r.Sites {
		out = append(out, siteFacts(f, &f.Sites[i])...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func siteFacts(f *binary.File, s *binary.Site) []string {
	names := []string{}
	if s.Import >= 0 && s.Kind == binary.CallSite {
		names = append(names, f.Imports[s.Import].Name)
	}
	var out []string
	if s.Kind == binary.SyscallSite {
		for _, n := range s.Number.Ints {
			name, _ := binary.SyscallName(f.Arch, n)
			names = append(names, name)
			out = append(out, "syscall "+name)
		}
		if !s.Number.Complete() {
			out = append(out, "syscall ?")
		}
	}
	for _, name := range names {
		for _, a := range s.Args {
			for _, w := range words(&a.Values) {
				out = append(out, fmt.Sprintf("%s %d=%s", name, a.Index, w))
			}
		}
	}
	return out
}

// words are the values, "?" and a mask for those that are not known.
func words(v *binary.Values) []string {
	var w []string
	for _, n := range v.Ints {
		w = append(w, fmt.Sprintf("%#x", n))
	}
	w = append(w, v.Strings...)
	switch {
	case v.FromParam:
		w = append(w, "parameter")
	case v.Mask != 0:
		w = append(w, fmt.Sprintf("?%#x", v.Mask))
	}
	return w
}

// fixture says what all builds of one source must show, and must not.
type fixture struct {
	files string // a regular expression
	roots binary.Roots
	must  []string
	never []string
}

var start = binary.Roots{Startup: true}

var fixtureTable = []fixture{
	{
		files: `^basic\.[^.]*\.(O0|O2|lto|fixed|noplt|lazy|a32|musl)$`,
		roots: start,
		must: []string{
			"socket 0=0x2", "socket 0=0xa", "socket 0=0x10", "socketpair 0=0x11",
			"chmod 0=/run/example.sock", "chmod 1=0x1b0", "chmod 0=/run/masked", "chmod 1=?0x1ff",
			"mkdir 0=/var/lib/example", "mkdir 1=0x1ed", "mkdir 1=0x5ed", "prctl 0=0xf",
			"open 0=/etc/example.conf", "fopen 0=/proc/self/status", "mmap 2=0x3", "syscall gettid",
			"string /etc/example.conf",
		},
		never: []string{"socket 0=?0xffffffff", "chmod 1=?0xffffffff", "import reboot", "string /dev/never",
			"syscall acct", "syscall ?", "open 0=/dev/never"},
	},
	{
		// A switch that became a jump table, a chain of comparisons or a table of
		// values. (Of arm's predicated form of the last, the set is not known.)
		files: `^basic\.([^a].*|arm64\..*|arm\.(O0|lazy|a32))$`,
		roots: start,
		must: []string{"socketpair 0=0x1", "socketpair 0=0x11", "socketpair 0=0x1d", "socketpair 0=0x1e", "socketpair 0=0x1f",
			"socketpair 0=0x26", "socketpair 0=0x28"},
		never: []string{"socketpair 0=?0xffffffff", "socketpair 0=parameter"},
	},
	{
		// No imports: the names are those of the system calls.
		files: `^basic\..*static(-pie)?$`,
		roots: start,
		must: []string{"socket 0=0x2", "socket 0=0xa", "socket 0=0x10", "socketpair 0=0x1", "socketpair 0=0x11", "socketpair 0=0x1d",
			"socketpair 0=0x1e", "socketpair 0=0x1f", "socketpair 0=0x26", "socketpair 0=0x28", "prctl 0=0xf", "syscall gettid", "string /etc/example.conf",
			"syscall exit", "syscall exit_group"},
		never: []string{"socket 0=?0xffffffff", "socketpair 0=?0xffffffff", "string /dev/never", "syscall acct", "syscall reboot", "syscall init_module", "syscall ?"},
	},
	{
		files: `^basic\.(x86-64|arm)\..*static(-pie)?$`,
		roots: start,
		must:  []string{"chmod 0=/run/example.sock", "chmod 1=0x1b0", "chmod 1=?0x1ff", "mkdir 1=0x1ed", "mkdir 1=0x5ed"},
	},
	{
		// These have no chmod and mkdir.
		files: `^basic\.(arm64|riscv64)\..*static(-pie)?$`,
		roots: start,
		must:  []string{"fchmodat 1=/run/example.sock", "fchmodat 2=0x1b0", "fchmodat 2=?0x1ff", "mkdirat 2=0x1ed", "mkdirat 2=0x5ed"},
		never: []string{"syscall chmod", "syscall mkdir"},
	},
	{
		files: `^tables\.`,
		roots: start,
		must: []string{
			"import chroot", "import mount", "import sethostname", "import setsid", "import getppid", "import sync",
			"import getpgrp", "import getpid", "import setpgid", "import nice", "import pause", "chdir 0=/",
			"mount 0=/dev/example", "mount 2=ext4", "mount 3=0x8", "getpwnam 0=example",
			"string /etc/first.conf", "string /etc/second.conf", "string /etc/third.conf", "string hostname",
		},
	},
	{
		// With optimisation, compilers for the others reach all data of a file
		// from one address, so that it counts as one object.
		files: `^tables\.(x86-64\..*|.*\.O0)$`,
		roots: start,
		never: []string{"import setdomainname", "import unshare"},
	},
	{
		files: `^raw\.`,
		roots: start,
		must: []string{
			"syscall getppid", "syscall setsid", "syscall close", "syscall socket", "syscall chroot",
			"syscall exit_group", "socket 0=0x10", "chroot 0=/srv/example",
		},
		never: []string{"syscall reboot", "syscall ?"},
	},
	{
		files: `^library\.`,
		roots: start,
		must:  []string{"umask 0=0x17", "unlink 0=/run/library.pid"},
		never: []string{"import clock_settime", "import klogctl", "import socket", "import ptrace", "import adjtimex", "import getpid", "import getsid"},
	},
	{
		files: `^library\.`,
		roots: binary.Roots{Names: []string{"library_clock"}},
		must:  []string{"clock_settime 0=0x0"},
		never: []string{"import klogctl", "import socket", "import umask", "import ptrace"},
	},
	{
		files: `^library\.`,
		roots: binary.Roots{Names: []string{"library_netlink"}},
		must:  []string{"socket 0=0x10"},
		never: []string{"socket 0=parameter", "import ptrace"},
	},
	{
		files: `^library\.`,
		roots: binary.Roots{Names: []string{"library_socket"}},
		must:  []string{"socket 0=parameter", "socket 1=0x2"},
		never: []string{"socket 0=0x10"},
	},
	{
		files: `^library\.`,
		roots: binary.Roots{Names: []string{"library_table"}},
		must:  []string{"ptrace 0=0x0", "socket 0=0x10"},
		never: []string{"import klogctl"},
	},
	{
		files: `^library\.`,
		roots: binary.Roots{Names: []string{"library_chosen"}},
		must:  []string{"import getsid"},
		never: []string{"import klogctl"},
	},
	{
		files: `^inner\.`,
		roots: start,
		must:  []string{"import access", "import swapon", "import swapoff", "import klogctl", "import unshare"},
	},
	{
		// The string is addressed behind a call that keeps the registers.
		files: `^modern\.`,
		roots: binary.Roots{Names: []string{"modern_threads"}},
		must:  []string{"socket 0=0x10", "socket 1=0x3", "import sethostname", "string example"},
		never: []string{"import mount", "import adjtimex", "socket 0=?0xffffffff"},
	},
	{
		files: `^modern\.`,
		roots: binary.Roots{Names: []string{"modern_stored"}},
		must:  []string{"socket 0=?0xffffffff"},
		never: []string{"import sethostname"},
	},
	{
		files: `^modern\.`,
		roots: binary.Roots{Names: []string{"modern_step"}},
		must: []string{"mount 0=/dev/example", "mount 2=ext4", "mount 3=0x2", "import swapon", "import chroot", "import setdomainname",
			"string mount", "string swap", "string chroot", "string name"},
		never: []string{"import unshare", "import klogctl", "import socket"},
	},
	{
		files: `^modern\.`,
		roots: binary.Roots{Names: []string{"modern_chosen"}},
		must:  []string{"unshare 0=0x40000000"},
		never: []string{"import klogctl", "import socket", "import swapon"},
	},
	{
		files: `^library\.`,
		roots: binary.Roots{Names: []string{"library_uses_chosen"}},
		must:  []string{"import getsid"},
		never: []string{"import klogctl"},
	},
}

// fixtureFiles are the binaries whose names match.
func fixtureFiles(t testing.TB, pattern string) []string {
	t.Helper()
	entries, err := os.ReadDir(fixtures)
	require.NoError(t, err)
	var out []string
	for _, e := range entries {
		if e.Type().IsRegular() && filepath.Ext(e.Name()) != ".c" && e.Name() != "Makefile" && regexp.MustCompile(pattern).MatchString(e.Name()) {
			out = append(out, filepath.Join(fixtures, e.Name()))
		}
	}
	return out
}

// TestFixtures checks every build of the sources in testdata/elf.
func TestFixtures(t *testing.T) {
	for _, tc := range fixtureTable {
		paths := fixtureFiles(t, tc.files)
		require.NotEmpty(t, paths, tc.files)
		for _, path := range paths {
			t.Run(filepath.Base(path)+" "+strings.Join(tc.roots.Names, ","), func(t *testing.T) {
				f := analyze(t, path)
				got := facts(f, f.Reach(tc.roots))
				for _, fact := range tc.must {
					assert.Contains(t, got, fact)
				}
				for _, fact := range tc.never {
					assert.NotContains(t, got, fact)
				}
				assert.Empty(t, f.Unknowns)
			})
		}
	}
}
