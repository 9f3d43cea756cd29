// SPDX-License-Identifier: MIT

// Package cache keeps what is costly to find out in a folder, for the next run and
// for other processes that use the folder at the same time.
//
// An entry is found by a key, the digest of everything that its content depends on;
// the program's own executable is always part of it, so that no entry outlives the
// code that made it. What is not an entry that this program wrote completely is
// taken for missing. A folder that cannot be written to or a full disk cost time, not
// correctness: what cannot be kept is found out again.
//
// Whoever may write to the folder decides what a scan says, as who may write to the
// program does.
package cache

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits of a folder.
const (
	MaxSize  = 1 << 30 // bytes of all entries; then the oldest go
	keptSize = MaxSize / 4 * 3

	maxVariants = 8              // of one key, that are looked at
	maxAge      = time.Hour      // of an entry's time stamp before a use renews it, and of the remains of a write
	format      = "entries-1"    // folder of the entries; another layout is another folder
	magic       = "sd-hardening" // every entry begins with it
)

// Key identifies an entry.
type Key [sha256.Size]byte

// Dir is a folder of entries, safe for concurrent use. A nil Dir has none and takes none.
type Dir struct {
	path     string
	identity Key // of this program

	mu      sync.Mutex
	wrote   bool
	problem error
}

// Open uses a folder, which is made when it is missing. It fails when the program's
// own executable cannot be read: nothing would tell what entries are its own.
func Open(path string) (*Dir, error) {
	identity, err := digestOfExecutable()
	if err != nil {
		return nil, fmt.Errorf("read own executable: %w", err)
	}
	d := &Dir{path: filepath.Join(path, format), identity: identity}
	d.note(os.MkdirAll(d.path, 0o755))
	return d, nil
}

func digestOfExecutable() (key Key, err error) {
	path, err := os.Executable()
	if err != nil {
		return key, err
	}
	f, err := os.Open(path)
	if err != nil {
		return key, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return Key(h.Sum(nil)), err
}

// note keeps the first problem.
func (d *Dir) note(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.problem == nil {
		d.problem = err
	}
}

// Problem is the first error of writing entries, or nil.
func (d *Dir) Problem() error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.problem
}

// Key makes the key of what depends on some inputs, and on this program.
func (d *Dir) Key(inputs ...[]byte) Key {
	h := sha256.New()
	if d != nil {
		h.Write(d.identity[:])
	}
	for _, in := range inputs {
		fmt.Fprintf(h, "%d:", len(in))
		h.Write(in)
	}
	return Key(h.Sum(nil))
}

// Find calls accept with the content of each entry of a key, the latest first, until
// it takes one. There is more than one entry of a key when it does not say everything
// that the content depends on; then accept has to tell.
func (d *Dir) Find(key Key, accept func(content []byte) bool) bool {
	if d == nil {
		return false
	}
	folder, name := d.place(key)
	var variants []fs.FileInfo
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), name) && isEntry(e.Name()) && info.Mode().IsRegular() {
			variants = append(variants, info)
		}
	}
	slices.SortStableFunc(variants, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, v := range variants[:min(len(variants), maxVariants)] {
		path := filepath.Join(folder, v.Name())
		if content, ok := read(path); ok && accept(content) {
			if now := time.Now(); now.Sub(v.ModTime()) > maxAge {
				_ = os.Chtimes(path, now, now) // in a folder of others, the entry just grows older
			}
			return true
		}
	}
	return false
}

// Put keeps an entry of a key. Its content tells entries of one key apart.
func (d *Dir) Put(key Key, content []byte) {
	if d == nil || d.Problem() != nil {
		return
	}
	folder, name := d.place(key)
	sum := sha256.Sum256(content)
	err := os.MkdirAll(folder, 0o755)
	if err == nil {
		err = write(folder, name+"-"+hex.EncodeToString(sum[:8]), sum, content)
	}
	d.note(err)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wrote = true
}

// place is the folder and the beginning of the name of a key's entries.
func (d *Dir) place(key Key) (folder, name string) {
	name = hex.EncodeToString(key[:])
	return filepath.Join(d.path, name[:2]), name
}

// write makes an entry appear at once, complete.
func write(folder, name string, sum Key, content []byte) error {
	f, err := os.CreateTemp(folder, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	for _, part := range [][]byte{[]byte(magic), sum[:], content} {
		if err == nil {
			_, err = f.Write(part)
		}
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(folder, name))
	}
	return err
}

// read returns the content of an entry that is complete and unchanged.
func read(path string) ([]byte, bool) {
	if info, err := os.Stat(path); err != nil || info.Size() > MaxSize {
		return nil, false
	}
	data, err := os.ReadFile(path)
	head := len(magic) + sha256.Size
	if err != nil || len(data) < head || string(data[:len(magic)]) != magic {
		return nil, false
	}
	return data[head:], sha256.Sum256(data[head:]) == Key(data[len(magic):head])
}

// Close makes room when this run wrote something.
func (d *Dir) Close() {
	if d == nil || !d.wrote {
		return
	}
	d.shrink(MaxSize, keptSize)
}

// found is a file of the folder.
type found struct {
	path string
	size int64
	time time.Time
}

// shrink removes the oldest entries when all together have more than limit bytes,
// until kept are left, and what writes that were cut off left behind. Other processes
// may do the same at the same time.
func (d *Dir) shrink(limit, kept int64) {
	var entries []found
	total := int64(0)
	_ = filepath.WalkDir(d.path, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // what cannot be read is not removed
		}
		info, err := e.Info()
		switch {
		case err != nil:
		case strings.HasPrefix(e.Name(), ".new-"):
			if time.Since(info.ModTime()) > maxAge {
				_ = os.Remove(path)
			}
		case isEntry(e.Name()):
			entries = append(entries, found{path, info.Size(), info.ModTime()})
			total += info.Size()
		}
		return nil
	})
	if total <= limit {
		return
	}
	slices.SortFunc(entries, func(a, b found) int {
		return cmp.Or(a.time.Compare(b.time), strings.Compare(a.path, b.path))
	})
	for _, e := range entries {
		if total <= kept {
			return
		}
		if os.Remove(e.path) == nil {
			total -= e.size
		}
	}
}

// isEntry tells by its name whether a file is an entry: no other is ever removed.
func isEntry(name string) bool {
	key, variant, ok := strings.Cut(name, "-")
	isHex := func(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }
	return ok && len(key) == 2*sha256.Size && len(variant) == 16 && isHex(key) && isHex(variant)
}
