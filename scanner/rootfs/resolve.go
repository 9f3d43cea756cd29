// SPDX-License-Identifier: MIT

package rootfs

import (
	"io/fs"
	"strings"
)

// place is where a path leads.
type place struct {
	path  string      // canonical image path
	kind  fs.FileMode // what is there: type bits only
	links int         // links followed on the way
	err   error       // of a directory that is remembered as unreachable
}

// top is the root itself.
var top = place{path: "/", kind: fs.ModeDir}

// walk follows an absolute path from the root, after that many links already.
// The last component is followed when asked to, or when a slash comes after it.
// As in the steps below, the place that comes with an error tells the number of
// links only.
func (f *FS) walk(name string, follow bool, links int) (place, error) {
	parent, base := cut(name)
	dir, err := f.dir(parent, links)
	if err != nil {
		return dir, err
	}
	return f.step(dir, base, follow)
}

// step goes from a directory to what is called base in it.
func (f *FS) step(dir place, base string, follow bool) (place, error) {
	switch base {
	case "", ".":
		return dir, nil
	case "..":
		dir.path, _ = cut(dir.path)
		dir.path = max(dir.path, "/")
		return dir, nil
	}
	at, err := f.look(dir, base)
	if err != nil || at.kind != fs.ModeSymlink || !follow {
		return at, err
	}
	return f.follow(dir, at)
}

// follow goes where the link at, which lies in dir, points to.
func (f *FS) follow(dir, at place) (place, error) {
	if at.links >= MaxLinks {
		return at, ErrLoop
	}
	target, err := f.readlinkat(at.path)
	if err != nil {
		return at, err
	}
	if target == "" || target[0] != '/' {
		target = join(dir.path, target)
	}
	return f.walk(target, true, at.links+1)
}

// dir is walk for a path that must lead to a directory, and remembers where it
// led. What cannot be reached at the first missing component is remembered too:
// most directories that a unit could have do not exist.
func (f *FS) dir(name string, links int) (place, error) {
	if name == "" {
		return top.after(links)
	}
	if known, ok := f.recall(name); ok {
		return known.after(links)
	}
	parent, base := cut(name)
	above, err := f.dir(parent, links)
	if err != nil {
		return above, err
	}
	at, err := f.step(above, base, true)
	switch {
	case err == ErrLoop: // depends on the links before
		return at, err
	case err != nil:
		at.err = err
	case at.kind != fs.ModeDir:
		at.err = fs.ErrNotExist // nothing lies below a file
	}
	at.links -= links
	f.remember(name, at)
	return at.after(links)
}

// after counts the links that came before a remembered place.
func (p place) after(links int) (place, error) {
	p.links += links
	if p.links > MaxLinks {
		return p, ErrLoop
	}
	return p, p.err
}

func (f *FS) recall(dir string) (place, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	at, ok := f.dirs[dir]
	return at, ok
}

func (f *FS) remember(dir string, at place) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.dirs) >= maxRemembered {
		return
	}
	f.dirs[dir] = at
	if at.err == nil {
		f.dirs[at.path] = place{path: at.path, kind: fs.ModeDir}
	}
}

// look tells what base in the directory dir is. A directory that was listed
// answers without a system call; one that is asked for many names is listed.
func (f *FS) look(dir place, base string) (place, error) {
	at := place{path: join(dir.path, base), links: dir.links}
	switch {
	case len(base) > maxNameLength:
		return at, fs.ErrNotExist
	case len(at.path) > MaxPathLength:
		return at, errPathLength
	case strings.Count(dir.path, "/") > MaxPathDepth:
		return at, errPathDepth
	}
	if list, listed := f.listed(dir); listed {
		item, ok := search(list, base)
		if !ok {
			return at, fs.ErrNotExist
		}
		at.kind = item.kind
		return at, nil
	}
	st, err := f.lstatat(at.path)
	at.kind = kind(st.Mode)
	return at, err
}

// listed returns what a directory holds when it was listed or is asked for so
// often that listing it takes less time. One that cannot be listed is not tried again.
func (f *FS) listed(dir place) ([]dirItem, bool) {
	f.mu.RLock()
	list, listed := f.lists[dir.path]
	f.mu.RUnlock()
	if listed {
		return list, true
	}
	if !f.isAskedOften(dir.path) {
		return nil, false
	}
	list, err := f.list(place{path: dir.path, kind: fs.ModeDir})
	return list, err == nil
}

// isAskedOften is true once for each directory.
func (f *FS) isAskedOften(dir string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, known := f.looks[dir]
	if n > fewLooks || !known && len(f.looks) >= maxRemembered {
		return false
	}
	f.looks[dir] = n + 1
	return n == fewLooks
}

// cut splits a path at its last slash.
func cut(name string) (parent, base string) {
	i := strings.LastIndexByte(name, '/')
	return name[:max(i, 0)], name[i+1:]
}

// join appends to a canonical directory.
func join(dir, base string) string {
	if dir == "/" {
		return dir + base
	}
	return dir + "/" + base
}
