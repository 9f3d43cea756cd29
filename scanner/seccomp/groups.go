// SPDX-License-Identifier: MIT

package seccomp

import (
	_ "embed"
	"math"
	"slices"
	"strings"
	"sync"
)

// groups.tsv has every member of every group; its first lines say what the
// columns are. To add a systemd release, compare with what its
// `systemd-analyze syscall-filter` prints.
//
//go:embed groups.tsv
var groupsTSV string

// The systemd releases whose groups are known.
const (
	OldestSystemd = 250
	NewestSystemd = 262
)

// GroupSet has the system call groups of one systemd release. It can be used
// by several goroutines.
type GroupSet struct {
	members map[string][]string // group -> direct members, sorted

	mu       sync.Mutex
	expanded map[string][]string
}

type systemdRelease struct{ major, point int }

// groupSets holds func() *GroupSet by systemdRelease.
var groupSets sync.Map

// Groups gives the groups of systemd major.point. A negative point means the
// newest point release of that major version. A major version that is not
// between OldestSystemd and NewestSystemd is taken for the nearer of the two;
// it is for the caller to say so.
func Groups(major, point int) *GroupSet {
	switch {
	case major < OldestSystemd:
		major, point = OldestSystemd, 0
	case major > NewestSystemd:
		major, point = NewestSystemd, -1
	}
	if point < 0 {
		point = math.MaxInt
	}
	key := systemdRelease{major, point}
	set, ok := groupSets.Load(key)
	if !ok {
		set, _ = groupSets.LoadOrStore(key, sync.OnceValue(func() *GroupSet { return parseGroups(groupsTSV, key) }))
	}
	return set.(func() *GroupSet)()
}

// Names gives the names of all groups, sorted, each with its "@".
func (g *GroupSet) Names() []string {
	names := make([]string, 0, len(g.members))
	for name := range g.members {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Members gives what a group itself lists, sorted: system calls, and other
// groups with their "@". It is false for a name that is no group of this
// release. The caller must not change the result.
func (g *GroupSet) Members(group string) ([]string, bool) {
	members, ok := g.members[group]
	return members, ok
}

// Expand gives all system calls of a group and of the groups in it, sorted and
// each once; nothing for a name that is no group of this release. They are
// names: some exist on no architecture, see Number. The caller must not change
// the result.
func (g *GroupSet) Expand(group string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if calls, ok := g.expanded[group]; ok {
		return calls
	}
	var calls []string
	g.collect(group, map[string]bool{}, &calls)
	slices.Sort(calls)
	calls = slices.Compact(calls)
	g.expanded[group] = calls
	return calls
}

// collect appends the calls of group; seen guards against groups that hold
// each other.
func (g *GroupSet) collect(group string, seen map[string]bool, calls *[]string) {
	if seen[group] {
		return
	}
	seen[group] = true
	for _, m := range g.members[group] {
		if strings.HasPrefix(m, "@") {
			g.collect(m, seen, calls)
		} else {
			*calls = append(*calls, m)
		}
	}
}

func parseGroups(tsv string, release systemdRelease) *GroupSet {
	g := &GroupSet{members: map[string][]string{}, expanded: map[string][]string{}}
	for tsv != "" {
		var line string
		line, tsv, _ = strings.Cut(tsv, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		group, line, _ := strings.Cut(line, "\t")
		member, line, _ := strings.Cut(line, "\t")
		since, until, _ := strings.Cut(line, "\t")
		if reached(since, release) && (until == "" || !reached(until, release)) {
			g.members[group] = append(g.members[group], member)
		}
	}
	return g
}

// reached reports whether release has a change that the releases listed in
// changes ("252.13 253.7 254", ascending) brought to their branches: the entry
// of its own major version decides, else whether there is an older one. An
// empty list is a change before all.
func reached(changes string, release systemdRelease) bool {
	found := changes == ""
	for changes != "" {
		var change string
		change, changes, _ = strings.Cut(changes, " ")
		major, point := parseChange(change)
		switch {
		case major == release.major:
			return release.point >= point
		case major < release.major:
			found = true
		}
	}
	return found
}

func parseChange(s string) (major, point int) {
	m, p, hasPoint := strings.Cut(s, ".")
	if hasPoint {
		point = mustNumber(p)
	}
	return mustNumber(m), point
}
