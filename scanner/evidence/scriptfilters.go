// SPDX-License-Identifier: MIT

package evidence

import (
	"regexp"
	"slices"
	"strings"
)

// lines is what a program prints that takes lines of its input.
func lines(name string, operands []shellWord, in value) value {
	if max := map[bool]int{true: 1}[strings.HasSuffix(name, "grep")]; len(operands) > max && !(len(operands) == 1 && operands[0].literal == "-") {
		return fromOutside
	}
	return in
}

// filtered is what a program prints that changes its input.
func (r *scriptReader) filtered(name string, args, operands []shellWord, in value) value {
	if files := len(operands) - map[string]int{"sed": 1, "awk": 1, "gawk": 1, "mawk": 1, "nawk": 1, "tr": 2, "cut": 0}[name]; files > 0 && (name != "cut" || slices.ContainsFunc(operands, isNoOptionValue)) {
		return fromOutside
	}
	if len(operands) == 1 && name == "sed" {
		if program, ok := operands[0].value().single(); ok {
			if change, ok := substitution(program); ok && len(args) == 1 {
				return in.each(func(text string) (string, bool) { return change(text), true })
			}
		}
	}
	if len(operands) == 2 && name == "tr" && len(args) == 2 {
		from, ok1 := operands[0].value().single()
		to, ok2 := operands[1].value().single()
		if ok1 && ok2 {
			return in.each(func(text string) (string, bool) { return translated(text, from, to) })
		}
	}
	return in.blurred(spaced(args))
}

// isNoOptionValue tells whether a word is too long for a delimiter or a number of a field.
func isNoOptionValue(w shellWord) bool {
	return w.literal == "" || len(w.literal) > 3 || strings.Contains(w.literal, "/")
}

var simpleExpression = regexp.MustCompile(`^\^?(?:[A-Za-z0-9_/@%=:, -]\*?|\\[./]|\.\*?|\[\^?[A-Za-z0-9_/.@%=:, -]+\]\*?)*\$?$`)

// substitution is a command s of sed(1) that is simple.
func substitution(program string) (change func(string) string, ok bool) {
	if len(program) < 4 || program[0] != 's' {
		return nil, false
	}
	parts := strings.Split(program[2:], program[1:2])
	if len(parts) != 3 || !simpleExpression.MatchString(parts[0]) || strings.ContainsAny(parts[1], `\&`) || parts[2] != "" && parts[2] != "g" {
		return nil, false
	}
	expression, err := regexp.CompilePOSIX(strings.ReplaceAll(parts[0], `\/`, "/"))
	if err != nil {
		return nil, false
	}
	return func(text string) string {
		done := false
		return expression.ReplaceAllStringFunc(text, func(found string) string {
			if done && parts[2] == "" {
				return found
			}
			done = true
			return parts[1]
		})
	}, true
}

// translated is what tr(1) makes of a text with two sets of the same length.
func translated(text, from, to string) (string, bool) {
	for _, class := range [][2]string{{"[:upper:]", "A-Z"}, {"[:lower:]", "a-z"}} {
		from, to = strings.ReplaceAll(from, class[0], class[1]), strings.ReplaceAll(to, class[0], class[1])
	}
	from, to = ranges(from), ranges(to)
	if len(from) != len(to) || strings.ContainsAny(from+to, `\[`) {
		return "", false
	}
	return strings.Map(func(c rune) rune {
		if i := strings.LastIndexByte(from, byte(c)); c < 128 && i >= 0 {
			return rune(to[i])
		}
		return c
	}, text), true
}

// ranges writes the ranges of a set out.
func ranges(set string) string {
	var b strings.Builder
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' && set[i] <= set[i+2] {
			for c := set[i]; c < set[i+2]; c++ {
				b.WriteByte(c)
			}
			i++
			continue
		}
		b.WriteByte(set[i])
	}
	return b.String()
}
