// SPDX-License-Identifier: MIT

package binary

import (
	"bytes"
	"unicode/utf8"
)

// Limits of what counts as a string.
const (
	minString = 1
	maxString = 4096
	// pathRun is how far behind an address that is formed further path names
	// are looked for: arrays of fixed-size names have one address only.
	pathRun = 2048
)

// stringTable numbers the strings of a file.
type stringTable struct {
	im   *image
	ids  map[string]int32
	seen map[uint64][]int32 // by address; nil for no string
	list []string
	next func(addr uint64) uint64 // where the next object begins
}

func newStringTable(im *image) *stringTable {
	return &stringTable{im: im, ids: map[string]int32{}, seen: map[uint64][]int32{}}
}

// text returns the printable NUL-terminated string at addr.
func (im *image) text(addr uint64) (string, bool) {
	b, ok := im.textBytes(addr)
	return string(b), ok
}

func (im *image) textBytes(addr uint64) ([]byte, bool) {
	b := im.from(addr)
	b = b[:min(len(b), maxString)]
	n := bytes.IndexByte(b, 0)
	if n < minString || !printable(b[:n]) {
		return nil, false
	}
	return b[:n], true
}

// printable tells whether b is text: UTF-8 without control characters but those
// of layout, and escape.
func printable(b []byte) bool {
	for _, c := range b {
		if c < 0x20 && (c < '\a' || c > '\r') && c != 0x1b || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(b)
}

// refs adds the strings that the address v leads to.
func (t *stringTable) refs(v uint64, refs []Ref) []Ref {
	ids, ok := t.seen[v]
	if !ok {
		ids = t.find(v)
		t.seen[v] = ids
	}
	for _, id := range ids {
		refs = append(refs, newRef(RefString, int(id)))
	}
	return refs
}

func (t *stringTable) find(v uint64) []int32 {
	var ids []int32
	if b, ok := t.im.textBytes(v); ok {
		ids = append(ids, t.id(b))
	}
	b := t.im.from(v)
	limit := min(uint64(len(b)), pathRun)
	if t.next != nil {
		limit = min(limit, t.next(v)-v)
	}
	for b = b[:limit]; ; {
		i := bytes.Index(b, []byte("\x00/"))
		if i < 0 {
			return ids
		}
		b = b[i+1:]
		if n := bytes.IndexByte(b, 0); n > 1 && printable(b[:n]) {
			ids = append(ids, t.id(b[:n]))
		}
	}
}

func (t *stringTable) id(b []byte) int32 {
	id, ok := t.ids[string(b)]
	if !ok {
		s := string(b)
		id = int32(len(t.list))
		t.list = append(t.list, s)
		t.ids[s] = id
	}
	return id
}
