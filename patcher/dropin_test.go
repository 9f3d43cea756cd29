// SPDX-License-Identifier: MIT

package patcher

import (
	"bytes"
	"strings"
	"testing"

	"github.com/coreos/go-systemd/v22/unit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

func TestDropIn(t *testing.T) {
	for _, tc := range []struct {
		summary   string
		unit      string
		proposals []report.Proposal
		want      string
	}{{
		summary:   "one setting",
		unit:      "foo.service",
		proposals: []report.Proposal{proposal("PrivateTmp", "yes", report.Proven, 2, "nothing is shared")},
		want:      "[Service]\n# proven (-0.2): nothing is shared\nPrivateTmp=yes\n",
	}, {
		summary:   "no reasons and no gain",
		unit:      "foo.service",
		proposals: []report.Proposal{proposal("PrivateTmp", "yes", report.Likely, report.None)},
		want:      "[Service]\n# likely\nPrivateTmp=yes\n",
	}, {
		summary: "lines of one setting have one comment, with the least confidence",
		unit:    "foo.service",
		proposals: []report.Proposal{
			proposal("SystemCallFilter", "", report.Likely, report.None, "the unit's own list goes"),
			proposal("SystemCallFilter", "@system-service", report.Proven, 11, "all that is reached"),
			proposal("UMask", "0077", report.Proven, 1, "x"),
		},
		want: "[Service]\n# likely (-1.1): the unit's own list goes; all that is reached\nSystemCallFilter=\nSystemCallFilter=@system-service\n\n# proven (-0.1): x\nUMask=0077\n",
	}, {
		summary:   "a socket",
		unit:      "foo.socket",
		proposals: []report.Proposal{proposal("UMask", "0077", report.Proven, 1)},
		want:      "[Socket]\n# proven (-0.1)\nUMask=0077\n",
	}, {
		summary:   "a reason with line breaks and invisible characters stays a comment",
		unit:      "foo.service",
		proposals: []report.Proposal{proposal("UMask", "0077", report.Proven, 0, "a\n[Service]\r\nExecStart=/evil\x00\u202e\u2028b\xff\x1b[31m\n\n")},
		want:      "[Service]\n# proven: a [Service] ExecStart=/evil b [31m\nUMask=0077\n",
	}, {
		summary:   "a comment does not end in a backslash",
		unit:      "foo.service",
		proposals: []report.Proposal{proposal("UMask", "0077", report.Proven, 0, `at \`)},
		want:      "[Service]\n# proven: at \\.\nUMask=0077\n",
	}, {
		summary:   "long reasons are wrapped, long words are not",
		unit:      "foo.service",
		proposals: []report.Proposal{proposal("UMask", "0077", report.Proven, 0, strings.Repeat("word ", 20)+strings.Repeat("x", 120)+" end")},
		want: "[Service]\n# proven: " + strings.TrimSpace(strings.Repeat("word ", 18)) + "\n# word word\n# " +
			strings.Repeat("x", 120) + "\n# end\nUMask=0077\n",
	}} {
		t.Run(tc.summary, func(t *testing.T) {
			u := report.Unit{Name: tc.unit}
			got := DropIn(u, tc.proposals)
			assert.Equal(t, tc.want, string(got))
			assert.Equal(t, optionsOf(u, tc.proposals), readBack(t, got))
		})
	}
}

func optionsOf(u report.Unit, proposals []report.Proposal) []unit.UnitOption {
	var list []unit.UnitOption
	for _, p := range proposals {
		list = append(list, unit.UnitOption{Section: sections["."+strings.Split(u.Name, ".")[1]], Name: p.Setting, Value: p.Value})
	}
	return list
}

func readBack(t *testing.T, text []byte) []unit.UnitOption {
	t.Helper()
	options, err := unit.DeserializeOptions(bytes.NewReader(text))
	require.NoError(t, err)
	var list []unit.UnitOption
	for _, o := range options {
		list = append(list, *o)
	}
	return list
}

// Whatever a report says, a drop-in has the options of its writable proposals
// and nothing else.
func FuzzDropIn(f *testing.F) {
	f.Add("PrivateTmp", "yes", "nothing is shared", "at \\")
	f.Add("CapabilityBoundingSet", "CAP_CHOWN\nExecStart=/evil", "a\\\nb", "\\\\")
	f.Add("UMask", "0077 \\", "", "\x00")
	f.Fuzz(func(t *testing.T, setting, value, reason, other string) {
		u := loaded("foo.service", "foo", "foo",
			proposal(setting, value, report.Proven, 1, reason, other), proposal("UMask", "0077", report.Likely, 1, other))
		list, _ := writable(u, report.Likely)
		if len(value) > 1000 || len(reason) > 1000 || len(other) > 1000 {
			t.Skip("the library does not read long lines")
		}
		text := DropIn(u, list)
		require.Equal(t, optionsOf(u, list), readBack(t, text))
		for _, line := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(line, "#") {
				require.False(t, strings.HasSuffix(line, `\`), line)
			}
		}
	})
}
