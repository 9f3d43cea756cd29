// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestCollectComputed: what a script may start whose names it puts together, and what
// stays unknown.
func TestCollectComputed(t *testing.T) {
	for _, tt := range []struct {
		summary, script string
		command         string // arguments of the unit's command
		started         []string
		unknown         []string
	}{
		{summary: "a folder of its own", script: "read x; /usr/lib/foo/$x", started: []string{"/usr/lib/foo/a", "/usr/lib/foo/b", "/usr/lib/foo/sub/c"}},
		{summary: "a folder of everybody", script: "read x; /usr/bin/$x", unknown: []string{"line 2:9 (/usr/bin/*)"}},
		{summary: "a folder of the device", script: "read x; /var/lib/foo/$x", unknown: []string{"line 2:9 (/var/lib/foo/*)"}},
		{summary: "what starts other services", script: "read x; /etc/init.d/$x start", unknown: []string{"line 2:9 (/etc/init.d/*)"}},
		{summary: "a folder that is not there", script: "read x; /usr/lib/none/$x"},
		{summary: "the beginning of a name", script: "read x; tool-$x", started: []string{"/usr/bin/tool-a", "/usr/bin/tool-b"}},
		{summary: "too little of a name", script: "read x; t$x", unknown: []string{"line 2:9 (t*)"}},
		{summary: "the beginning of a name that no program has", script: "read x; other-$x", unknown: []string{"line 2:9 (other-*)"}},
		{summary: "a name in a folder that the script names", script: "L=/usr/lib/foo\nread R; $R/a; ./b", started: []string{"/usr/lib/foo/a", "/usr/lib/foo/b"}},
		{summary: "a name beside the script", script: "read R; $R/beside", started: []string{"/opt/beside"}},
		{summary: "a name that is nowhere", script: "read R; $R/none", unknown: []string{"line 2:9 (*)"}},
		{summary: "words of the script", script: "L='x tool-a no'\n${L:2:6}", started: []string{"/usr/bin/tool-a"}},
		{summary: "an argument of the unit", script: "case $1 in go) \"$2\";; esac", command: " go tool-b", started: []string{"/usr/bin/tool-b"}},
		{summary: "an argument from an environment file", script: "\"$1\"", command: " $TOOL", started: []string{"/usr/bin/tool-a"}},
		{summary: "arguments of a script that another starts", script: "/opt/called tool-a", started: []string{"/opt/called"}, unknown: []string{"line 2:1"}},
		{summary: "a file on the device", script: "$(cat /run/x)", unknown: []string{"line 2:1"}},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			program := "#!/none\n"
			files := map[string]string{"opt/run": "#!/bin/sh\n" + tt.script, "opt/called": "#!/bin/sh\n\"$1\"\n", "opt/beside": program, "usr/lib/foo/a": program, "usr/lib/foo/b": program,
				"usr/lib/foo/sub/c": program, "usr/lib/foo/data": "x", "usr/bin/tool-a": program, "usr/bin/tool-b": program, "usr/bin/tool-data": "x", "etc/init.d/x": program, "bin/sh": program,
				"etc/default/x": "TOOL=tool-a\n"}
			got := tree(t, files).Collect(service(t, "EnvironmentFile=/etc/default/x\nExecStart=/opt/run"+tt.command+"\n"))
			var started, unknown []string
			for _, f := range got.Facts {
				if f.ID == FactExec {
					started = append(started, f.Value)
				}
			}
			for _, u := range got.Unknowns {
				if u.ID == "exec-unresolved" && slices.Contains(u.Blocks, Everything) {
					unknown = append(unknown, u.Value)
				}
			}
			assert.Equal(t, tt.started, started)
			assert.Equal(t, tt.unknown, unknown)
		})
	}
}
