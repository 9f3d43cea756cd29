// SPDX-License-Identifier: MIT

package unidiff

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var cases = []struct {
	summary  string
	old, new string
	absent   bool // the old file does not exist
	removed  bool // the new file does not exist
	want     string
}{{
	summary: "a line in the middle",
	old:     "a\nb\nc\nd\ne\nf\ng\nh\n",
	new:     "a\nb\nc\nd\nE\nf\ng\nh\n",
	want:    "@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n",
}, {
	summary: "a line at each end",
	old:     "a\n1\n2\n3\n4\n5\n6\n7\nz\n",
	new:     "A\n1\n2\n3\n4\n5\n6\n7\nZ\n",
	want:    "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-z\n+Z\n",
}, {
	summary: "six lines between two changes: one hunk",
	old:     "a\n1\n2\n3\n4\n5\n6\nz\n",
	new:     "A\n1\n2\n3\n4\n5\n6\nZ\n",
	want:    "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-z\n+Z\n",
}, {
	summary: "an insertion, with the lines before it in the new file's numbers",
	old:     "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
	new:     "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n",
	want:    "@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -7,3 +8,4 @@\n 7\n 8\n 9\n+10\n",
}, {
	summary: "no final line feed in the old file",
	old:     "a\nb",
	new:     "a\nb\n",
	want:    "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n",
}, {
	summary: "no final line feed in the new file",
	old:     "a\nb\n",
	new:     "a\nc",
	want:    "@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n",
}, {
	summary: "no final line feed in either, and the last line is common",
	old:     "a\nb",
	new:     "A\nb",
	want:    "@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file\n",
}, {
	summary: "CRLF lines keep their carriage returns",
	old:     "a\r\nb\r\n",
	new:     "a\r\nx\r\nb\r\n",
	want:    "@@ -1,2 +1,3 @@\n a\r\n+x\r\n b\r\n",
}, {
	summary: "a change of the line ends alone",
	old:     "a\r\nb\n",
	new:     "a\nb\n",
	want:    "@@ -1,2 +1,2 @@\n-a\r\n+a\n b\n",
}, {
	summary: "an empty file gets content",
	old:     "",
	new:     "a\nb\n",
	want:    "@@ -0,0 +1,2 @@\n+a\n+b\n",
}, {
	summary: "a file loses its content",
	old:     "a\n",
	new:     "",
	want:    "@@ -1 +0,0 @@\n-a\n",
}, {
	summary: "a new file",
	absent:  true,
	new:     "a\nb\n",
	want:    "@@ -0,0 +1,2 @@\n+a\n+b\n",
}, {
	summary: "a removed file",
	old:     "a\nb\n",
	removed: true,
	want:    "@@ -1,2 +0,0 @@\n-a\n-b\n",
}, {
	summary: "lines that look like a diff, bytes that are not UTF-8",
	old:     "--- a/x\n@@ -1 +1 @@\n\xff\xfe\n",
	new:     "--- a/x\n+++ b/x\n@@ -1 +1 @@\n\xfe\n",
	want:    "@@ -1,3 +1,4 @@\n --- a/x\n++++ b/x\n @@ -1 +1 @@\n-\xff\xfe\n+\xfe\n",
}}

func sides(old, new string, absent, removed bool) ([]byte, []byte) {
	a, b := []byte(old), []byte(new)
	if absent {
		a = nil
	}
	if removed {
		b = nil
	}
	return a, b
}

func TestDiff(t *testing.T) {
	for _, tc := range cases {
		t.Run(tc.summary, func(t *testing.T) {
			a, b := sides(tc.old, tc.new, tc.absent, tc.removed)
			oldName, newName := "a/f", "b/f"
			if tc.absent {
				oldName = "/dev/null"
			}
			if tc.removed {
				newName = "/dev/null"
			}
			want := "--- " + oldName + "\n+++ " + newName + "\n" + tc.want
			got := Diff("a/f", "b/f", a, b)
			assert.Equal(t, want, string(got))
			assert.Equal(t, tc.new, apply(t, tc.old, string(got)))
		})
	}
}

func TestDiffOfEqualTextsIsNil(t *testing.T) {
	assert.Nil(t, Diff("a", "b", []byte("x\n"), []byte("x\n")))
	assert.Nil(t, Diff("a", "b", nil, []byte{}))
}

// patches are the programs that a layer's patches meet: patch by hand, git
// apply in devtool, quilt in do_patch.
var patches = []struct {
	program string
	args    []string
}{
	{"patch", []string{"-p1", "--no-backup-if-mismatch", "-i", "../x.patch"}},
	{"git", []string{"apply", "-p1", "../x.patch"}},
	{"quilt", []string{"--quiltrc=-", "import", "../x.patch", "-p1"}},
}

func TestOtherProgramsApplyTheDiff(t *testing.T) {
	for _, p := range patches {
		t.Run(p.program, func(t *testing.T) {
			if _, err := exec.LookPath(p.program); err != nil {
				t.Skipf("%s is not installed", p.program)
			}
			for _, tc := range cases {
				t.Run(tc.summary, func(t *testing.T) {
					a, b := sides(tc.old, tc.new, tc.absent, tc.removed)
					got, exists := patched(t, p.program, p.args, "f", a, b)
					assert.Equal(t, tc.new, got)
					if tc.removed {
						assert.False(t, exists)
					}
				})
			}
			for _, name := range []string{"with space", `dev-sda\x2d1.service`, "worker@.service", "tab\there", `quo"te`} {
				t.Run(name, func(t *testing.T) {
					if p.program == "quilt" && strings.ContainsAny(name, "\t\" ") {
						t.Skip("quilt splits names at spaces and reads no quoted ones")
					}
					got, _ := patched(t, p.program, p.args, name, []byte("a\n"), []byte("b\n"))
					assert.Equal(t, "b\n", got)
				})
			}
		})
	}
}

