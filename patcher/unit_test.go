// SPDX-License-Identifier: MIT

package patcher

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

var umask = []report.Proposal{proposal("UMask", "0077", report.Proven, 1, "no file is shared")}

func TestWithSettings(t *testing.T) {
	for _, tc := range []struct {
		summary   string
		text      string
		commented bool
		want      string // "" when there is no place
	}{{
		summary: "behind the last setting of the section",
		text:    "[Unit]\nA=1\n\n[Service]\nB=2\n# why C\nC=3\n\n# enable it\n[Install]\nD=4\n",
		want:    "[Unit]\nA=1\n\n[Service]\nB=2\n# why C\nC=3\nUMask=0077\n\n# enable it\n[Install]\nD=4\n",
	}, {
		summary:   "with comments",
		text:      "[Service]\nB=2\n[Install]\n",
		commented: true,
		want:      "[Service]\nB=2\n# proven (-0.1): no file is shared\nUMask=0077\n[Install]\n",
	}, {
		summary: "in the last of several sections of the name",
		text:    "[Service]\nB=2\n[Unit]\n[Service]\nB=3\n[Install]\n",
		want:    "[Service]\nB=2\n[Unit]\n[Service]\nB=3\nUMask=0077\n[Install]\n",
	}, {
		summary: "an empty section at the end",
		text:    "[Unit]\n[Service]\n",
		want:    "[Unit]\n[Service]\nUMask=0077\n",
	}, {
		summary: "no final line feed",
		text:    "[Service]\nB=2",
		want:    "[Service]\nB=2\nUMask=0077\n",
	}, {
		summary: "CRLF",
		text:    "[Service]\r\nB=2\r\n[Install]\r\n",
		want:    "[Service]\r\nB=2\r\nUMask=0077\r\n[Install]\r\n",
	}, {
		summary: "a continued line, with a comment and a header that are none inside",
		text:    "[Service]\nB=2 \\\n# comment\n[Unit] \\\n3\n[Install]\n",
		want:    "[Service]\nB=2 \\\n# comment\n[Unit] \\\n3\nUMask=0077\n[Install]\n",
	}, {
		summary: "a continued line that an empty line ends",
		text:    "[Service]\nB=2 \\\n\n[Install]\n",
		want:    "[Service]\nB=2 \\\n\nUMask=0077\n[Install]\n",
	}, {
		summary: "two backslashes continue nothing",
		text:    "[Service]\nB=2 \\\\\n[Install]\n",
		want:    "[Service]\nB=2 \\\\\nUMask=0077\n[Install]\n",
	}, {
		summary: "a backslash in a comment continues nothing",
		text:    "[Service]\nB=2\n# x \\\n[Install]\n",
		want:    "[Service]\nB=2\nUMask=0077\n# x \\\n[Install]\n",
	}, {
		summary: "the file ends within a continued line",
		text:    "[Service]\nB=2 \\",
		want:    "[Service]\nB=2 \\\n\nUMask=0077\n",
	}, {
		summary: "a template of autoconf or meson",
		text:    "[Service]\nExecStart=@bindir@/bar\n@EXTRA@\n\n[Install]\n",
		want:    "[Service]\nExecStart=@bindir@/bar\n@EXTRA@\nUMask=0077\n\n[Install]\n",
	}, {
		summary: "a template with a conditional block within the section",
		text:    "[Service]\nB=2\n{% if X %}\nC=3\n{% endif %}\n[Install]\n",
		want:    "[Service]\nB=2\n{% if X %}\nC=3\n{% endif %}\nUMask=0077\n[Install]\n",
	}, {
		summary: "a template with a block around the next section",
		text:    "[Service]\nB=2\n{%- if X %}{{ Y }}{% endif %}\n{% if X %}\n[Install]\n{% endif %}\n",
		want:    "[Service]\nB=2\n{%- if X %}{{ Y }}{% endif %}\nUMask=0077\n{% if X %}\n[Install]\n{% endif %}\n",
	}, {
		summary: "a template whose section is conditional",
		text:    "{% if X %}\n[Service]\nB=2\n{% endif %}\n[Install]\n",
	}, {
		summary: "no such section",
		text:    "[Unit]\nA=1\n",
	}, {
		summary: "nothing",
		text:    "",
	}} {
		t.Run(tc.summary, func(t *testing.T) {
			got, ok := withSettings(report.Unit{Name: "foo.service"}, []byte(tc.text), umask, tc.commented)
			assert.Equal(t, tc.want != "", ok)
			assert.Equal(t, tc.want, string(got))
		})
	}
}

// Without the added line the file is what it was.
func FuzzWithSettings(f *testing.F) {
	f.Add([]byte("[Unit]\nA=1\n\n[Service]\nB=2 \\\n# c\n[Install]\n"))
	f.Add([]byte("[Service]\r\n{% if X %}\nB=2\n{% endif %}\\"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := withSettings(report.Unit{Name: "foo.service"}, text, umask, false)
		if !ok {
			require.Nil(t, got)
			return
		}
		require.True(t, bytes.Contains(got, []byte("UMask=0077")))
		i := bytes.LastIndex(got, []byte("UMask=0077"))
		before := strings.TrimRight(string(got[:i]), "\r\n")
		require.True(t, bytes.HasPrefix(text, []byte(before)))
		rest := strings.TrimLeft(string(got[i+len("UMask=0077"):]), "\r\n")
		require.True(t, bytes.HasSuffix(text, []byte(rest)))
	})
}
