// SPDX-License-Identifier: MIT

package rootfs

import (
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
	fd, size, err := f.openRegular(at)
	if err != nil {
		return nil, failed("read", name, err)
	}
	defer unix.Close(fd)
	data, err := readAtMost(fd, size, limit)
	return data, failed("read", name, err)
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
	file *os.File
	size int64
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
		return nil, failed("open", name, err)
	}
	return &File{os.NewFile(uintptr(fd), name), size}, nil
}

// ReadAt reads len(p) bytes from the offset on, as io.ReaderAt says.
func (f *File) ReadAt(p []byte, offset int64) (int, error) { return f.file.ReadAt(p, offset) }

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
