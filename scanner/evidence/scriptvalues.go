// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/pattern"
)

// What stands in a text for a part of it that is not known.
const (
	inFiles  = "\x01" // made of words of the script, the files that it reads and its arguments
	outside  = "\x02" // from anywhere else
	unsetVar = "\x03" // of an environment variable that nobody is seen to set
	holes    = inFiles + outside + unsetVar
)

// Limits on what a word may stand for.
const (
	maxTexts = 64
)

// value is what a part of a script may stand for: any of some texts. None is the value
// of what prints nothing, or never gets a value.
type value struct {
	texts  []string
	pieces *wordSet // what parts inFiles are made of
}

// wordSet is words, and those of two others.
type wordSet struct {
	words []string
	of    [2]*wordSet
}

// and are the words of both.
func (p *wordSet) and(other *wordSet) *wordSet {
	switch {
	case p == nil || p == other:
		return other
	case other == nil:
		return p
	}
	return &wordSet{of: [2]*wordSet{p, other}}
}

// all are the words, sorted.
func (p *wordSet) all() []string {
	var words []string
	seen := map[*wordSet]bool{nil: true}
	for open := []*wordSet{p}; len(open) > 0; {
		last := open[len(open)-1]
		open = open[:len(open)-1]
		if !seen[last] {
			seen[last] = true
			words = append(words, last.words...)
			open = append(open, last.of[0], last.of[1])
		}
	}
	return sorted(words)
}

var fromOutside = value{texts: []string{outside}}

// number is a text that names no program, whatever it is.
var number = value{texts: []string{inFiles}}

func exactly(texts ...string) value { return value{texts: texts} }

func isKnown(text string) bool { return !strings.ContainsAny(text, holes) }

// isShipped tells whether a text has no part from outside of the files.
func isShipped(text string) bool { return !strings.ContainsAny(text, outside+unsetVar) }

// single is the text of a value that is known and has one.
func (v value) single() (string, bool) {
	if len(v.texts) != 1 || !isKnown(v.texts[0]) {
		return "", false
	}
	return v.texts[0], true
}

func (v value) isKnown() bool { return len(v.texts) > 0 && !slices.ContainsFunc(v.texts, isUnknown) }

func isUnknown(text string) bool { return !isKnown(text) }

// or is a value that may be one or the other.
func (v value) or(other value) value {
	if len(v.texts) == 0 {
		return other
	}
	out := value{slices.Clone(v.texts), v.pieces}
	for _, text := range other.texts {
		if !slices.Contains(out.texts, text) {
			out.texts = append(out.texts, text)
		}
	}
	out.pieces = v.pieces.and(other.pieces)
	return out.limit()
}

// then is one value behind the other.
func (v value) then(other value) value {
	if len(v.texts)*len(other.texts) > maxTexts {
		if len(v.texts) > len(other.texts) {
			v = v.common()
		} else {
			other = other.common()
		}
	}
	if len(v.texts)*len(other.texts) > maxTexts {
		v = v.common()
	}
	out := value{pieces: v.pieces.and(other.pieces)}
	for _, a := range v.texts {
		for _, b := range other.texts {
			out.texts = append(out.texts, merged(a+b))
		}
	}
	slices.Sort(out.texts)
	out.texts = slices.Compact(out.texts)
	return out
}

// merged is a text in which parts that are not known stand for one where they meet.
func merged(text string) string {
	if isKnown(text) {
		return text
	}
	var b []byte
	for i := 0; i < len(text); i++ {
		if n := len(b); n > 0 && strings.IndexByte(holes, b[n-1]) >= 0 && strings.IndexByte(holes, text[i]) >= 0 {
			if text[i] != b[n-1] {
				b[n-1] = outside[0]
			}
			continue
		}
		b = append(b, text[i])
	}
	return string(b)
}

// limit keeps what is common to texts that are too many.
func (v value) limit() value {
	if len(v.texts) > maxTexts {
		return v.common()
	}
	return v
}

// common is a value by the beginning and the end that its texts share.
func (v value) common() value {
	if len(v.texts) < 2 {
		return v
	}
	begin := v.sharedBeginning()
	end := len(v.texts[0])
	for _, text := range v.texts[1:] {
		n := 0
		for n < min(end, len(text)) && text[len(text)-1-n] == v.texts[0][len(v.texts[0])-1-n] && isKnown(text[len(text)-1-n:len(text)-n]) {
			n++
		}
		end = n
	}
	for _, text := range v.texts {
		end = min(end, len(text)-len(begin))
	}
	return exactly(begin).then(v.blurred()).then(exactly(v.texts[0][len(v.texts[0])-end:]))
}

