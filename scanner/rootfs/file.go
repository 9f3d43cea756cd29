// SPDX-License-Identifier: MIT

package rootfs

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ReadFile reads the regular file that name leads to. It fails with
// ErrNotRegular for anything else, which is not opened, and with ErrTooLarge
// when the file has more than MaxFileSize bytes.
func (f *FS) ReadFile(name string) ([]byte, error) {
	return f.ReadFileLimit(name, MaxFileSize)
}

// ReadFileLimit is ReadFile with a limit of its own, in bytes.
func (f *FS) ReadFileLimit(name string, limit int64) ([]byte, error) {
	at, err := f.find("read", name, true)
	if err != nil {
		return nil, err
	}
	data, err := f.readRegular(at, limit)
	f.noteRead(at.path, data, err)
	return data, failed("read", name, err)
}

func (f *FS) readRegular(at place, limit int64) ([]byte, error) {
	fd, size, err := f.openRegular(at)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	return readAtMost(fd, size, limit)
}

// ReadHead reads the first n bytes of the regular file that name leads to, or all when
// it has less.
func (f *FS) ReadHead(name string, n int) ([]byte, error) {
	at, err := f.find("read", name, true)
	if err != nil {
		return nil, err
	}
	head, err := f.readHead(at, n)
	if f.trace != nil {
		f.trace.note(observed{observedHead, int64(n), at.path}, orError(digestOf(head), err))
	}
	return head, failed("read", name, err)
}

func (f *FS) readHead(at place, n int) ([]byte, error) {
	fd, _, err := f.openRegular(at)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	head := make([]byte, n)
	n, err = readFull(fd, head)
	return head[:n], err
}

// readFull reads until into is full or the file ends.
func readFull(fd int, into []byte) (n int, err error) {
	for n < len(into) {
		more, err := read(fd, into[n:])
		if err != nil || more == 0 {
			return n, err
		}
		n += more
	}
	return n, nil
}

// readAtMost reads a file of which size bytes are expected. The tree does not
// change, so that many bytes are all; a size of 0 may be a file that is made while
// it is read, as in /proc.
func readAtMost(fd int, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, fmt.Errorf("%w: file of more than %d bytes", ErrTooLarge, limit)
	}
	data := make([]byte, 0, size+1) // the last byte is for the read that finds the end
	for int64(len(data)) <= limit {
		n, err := read(fd, data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case err != nil:
			return nil, err
		case n == 0, size > 0 && int64(len(data)) == size:
			return data, nil
		case len(data) == cap(data):
			data = append(data, 0)[:len(data)]
		}
	}
	return nil, fmt.Errorf("%w: file of more than %d bytes", ErrTooLarge, limit)
}

func read(fd int, into []byte) (int, error) {
	n := 0
	err := retry(func() (err error) {
		n, err = unix.Read(fd, into)
		return err
	})
	return max(n, 0), err
}

// openRegular opens what was found to be a regular file, without ever waiting
// for or touching a device that took its place meanwhile.
func (f *FS) openRegular(at place) (fd int, size int64, err error) {
	if at.kind != 0 {
		return -1, 0, ErrNotRegular
	}
	fd, err = f.openat(at.path, 0)
	if err != nil {
		return -1, 0, err
	}
	var st unix.Stat_t
	err = retry(func() error { return unix.Fstat(fd, &st) })
	if err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		err = ErrNotRegular
	}
	if err != nil {
		unix.Close(fd)
		return -1, 0, err
	}
	return fd, st.Size, nil
}

// File is an open regular file of the image, for reading at any place.
type File struct {
	file   *os.File
	size   int64
	held   []byte // all of it, when a trace is made
	digest string
}

var _ io.ReaderAt = (*File)(nil)

// OpenFile opens the regular file that name leads to, of whatever size. It
// fails with ErrNotRegular for anything else, which is not opened. The caller
// closes it.
func (f *FS) OpenFile(name string) (*File, error) {
	at, err := f.find("open", name, true)
	if err != nil {
		return nil, err
	}
	fd, size, err := f.openRegular(at)
	if err != nil {
		f.noteRead(at.path, nil, err)
		return nil, failed("open", name, err)
	}
	file := os.NewFile(uintptr(fd), name)
	opened, err := f.opened(at.path, file, size)
	if err != nil {
		file.Close()
		return nil, failed("open", name, err)
	}
	return opened, nil
}

// ReadAt reads len(p) bytes from the offset on, as io.ReaderAt says.
func (f *File) ReadAt(p []byte, offset int64) (int, error) {
	if f.held != nil {
		return bytes.NewReader(f.held).ReadAt(p, offset)
	}
	return f.file.ReadAt(p, offset)
}

// Digest is the SHA-256 of the content; empty when no trace is made.
func (f *File) Digest() string { return f.digest }

// Size is the number of bytes that the file had when it was opened.
func (f *File) Size() int64 { return f.size }

// Close releases the file.
func (f *File) Close() error { return f.file.Close() }

// fileInfo describes a file as fs.FileInfo; Sys gives the *unix.Stat_t.
type fileInfo struct {
	name string
	stat *unix.Stat_t
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.stat.Size }
func (i fileInfo) Mode() fs.FileMode  { return mode(i.stat.Mode) }
func (i fileInfo) ModTime() time.Time { return time.Unix(i.stat.Mtim.Unix()) }
func (i fileInfo) IsDir() bool        { return i.Mode().IsDir() }
func (i fileInfo) Sys() any           { return i.stat }
func (i fileInfo) String() string     { return fs.FormatFileInfo(i) }

// mode translates the system's file mode to Go's.
func mode(system uint32) fs.FileMode {
	mode := fs.FileMode(system)&fs.ModePerm | kind(system)
	if system&unix.S_ISUID != 0 {
		mode |= fs.ModeSetuid
	}
	if system&unix.S_ISGID != 0 {
		mode |= fs.ModeSetgid
	}
	if system&unix.S_ISVTX != 0 {
		mode |= fs.ModeSticky
	}
	return mode
}

// kind translates the file type in the system's file mode to Go's type bits.
func kind(system uint32) fs.FileMode {
	switch system & unix.S_IFMT {
	case unix.S_IFREG:
		return 0
	case unix.S_IFDIR:
		return fs.ModeDir
	case unix.S_IFLNK:
		return fs.ModeSymlink
	case unix.S_IFIFO:
		return fs.ModeNamedPipe
	case unix.S_IFSOCK:
		return fs.ModeSocket
	case unix.S_IFBLK:
		return fs.ModeDevice
	case unix.S_IFCHR:
		return fs.ModeDevice | fs.ModeCharDevice
	}
	return fs.ModeIrregular
}
