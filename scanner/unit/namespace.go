// SPDX-License-Identifier: MIT

package unit

// NamespaceSet is what RestrictNamespaces= still permits: a set of CLONE_NEW*
// flags, or everything while unset.
type NamespaceSet uint64

// Flags of clone(2).
const (
	NewTime   NamespaceSet = 0x00000080
	NewMnt    NamespaceSet = 0x00020000
	NewCgroup NamespaceSet = 0x02000000
	NewUTS    NamespaceSet = 0x04000000
	NewIPC    NamespaceSet = 0x08000000
	NewUser   NamespaceSet = 0x10000000
	NewPID    NamespaceSet = 0x20000000
	NewNet    NamespaceSet = 0x40000000

	noNamespaceRestriction NamespaceSet = 1<<64 - 1
)

var namespaceFlags = map[string]NamespaceSet{
	"cgroup": NewCgroup, "ipc": NewIPC, "net": NewNet, "mnt": NewMnt, "pid": NewPID, "user": NewUser, "uts": NewUTS,
}

// allNamespaces is what "yes" forbids and a list is complemented in.
func allNamespaces(v Version) NamespaceSet {
	all := NewMnt | NewCgroup | NewUTS | NewIPC | NewUser | NewPID | NewNet
	if v.Major >= 258 {
		all |= NewTime
	}
	return all
}

// mergeNamespaces applies one RestrictNamespaces= value; ok is false when PID 1
// ignores the line, as it does for one unknown word in it.
func mergeNamespaces(now NamespaceSet, value string, v Version) (_ NamespaceSet, ok bool) {
	if value == "" {
		return noNamespaceRestriction, true
	}
	all := allNamespaces(v)
	if on, ok := parseBool(value); ok {
		if on {
			return 0, true
		}
		return all, true
	}
	list, invert := cutTilde(value)
	words, err := splitWords(list, false, false)
	if err != nil {
		return now, false
	}
	var flags NamespaceSet
	for _, w := range words {
		f, known := namespaceFlags[w]
		if w == "time" && v.Major >= 252 {
			f, known = NewTime, true
		}
		if !known {
			return now, false
		}
		flags |= f
	}
	switch {
	case now == noNamespaceRestriction && invert:
		return all &^ flags, true
	case now == noNamespaceRestriction:
		return flags, true
	case invert:
		return now &^ flags, true
	}
	return now | flags, true
}

// Permits tells whether the name space of the flag may still be made or entered.
func (n NamespaceSet) Permits(flag NamespaceSet) bool { return n&flag != 0 }