// beginning is a value by what its texts begin with.
func (v value) beginning() value { return exactly(v.sharedBeginning()).then(v.blurred()) }

func (v value) sharedBeginning() string {
	first, last := slices.Min(v.texts), slices.Max(v.texts)
	n := 0
	for n < min(len(first), len(last)) && first[n] == last[n] && isKnown(first[n:n+1]) {
		n++
	}
	return first[:n]
}

// blurred is a text of which nothing is known but what it is made of.
func (v value) blurred(others ...value) value {
	hole, made, words, some := inFiles, (*wordSet)(nil), []string(nil), false
	for _, x := range append([]value{v}, others...) {
		for _, text := range x.texts {
			some = true
			if !isShipped(text) {
				hole = outside
			}
			words = append(words, strings.FieldsFunc(text, func(c rune) bool { return separates(c) || strings.ContainsRune(holes+"[]`&", c) })...)
		}
		made = made.and(x.pieces)
	}
	switch {
	case !some:
		return value{}
	case len(words) > 0:
		made = made.and(&wordSet{words: sorted(words)})
	}
	return value{[]string{hole}, made}
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// each changes every text that is known; the others it blurs.
func (v value) each(change func(string) (string, bool)) value {
	out := value{pieces: v.pieces}
	for _, text := range v.texts {
		changed, ok := text, false
		if isKnown(text) {
			changed, ok = change(text)
		}
		if ok {
			out = out.or(exactly(changed))
		} else {
			out = out.or(value{[]string{text}, v.pieces}.blurred())
		}
	}
	return out
}

// fields are the words that the shell makes of a value.
func (v value) fields() value {
	out := value{pieces: v.pieces}
	for _, text := range v.texts {
		for _, field := range strings.Fields(text) {
			out = out.or(exactly(field))
		}
	}
	out.pieces = v.pieces
	return out
}

// removed is a value without what a pattern matches at its beginning or end. What is
// unknown in a text may hold what the pattern matches, too.
func (v value) removed(glob string, prefix, longest bool) (value, bool) {
	mode := pattern.Mode(0)
	if !longest {
		mode = pattern.Shortest
	}
	source, err := pattern.Regexp(glob, mode)
	if err != nil {
		return value{}, false
	}
	begin, err := regexp.Compile("^(?:" + source + ")")
	if err != nil {
		return value{}, false
	}
	whole := regexp.MustCompile("^(?:" + source + ")$")
	out := value{pieces: v.pieces}
	for _, text := range v.texts {
		switch {
		case prefix:
			rest := text[len(begin.FindString(text)):]
			out = out.or(exactly(rest))
			if i := strings.LastIndexAny(text, holes); i > 0 {
				out = out.or(exactly(text[i:]))
			}
		default:
			out = out.or(exactly(withoutSuffix(text, whole, longest)))
			if i := strings.IndexAny(text, holes); i >= 0 {
				out = out.or(exactly(text[:i+1]))
			}
		}
	}
	out.pieces = v.pieces
	return out, true
}

func withoutSuffix(text string, whole *regexp.Regexp, longest bool) string {
	if longest {
		for i := 0; i <= len(text); i++ {
			if whole.MatchString(text[i:]) {
				return text[:i]
			}
		}
		return text
	}
	for i := len(text); i >= 0; i-- {
		if whole.MatchString(text[i:]) {
			return text[:i]
		}
	}
	return text
}

// folder and base are dirname(1) and basename(1) of a value.
func (v value) folder() value {
	out := value{pieces: v.pieces}
	for _, text := range v.texts {
		i := strings.LastIndex(text, "/")
		switch {
		case i > 0:
			out = out.or(exactly(text[:i]))
		case i == 0:
			out = out.or(exactly("/"))
		case isKnown(text):
			out = out.or(exactly("."))
		}
		if strings.ContainsAny(text[i+1:], holes) {
			out = out.or(exactly(text))
		}
	}
	out.pieces = v.pieces
	return out
}

func (v value) base(suffix string) value {
	out := value{pieces: v.pieces}
	for _, text := range v.texts {
		out = out.or(exactly(strings.TrimSuffix(path.Base(text), suffix)))
	}
	out.pieces = v.pieces
	return out
}

// glob is a text as a pattern: anything for what is not known.
func glob(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case strings.ContainsRune(holes, c):
			if !strings.HasSuffix(b.String(), "*") {
				b.WriteByte('*')
			}
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// matching tells what a text with unknown parts may be: these may be anything.
func matching(text string) *regexp.Regexp {
	var b strings.Builder
	for _, c := range text {
		if strings.ContainsRune(holes, c) {
			b.WriteString(".*")
		} else {
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return regexp.MustCompile("(?s)^" + b.String() + "$")
}
