// SPDX-License-Identifier: MIT

package evidence

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Kinds of Python's tokens.
const (
	pyName     = 'n'
	pyString   = 's' // of bytes, too; text is its value
	pyFormat   = 'f' // one with fields: text has \x01 in their place; the fields' tokens follow in parentheses
	pyNumber   = '0'
	pyOperator = 'o' // of one character
)

// pyToken is one of Python's tokens.
type pyToken struct {
	kind byte
	text string
	line int
	// indent is the column of the first token of a logical line, -1 for the others.
	indent int
}

func (t *pyToken) is(operator string) bool { return t.kind == pyOperator && t.text == operator }

// pyScanner splits a script into tokens.
type pyScanner struct {
	text   string
	at     int
	line   int
	indent int // of the line, where a logical line begins, else -1
	depth  int // of brackets
	fields int // of format strings in format strings
	tokens []pyToken
}

// nesting is 1 for a bracket that opens, -1 for one that closes.
func (t *pyToken) nesting() int {
	switch {
	case t.is("(") || t.is("[") || t.is("{"):
		return 1
	case t.is(")") || t.is("]") || t.is("}"):
		return -1
	}
	return 0
}

const (
	maxPython = 4 << 20 // bytes of one script
	maxFields = 8
)

var (
	errPythonText = errors.New("a text that does not end")
	errPythonSize = errors.New("too long, or no text")
)

// pythonTokens splits a script.
func pythonTokens(text string) ([]pyToken, error) {
	if len(text) > maxPython || strings.IndexByte(text, 0) >= 0 {
		return nil, errPythonSize
	}
	s := &pyScanner{text: strings.TrimPrefix(text, "\ufeff"), line: 1}
	s.startLine()
	if err := s.scan(false); err != nil {
		return nil, err
	}
	return s.tokens, nil
}

// startLine measures the indentation of a line.
func (s *pyScanner) startLine() {
	s.indent = 0
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case ' ':
			s.indent++
		case '\t':
			s.indent = s.indent/8*8 + 8
		case '\f':
			s.indent = 0
		default:
			return
		}
	}
}

func (s *pyScanner) emit(kind byte, text string, line int) {
	s.tokens = append(s.tokens, pyToken{kind, text, line, s.indent})
	s.indent = -1
}

// scan reads to the end of the text, or in a field of a format string to the end of its expression.
func (s *pyScanner) scan(field bool) error {
	depth := s.depth
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case c == '\n':
			s.at++
			s.line++
			if s.depth == 0 {
				s.startLine()
			}
		case c == ' ' || c == '\t' || c == '\r' || c == '\f':
			s.at++
		case c == '#':
			s.at += lengthTo(s.text[s.at:], '\n')
		case c == '\\' && strings.HasPrefix(strings.TrimLeft(s.text[s.at+1:min(s.at+3, len(s.text))], "\r"), "\n"):
			s.at += 1 + strings.IndexByte(s.text[s.at+1:], '\n') + 1
			s.line++
		case isNameByte(c) && (c < '0' || c > '9'):
			if err := s.name(); err != nil {
				return err
			}
		case c >= '0' && c <= '9':
			n := 1
			for s.at+n < len(s.text) && (isNameByte(s.text[s.at+n]) || s.text[s.at+n] == '.') {
				n++
			}
			s.emit(pyNumber, s.text[s.at:s.at+n], s.line)
			s.at += n
		case c == '"' || c == '\'':
			if err := s.literal(""); err != nil {
				return err
			}
		case field && s.depth == depth && (c == '}' || c == ':' || c == '!' && !strings.HasPrefix(s.text[s.at:], "!=")):
			return nil
		default:
			s.operator(c)
		}
	}
	return nil
}

func lengthTo(text string, c byte) int {
	if i := strings.IndexByte(text, c); i >= 0 {
		return i
	}
	return len(text)
}

func isNameByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}

func (s *pyScanner) operator(c byte) {
	switch c {
	case '(', '[', '{':
		s.depth++
	case ')', ']', '}':
		s.depth = max(s.depth-1, 0)
	}
	s.emit(pyOperator, string(c), s.line)
	s.at++
}

