// SPDX-License-Identifier: MIT

package unit

import "slices"

// fileSystemTargets are reached when the file systems of the image are mounted as
// fstab and the kernel's command line have them (bootup(7)).
var fileSystemTargets = []string{"local-fs.target", "sysinit.target", "basic.target"}

// order is what the boot starts, and what of it has to be started before what.
type order struct {
	earlier map[string][]string // by unit: those that it starts after
	pulls   map[string][]string // by unit: those that it starts
	booted  map[string]bool     // all that default.target starts
}

func (w *walk) order() *order {
	o := &order{map[string][]string{}, map[string][]string{}, map[string]bool{}}
	for id, refs := range w.refs {
		for _, r := range refs {
			switch r.kind {
			case "is ordered after":
				o.earlier[r.from] = append(o.earlier[r.from], id)
			case "is ordered before":
				o.earlier[id] = append(o.earlier[id], r.from)
			case "wants", "wants (preset)", "requires", "binds to", "upholds":
				o.pulls[r.from] = append(o.pulls[r.from], id)
			}
		}
	}
	for id, u := range w.units {
		if on, ok := parseBool(u.Value("Unit", "DefaultDependencies")); (!ok || on) && slices.Contains([]string{"service", "socket", "timer", "path"}, Type(id)) {
			o.earlier[id] = append(o.earlier[id], "sysinit.target")
		}
	}
	queue := []string{"default.target"}
	if u := w.byName["default.target"]; u != nil {
		queue[0] = u.Name
	}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		if u := w.units[id]; u == nil || u.LoadState != Loaded || o.booted[id] {
			continue
		}
		o.booted[id] = true
		queue = append(queue, o.pulls[id]...)
	}
	return o
}

// afterFileSystems tells whether a unit starts after the file systems are mounted,
// whenever it starts: something that the boot, or the unit itself, starts for sure is
// ordered between them. Later there is nothing to wait for.
func (o *order) afterFileSystems(id string) bool {
	seen := map[string]bool{id: true}
	for queue := []string{id}; len(queue) > 0; queue = queue[1:] {
		for _, before := range o.earlier[queue[0]] {
			switch {
			case seen[before] || !o.booted[before] && !slices.Contains(o.pulls[id], before):
			case slices.Contains(fileSystemTargets, before):
				return true
			default:
				seen[before] = true
				queue = append(queue, before)
			}
		}
	}
	return false
}
