// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// readers are calls that only look at the path that they get: the index of the path,
// and of the flags or mode that decide it where these do (open(2), fopen(3)).
var readers = func() map[string]struct{ path, flags int } {
	table := map[string]struct{ path, flags int }{}
	for _, name := range strings.Fields("open open64 __open __open64 __open_2 __open64_2 fopen fopen64") {
		table[name] = struct{ path, flags int }{0, 1}
	}
	for _, name := range strings.Fields("openat openat64 __openat_2 __openat64_2") {
		table[name] = struct{ path, flags int }{1, 2}
	}
	for _, name := range strings.Fields(`stat stat64 lstat lstat64 access euidaccess eaccess readlink realpath opendir scandir scandir64
		statfs statfs64 statvfs statvfs64 __readlink_chk __realpath_chk canonicalize_file_name glob glob64`) {
		table[name] = struct{ path, flags int }{0, -1}
	}
	for _, name := range strings.Fields("__xstat __xstat64 __lxstat __lxstat64 fstatat fstatat64 newfstatat statx faccessat faccessat2 readlinkat") {
		table[name] = struct{ path, flags int }{1, -1}
	}
	return table
}()

// onlyLooks tells whether a call only looks at the path that it gets, and which.
func onlyLooks(name string, args []elfcode.Arg) (paths []string, ok bool) {
	r, known := readers[name]
	if !known {
		return nil, false
	}
	x := call{args: args}
	v, ok := x.arg(r.path)
	if !ok {
		return nil, false
	}
	switch flags, given := x.arg(r.flags); {
	case r.flags < 0:
		return v.Strings, true
	case !given || !flags.Complete():
		return nil, false
	case strings.Contains(name, "fopen"):
		write := func(mode string) bool { return !strings.HasPrefix(mode, "r") || strings.Contains(mode, "+") }
		return v.Strings, len(flags.Strings) > 0 && !slices.ContainsFunc(flags.Strings, write)
	default:
		const access, create, truncate = 3, 0o100, 0o1000 // O_ACCMODE O_CREAT O_TRUNC
		write := func(f uint64) bool { return f&(access|create|truncate) != 0 }
		return v.Strings, len(flags.Ints) > 0 && !slices.ContainsFunc(flags.Ints, write)
	}
}

// kernelPlaces are where it matters to a setting whether a path is written.
var kernelPlaces = []string{"/sys", "/proc/sys"}

// askers are calls that come before a use as often as they stand alone: who asks whether
// a file is there may write to it by a function of its own.
var askers = strings.Fields("stat stat64 lstat lstat64 access euidaccess eaccess statfs statfs64 statvfs statvfs64 " +
	"__xstat __xstat64 __lxstat __lxstat64 fstatat fstatat64 newfstatat statx faccessat faccessat2 realpath __realpath_chk canonicalize_file_name glob glob64")

// listers list a folder: what is in it is opened by names that are put together.
var listers = strings.Fields("opendir scandir scandir64")

// writesFiles tells whether a module opens anything to write to it.
func (m *loaded) writesFiles() bool {
	return slices.ContainsFunc(m.sites(), func(s elfcode.Site) bool {
		name, args := m.callOf(&s)
		if r, opens := readers[name]; !opens || r.flags < 0 {
			return strings.HasPrefix(name, "creat")
		}
		_, reads := onlyLooks(name, args)
		return !reads
	})
}

// writesBelow tells whether a module opens files to write by names below a folder that
// it has open: then no folder is only looked at.
func (m *loaded) writesBelow() bool {
	const here = 0xffffff9c // AT_FDCWD
	return slices.ContainsFunc(m.sites(), func(s elfcode.Site) bool {
		name, args := m.callOf(&s)
		if !strings.Contains(name, "openat") {
			return false
		}
		folders, all := (&call{args: args}).ints(0)
		if _, reads := onlyLooks(name, args); reads || all && onlyInts(folders, here) {
			return false
		}
		return true
	})
}

// lookedAt are the strings below kernelPlaces that every reached function which refers to
// them hands to a call that opens them to read, and to none that may do more. Those in
// tables are not known, nor is what a module does with a folder that opens files to write.
func (m *loaded) lookedAt() map[int32]bool {
	wanted := map[int32]bool{}
	for _, id := range m.reached.Strings {
		if below(kernelPlaces, m.file.Strings[id]) {
			wanted[id] = true
		}
	}
	if len(wanted) == 0 || m.libc || m.writesBelow() {
		return nil
	}
	type use struct {
		function elfcode.FuncID
		text     string
	}
	looks, more := map[use]bool{}, map[use]bool{}
	writes := m.writesFiles()
	for _, s := range m.sites() {
		name, args := m.callOf(&s)
		if paths, ok := onlyLooks(name, args); ok {
			for _, text := range paths {
				looks[use{s.Func, text}] = looks[use{s.Func, text}] || !slices.Contains(askers, name) && !(writes && slices.Contains(listers, name))
			}
			continue
		}
		for _, a := range args {
			for _, text := range a.Strings {
				more[use{s.Func, text}] = true
			}
		}
	}
	for _, id := range m.reached.Funcs {
		for _, ref := range m.file.Funcs[id].Refs {
			i := int32(ref.ID())
			if ref.Kind() != elfcode.RefString || !wanted[i] {
				continue
			}
			if u := (use{id, m.file.Strings[i]}); !looks[u] || more[u] {
				delete(wanted, i)
			}
		}
	}
	for _, id := range m.reached.Objects {
		for _, ref := range m.file.Objects[id].Refs {
			if ref.Kind() == elfcode.RefString {
				delete(wanted, int32(ref.ID()))
			}
		}
	}
	return wanted
}

// callOf is the name and the arguments of a site: of a function, of a system call that
// libc's syscall() makes, or of one by instruction. It is empty for more than one.
func (m *loaded) callOf(s *elfcode.Site) (string, []elfcode.Arg) {
	number, args := s.Number, s.Args
	if s.Kind == elfcode.CallSite {
		name := m.file.Imports[s.Import].Name
		if name != "syscall" {
			return name, args
		}
		number, _ = (&call{args: args}).arg(0)
		args = shifted(args)
	}
	if len(number.Ints) != 1 || !number.Complete() {
		return "", nil
	}
	name, _ := elfcode.SyscallName(m.file.Arch, number.Ints[0]&0xffffffff)
	return name, args
}

// shifted are the arguments of a system call among those of syscall().
func shifted(args []elfcode.Arg) []elfcode.Arg {
	var list []elfcode.Arg
	for _, a := range args {
		if a.Index > 0 {
			a.Index--
			list = append(list, a)
		}
	}
	return list
}
