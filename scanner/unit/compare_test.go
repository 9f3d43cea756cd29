// SPDX-License-Identifier: MIT

package unit_test

import (
	"strings"
	"testing"
	"unicode"

	systemd "github.com/coreos/go-systemd/v22/unit"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// FuzzDeserialize compares with another reader of unit files, go-systemd's, where
// both read a text. It is known to differ from PID 1, which we follow, in these:
// it wants LF as line end and a section first, keeps comments within continued
// lines, trims more than blanks, finds "[" anywhere before the first section, keeps
// options without a name or in a section without one, and fails for lines without "=" or over 2048 bytes.
func FuzzDeserialize(f *testing.F) {
	for _, seed := range []string{
		"[Service]\nExecStart=/bin/true\n", "[Unit]\n# comment\nA = b c \n\n[Service]\n;x\nB==\nB=\n", "[A]\n[A]\nx=[y]\n", "[a b]\nÄ=ö\n", "[A]\nb", "[A]]\nb=c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !strings.HasPrefix(text, "[") || strings.ContainsAny(text, "\\\r\x00\ufeff") || strings.IndexFunc(text, oddSpace) >= 0 {
			return
		}
		assignments, _, err := unit.Parse([]byte(text), "/x.service", "", unit.Version{Major: 257, Point: 0})
		options, theirErr := systemd.Deserialize(strings.NewReader(text))
		if err != nil || theirErr != nil {
			return
		}
		var ours, theirs []string
		for _, a := range assignments {
			ours = append(ours, a.Section+"\n"+a.Key+"\n"+a.Value)
		}
		for _, o := range options {
			if o.Name != "" && o.Section != "" {
				theirs = append(theirs, o.Section+"\n"+o.Name+"\n"+o.Value)
			}
		}
		require.Equal(t, theirs, ours)
	})
}

// oddSpace are blanks to Go that are none to PID 1.
func oddSpace(r rune) bool { return unicode.IsSpace(r) && !strings.ContainsRune(" \t\n", r) }
