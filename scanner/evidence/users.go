// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// starters are the functions of the C library that start programs. Behind them lie calls
// that change users, which they make only where POSIX_SPAWN_RESETIDS is set
// (posix_spawnattr_setflags(3)): judgeSpawnFlags sees who sets it.
var starters = strings.Fields(`posix_spawn posix_spawnp pidfd_spawn pidfd_spawnp system popen wordexp _IO_popen _IO_proc_open __libc_system`)

// userCalls are the system calls that change users and groups.
var userCalls = func() []string {
	var calls []string
	for name, needs := range syscallNeeds {
		if slices.ContainsFunc(needs, func(n need) bool { return n.fact == FactUserChange }) {
			calls = append(calls, name)
		}
	}
	return calls
}()

// aside are calls that the C library makes behind some of its functions in a way that needs
// nothing: ntp_gettime(3) asks for the time by adjtimex(2).
var aside = []struct{ calls, behind []string }{
	{userCalls, starters},
	{strings.Fields("adjtimex clock_adjtime clock_adjtime64"), strings.Fields("ntp_gettime ntp_gettimex")},
}

// asideOf is a module of the C library, and which of aside.
type asideOf struct {
	module *loaded
	row    int
}

// onlyAside tells whether the C library makes a call only aside: what the other modules ask of
// it leads there through such functions alone.
func (c *collector) onlyAside(x *call, in elfcode.FuncID) bool {
	row := slices.IndexFunc(aside, func(a struct{ calls, behind []string }) bool { return slices.Contains(a.calls, x.name) })
	if !x.libc || x.of.plugin || row < 0 {
		return false
	}
	key := asideOf{x.of, row}
	reached, ok := c.otherwise[key]
	if !ok {
		reached = c.walked.reachedFrom(x.of, func(_ *loaded, name string) bool { return !slices.Contains(aside[row].behind, name) })
		c.otherwise[key] = reached
	}
	_, found := slices.BinarySearch(reached, in)
	return !found
}

// reachedFrom are the functions of a module of the C library that are reached from the functions
// which other modules ask it for, as far as these count.
func (p *program) reachedFrom(m *loaded, counts func(by *loaded, name string) bool) []elfcode.FuncID {
	roots := elfcode.Roots{Startup: true}
	for _, other := range p.modules {
		if other == m {
			continue
		}
		for _, id := range other.reached.Imports {
			if name := other.file.Imports[id].Name; counts(other, name) {
				roots.Names = append(roots.Names, name)
			}
		}
		for _, id := range other.reached.Strings { // asked for by name at run time
			if text := other.file.Strings[id]; len(text) < 24 && strings.HasPrefix(text, "set") && counts(other, text) {
				roots.Names = append(roots.Names, text)
			}
		}
	}
	slices.Sort(roots.Names)
	roots.Names = slices.Compact(roots.Names)
	return m.file.Reach(roots).Funcs
}

// libcapUsers are the functions of libcap with which it changes users and groups
// (cap_setuid(3), cap_launch(3)); with the others it makes other calls by the same code.
var libcapUsers = []string{"cap_setuid", "cap_setgroups", "cap_launch"}

// leavesUsers tells whether a call that libcap makes by a number from memory is one that
// changes users, and nobody asks libcap for that.
func (p *program) leavesUsers(x *call, name string) bool {
	if x.of.plugin || !strings.HasPrefix(x.soname, "libcap.so.2") || !slices.Contains(userCalls, name) {
		return false
	}
	return !slices.ContainsFunc(libcapUsers, p.imports)
}

// judgeSpawnFlags: a program that is started may get back the user whose set-user-ID
// program this is.
func judgeSpawnFlags(c *collector, x *call) {
	const resetIDs = 1
	if x.anyBit(1, resetIDs) {
		c.fact(FactUserChange, "", x.at)
		c.capability(x.at, "CAP_SETUID", "CAP_SETGID")
	}
}
