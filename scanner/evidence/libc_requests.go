// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// request is work that functions of the C library do only where a program has asked for
// it before, by another function: inside the functions named, and inside what only these
// call, the system calls and functions of does are left out, unless one of asks is used.
// What asks is one that any code reaches, or with byName one that other modules name,
// since the library uses it for other wishes, or to copy what somebody asked for.
// Of functions with flags in their second argument it is one of these that asks.
type request struct {
	inside, does, asks string
	byName             bool
	flags              uint64
}

// requests hold for glibc (nptl, posix, sysdeps/posix, sysdeps/unix/sysv/linux) and musl (src/thread,
// src/process). Names are without leading underscores.
var requests = []request{
	// A mutex has the protocol that its attributes ask for (pthread_mutex_init.c, tpp.c).
	{inside: `pthread_mutex_init pthread_mutex_lock pthread_mutex_unlock pthread_mutex_trylock pthread_mutex_timedlock pthread_mutex_clocklock
		pthread_cond_wait pthread_cond_timedwait pthread_cond_clockwait pthread_mutexattr_getprioceiling`,
		does: "sched_get_priority_max sched_get_priority_min sched_getparam sched_getscheduler sched_setscheduler",
		asks: "pthread_mutexattr_setprotocol pthread_mutexattr_setprioceiling pthread_mutex_setprioceiling"},
	// A thread has the priority and the processors of the one that makes it (pthread_create.c).
	{inside: "pthread_create thrd_create",
		does: "sched_get_priority_max sched_get_priority_min sched_getparam sched_getscheduler sched_setscheduler sched_setaffinity",
		asks: `pthread_attr_setinheritsched pthread_attr_setschedpolicy pthread_attr_setschedparam pthread_attr_setaffinity_np
			pthread_setattr_default_np pthread_getattr_np`, byName: true},
	// A child has the session, group, user and priority of its parent (spawni.c); system(3) asks for signals alone.
	{inside: "posix_spawn posix_spawnp pidfd_spawn pidfd_spawnp",
		does: "setsid setpgid getpgid tcsetpgrp setresuid setresgid setuid setgid sched_setparam sched_setscheduler",
		asks: "posix_spawnattr_setflags", byName: true},
	{inside: "posix_spawn posix_spawnp pidfd_spawn pidfd_spawnp", does: "chdir", asks: "posix_spawn_file_actions_addchdir_np posix_spawn_file_actions_addchdir"},
	{inside: "posix_spawn posix_spawnp pidfd_spawn pidfd_spawnp", does: "fchdir", asks: "posix_spawn_file_actions_addfchdir_np posix_spawn_file_actions_addfchdir"},
	{inside: "posix_spawn posix_spawnp pidfd_spawn pidfd_spawnp", does: "close_range", asks: "posix_spawn_file_actions_addclosefrom_np"},
	// A command is killed when the thread that waits for it is cancelled (system.c).
	{inside: "system libc_system", does: "kill", asks: "pthread_cancel"},
	// What makes temporary files makes folders, too (tempname.c).
	{inside: "mkstemp mkstemp64 mkostemp mkostemp64 mkstemps mkstemps64 mkostemps mkostemps64 mktemp tmpnam tmpnam_r tempnam tmpfile tmpfile64", does: "mkdir", asks: "mkdtemp"},
	// realpath(3) only asks whether a folder is there; who may read it, nobody else in the library asks (canonicalize.c, faccessat.c).
	{inside: "faccessat", does: "getuid geteuid getgid getegid getgroups group_member", asks: "faccessat eaccess euidaccess", byName: true},
	// The home of a user is looked for with GLOB_TILDE or GLOB_TILDE_CHECK (glob.c).
	{inside: "glob glob64", does: "getlogin_r getpwnam getpwnam_r", flags: 1<<12 | 1<<14},
	// Only a folder of translations that is not absolute is looked for from here (dcigettext.c).
	{inside: "gettext dgettext dcgettext ngettext dngettext dcngettext", does: "getcwd", asks: "bindtextdomain"},
}

// unasked is a request as one file of the C library has it.
type unasked struct {
	edges  []elfcode.Edge
	sites  []int32
	asks   []elfcode.FuncID
	byName bool
	names  []string // of asks
	inside string
	flags  uint64
	given  bool // the flags may have been given
}