// name reads a name, or the prefix of a text.
func (s *pyScanner) name() error {
	n := 1
	for s.at+n < len(s.text) && isNameByte(s.text[s.at+n]) {
		n++
	}
	word := s.text[s.at : s.at+n]
	if s.at+n < len(s.text) && (s.text[s.at+n] == '"' || s.text[s.at+n] == '\'') && n <= 3 && strings.Trim(strings.ToLower(word), "rbuft") == "" {
		s.at += n
		return s.literal(strings.ToLower(word))
	}
	s.emit(pyName, word, s.line)
	s.at += n
	return nil
}

// literal reads a text behind its prefix.
func (s *pyScanner) literal(prefix string) error {
	quote := s.text[s.at : s.at+1]
	if long := strings.Repeat(quote, 3); strings.HasPrefix(s.text[s.at:], long) {
		quote = long
	}
	s.at += len(quote)
	raw, format := strings.Contains(prefix, "r"), strings.ContainsAny(prefix, "ft")
	kind, line := byte(pyString), s.line
	if format {
		kind = pyFormat
	}
	s.emit(kind, "", line)
	index := len(s.tokens) - 1
	var value strings.Builder
	for {
		if s.at >= len(s.text) || len(quote) == 1 && s.text[s.at] == '\n' {
			return errPythonText
		}
		switch c := s.text[s.at]; {
		case strings.HasPrefix(s.text[s.at:], quote):
			s.at += len(quote)
			s.tokens[index].text = value.String()
			return nil
		case c == '\\' && s.at+1 < len(s.text):
			s.escape(&value, raw, format)
		case format && (strings.HasPrefix(s.text[s.at:], "{{") || strings.HasPrefix(s.text[s.at:], "}}")):
			value.WriteByte(c)
			s.at += 2
		case format && c == '{':
			value.WriteByte(1)
			if err := s.field(); err != nil {
				return err
			}
		default:
			if c == '\n' {
				s.line++
			}
			value.WriteByte(c)
			s.at++
		}
	}
}

// field reads a field of a format string: its expression, and its format, which may have
// fields.
func (s *pyScanner) field() error {
	if s.fields++; s.fields > maxFields {
		return errPythonText
	}
	defer func() { s.fields-- }()
	s.at++
	depth := s.depth
	s.depth++ // a line's end does not end the statement
	s.emit(pyOperator, "(", s.line)
	if err := s.scan(true); err != nil {
		return err
	}
	s.emit(pyOperator, ")", s.line)
	s.depth = depth
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '}':
			s.at++
			return nil
		case '{':
			if err := s.field(); err != nil {
				return err
			}
		case '\n':
			s.line++
			s.at++
		default:
			s.at++
		}
	}
	return errPythonText
}

var pyEscapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', '\\': '\\', '\'': '\'', '"': '"', 'a': 7, 'b': 8, 'f': 12, 'v': 11}

// escape reads what begins with a backslash.
func (s *pyScanner) escape(value *strings.Builder, raw, format bool) {
	c := s.text[s.at+1]
	if c == '\n' {
		s.line++
	}
	plain, known := pyEscapes[c]
	switch {
	case raw && format && (c == '{' || c == '}'): // a field
		value.WriteByte('\\')
		s.at++
		return
	case raw:
		value.WriteString(s.text[s.at : s.at+2])
	case c == 'N' && strings.HasPrefix(s.text[s.at+2:], "{"):
		s.at += lengthTo(s.text[s.at:], '}')
		value.WriteByte('?')
		if s.at >= len(s.text) {
			return
		}
		s.at++
		return
	case c == 'x' && s.at+4 <= len(s.text) && isHex(s.text[s.at+2]) && isHex(s.text[s.at+3]):
		value.WriteByte(hexValue(s.text[s.at+2])<<4 | hexValue(s.text[s.at+3]))
		s.at += 4
		return
	case c >= '0' && c <= '7':
		v, n := 0, 1
		for ; n < 4 && s.at+n < len(s.text) && s.text[s.at+n] >= '0' && s.text[s.at+n] <= '7'; n++ {
			v = v*8 + int(s.text[s.at+n]-'0')
		}
		value.WriteByte(byte(v))
		s.at += n
		return
	case c == '\n':
	case known:
		value.WriteByte(plain)
	default:
		value.WriteString(s.text[s.at : s.at+2])
	}
	s.at += 2
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

func hexValue(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}
