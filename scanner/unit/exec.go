// SPDX-License-Identifier: MIT

package unit

import (
	"strconv"
	"strings"
)

// Command is one command line of an Exec*= setting.
type Command struct {
	Setting  string   // ExecStart, ExecStartPre, ...
	Prefixes string   // the special characters before the path: of @ - : + ! |
	Path     string   // as written, specifiers expanded; without "/" it is looked up in the PATH of systemd
	Args     []string // argv from argv[0] on, specifiers expanded, environment not
	Source
}

// setCommands reads the value of an Exec*= setting: one or more command lines,
// separated by lone semicolons (systemd.service(5), "Command lines"). What cannot
// be read refuses the unit, and with the prefix "-" drops the rest of the line.
func setCommands(l *loading, s *Service, a Assignment) error {
	if a.Value == "" {
		delete(s.Commands, a.Key)
		return nil
	}
	rest := a.Value
	for rest = skipBlanks(rest); rest != ""; rest = skipBlanks(rest) {
		word, after, closed := commandWord(rest)
		if !closed {
			return ignored("%s in the command line", errUnbalanced)
		}
		c := Command{Setting: a.Key, Source: a.Source}
		c.Prefixes = commandPrefixes(word, l.version)
		err := c.setPath(l, word[len(c.Prefixes):])
		if err == nil {
			rest, err = c.setArgs(l, after)
		}
		switch {
		case err != nil && strings.Contains(c.Prefixes, "-"):
			return ignored("%s", err)
		case err != nil:
			return fatal("%s", err)
		}
		s.Commands[a.Key] = append(s.Commands[a.Key], c)
	}
	return nil
}

// commandPrefixes are the characters before a path that have a meaning: each at
// most once, and of + ! !! only one ("|" from 258 on).
func commandPrefixes(word string, v Version) string {
	n, privileges := 0, ""
	for ; n < len(word); n++ {
		c := word[n]
		switch {
		case strings.IndexByte("-@:", c) >= 0 && strings.IndexByte(word[:n], c) < 0:
		case c == '|' && v.Major >= 258 && strings.IndexByte(word[:n], c) < 0:
		case (c == '+' || c == '!') && privileges == "", c == '!' && privileges == "!":
			privileges += string(c)
		default:
			return word[:n]
		}
	}
	return word[:n]
}

func (c *Command) setPath(l *loading, text string) (err error) {
	if c.Path, err = l.expand(text); err != nil {
		return err
	}
	switch {
	case c.Path == "":
		return ignored("the command line has no path")
	case unsafeString(c.Path):
		return ignored("special characters in the path of the command %q", c.Path)
	case strings.HasSuffix(c.Path, "/"):
		return ignored("the command %q is a directory", c.Path)
	case c.Path[0] != '/' && (strings.Contains(c.Path, "/") || c.Path == "." || c.Path == ".."):
		return ignored("the command %q is neither an absolute path nor a plain file name", c.Path)
	}
	return nil
}

// setArgs reads the arguments up to the end or a lone semicolon, and returns what
// comes after it.
func (c *Command) setArgs(l *loading, rest string) (after string, err error) {
	if !strings.Contains(c.Prefixes, "@") {
		c.Args = []string{c.Path}
	}
	for rest = skipBlanks(rest); rest != ""; rest = skipBlanks(rest) {
		if alone(rest, ";") {
			rest = rest[1:]
			break
		}
		word, closed := ";", true
		if alone(rest, `\;`) {
			rest = rest[2:]
		} else if word, rest, closed = commandWord(rest); !closed {
			return rest, ignored("%s in the command line", errUnbalanced)
		}
		text, err := l.expand(word)
		if err != nil {
			return rest, err
		}
		c.Args = append(c.Args, text)
	}
	if len(c.Args) == 0 {
		return rest, ignored("the command line has no argv[0] although the prefix @ asks for it")
	}
	return rest, nil
}

func skipBlanks(text string) string { return strings.TrimLeft(text, whitespace) }

// alone tells whether the text begins with a word of exactly these characters.
func alone(text, word string) bool {
	rest, found := strings.CutPrefix(text, word)
	return found && (rest == "" || strings.IndexByte(whitespace, rest[0]) >= 0)
}

// commandWord cuts off a word of a command line: quotes group, C escapes are
// undone, unknown ones stay. closed is false when a quote is open at the end.
func commandWord(text string) (word, rest string, closed bool) {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\\':
			plain, n := cEscape(text[i:])
			b.WriteString(plain)
			i += n
			continue
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == 0 && strings.IndexByte(whitespace, c) >= 0:
			return b.String(), text[i:], true
		default:
			b.WriteByte(c)
		}
		i++
	}
	return b.String(), "", quote == 0
}

var simpleEscapes = map[byte]string{
	'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v", 's': " ", '\\': `\`, '"': `"`, '\'': `'`,
}

// cEscape undoes the escape that the text begins with and tells its length; one
// that is unknown, or would be a NUL, stands for itself (systemd.syntax(7), "Quoting").
func cEscape(text string) (plain string, length int) {
	if len(text) < 2 {
		return text, len(text)
	}
	if plain, ok := simpleEscapes[text[1]]; ok {
		return plain, 2
	}
	digits := map[byte]struct{ skip, count, base int }{'x': {2, 2, 16}, 'u': {2, 4, 16}, 'U': {2, 8, 16}}
	d, ok := digits[text[1]]
	if !ok {
		d.skip, d.count, d.base = 1, 3, 8
	}
	if end := d.skip + d.count; len(text) >= end {
		if n, err := strconv.ParseUint(text[d.skip:end], d.base, 32); err == nil && n > 0 {
			switch {
			case text[1] == 'u' || text[1] == 'U':
				return string(rune(n)), end
			case n < 256:
				return string([]byte{byte(n)}), end
			}
		}
	}
	return text[:2], 2
}