// asked tells whether a walk has reached what asks for it, or whether a module of the
// program names that, so that it may look it up at run time (dlsym(3)).
func (u *unasked) asked(p *program, w *elfcode.Walk) bool {
	return u.given || slices.ContainsFunc(u.asks, func(id elfcode.FuncID) bool { return w.Entered(id) || !u.byName && w.Has(id) }) ||
		slices.ContainsFunc(p.modules, func(m *loaded) bool {
			return slices.ContainsFunc(m.file.requested, func(name string) bool { return slices.Contains(u.names, name) })
		})
}

// give notes what the flags ask for that a module may give a function of the library's: in a
// call that is reached, or by its address.
func (w *walk) give(m *loaded, id int32) {
	for i := range w.unasked {
		u := &w.unasked[i]
		if !u.given && slices.Contains(strings.Fields(u.inside), m.file.Imports[id].Name) && m.mayGive(id, u.flags) {
			u.given, w.dirty = true, true
		}
	}
}

// mayGive tells whether the second argument of a function that a module imports may have one of
// some flags.
func (m *loaded) mayGive(id int32, flags uint64) bool {
	for i := range m.file.Sites {
		s := &m.file.Sites[i]
		if s.Kind == elfcode.CallSite && s.Import == id && m.walk.reached.HasSite(int32(i)) && (&call{args: s.Args}).anyBit(1, flags) {
			return true
		}
	}
	taken := func(r elfcode.Ref) bool { return r.Kind() == elfcode.RefTakeName && r.ID() == int(id) }
	return slices.ContainsFunc(m.file.Funcs, func(f elfcode.Func) bool { return slices.ContainsFunc(f.Refs, taken) }) ||
		slices.ContainsFunc(m.file.Objects, func(o elfcode.Object) bool { return slices.ContainsFunc(o.Refs, taken) })
}

// hasRequestFlags tells whether the flags of a function decide about a request.
func hasRequestFlags(name string) bool {
	return slices.ContainsFunc(requests, func(a request) bool { return a.flags != 0 && slices.Contains(strings.Fields(a.inside), name) })
}

// giveAll notes that anything may be asked for.
func (w *walk) giveAll() {
	for i := range w.unasked {
		w.unasked[i].given = true
	}
}

// requestedBy are the functions that ask for something which the strings of a file name.
func requestedBy(f *elfcode.File) []string {
	var names []string
	for _, text := range f.Strings {
		if requesting[text] {
			names = append(names, text)
		}
	}
	return names
}

// requesting are all functions that ask for something.
var requesting = func() map[string]bool {
	set := map[string]bool{}
	for _, r := range requests {
		for _, name := range strings.Fields(r.asks) {
			set[name] = true
		}
	}
	return set
}()

// closed are the references that a walk does not follow yet.
func (w *walk) closed() (edges []elfcode.Edge) {
	for i := range w.unasked {
		edges = append(edges, w.unasked[i].edges...)
	}
	return edges
}

// openRequests follows what is asked for by now, and returns the imports that this reaches.
func (w *walk) openRequests(p *program) []int32 {
	var fresh []int32
	for i := 0; i < len(w.unasked); {
		if !w.unasked[i].asked(p, w.reached) {
			i++
			continue
		}
		edges := w.unasked[i].edges
		w.unasked = slices.Delete(w.unasked, i, i+1)
		fresh = append(fresh, w.reached.Open(edges, w.closed())...)
		i = 0 // another one may be asked for now
	}
	return fresh
}

// leaveRequests drops the system calls that nobody has asked for.
func (m *loaded) leaveRequests() {
	for i := range m.walk.unasked {
		sites := m.walk.unasked[i].sites
		m.reached.Sites = slices.DeleteFunc(m.reached.Sites, func(s int32) bool { return slices.Contains(sites, s) })
	}
}

// findRequests finds them in a file.
func findRequests(f *elfcode.File) []unasked {
	if !isLibc(f) {
		return nil
	}
	named := map[string][]elfcode.FuncID{}
	for i := range f.Exports {
		if e := &f.Exports[i]; e.Func >= 0 {
			name := strings.TrimLeft(e.Name, "_")
			named[name] = append(named[name], e.Func)
		}
	}
	all := func(names string) (ids []elfcode.FuncID) {
		for _, name := range strings.Fields(names) {
			ids = append(ids, named[name]...)
		}
		return ids
	}
	users := usersOf(f)
	var list []unasked
	for _, a := range requests {
		u := unasked{asks: all(a.asks), byName: a.byName, names: strings.Fields(a.asks), inside: a.inside, flags: a.flags}
		roots := all(a.inside)
		u.take(f, users.onlyInside(f, roots, u.asks), all(a.does), strings.Fields(a.does))
		if len(u.edges)+len(u.sites) > 0 {
			list = append(list, u)
		}
	}
	return list
}

