// SPDX-License-Identifier: MIT

package unit

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxLine is LONG_LINE_MAX of systemd: a line, also a joined or comment one, of
// this many bytes is an error.
const maxLine = 1 << 20

const whitespace = " \t\n\r"

// Source is a line of a file in the image; lines count from 1.
type Source struct {
	File string
	Line int
}

// String gives "file:line".
func (s Source) String() string { return fmt.Sprintf("%s:%d", s.File, s.Line) }

// Assignment is one "Key=Value" of a unit file, continuation lines joined. Line
// is the first of them.
type Assignment struct {
	Section, Key, Value string
	Source
}

// Severity of a Diagnostic.
type Severity string

const (
	Warning Severity = "warning" // the line or file has no effect
	Error   Severity = "error"   // the unit does not load because of it
	Info    Severity = "info"
)

// Diagnostic is something that PID 1 would ignore or reject, and what it does.
type Diagnostic struct {
	Severity Severity
	Source
	Message string
}

// errBroken marks a file that PID 1 stops reading: the unit file fails, of a
// drop-in the rest is lost.
var errBroken = errors.New("the file cannot be parsed from here on")

// parser reads one unit file or drop-in as systemd's config_parse does.
type parser struct {
	file        string
	version     Version
	sections    map[string]bool // sections of this unit type; nil takes all
	assignments []Assignment
	diagnostics []Diagnostic

	section string
	ignored bool // in an unknown section
}

// Parse reads a unit file as PID 1 of the given systemd version does: line ends,
// comments, continuation, sections. typ is the unit type that decides which
// sections are known. The error, when there is one, is what PID 1 stops at;
// assignments before it are returned too, since it applies those of a drop-in.
// Source: systemd.syntax(7) and the behaviour recorded in testdata/oracle.
func Parse(data []byte, file, typ string, version Version) ([]Assignment, []Diagnostic, error) {
	p := &parser{file: file, version: version, sections: sectionsOf[typ]}
	err := p.parse(data)
	return p.assignments, p.diagnostics, err
}

func (p *parser) parse(data []byte) error {
	var (
		joined    strings.Builder
		continued bool
		bomSeen   bool
		first     int // line where a continued assignment began
	)
	for number := 1; len(data) > 0; number++ {
		var raw []byte
		raw, data = nextLine(data)
		if len(raw) >= maxLine {
			return p.broken(number, "line is longer than 1 MiB")
		}
		if text := bytes.TrimLeft(raw, whitespace); len(text) > 0 && (text[0] == '#' || text[0] == ';') {
			continue
		}
		line := string(raw)
		if !bomSeen && strings.HasPrefix(line, "\ufeff") {
			line, bomSeen = strings.TrimPrefix(line, "\ufeff"), true
		}
		if continued {
			if joined.Len()+len(line) > maxLine {
				return p.broken(number, "continued line is longer than 1 MiB")
			}
			joined.WriteString(line)
			line = joined.String()
		} else {
			first = number
		}
		if endsInEscape(line) {
			joined.Reset()
			joined.WriteString(line[:len(line)-1])
			joined.WriteByte(' ')
			continued = true
			continue
		}
		continued = false
		if err := p.line(line, first); err != nil {
			return err
		}
	}
	if continued {
		return p.line(joined.String(), first)
	}
	return nil
}

// nextLine cuts off one line and its end: any of LF, CR and NUL, each at most
// once, so that pairs as CR LF are one end.
func nextLine(data []byte) (line, rest []byte) {
	end := bytes.IndexAny(data, "\n\r\x00")
	if end < 0 {
		return data, nil
	}
	line = data[:end]
	var seen [256]bool
	for end < len(data) && (data[end] == '\n' || data[end] == '\r' || data[end] == 0) && !seen[data[end]] {
		seen[data[end]] = true
		end++
	}
	return line, data[end:]
}

// endsInEscape tells whether the line ends in a backslash that is not itself escaped.
func endsInEscape(line string) bool {
	n := 0
	for n < len(line) && line[len(line)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

func (p *parser) line(text string, number int) error {
	text = strings.Trim(text, whitespace)
	if text == "" {
		return nil
	}
	if !utf8.ValidString(text) {
		return p.broken(number, "line is not valid UTF-8")
	}
	if text[0] == '[' {
		return p.header(text, number)
	}
	if p.section == "" {
		if !p.ignored {
			p.warn(number, "assignment outside of a section is ignored")
		}
		return nil
	}
	key, value, found := strings.Cut(text, "=")
	key = strings.Trim(key, whitespace)
	switch {
	case !found:
		p.warn(number, "line without '=' is ignored")
	case key == "" && strings.HasPrefix(text, "="):
		p.warn(number, "line without a key before '=' is ignored")
	default:
		p.assignments = append(p.assignments, Assignment{p.section, key, strings.Trim(value, whitespace), Source{p.file, number}})
	}
	return nil
}

func (p *parser) header(text string, number int) error {
	name, closed := strings.CutSuffix(text[1:], "]")
	switch {
	case !closed:
		return p.broken(number, "section header %q does not end in ']'", text)
	case p.version.Major >= 251 && unsafeString(name):
		return p.broken(number, "section header %q has characters that are not allowed", text)
	case name == "" && p.version.Major >= 258:
		return p.broken(number, "section header has no name")
	}
	p.section, p.ignored = name, false
	if p.sections != nil && !p.sections[name] {
		p.section, p.ignored = "", true
		if !strings.HasPrefix(name, "X-") {
			p.warn(number, "unknown section [%s] is ignored with all its lines", name)
		}
	}
	return nil
}

// unsafeString tells what systemd refuses in section names: control characters,
// quotes and backslashes.
func unsafeString(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0 || strings.ContainsAny(s, `"'\`)
}

func (p *parser) warn(line int, format string, args ...any) {
	if len(p.diagnostics) <= MaxDiagnostics { // one more, so that it is seen that there are more
		p.diagnostics = append(p.diagnostics, Diagnostic{Warning, Source{p.file, line}, fmt.Sprintf(format, args...)})
	}
}

func (p *parser) broken(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s: %w", p.file, line, fmt.Sprintf(format, args...), errBroken)
}
