// SPDX-License-Identifier: MIT

package binary

import (
	"bytes"
	"slices"
	"strings"
)

// Limits of what is put together from immediates.
const (
	maxCopiedNames  = 512 // of one function
	maxCopiedLength = 48
)

// vectorSize is how many bytes of constant text are taken for one piece.
const vectorSize = 16

// piece is the text that a finding stands for: of an immediate, or of constants that are
// copied in vectors or the like. It is empty where there is none.
func (c *code) piece(f *finding) string {
	switch f.kind {
	case findText, findPiece:
		return immediateText(f.target)
	case findCopied:
		return c.im.piece(f.target)
	}
	return ""
}

// piece is the text in the bytes at addr that may be copied at once, as far as it goes: all of
// them, or half.
func (im *image) piece(addr uint64) string {
	b := im.from(addr)
	for _, n := range []int{vectorSize, vectorSize / 2} {
		if len(b) < n {
			continue
		}
		text := b[:n]
		if end := bytes.IndexByte(text, 0); end >= 0 {
			text = text[:end]
		}
		if len(text) > 0 && !slices.ContainsFunc(text, func(c byte) bool { return !ofPath(c) }) {
			return string(text)
		}
	}
	return ""
}

// beginsPath tells whether a piece is the beginning of a path name.
func beginsPath(piece string) bool { return len(piece) >= minPathStart && piece[0] == '/' }

// copiedNames are the path names that the pieces of text in a group of parts can be: an
// array of characters on the stack is filled from immediates, a word at a time, or from
// constants by vectors; the last of them ends the string and may overlap the one before.
// Where each is stored is not followed, so a name is taken from all that fit together.
func (c *code) copiedNames(g *group) []string {
	var begun, pieces []string
	for _, i := range g.parts {
		for k := range c.parts[i].found {
			text := c.piece(&c.parts[i].found[k])
			if text == "" {
				continue
			}
			if pieces = append(pieces, text); beginsPath(text) && fills(text, c.abi.WordSize) {
				begun = append(begun, text)
			}
		}
	}
	return joined(begun, pieces, c.abi.WordSize)
}

// joined are the texts that begin with one of begun, each of which fills a word, and go
// on with pieces, up to one that ends the string; the shortest come first.
func joined(begun, pieces []string, word int) []string {
	var out []string
	seen := map[string]bool{}
	for len(begun) > 0 && len(out) < maxCopiedNames {
		text := begun[0]
		begun = begun[1:]
		for _, p := range pieces {
			for k := 0; k < len(p) && (k == 0 || !fills(p, word) || len(p) < word); k++ { // one that ends the string may overlap
				name := text + p[k:]
				if seen[name] || !strings.HasSuffix(text, p[:k]) || len(name) > maxCopiedLength {
					continue
				}
				seen[name] = true
				out = append(out, name)
				if fills(p, word) {
					begun = append(begun, name)
				}
			}
		}
	}
	return out
}

// fills tells whether a text fills the vector, the word or half word that it is stored with:
// the string goes on.
func fills(text string, word int) bool {
	return len(text) == vectorSize || len(text) == word || len(text) == 4
}
