// SPDX-License-Identifier: MIT

package rootfs

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Observation is one thing that was learned about an image: the answer of a system
// call, by its canonical path. What a program computes from an image depends on
// nothing but the observations that it made, so that two images with the same ones
// give the same result.
type Observation struct {
	Kind uint8 // a traceKind
	Size int64 // of observedHead: how many bytes
	Path string
	Saw  string
}

// What is observed. Times, owners on this host and inode numbers are not: no result
// may depend on them.
const (
	observedEntry        uint8 = iota // type, permissions and, of a file, size; or that nothing is there
	observedLink                      // where it points to
	observedDir                       // names and types
	observedContent                   // digest of a file
	observedHead                      // digest of the first bytes of a file
	observedOwners                    // digest of the ownership manifest
	observedCapabilities              // what running a file gives
)

// Trace collects observations.
type Trace struct {
	mu   sync.Mutex
	seen map[observed]string
}

type observed struct {
	kind uint8
	size int64
	path string
}

// Record begins to note everything that is read from now on, what was remembered too:
// that is forgotten. It must not run while the tree is in use.
func (f *FS) Record() *Trace {
	f.dirs, f.lists, f.looks = map[string]place{}, map[string][]dirItem{}, map[string]int{}
	f.trace = &Trace{seen: map[observed]string{}}
	return f.trace
}

func (t *Trace) note(what observed, saw string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen[what] = saw
}

// Observations are all that were made, those of a folder before those below it.
func (t *Trace) Observations() []Observation {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]Observation, 0, len(t.seen))
	for what, saw := range t.seen {
		list = append(list, Observation{what.kind, what.size, what.path, saw})
	}
	slices.SortFunc(list, func(a, b Observation) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		if a.Kind != b.Kind {
			return int(a.Kind) - int(b.Kind)
		}
		return int(a.Size - b.Size)
	})
	return list
}

// Holds tells whether an image gives the same observations, which must be in the order
// of Observations. Everything is read again: no time stamp or size stands for a content.
func (f *FS) Holds(list []Observation) bool {
	var contents []Observation
	for _, o := range list {
		switch o.Kind {
		case observedContent, observedHead:
			contents = append(contents, o)
		default: // first, so that no link is on the way to a content
			if f.observe(o) != o.Saw {
				return false
			}
		}
	}
	var next atomic.Int64
	var differs atomic.Bool
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			buffer := make([]byte, 128<<10)
			for i := next.Add(1) - 1; i < int64(len(contents)) && !differs.Load(); i = next.Add(1) - 1 {
				if f.observeContent(contents[i], buffer) != contents[i].Saw {
					differs.Store(true)
				}
			}
		}()
	}
	wg.Wait()
	return !differs.Load()
}

func (f *FS) observe(o Observation) string {
	switch o.Kind {
	case observedEntry:
		var st unix.Stat_t
		return describe(&st, f.lstat(o.Path, &st))
	case observedLink:
		target, err := f.readlink(o.Path)
		return orError(target, err)
	case observedDir:
		list, err := f.readDir(o.Path)
		return orError(digestOfNames(list), err)
	case observedOwners:
		return f.ownersDigest
	case observedCapabilities:
		return strconv.FormatUint(f.capabilities(o.Path), 16)
	}
	return ""
}

func (f *FS) observeContent(o Observation, buffer []byte) string {
	fd, _, err := f.openRegular(place{path: o.Path})
	if err != nil {
		return orError("", err)
	}
	defer unix.Close(fd)
	h := sha256.New()
	left := int64(-1)
	if o.Kind == observedHead {
		left = o.Size
	}
	err = hashContent(h, fd, left, buffer)
	return orError(string(h.Sum(nil)), err)
}

// hashContent reads limit bytes, or to the end when it is negative.
func hashContent(h hash.Hash, fd int, limit int64, buffer []byte) error {
	for limit != 0 {
		part := buffer
		if limit > 0 {
			part = buffer[:min(int64(len(buffer)), limit)]
			limit -= int64(len(part))
		}
		n, err := readFull(fd, part)
		h.Write(part[:n])
		if err != nil || n < len(part) {
			return err
		}
	}
	return nil
}

// describe says what of an entry a result may depend on.
func describe(st *unix.Stat_t, err error) string {
	if err != nil {
		return orError("", err)
	}
	text := strconv.FormatUint(uint64(st.Mode), 8)
	if st.Mode&unix.S_IFMT == unix.S_IFREG {
		text += " " + strconv.FormatInt(st.Size, 10)
	}
	return text
}

// orError makes an answer of an error.
func orError(answer string, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return answer
}

func digestOfNames(list []dirItem) string {
	h := sha256.New()
	for _, item := range list {
		fmt.Fprintf(h, "%s\x00%o\n", item.name, item.kind)
	}
	return string(h.Sum(nil))
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return string(sum[:])
}

// noteRead notes what reading a whole file gave. That it has more bytes than are
// read is noted by its size.
func (f *FS) noteRead(path string, data []byte, err error) {
	switch {
	case f.trace == nil:
	case errors.Is(err, ErrTooLarge):
		_, _ = f.lstatat(path)
	case err != nil:
		f.trace.note(observed{observedContent, 0, path}, orError("", err))
	default:
		f.trace.note(observed{observedContent, 0, path}, digestOf(data))
	}
}

// noteContent notes a file that somebody else reads.
func (f *FS) noteContent(path string) {
	o := Observation{Kind: observedContent, Path: path}
	f.trace.note(observed{o.Kind, o.Size, o.Path}, f.observeContent(o, make([]byte, 128<<10)))
}

// maxHeld is the size of files that are read at once when a trace is made, so that the
// digest is that of the very bytes that are used.
const maxHeld = 64 << 20

// opened makes the File of an open file, and notes its content.
func (f *FS) opened(path string, file *os.File, size int64) (*File, error) {
	opened := &File{file: file, size: size}
	if f.trace == nil {
		return opened, nil
	}
	h := sha256.New()
	if size <= maxHeld {
		opened.held = make([]byte, size)
		if _, err := io.ReadFull(file, opened.held); err != nil {
			return nil, err
		}
		h.Write(opened.held)
	} else if _, err := io.Copy(h, io.NewSectionReader(file, 0, size)); err != nil {
		return nil, err
	}
	opened.digest = string(h.Sum(nil))
	f.trace.note(observed{observedContent, 0, path}, opened.digest)
	return opened, nil
}
