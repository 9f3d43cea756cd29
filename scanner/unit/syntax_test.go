// SPDX-License-Identifier: MIT

package unit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// TestParse covers systemd.syntax(7) and what testdata/oracle recorded beyond it.
func TestParse(t *testing.T) {
	for _, c := range []struct {
		summary string
		text    string
		want    string // "LINE Section.Key=Value", one a line
		says    string // of a diagnostic
		broken  string // the file is not read from there on
	}{
		{"an assignment", "[Service]\nA=b", "2 Service.A=b", "", ""},
		{"blanks around everything", " [Service] \n\t A \t=  b c \t", "2 Service.A=b c", "", ""},
		{"the first equals sign counts", "[Service]\nA=b=c", "2 Service.A=b=c", "", ""},
		{"an empty value", "[Service]\nA=", "2 Service.A=", "", ""},
		{"no trailing comments", "[Service]\nA=yes # no", "2 Service.A=yes # no", "", ""},
		{"comments", "[Service]\n#A=1\n ;A=2\n\t# A=3\nA=4", "5 Service.A=4", "", ""},
		{"CR, NUL and CRLF end lines", "[Service]\rA=1\r\nB=2\x00C=3\n", "2 Service.A=1\n3 Service.B=2\n4 Service.C=3", "", ""},
		{"empty lines are counted", "[Service]\n\n\nA=1", "4 Service.A=1", "", ""},
		{"a byte order mark", "\ufeff[Service]\nA=1", "2 Service.A=1", "", ""},
		{"sections again", "[Service]\nA=1\n[Unit]\nB=2\n[Service]\nC=3", "2 Service.A=1\n4 Unit.B=2\n6 Service.C=3", "", ""},

		{"a continuation is one blank", "[Service]\nA=b\\\nc", "2 Service.A=b c", "", ""},
		{"the blanks of the next line stay", "[Service]\nA=b \\\n  c", "2 Service.A=b    c", "", ""},
		{"a key may be continued", "[Service]\nA\\\n=b", "2 Service.A=b", "", ""},
		{"comments within", "[Service]\nA=b \\\n# no\n;no\n c", "2 Service.A=b   c", "", ""},
		{"an empty line ends it", "[Service]\nA=b\\\n\nB=c", "2 Service.A=b\n4 Service.B=c", "", ""},
		{"an escaped backslash does not continue", "[Service]\nA=b\\\\\nB=c", "2 Service.A=b\\\\\n3 Service.B=c", "", ""},
		{"a comment continues nothing", "[Service]\n#A \\\nB=c", "3 Service.B=c", "", ""},
		{"open at the end of the file", "[Service]\nA=b\\", "2 Service.A=b", "", ""},
		{"a blank after the backslash ends it", "[Service]\nA=b\\ \nB=c", "2 Service.A=b\\\n3 Service.B=c", "", ""},

		{"no equals sign", "[Service]\nA\nB=1", "3 Service.B=1", "2: line without '='", ""},
		{"no key", "[Service]\n=A\nB=1", "3 Service.B=1", "2: line without a key", ""},
		{"before any section", "A=1\n[Service]\nB=1", "3 Service.B=1", "1: assignment outside of a section", ""},
		{"an unknown section", "[Servic]\nA=1\n[Service]\nB=1", "4 Service.B=1", "1: unknown section [Servic]", ""},
		{"a section for others", "[X-Mine]\nA=1\n[Service]\nB=1", "4 Service.B=1", "", ""},
		{"case counts", "[service]\nA=1", "", "1: unknown section [service]", ""},
		{"a section of another type", "[Socket]\nA=1", "", "1: unknown section [Socket]", ""},

		{"a header that does not end", "[Service]\nA=1\n[Unit\nB=1", "2 Service.A=1", "", "3: section header"},
		{"bytes that are no UTF-8", "[Service]\nA=1\nB=\xff\nC=1", "2 Service.A=1", "", "3: line is not valid UTF-8"},
		{"not in comments", "[Service]\n# \xff\nA=1", "3 Service.A=1", "", ""},
		{"but in unknown sections", "[X-A]\nB=\xff", "", "", "2: line is not valid UTF-8"},
		{"a line of 1 MiB", "[Service]\nA=" + strings.Repeat("x", 1<<20), "", "", "2: line is longer than 1 MiB"},
		{"a comment of 1 MiB", "[Service]\n#" + strings.Repeat("x", 1<<20), "", "", "2: line is longer than 1 MiB"},
		{"a continued line of more", "[Service]\nA=" + strings.Repeat(strings.Repeat("x", 1<<19)+"\\\n", 3), "", "", "continued line is longer than 1 MiB"},
	} {
		t.Run(c.summary, func(t *testing.T) {
			assignments, diagnostics, err := unit.Parse([]byte(c.text), "/a.service", "service", unit.Version{Major: 257, Point: 0})
			var got []string
			for _, a := range assignments {
				got = append(got, fmt.Sprintf("%d %s.%s=%s", a.Line, a.Section, a.Key, a.Value))
			}
			assert.Equal(t, c.want, strings.Join(got, "\n"))
			if c.says == "" {
				assert.Empty(t, diagnostics)
			} else if assert.Len(t, diagnostics, 1) {
				assert.Contains(t, fmt.Sprintf("%s: %s", diagnostics[0].Source, diagnostics[0].Message), "/a.service:"+c.says)
			}
			if c.broken == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, c.broken)
			}
		})
	}
}

// TestParseByVersion: what a section header may hold.
func TestParseByVersion(t *testing.T) {
	for _, c := range []struct {
		text  string
		major int
		fails bool
	}{
		{"[a\x01b]\n", 250, false}, {"[a\x01b]\n", 251, true}, {"[]\n", 257, false}, {"[]\n", 258, true},
	} {
		_, _, err := unit.Parse([]byte(c.text), "/a.service", "service", unit.Version{Major: c.major, Point: 0})
		assert.Equal(t, c.fails, err != nil, "%q in %d", c.text, c.major)
	}
}
