// SPDX-License-Identifier: MIT

package seccomp

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// calls.tsv is written by gen/main.go from libseccomp's own table; its first
// lines say what the columns are.
//
//go:embed calls.tsv
var callsTSV string

// Release is a release of libseccomp. It decides which of the newer system
// calls PID 1 and systemd-analyze can name at all; a rootfs shows it in the
// name of the library file (libseccomp.so.2.5.4). The zero value is the newest
// release in the table. From 2.5.0 on, which is older than systemd 250, the
// table is exact; older ones are taken for 2.5.0. Distributions add newer calls
// to an old release: Debian 12's 2.5.4 has those of 2.5.5. None of these is in
// a group that is scored.
type Release struct{ Major, Minor, Patch int }

// ParseRelease reads "2.5.4" or "2.6".
func ParseRelease(s string) (Release, error) {
	fields := strings.Split(s, ".")
	if len(fields) < 2 || len(fields) > 3 {
		return Release{}, fmt.Errorf("parse libseccomp release %q: want MAJOR.MINOR.PATCH", s)
	}
	var n [3]int
	for i, f := range fields {
		v, err := strconv.ParseUint(f, 10, 15)
		if err != nil {
			return Release{}, fmt.Errorf("parse libseccomp release %q: %w", s, err)
		}
		n[i] = int(v)
	}
	return Release{n[0], n[1], n[2]}, nil
}

// has reports whether something that came with the release since is in r.
func (r Release) has(since Release) bool {
	if r == (Release{}) || r.Major != since.Major {
		return r == (Release{}) || r.Major > since.Major
	}
	if r.Minor != since.Minor {
		return r.Minor > since.Minor
	}
	return r.Patch >= since.Patch
}

// Number gives the number that the system call has on arch, as a program
// passes it to the kernel (with the base of the ABI on x32 and MIPS), and
// false when that architecture lacks the call, or the release does not know it.
// This is what decides whether a member of a group counts for the score:
// systemd takes a member only if libseccomp resolves it to a number >= 0.
//
// One deviation: for the calls that 32-bit x86, s390, ppc and others also offer
// through socketcall and ipc (socket, shmget, ...), libseccomp gives a negative
// stand-in where the kernel has a direct number too; that number is given
// here. No group that is scored holds any of them.
func (r Release) Number(arch Arch, name string) (int, bool) {
	c, ok := table(arch).byName[name]
	if !ok || !r.has(c.since) {
		return 0, false
	}
	return c.number, true
}

// Name gives the name of a system call number of arch: the reverse of Number.
func (r Release) Name(arch Arch, number int) (string, bool) {
	t := table(arch)
	name, ok := t.byNumber[number]
	if !ok || !r.has(t.byName[name].since) {
		return "", false
	}
	return name, true
}

// Known reports whether the release knows the name on any architecture. PID 1
// ignores a name in SystemCallFilter= that is not known, with a warning, and
// silently keeps one that only the target's architecture lacks.
func (r Release) Known(name string) bool {
	since, ok := firstReleases()[name]
	return ok && r.has(since)
}

// Number is Release.Number for the newest release in the table.
func Number(arch Arch, name string) (int, bool) { return Release{}.Number(arch, name) }

// Name is Release.Name for the newest release in the table.
func Name(arch Arch, number int) (string, bool) { return Release{}.Name(arch, number) }

// Known is Release.Known for the newest release in the table.
func Known(name string) bool { return Release{}.Known(name) }

type call struct {
	number int
	since  Release
}

// calls are the system calls of one architecture.
type calls struct {
	byName   map[string]call
	byNumber map[int]string
}

// tables holds *calls by column name.
var tables sync.Map

func table(arch Arch) *calls {
	column := architectures[arch].column
	if t, ok := tables.Load(column); ok {
		return t.(*calls)
	}
	t, _ := tables.LoadOrStore(column, parseColumn(callsTSV, column))
	return t.(*calls)
}

var firstReleases = sync.OnceValue(func() map[string]Release {
	releases := make(map[string]Release, 512)
	_, rows := splitHeading(callsTSV)
	eachCall(rows, func(name, since, _ string) {
		releases[name] = mustRelease(since)
	})
	return releases
})

// parseColumn reads one architecture's numbers; the empty column has none.
func parseColumn(tsv, column string) *calls {
	t := &calls{make(map[string]call, 512), make(map[int]string, 512)}
	heading, rows := splitHeading(tsv)
	index, base := findColumn(heading, column)
	eachCall(rows, func(name, since, cells string) {
		cell := field(cells, index)
		if cell == "" {
			return
		}
		number, from, changed := strings.Cut(cell, "@")
		if changed {
			since = from
		}
		c := call{mustNumber(number) + base, mustRelease(since)}
		t.byName[name] = c
		t.byNumber[c.number] = name
	})
	return t
}

// splitHeading skips the comments and parts the names of the columns from the calls.
func splitHeading(tsv string) (heading, rows string) {
	for {
		heading, tsv, _ = strings.Cut(tsv, "\n")
		if !strings.HasPrefix(heading, "#") {
			return strings.TrimPrefix(heading, "name\tsince\t"), tsv
		}
	}
}

func eachCall(rows string, f func(name, since, cells string)) {
	for rows != "" {
		var line string
		line, rows, _ = strings.Cut(rows, "\n")
		name, rest, _ := strings.Cut(line, "\t")
		since, cells, _ := strings.Cut(rest, "\t")
		f(name, since, cells)
	}
}

// findColumn looks for "NAME" or "NAME+BASE" in the heading.
func findColumn(heading, column string) (index, base int) {
	for i, h := range strings.Split(heading, "\t") {
		name, b, hasBase := strings.Cut(h, "+")
		if name != column || column == "" {
			continue
		}
		if hasBase {
			base = mustNumber(b)
		}
		return i, base
	}
	return -1, 0
}

// field gives the n-th tab-separated field, and "" when there is none.
func field(cells string, n int) string {
	for ; n > 0; n-- {
		_, cells, _ = strings.Cut(cells, "\t")
	}
	if n < 0 {
		return ""
	}
	cell, _, _ := strings.Cut(cells, "\t")
	return cell
}

// mustRelease and mustNumber read the embedded table, which the tests check
// cell by cell; an empty release means the oldest.
func mustRelease(s string) Release {
	if s == "" {
		return Release{2, 0, 0}
	}
	r, err := ParseRelease(s)
	if err != nil {
		panic(err)
	}
	return r
}

func mustNumber(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}
