// SPDX-License-Identifier: MIT

// Package rootfs reads the tree of an image as the image's own system would
// see it: every symbolic link, absolute or relative and in any component of a
// path, resolves inside the root as after chroot, and ".." at the root stays
// there.
//
// It is the only package that reads the image. Nothing but regular files and
// directories is ever opened, what a hostile image can grow is bounded by the
// limits below, and errors name image paths only, never the place where the
// tree lies on this host. The tree must not change while it is read: what was
// learned about directories is kept.
package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// What an image may hold before ErrTooLarge, or for links ErrLoop, answers.
const (
	MaxFileSize   = 16 << 20 // bytes that ReadFile reads of one file
	MaxDirEntries = 200_000  // names in one directory that is listed
	MaxPathDepth  = 128      // directories between the root and a file
	MaxPathLength = 4095     // bytes of a path, as in Linux
	MaxLinks      = 40       // links on the way to one file, as in Linux

	maxNameLength = 255     // bytes of a name that can exist, as in Linux
	maxRemembered = 1 << 16 // directories kept in memory
	fewLooks      = 8       // names asked for in a directory before it is listed
)

// Errors of this package, to be tested with errors.Is; what does not exist is
// fs.ErrNotExist as everywhere.
var (
	ErrLoop         = errors.New("too many levels of symbolic links")
	ErrNotRegular   = errors.New("not a regular file")
	ErrNotDirectory = errors.New("not a directory")
	ErrTooLarge     = errors.New("limit exceeded")

	errPathLength = fmt.Errorf("%w: path of more than %d bytes", ErrTooLarge, MaxPathLength)
	errPathDepth  = fmt.Errorf("%w: more than %d directories deep", ErrTooLarge, MaxPathDepth)
)

// FS is the tree of an image. Its methods take image paths: separated by
// slashes, with or without a leading one, which makes no difference; only Open
// insists on the form that fs.ValidPath asks for. It is safe for concurrent use
// once SetOwners returned.
type FS struct {
	root   *os.File // the directory that every system call starts from
	owners map[string]Owner

	ownersDigest string
	trace        *Trace // nil when nobody asked for it

	mu    sync.RWMutex
	dirs  map[string]place     // directory as asked for -> where that leads
	lists map[string][]dirItem // canonical directory -> what it holds, sorted
	looks map[string]int       // canonical directory that is not listed -> names asked for
}

// New opens the tree below the host directory dir, which may be a symbolic link
// to it. It fails when dir is not a directory or cannot be opened.
func New(dir string) (*FS, error) {
	root, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, fmt.Errorf("open root file system: %w", err)
	}
	return &FS{root: root, dirs: map[string]place{}, lists: map[string][]dirItem{}, looks: map[string]int{}}, nil
}

// Resolve returns the canonical path of name: absolute, and without a link in
// any component. It fails with fs.ErrNotExist, ErrLoop or ErrTooLarge.
func (f *FS) Resolve(name string) (string, error) {
	at, err := f.find("resolve", name, true)
	return at.path, err
}

// ResolveParent is Resolve for everything but the last component: where name
// itself lies, even when it is a link.
func (f *FS) ResolveParent(name string) (string, error) {
	at, err := f.find("resolve", name, false)
	return at.path, err
}

// Stat describes the file that name leads to, after all links.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	return f.stat("stat", name, true)
}

// Lstat describes name itself, even when it is a link.
func (f *FS) Lstat(name string) (fs.FileInfo, error) {
	return f.stat("lstat", name, false)
}

func (f *FS) stat(op, name string, follow bool) (fs.FileInfo, error) {
	at, err := f.find(op, name, follow)
	if err != nil {
		return nil, err
	}
	st, err := f.lstatat(at.path)
	if err != nil {
		return nil, failed(op, name, err)
	}
	return fileInfo{path.Base(name), st}, nil
}