// take notes what of a request some functions do.
func (u *unasked) take(f *elfcode.File, inside map[elfcode.FuncID]bool, does []elfcode.FuncID, calls []string) {
	for id := range inside {
		fn := &f.Funcs[id]
		for _, r := range fn.Refs {
			if to := elfcode.FuncID(r.ID()); r.Kind() <= elfcode.RefIFunc && slices.Contains(does, to) && !slices.Contains(u.edges, elfcode.Edge{From: id, To: to}) {
				u.edges = append(u.edges, elfcode.Edge{From: id, To: to})
			}
		}
		for i := fn.FirstSite; i < fn.FirstSite+fn.Sites; i++ {
			n := &f.Sites[i].Number
			foreign := func(n uint64) bool {
				name, _ := elfcode.SyscallName(f.Arch, n&0xffffffff)
				return !slices.Contains(calls, name) && !slices.Contains(calls, strings.TrimSuffix(name, "32"))
			}
			if f.Sites[i].Kind == elfcode.SyscallSite && len(n.Ints) > 0 && !slices.ContainsFunc(n.Ints, foreign) {
				u.sites = append(u.sites, i)
			}
		}
	}
}

// users says who refers to each function of a file.
type users struct {
	callers [][]elfcode.FuncID
	known   []bool // all of them are in callers
}

func usersOf(f *elfcode.File) *users {
	u := &users{make([][]elfcode.FuncID, len(f.Funcs)), make([]bool, len(f.Funcs))}
	for i := range u.known {
		u.known[i] = true
	}
	of := objectUsers(f)
	unknown := func(ids ...elfcode.FuncID) {
		for _, id := range ids {
			if id >= 0 {
				u.known[id] = false
			}
		}
	}
	note := func(refs []elfcode.Ref, by []elfcode.FuncID) {
		for _, r := range refs {
			if r.Kind() > elfcode.RefIFunc {
				continue
			}
			u.callers[r.ID()] = append(u.callers[r.ID()], by...)
			if by == nil {
				unknown(elfcode.FuncID(r.ID()))
			}
		}
	}
	for i := range f.Funcs {
		note(f.Funcs[i].Refs, []elfcode.FuncID{elfcode.FuncID(i)})
	}
	for i := range f.Objects {
		note(f.Objects[i].Refs, of[i])
	}
	note(f.Always, nil)
	unknown(f.Start)
	unknown(f.Init...)
	unknown(f.Fini...)
	unknown(f.Resolvers...)
	for i := range f.Exports {
		unknown(f.Exports[i].Func)
	}
	return u
}

// objectUsers lists the functions that refer to each object; nil where others may, or where
// another object does.
func objectUsers(f *elfcode.File) [][]elfcode.FuncID {
	of := make([][]elfcode.FuncID, len(f.Objects))
	for i := range f.Funcs {
		for _, r := range f.Funcs[i].Refs {
			if r.Kind() == elfcode.RefObject {
				of[r.ID()] = append(of[r.ID()], elfcode.FuncID(i))
			}
		}
	}
	shared := func(refs []elfcode.Ref, own int) {
		for _, r := range refs {
			if r.Kind() == elfcode.RefObject && r.ID() != own {
				of[r.ID()] = nil
			}
		}
	}
	for i := range f.Objects {
		shared(f.Objects[i].Refs, i)
	}
	shared(f.Always, -1)
	for i := range f.Exports {
		if o := f.Exports[i].Object; o >= 0 {
			of[o] = nil
		}
	}
	return of
}

// onlyInside are some functions and those that nothing else leads to but these, and others
// that do not matter.
func (u *users) onlyInside(f *elfcode.File, roots, others []elfcode.FuncID) map[elfcode.FuncID]bool {
	inside := map[elfcode.FuncID]bool{}
	for _, id := range roots {
		inside[id] = true
	}
	within := func(id elfcode.FuncID) bool { return inside[id] || slices.Contains(others, id) }
	for changed := true; changed; {
		changed = false
		for id := range f.Funcs {
			id := elfcode.FuncID(id)
			if inside[id] || !u.known[id] || len(u.callers[id]) == 0 {
				continue
			}
			if !slices.ContainsFunc(u.callers[id], func(by elfcode.FuncID) bool { return by != id && !within(by) }) {
				inside[id], changed = true, true
			}
		}
	}
	return inside
}
