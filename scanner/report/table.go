// SPDX-License-Identifier: MIT

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// table prints columns two blanks apart; on a terminal the widest text column is
// cut so that a line fits.
func (t Text) table(w io.Writer, rows [][]string, color func(row, column int) string) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = Sanitize(cell)
			widths[i] = max(widths[i], width(row[i]))
		}
	}
	t.fit(widths)
	var text strings.Builder
	for n, row := range rows {
		text.WriteString(t.line(rows, n, row, widths, color))
		text.WriteByte('\n')
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// line is one row of a table, with blanks at its end cut off.
func (t Text) line(rows [][]string, n int, row []string, widths []int, color func(row, column int) string) string {
	var b strings.Builder
	for i, cell := range row {
		if width(cell) > widths[i] {
			cell = runewidth.Truncate(cell, widths[i], "…")
		}
		pad := widths[i] - width(cell)
		if numeric(rows, i) {
			b.WriteString(strings.Repeat(" ", pad))
			pad = 0
		}
		b.WriteString(t.paint(color(n, i), cell))
		if i < len(row)-1 {
			b.WriteString(strings.Repeat(" ", pad+2))
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// width is the number of terminal columns of sanitized text.
func width(text string) int {
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			return runewidth.StringWidth(text)
		}
	}
	return len(text)
}

// numeric columns are those of figures: aligned to the right.
func numeric(rows [][]string, column int) bool {
	switch rows[0][column] {
	case "EXPOSURE", "AFTER", "IGNORED", "INEFFECTIVE":
		return true
	}
	return false
}

const narrowest = 12 // columns that a cut text column keeps

// fit takes columns from the widest until the line fits the terminal.
func (t Text) fit(widths []int) {
	if t.Width <= 0 {
		return
	}
	total := 2 * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for total > t.Width {
		widest := 0
		for i := range widths {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= narrowest {
			return
		}
		widths[widest]--
		total--
	}
}

// dropEmpty removes those of the given columns that hold no value in any row.
func dropEmpty(rows [][]string, columns ...int) [][]string {
	empty := slices.DeleteFunc(columns, func(c int) bool {
		return slices.ContainsFunc(rows[1:], func(row []string) bool { return strings.Trim(row[c], "-") != "" })
	})
	for n, row := range rows {
		var kept []string
		for c, cell := range row {
			if !slices.Contains(empty, c) {
				kept = append(kept, cell)
			}
		}
		rows[n] = kept
	}
	return rows
}

func (t Text) paint(sgr, text string) string {
	if !t.Color || sgr == "" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

// Sanitize makes text from an image safe to print: control characters and
// invalid bytes are shown as escapes, so that no name can move a cursor or end a line.
func Sanitize(s string) string {
	clean := func(r rune) bool { return r != unicode.ReplacementChar && unicode.IsPrint(r) }
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case clean(r):
			b.WriteRune(r)
		case r == unicode.ReplacementChar:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func count(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
