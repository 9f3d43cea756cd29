// SPDX-License-Identifier: MIT

package evidence

import "strings"

// knownLibrary says of a library what its code keeps in memory and the analysis
// does not follow: the system calls behind a number from memory. Each is from the
// library's own source; a library that is not listed stays unknown.
type knownLibrary struct {
	soname string // prefix
	calls  string // system calls that it makes by number
}

var knownLibraries = []knownLibrary{
	// cap_proc.c: the calls that cap_set_syscall() may replace.
	{"libcap.so.2", "capget capset prctl setuid setgid setgroups"},
	{"libpsx.so.2", "capset prctl setuid setgid setgroups"},
	// system.c: the number of seccomp(2) is a variable, since a test may disable the call.
	{"libseccomp.so.2", "seccomp prctl"},
}

// numbersOf returns the calls that a library makes by a number from memory.
// Those of the C library are behind functions that have sites of their own: the
// wrapper of cancellation points, and the one that repeats setuid() and its like
// in all threads.
func numbersOf(m *loaded) (calls []string, known bool) {
	for _, k := range knownLibraries {
		if strings.HasPrefix(m.file.SONAME, k.soname) {
			return strings.Fields(k.calls), true
		}
	}
	return nil, m.libc
}
