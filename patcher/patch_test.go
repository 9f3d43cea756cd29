// SPDX-License-Identifier: MIT

package patcher

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/patcher/layer"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// The whole file, with its stamp and its mail, is what do_patch and devtool get.
func TestPatchApplies(t *testing.T) {
	hostile := proposal("UMask", "0077", report.Proven, 1, "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-x\ndiff --git a/x b/x\nUpstream-Status: nonsense")
	for _, source := range []Source{
		{Path: "src/foo.service.in", Content: barSource.Content},
		{Path: "crlf.service", Content: []byte("[Service]\r\nA=1\r\n[Install]\r\n")},
		{Path: "end.service", Content: []byte("[Service]\nA=1")},
	} {
		for _, program := range [][]string{
			{"patch", "-p1", "-i", "../x.patch"},
			{"git", "apply", "../x.patch"},
			{"git", "am", "--keep-cr", "../x.patch"},
		} {
			t.Run(source.Path+" "+strings.Join(program[:2], " "), func(t *testing.T) {
				if _, err := exec.LookPath(program[0]); err != nil {
					t.Skipf("%s is not installed", program[0])
				}
				u := loaded("foo.service", "foo", "foo", hostile, proposal("PrivateTmp", "yes", report.Proven, 2, "why"))
				opts := options()
				opts.Form, opts.Sources = Patches, map[string]Source{"foo.service": source}
				plan, _, err := Plan(&report.Report{Units: []report.Unit{u}}, opts)
				require.NoError(t, err)
				dir := t.TempDir()
				apply(t, filepath.Join(dir, "layer"), plan)
				text, err := os.ReadFile(filepath.Join(dir, "layer/recipes-hardening/foo/files/harden-foo.service.patch"))
				require.NoError(t, err)
				assertUpstreamStatus(t, string(text))

				tree := filepath.Join(dir, "tree")
				file := filepath.Join(tree, source.Path)
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o777))
				require.NoError(t, os.WriteFile(file, source.Content, 0o666))
				require.NoError(t, os.WriteFile(filepath.Join(dir, "x.patch"), text, 0o666))
				if program[1] == "am" {
					run(t, tree, "git", "init", "-q")
					run(t, tree, "git", "add", ".")
					run(t, tree, "git", "commit", "-q", "-m", "x")
				}
				run(t, tree, program...)

				got, err := os.ReadFile(file)
				require.NoError(t, err)
				want, ok := withSettings(u, source.Content, u.Proposals, false)
				require.True(t, ok)
				assert.Equal(t, string(want), string(got))
			})
		}
	}
}

func run(t *testing.T, dir string, command ...string) {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir),
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// assertUpstreamStatus holds the one rule that OE-core's patch checks have.
func assertUpstreamStatus(t *testing.T, patch string) {
	t.Helper()
	status := regexp.MustCompile(`(?m)^Upstream-Status: (Pending|Submitted|Denied|Inappropriate|Backport|Inactive-Upstream)( .+)?$`)
	assert.Equal(t, []string{"Upstream-Status: Inappropriate [configuration]"}, status.FindAllString(patch, -1))
}

func TestSourcesThatCannotBePatched(t *testing.T) {
	for _, tc := range []struct {
		summary string
		form    Form
		source  *Source
		recipe  string
		want    string
	}{
		{"no source", Patches, nil, "foo", "foo.service: nothing is written: its source is not given (--source foo=DIR)"},
		{"no recipe", Patches, &fooSource, "", "foo.service: nothing is written: no recipe is known for it"},
		{"no section", Patches, &Source{Path: "x", Content: []byte("[Unit]\n")}, "foo", "foo.service: nothing is written: x has no place for its settings"},
		{"a path that leaves", Units, &Source{Path: "../x", Local: true}, "foo", `foo.service: nothing is written: its source "../x" is not a path below the recipe's`},
		{"an absolute path", Patches, &Source{Path: "/x"}, "foo", `foo.service: nothing is written: its source "/x" is not a path below the recipe's`},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			opts := options()
			opts.Form = tc.form
			if tc.source != nil {
				opts.Sources = map[string]Source{"foo.service": *tc.source}
			}
			r := &report.Report{Units: []report.Unit{loaded("foo.service", "foo", tc.recipe, umask...)}}
			plan, diags, err := Plan(r, opts)
			require.NoError(t, err)
			assert.Equal(t, []string{tc.want}, messages(diags))
			assert.Equal(t, []layer.File(nil), plan.Files)
		})
	}
}
