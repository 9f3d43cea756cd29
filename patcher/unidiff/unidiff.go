// SPDX-License-Identifier: MIT

// Package unidiff writes unified diffs that patch, git apply and quilt accept.
//
// The comparison is go-diff's line mode; its own patch format is made of
// characters and percent escapes, which no other program reads, so the hunks
// are written here.
package unidiff

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

const (
	// contextLines is how many unchanged lines surround a change, the default
	// of diff and git: what patch needs to find a place that has moved.
	contextLines = 3
	// maxCompared limits the lines that are compared one by one: the time of
	// the comparison grows with their square, and go-diff numbers lines with
	// runes, of which there are 1,112,060. Above it the lines between the common
	// head and tail are replaced as a whole.
	maxCompared = 20_000
	devNull     = "/dev/null"
)

// Diff gives the unified diff that turns old into new, with three lines of
// context, or nil when they are equal. A nil side is a file that does not
// exist, and an empty one a file without content; the difference between these
// two alone has no form in a unified diff, and gives nil. The names are written
// as they are given, so a caller that wants "patch -p1" gives "a/x" and "b/x".
func Diff(oldName, newName string, old, new []byte) []byte {
	if bytes.Equal(old, new) {
		return nil
	}
	if old == nil {
		oldName = devNull
	}
	if new == nil {
		newName = devNull
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", header(oldName), header(newName))
	for _, h := range hunks(compare(string(old), string(new))) {
		h.write(&b)
	}
	return b.Bytes()
}

// header is a file name as patch and git read it back: with a tab behind a name
// that has spaces, and quoted as C does when a character would end the line or
// be taken for a quotation mark.
func header(name string) string {
	for i := 0; i < len(name); i++ {
		if name[i] < ' ' || name[i] == 0x7f || name[i] == '"' {
			return quote(name)
		}
	}
	if strings.Contains(name, " ") {
		return name + "\t"
	}
	return name
}

func quote(name string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// line is one line of the comparison with its own line end, and ' ', '-' or '+'.
type line struct {
	op   byte
	text string
}

// compare gives the lines of both texts in order; within a change the removed
// lines come before the added ones, as diff has them.
func compare(old, new string) []line {
	a, b := split(old), split(new)
	head := common(len(a), len(b), func(i int) bool { return a[i] == b[i] })
	tail := common(len(a)-head, len(b)-head, func(i int) bool { return a[len(a)-1-i] == b[len(b)-1-i] })

	lines := mark(nil, ' ', a[:head])
	lines = append(lines, differ(a[head:len(a)-tail], b[head:len(b)-tail])...)
	return mark(lines, ' ', a[len(a)-tail:])
}

// split cuts a text behind each line feed; the last line may lack one.
func split(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if last := len(lines) - 1; lines[last] == "" {
		return lines[:last]
	}
	return lines
}

func common(n, m int, same func(i int) bool) int {
	i := 0
	for i < n && i < m && same(i) {
		i++
	}
	return i
}

func mark(to []line, op byte, lines []string) []line {
	for _, text := range lines {
		to = append(to, line{op, text})
	}
	return to
}

// differ compares what lies between the common head and tail.
func differ(a, b []string) []line {
	if len(a)+len(b) > maxCompared {
		return mark(mark(nil, '-', a), '+', b)
	}
	dmp := diffmatchpatch.New()
	dmp.DiffTimeout = 0 // with a time limit the result would depend on the machine
	ra, rb, text := dmp.DiffLinesToRunes(strings.Join(a, ""), strings.Join(b, ""))
	var lines, added []line
	for _, d := range dmp.DiffCharsToLines(dmp.DiffMainRunes(ra, rb, false), text) {
		switch d.Type {
		case diffmatchpatch.DiffDelete:
			lines = mark(lines, '-', split(d.Text))
		case diffmatchpatch.DiffInsert:
			added = mark(added, '+', split(d.Text))
		case diffmatchpatch.DiffEqual:
			lines = mark(append(lines, added...), ' ', split(d.Text))
			added = nil
		}
	}
	return append(lines, added...)
}

// hunk is a group of changes with its context. The starts count from 0.
type hunk struct {
	oldStart, newStart int
	lines              []line
}

// hunks groups the changes: two with less than twice the context between them
// share a hunk, so that no line is in two.
func hunks(lines []line) []hunk {
	var out []hunk
	var oldAt, newAt, done int // done lines are counted in oldAt and newAt
	for first := nextChange(lines, 0); first < len(lines); {
		last := first
		next := nextChange(lines, last+1)
		for next < len(lines) && next-last <= 2*contextLines+1 {
			last, next = next, nextChange(lines, next+1)
		}
		start, end := max(first-contextLines, 0), min(last+1+contextLines, len(lines))
		oldAt, newAt = oldAt+count(lines[done:start], '-'), newAt+count(lines[done:start], '+')
		out = append(out, hunk{oldAt, newAt, lines[start:end]})
		done, first = start, next
	}
	return out
}

func nextChange(lines []line, from int) int {
	for from < len(lines) && lines[from].op == ' ' {
		from++
	}
	return from
}

// count gives how many of the lines are in the side that op names: its own and
// the common ones.
func count(lines []line, op byte) int {
	n := 0
	for _, l := range lines {
		if l.op == ' ' || l.op == op {
			n++
		}
	}
	return n
}

func (h hunk) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "@@ -%s +%s @@\n", span(h.oldStart, count(h.lines, '-')), span(h.newStart, count(h.lines, '+')))
	for _, l := range h.lines {
		b.WriteByte(l.op)
		b.WriteString(l.text)
		if !strings.HasSuffix(l.text, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
}

// span is a range of a hunk's header: the first line counts from 1, an empty
// range names the line before it, and a length of 1 is left out.
func span(start, n int) string {
	switch n {
	case 0:
		return strconv.Itoa(start) + ",0"
	case 1:
		return strconv.Itoa(start + 1)
	}
	return fmt.Sprintf("%d,%d", start+1, n)
}
