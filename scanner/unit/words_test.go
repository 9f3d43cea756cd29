// SPDX-License-Identifier: MIT

package unit

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSplitWords(t *testing.T) {
	for _, c := range []struct {
		summary, value   string
		unquote, relaxed bool
		want             []string
		fails            bool
	}{
		{"blanks", " a\tb  c ", true, false, []string{"a", "b", "c"}, false},
		{"nothing", "  ", true, false, nil, false},
		{"quotes group", `"a b" 'c d'`, true, false, []string{"a b", "c d"}, false},
		{"quotes within a word", `a"b c"d`, true, false, []string{"ab cd"}, false},
		{"quotes are plain characters", `"a b"`, false, false, []string{`"a`, `b"`}, false},
		{"empty quotes are a word", `a ""`, true, false, []string{"a", ""}, false},
		{"a backslash takes the next", `a\ b \n`, true, false, []string{"a b", "n"}, false},
		{"commas do not separate", "a,b", true, false, []string{"a,b"}, false},
		{"an open quote ends the list", `a "b c`, true, false, []string{"a"}, true},
		{"an open quote, relaxed", `a "b c`, true, true, []string{"a", "b c"}, false},
		{"a final backslash", `a b\`, true, false, []string{"a"}, true},
	} {
		t.Run(c.summary, func(t *testing.T) {
			got, err := splitWords(c.value, c.unquote, c.relaxed)
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.fails, err != nil)
		})
	}
}

func TestParseBool(t *testing.T) {
	for word, want := range map[string][2]bool{
		"1": {true, true}, "yes": {true, true}, "Y": {true, true}, "TRUE": {true, true}, "t": {true, true}, "On": {true, true},
		"0": {false, true}, "no": {false, true}, "n": {false, true}, "False": {false, true}, "F": {false, true}, "off": {false, true},
		"": {false, false}, "2": {false, false}, "yess": {false, false}, "enable": {false, false}, "yes ": {false, false},
	} {
		on, ok := parseBool(word)
		assert.Equal(t, want, [2]bool{on, ok}, "%q", word)
	}
}

func TestParseMode(t *testing.T) {
	for text, want := range map[string]uint32{"0022": 0o022, "7": 7, "7777": 0o7777, "000077": 0o77} {
		got, ok := parseMode(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "8", "10000", "0o77", "-1", "u=rwx", " 077", "00000000000000000000000000077777"} {
		_, ok := parseMode(text)
		assert.False(t, ok, text)
	}
}

func TestSpecifiers(t *testing.T) {
	sp := specifiers{"a-b@c-d\\x2de.service", "/usr/lib/systemd/system/a-b@.service"}
	for value, want := range map[string]string{
		"plain": "plain", "%n": sp.name, "%N": "a-b@c-d\\x2de", "%p": "a-b", "%P": "a/b", "%i": "c-d\\x2de", "%I": "c/d-e",
		"%j": "b", "%J": "b", "%f": "/c/d-e", "%y": sp.fragment, "%Y": "/usr/lib/systemd/system",
		"%t/%%": "/run/%", "%S%C%L": "/var/lib/var/cache/var/log", "%u:%U:%h": "root:0:/root", "end%": "end%", "%-": "%-",
		"%m": "%m", "%H": "%H",
	} {
		got, err := sp.expand(value)
		assert.NoError(t, err, value)
		assert.Equal(t, want, got, value)
	}
	for _, value := range []string{"%Z", "a%Qb"} {
		_, err := sp.expand(value)
		assert.Error(t, err, value)
	}
	_, err := specifiers{"a@\\x2.service", ""}.expand("%I")
	assert.Error(t, err)
}
