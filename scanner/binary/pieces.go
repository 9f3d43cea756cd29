// SPDX-License-Identifier: MIT

package binary

import "strings"

// Limits of what is put together from immediates.
const (
	maxCopiedNames  = 512 // of one function
	maxCopiedLength = 40
)

// copiedNames are the path names that the immediates of a group of parts can be: an
// array of characters on the stack is filled from immediates, a word at a time, the
// last of which ends the string and may overlap the one before. Where each is stored
// is not followed, so a name is taken from all that fit together.
func (c *code) copiedNames(g *group) []string {
	var begun, pieces []string
	for _, i := range g.parts {
		for _, f := range c.parts[i].found {
			switch text := immediateText(f.target); {
			case f.kind == findText && fills(text, c.abi.WordSize):
				begun, pieces = append(begun, text), append(pieces, text)
			case f.kind == findText, f.kind == findPiece:
				pieces = append(pieces, text)
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
			for k := 0; k < len(p) && (k == 0 || len(p) < word); k++ { // one that ends the string may overlap
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

// fills tells whether a text fills the word or half word that it is stored with: the
// string goes on.
func fills(text string, word int) bool { return len(text) == word || len(text) == 4 }
