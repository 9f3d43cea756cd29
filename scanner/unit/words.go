// SPDX-License-Identifier: MIT

package unit

import (
	"errors"
	"strconv"
	"strings"
)

var errUnbalanced = errors.New("unbalanced quote or trailing backslash")

// splitWords splits a value as systemd splits word lists: at white space; a
// backslash takes the next character literally; quotes group only when unquote
// is set. On an unbalanced quote or a final backslash the words before it are
// returned with an error; relaxed takes the unclosed word too, without error.
func splitWords(value string, unquote, relaxed bool) ([]string, error) {
	var words []string
	for i := 0; i < len(value); {
		if strings.IndexByte(whitespace, value[i]) >= 0 {
			i++
			continue
		}
		word, end, closed := nextWord(value, i, unquote)
		if !closed && !relaxed {
			return words, errUnbalanced
		}
		words = append(words, word)
		i = end
	}
	return words, nil
}

func nextWord(value string, i int, unquote bool) (word string, end int, closed bool) {
	var b strings.Builder
	var quote byte
	for ; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '\\':
			if i++; i == len(value) {
				return b.String(), i, false
			}
			b.WriteByte(value[i])
		case quote != 0:
			if c == quote {
				quote = 0
			} else {
				b.WriteByte(c)
			}
		case unquote && (c == '\'' || c == '"'):
			quote = c
		case strings.IndexByte(whitespace, c) >= 0:
			return b.String(), i, true
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), i, quote == 0
}

// parseBool reads systemd's booleans, in any case (parse_boolean; systemd.syntax(7)).
func parseBool(value string) (on, ok bool) {
	switch strings.ToLower(value) {
	case "1", "yes", "y", "true", "t", "on":
		return true, true
	case "0", "no", "n", "false", "f", "off":
		return false, true
	}
	return false, false
}

// parseMode reads octal digits up to 7777, as UMask= takes them.
func parseMode(value string) (uint32, bool) {
	for i := 0; i < len(value); i++ {
		if value[i] < '0' || value[i] > '7' {
			return 0, false
		}
	}
	mode, err := strconv.ParseUint(value, 8, 32)
	return uint32(mode), err == nil && mode <= 0o7777
}