// patched lets a program apply the diff to the old file, and reads the file back.
func patched(t *testing.T, program string, args []string, name string, old, new []byte) (content string, exists bool) {
	t.Helper()
	dir := t.TempDir()
	tree := filepath.Join(dir, "tree")
	require.NoError(t, os.Mkdir(tree, 0o777))
	if old != nil {
		require.NoError(t, os.WriteFile(filepath.Join(tree, name), old, 0o666))
	}
	diff := Diff("a/"+name, "b/"+name, old, new)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.patch"), diff, 0o666))
	run(t, tree, program, args...)
	if program == "quilt" {
		run(t, tree, program, "--quiltrc=-", "push")
	}
	data, err := os.ReadFile(filepath.Join(tree, name))
	if os.IsNotExist(err) {
		return "", false
	}
	require.NoError(t, err)
	return string(data), true
}

func run(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	// Without a repository around it git apply changes files and nothing else.
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestLargeChangeIsReplacedAsAWhole(t *testing.T) {
	var old, new strings.Builder
	for i := 0; i < maxCompared; i++ {
		fmt.Fprintf(&old, "old %d\n", i)
		fmt.Fprintf(&new, "new %d\n", i)
	}
	a, b := "head\n"+old.String()+"tail\n", "head\n"+new.String()+"tail\n"
	diff := Diff("a/f", "b/f", []byte(a), []byte(b))
	assert.True(t, bytes.HasPrefix(diff, []byte("--- a/f\n+++ b/f\n@@ -1,20002 +1,20002 @@\n head\n-old 0\n")))
	assert.Equal(t, b, apply(t, a, string(diff)))
}

// go-diff numbers lines with runes and has to step over the surrogates.
func TestMoreLinesThanTheSurrogates(t *testing.T) {
	var old, new strings.Builder
	for i := 0; i < maxCompared/2-1; i++ {
		fmt.Fprintf(&old, "%d\n", i)
		fmt.Fprintf(&new, "%d\n", i+i%2*1_000_000)
	}
	a, b := "x"+old.String(), "y"+new.String()
	assert.Equal(t, b, apply(t, a, string(Diff("a/f", "b/f", []byte(a), []byte(b)))))
}

func FuzzUnidiff(f *testing.F) {
	for _, tc := range cases {
		f.Add(tc.old, tc.new)
	}
	f.Fuzz(func(t *testing.T, old, new string) {
		diff := Diff("a/f", "b/f", []byte(old), []byte(new))
		if old == new {
			require.Nil(t, diff)
			return
		}
		require.Equal(t, new, apply(t, old, string(diff)))
	})
}

// apply is a patch program that takes nothing on trust: every context line,
// count and line number has to be right.
func apply(t *testing.T, old, diff string) string {
	t.Helper()
	lines := split(diff)
	require.True(t, strings.HasPrefix(lines[0], "--- ") && strings.HasPrefix(lines[1], "+++ "))
	source, done := split(old), 0
	var out strings.Builder
	outLines := 0
	for i := 2; i < len(lines); {
		h := parseHunk(t, lines[i])
		i++
		require.GreaterOrEqual(t, h.oldStart, done, "hunks overlap")
		for ; done < h.oldStart; done, outLines = done+1, outLines+1 {
			out.WriteString(source[done])
		}
		require.Equal(t, h.newStart, outLines, "start in the new file")
		for h.old > 0 || h.new > 0 {
			op, text := lines[i][0], lines[i][1:]
			i++
			if i < len(lines) && lines[i] == "\\ No newline at end of file\n" {
				text = strings.TrimSuffix(text, "\n")
				i++
			}
			if op != '+' {
				require.Equal(t, source[done], text)
				done, h.old = done+1, h.old-1
			}
			if op != '-' {
				out.WriteString(text)
				outLines, h.new = outLines+1, h.new-1
			}
		}
		require.Zero(t, h.old)
		require.Zero(t, h.new)
	}
	return out.String() + strings.Join(source[done:], "")
}

type counted struct{ oldStart, old, newStart, new int }

func parseHunk(t *testing.T, text string) counted {
	t.Helper()
	fields := strings.Fields(text)
	require.Len(t, fields, 4, "hunk header %q", text)
	h := counted{}
	h.oldStart, h.old = parseSpan(t, fields[1], "-")
	h.newStart, h.new = parseSpan(t, fields[2], "+")
	return h
}

func parseSpan(t *testing.T, text, sign string) (start, n int) {
	t.Helper()
	n = 1
	if _, err := fmt.Sscanf(text, sign+"%d,%d", &start, &n); err != nil {
		_, err = fmt.Sscanf(text, sign+"%d", &start)
		require.NoError(t, err)
		n = 1
	}
	if n > 0 {
		start--
	}
	return start, n
}
