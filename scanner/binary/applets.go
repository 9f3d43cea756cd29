// SPDX-License-Identifier: MIT

package binary

import (
	"bytes"
	"slices"
)

// Applet is one of the programs that a file of many holds, chosen by the name under
// which the file is started: those of BusyBox. Its table of names is a sequence of
// strings in order, that of functions has as many pointers (include/applet_tables.h,
// made by applets/applet_tables.c of BusyBox).
type Applet struct {
	Name string
	Func FuncID
}

const (
	minApplets = 5
	maxApplets = 2000
)

// applets finds the tables: a run of pointers to functions, and as many names in order
// that end with an empty one. table is the object with the pointers.
func (d *dataMap) applets() (list []Applet, table int32) {
	if !d.hasText("BusyBox") {
		return nil, -1
	}
	names := d.sortedNames()
	if len(names) < minApplets {
		return nil, -1
	}
	for i := 0; i+len(names) <= len(d.relocs); i++ {
		if owner := d.owner(d.relocs[i].slot); owner == d.relocs[i].slot {
			if funcs := d.functionsFrom(i, len(names)); funcs != nil {
				for k, name := range names {
					list = append(list, Applet{name, funcs[k]})
				}
				return list, int32(d.objectAt(owner))
			}
		}
	}
	return nil, -1
}

// hasText tells whether some string that is referred to begins with a text.
func (d *dataMap) hasText(prefix string) bool {
	return slices.ContainsFunc(d.anchors, func(a uint64) bool { return bytes.HasPrefix(d.im.from(a), []byte(prefix)) })
}

// sortedNames is the longest sequence of names in order, each once, that an address
// which is formed leads to.
func (d *dataMap) sortedNames() (longest []string) {
	for _, a := range d.anchors {
		if d.isFunction(a) {
			continue
		}
		if names := namesIn(d.im.from(a)); len(names) > len(longest) {
			longest = names
		}
	}
	return longest
}

func namesIn(b []byte) (names []string) {
	for last := ""; len(names) < maxApplets; {
		n := bytes.IndexByte(b, 0)
		switch {
		case n == 0:
			return names
		case n < 0 || n > 64 || !isAppletName(b[:n]) || string(b[:n]) <= last:
			return nil
		}
		last = string(b[:n])
		names, b = append(names, last), b[n+1:]
	}
	return nil
}

func isAppletName(b []byte) bool {
	for _, c := range b {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && bytes.IndexByte([]byte("[_-.+"), c) < 0 {
			return false
		}
	}
	return len(b) > 0
}

// functionsFrom are n functions that adjacent pointers from one on lead to; nil when the
// pointers are fewer or others.
func (d *dataMap) functionsFrom(i, n int) []FuncID {
	word := uint64(d.abi.WordSize)
	funcs := make([]FuncID, 0, n)
	for k := range n {
		r := &d.relocs[i+k]
		if r.kind != relocAddress || r.slot != d.relocs[i].slot+uint64(k)*word || !d.isFunction(r.target) {
			return nil
		}
		refs := d.codeRef(r.target, RefTake, nil)
		if len(refs) != 1 {
			return nil
		}
		funcs = append(funcs, FuncID(refs[0].ID()))
	}
	if i+n < len(d.relocs) && d.relocs[i+n].slot == d.relocs[i].slot+uint64(n)*word && d.owner(d.relocs[i+n].slot) == d.relocs[i].slot {
		return nil // a longer table
	}
	return funcs
}