// Readlink returns what the link name holds, unresolved. It fails with
// fs.ErrInvalid when name is not a link.
func (f *FS) Readlink(name string) (string, error) {
	at, err := f.find("readlink", name, false)
	if err != nil {
		return "", err
	}
	if at.kind != fs.ModeSymlink {
		return "", failed("readlink", name, fs.ErrInvalid)
	}
	target, err := f.readlinkat(at.path)
	return target, failed("readlink", name, err)
}

// Open opens a regular file or a directory for reading. name has the form that
// fs.ValidPath accepts; whatever is neither file nor directory is
// ErrNotRegular.
func (f *FS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, failed("open", name, fs.ErrInvalid)
	}
	at, err := f.find("open", name, true)
	if err != nil {
		return nil, err
	}
	if at.kind == fs.ModeDir {
		return f.openDir(name, at)
	}
	fd, _, err := f.openRegular(at)
	if err != nil {
		return nil, failed("open", name, err)
	}
	if f.trace != nil {
		f.noteContent(at.path)
	}
	return os.NewFile(uintptr(fd), name), nil
}

// find walks to name on behalf of the operation op.
func (f *FS) find(op, name string, follow bool) (place, error) {
	if err := check(name); err != nil {
		return place{}, failed(op, name, err)
	}
	at, err := f.walk(rooted(name), follow, 0)
	if err != nil {
		return place{}, failed(op, name, err)
	}
	return at, nil
}

// check refuses paths that no system call would take.
func check(name string) error {
	switch {
	case name == "":
		return fs.ErrNotExist
	case len(name) > MaxPathLength:
		return errPathLength
	case strings.IndexByte(name, 0) >= 0:
		return fs.ErrInvalid
	}
	return nil
}

// rooted gives name its leading slash.
func rooted(name string) string {
	if name[0] == '/' {
		return name
	}
	return "/" + name
}

// failed names the operation and the image path of an error.
func failed(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// The system calls. Paths are canonical image paths, so that no component of
// them is a link, and relative to the root's descriptor, so that neither cost
// nor length depends on where the tree lies.

func (f *FS) lstatat(name string) (*unix.Stat_t, error) {
	st := new(unix.Stat_t)
	err := f.lstat(name, st)
	if f.trace != nil {
		f.trace.note(observed{observedEntry, 0, name}, describe(st, err))
	}
	return st, err
}

func (f *FS) lstat(name string, st *unix.Stat_t) error {
	err := retry(func() error {
		return unix.Fstatat(int(f.root.Fd()), relative(name), st, unix.AT_SYMLINK_NOFOLLOW)
	})
	runtime.KeepAlive(f.root)
	return absent(err)
}

func (f *FS) readlinkat(name string) (string, error) {
	target, err := f.readlink(name)
	f.trace.note(observed{observedLink, 0, name}, orError(target, err))
	return target, err
}

func (f *FS) readlink(name string) (string, error) {
	for size := 128; ; size *= 2 {
		target, n := make([]byte, size), 0
		err := retry(func() (err error) {
			n, err = unix.Readlinkat(int(f.root.Fd()), relative(name), target)
			return err
		})
		runtime.KeepAlive(f.root)
		if err != nil || n < size {
			return string(target[:max(n, 0)]), absent(err)
		}
	}
}

func (f *FS) openat(name string, flags int) (int, error) {
	fd := -1
	err := retry(func() (err error) {
		fd, err = unix.Openat(int(f.root.Fd()), relative(name),
			flags|unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
		return err
	})
	runtime.KeepAlive(f.root)
	return fd, absent(err)
}

// relative turns an absolute image path into one relative to the root.
func relative(name string) string {
	if name == "/" {
		return "."
	}
	return name[1:]
}

// absent makes one error of what says that nothing is there, so that texts do
// not depend on how that was found out.
func absent(err error) error {
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return fs.ErrNotExist
	}
	return err
}

// retry repeats a system call that a signal interrupted.
func retry(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
