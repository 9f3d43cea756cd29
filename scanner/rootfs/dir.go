// SPDX-License-Identifier: MIT

package rootfs

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// dirItem is one name in a directory.
type dirItem struct {
	name string
	kind fs.FileMode // type bits only
}

// dirEntry is a dirItem for callers, who may ask for more about it.
type dirEntry struct {
	dirItem
	f   *FS
	dir string // canonical
}

func (e dirEntry) Name() string               { return e.name }
func (e dirEntry) IsDir() bool                { return e.kind == fs.ModeDir }
func (e dirEntry) Type() fs.FileMode          { return e.kind }
func (e dirEntry) Info() (fs.FileInfo, error) { return e.f.Lstat(join(e.dir, e.name)) }
func (e dirEntry) String() string             { return fs.FormatDirEntry(e) }

// ReadDir lists the directory that name leads to, sorted by name in byte order.
// It fails with ErrNotDirectory when that is something else, and with
// ErrTooLarge rather than list a part: which part would depend on the host.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	at, err := f.find("readdir", name, true)
	if err != nil {
		return nil, err
	}
	entries, err := f.entries(at)
	return entries, failed("readdir", name, err)
}

func (f *FS) entries(at place) ([]fs.DirEntry, error) {
	list, err := f.list(at)
	if err != nil {
		return nil, err
	}
	entries := make([]fs.DirEntry, len(list))
	for i, item := range list {
		entries[i] = dirEntry{item, f, at.path}
	}
	return entries, nil
}

// list reads a directory once.
func (f *FS) list(at place) ([]dirItem, error) {
	if at.kind != fs.ModeDir {
		return nil, ErrNotDirectory
	}
	f.mu.RLock()
	list, listed := f.lists[at.path]
	f.mu.RUnlock()
	if listed {
		return list, nil
	}
	list, err := f.readDir(at.path)
	if f.trace != nil {
		f.trace.note(observed{observedDir, 0, at.path}, orError(digestOfNames(list), err))
	}
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists[at.path] = list
	return list, nil
}

// readDir returns what the directory at a canonical path holds, sorted.
func (f *FS) readDir(name string) ([]dirItem, error) {
	fd, err := f.openat(name, unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	list, err := f.readAll(fd, name, MaxDirEntries)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b dirItem) int { return strings.Compare(a.name, b.name) })
	return list, nil
}

// readAll reads the names in the open directory fd, unsorted and limit at most.
func (f *FS) readAll(fd int, dir string, limit int) ([]dirItem, error) {
	var list []dirItem
	buffer := make([]byte, 32<<10)
	for {
		n := 0
		err := retry(func() (err error) {
			n, err = unix.Getdents(fd, buffer)
			return err
		})
		if err != nil || n <= 0 {
			return list, err
		}
		if list, err = f.parse(list, buffer[:n], dir); err != nil {
			return nil, err
		}
		if len(list) > limit {
			return nil, fmt.Errorf("%w: directory of more than %d names", ErrTooLarge, limit)
		}
	}
}

// parse appends the records of one getdents64 call: inode and offset of eight
// bytes each, two bytes of record length, one byte of type, and the name with
// its terminating NUL.
func (f *FS) parse(list []dirItem, records []byte, dir string) ([]dirItem, error) {
	const lengthAt, typeAt, nameAt = 16, 18, 19
	for len(records) > nameAt {
		length := binary.NativeEndian.Uint16(records[lengthAt:])
		record := records[:length]
		records = records[length:]
		name, _, _ := bytes.Cut(record[nameAt:], []byte{0})
		item := dirItem{name: string(name), kind: kind(uint32(record[typeAt]) << 12)}
		if item.name == "." || item.name == ".." {
			continue
		}
		if record[typeAt] == unix.DT_UNKNOWN { // the file system does not tell
			st, err := f.lstatat(join(dir, item.name))
			if err != nil {
				return nil, err
			}
			item.kind = kind(st.Mode)
		}
		list = append(list, item)
	}
	return list, nil
}

// search finds a name in a sorted list.
func search(list []dirItem, name string) (dirItem, bool) {
	i, ok := slices.BinarySearchFunc(list, name, func(item dirItem, name string) int {
		return strings.Compare(item.name, name)
	})
	if !ok {
		return dirItem{}, false
	}
	return list[i], true
}

// openedDir is a directory as fs.File.
type openedDir struct {
	name string // as it was opened
	info fs.FileInfo
	left []fs.DirEntry
}

func (f *FS) openDir(name string, at place) (fs.File, error) {
	entries, err := f.entries(at)
	if err != nil {
		return nil, failed("open", name, err)
	}
	st, err := f.lstatat(at.path)
	if err != nil {
		return nil, failed("open", name, err)
	}
	return &openedDir{name, fileInfo{path.Base(name), st}, entries}, nil
}

func (d *openedDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openedDir) Close() error               { return nil }

func (d *openedDir) Read([]byte) (int, error) {
	return 0, failed("read", d.name, ErrNotRegular)
}

func (d *openedDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 {
		n = len(d.left)
	} else if len(d.left) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.left))
	entries := d.left[:n:n]
	d.left = d.left[n:]
	return entries, nil
}
