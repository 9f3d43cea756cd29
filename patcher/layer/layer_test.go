// SPDX-License-Identifier: MIT

package layer

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var report = strings.Repeat("ab", 32)

// plan gives a plan of one-line files below recipes/, and where a name ends in
// "!" of files that are written once.
func plan(files ...string) Plan {
	p := Plan{Version: "1.0", Report: report, Dirs: []string{"recipes"}}
	for i := 0; i < len(files); i += 2 {
		name, once := strings.CutSuffix(files[i], "!")
		p.Files = append(p.Files, File{Path: name, Body: []byte(files[i+1] + "\n"), Comment: "# ", Once: once})
	}
	return p
}

// stamp is the file that plan's version 1.0 writes for a line.
func stamp(line string) string {
	return string(plan("x", line).Files[0].content(plan()))
}

// dump makes a tree comparable: "mode content" or "-> target" by path.
func dump(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		name, _ := filepath.Rel(dir, p)
		switch info, _ := d.Info(); {
		case d.IsDir():
		case d.Type()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(p)
			out[name] = "-> " + target
		default:
			content, err := os.ReadFile(p)
			require.NoError(t, err)
			out[name] = fmt.Sprintf("%04o %s", info.Mode().Perm(), content)
		}
		return nil
	}))
	return out
}

func fill(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o777))
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			require.NoError(t, os.Symlink(target, file))
			continue
		}
		require.NoError(t, os.WriteFile(file, []byte(content), 0o644))
	}
}

func TestApply(t *testing.T) {
	otherReport := plan("recipes/a", "one")
	otherReport.Report, otherReport.Version = strings.Repeat("cd", 32), "2.0"
	partial := plan("recipes/a", "one")
	partial.Partial = true
	retaining := plan("recipes/a", "one")
	retaining.Retain = []string{"recipes/b"}

	for _, tc := range []struct {
		summary string
		before  map[string]string
		plan    Plan
		opts    Options
		actions string // "PATH ACTION [WHY], ..."
		after   map[string]string
	}{{
		summary: "files appear",
		plan:    plan("recipes/a", "one", "recipes/b/c", "two", "README!", "once"),
		actions: "README created, recipes/a created, recipes/b/c created",
		after:   map[string]string{"recipes/a": stamp("one"), "recipes/b/c": stamp("two"), "README": "once\n"},
	}, {
		summary: "an older content of ours is replaced",
		before:  map[string]string{"recipes/a": stamp("one")},
		plan:    plan("recipes/a", "two"),
		actions: "recipes/a updated",
		after:   map[string]string{"recipes/a": stamp("two")},
	}, {
		summary: "a new report and version with the same content change nothing",
		before:  map[string]string{"recipes/a": stamp("one")},
		plan:    otherReport,
		actions: "recipes/a unchanged",
		after:   map[string]string{"recipes/a": stamp("one")},
	}, {
		summary: "an edited file is kept",
		before:  map[string]string{"recipes/a": stamp("one") + "mine\n"},
		plan:    plan("recipes/a", "two"),
		actions: "recipes/a kept: it was edited",
		after:   map[string]string{"recipes/a": stamp("one") + "mine\n"},
	}, {
		summary: "a file without a stamp is kept",
		before:  map[string]string{"recipes/a": "one\n"},
		plan:    plan("recipes/a", "one"),
		actions: "recipes/a kept: it does not come from systemd-hardening",
		after:   map[string]string{"recipes/a": "one\n"},
	}, {
		summary: "a link in the place of a file is kept, also when it leads out",
		before:  map[string]string{"recipes/a": "-> ../../../etc/hostname"},
		plan:    plan("recipes/a", "one"),
		actions: "recipes/a kept: it is not a regular file",
		after:   map[string]string{"recipes/a": "-> ../../../etc/hostname"},
	}, {
		summary: "a file for people is written once",
		before:  map[string]string{"README": "ours"},
		plan:    plan("README!", "once"),
		actions: "README unchanged",
		after:   map[string]string{"README": "ours"},
	}, {
		summary: "a file that the plan no longer has is named",
		before:  map[string]string{"recipes/a": stamp("one"), "recipes/b": stamp("two"), "recipes/c": "theirs"},
		plan:    plan("recipes/a", "one"),
		actions: "recipes/a unchanged, recipes/b stale",
		after:   map[string]string{"recipes/a": stamp("one"), "recipes/b": stamp("two"), "recipes/c": "theirs"},
	}, {
		summary: "prune removes it, and the directories that are empty then, but no person's file",
		before: map[string]string{
			"recipes/b/c/d": stamp("one"), "recipes/b/e": stamp("two") + "edited\n", "recipes/f": "theirs", "elsewhere/g": stamp("three"),
		},
		plan:    plan("recipes/a", "one"),
		opts:    Options{Prune: true},
		actions: "recipes/a created, recipes/b/c/d removed, recipes/b/e kept: it was edited, and the plan no longer lists it",
		after: map[string]string{
			"recipes/a": stamp("one"), "recipes/b/e": stamp("two") + "edited\n", "recipes/f": "theirs", "elsewhere/g": stamp("three"),
		},
	}, {
		summary: "a partial plan calls nothing stale",
		before:  map[string]string{"recipes/b": stamp("two")},
		plan:    partial,
		actions: "recipes/a created",
		after:   map[string]string{"recipes/a": stamp("one"), "recipes/b": stamp("two")},
	}, {
		summary: "a file that the plan retains is neither written nor stale",
		before:  map[string]string{"recipes/b": stamp("two"), "recipes/c": stamp("three")},
		plan:    retaining,
		opts:    Options{Prune: true},
		actions: "recipes/a created, recipes/c removed",
		after:   map[string]string{"recipes/a": stamp("one"), "recipes/b": stamp("two")},
	}, {
		summary: "a dry run writes nothing",
		before:  map[string]string{"recipes/a": stamp("one"), "recipes/b": stamp("two")},
		plan:    plan("recipes/a", "two", "recipes/c", "three"),
		opts:    Options{DryRun: true, Prune: true},
		actions: "recipes/a updated, recipes/b removed, recipes/c created",
		after:   map[string]string{"recipes/a": stamp("one"), "recipes/b": stamp("two")},
	}, {
		summary: "a link to another place of the layer is followed",
		before:  map[string]string{"other/x": "", "recipes": "-> other"},
		plan:    plan("recipes/a", "one"),
		actions: "recipes/a created",
		after:   map[string]string{"other/x": "", "recipes": "-> other", "other/a": stamp("one")},
	}} {
		t.Run(tc.summary, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "layer")
			fill(t, dir, tc.before)
			result, err := Apply(dir, tc.plan, tc.opts)
			require.NoError(t, err)
			assert.Equal(t, tc.actions, actions(result))

			after := map[string]string{}
			for name, content := range tc.after {
				if !strings.HasPrefix(content, "-> ") {
					content = "0644 " + content
				}
				after[name] = content
			}
			assert.Equal(t, after, dump(t, dir))

			if !tc.opts.DryRun {
				again, err := Apply(dir, tc.plan, tc.opts)
				require.NoError(t, err)
				assert.False(t, again.Changed(), "the second run: %s", actions(again))
				assert.Equal(t, after, dump(t, dir))
			}
		})
	}
}

func actions(r Result) string {
	var out []string
	for _, c := range r.Changes {
		text := c.Path + " " + string(c.Action)
		if c.Why != "" {
			text += ": " + c.Why
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func TestResultHoldsOldAndNew(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, map[string]string{"recipes/a": stamp("one"), "recipes/b": stamp("two"), "recipes/c": "theirs"})
	r, err := Apply(dir, plan("recipes/a", "1", "recipes/c", "c", "recipes/d", "d"), Options{Prune: true, DryRun: true})
	require.NoError(t, err)
	got := map[string][2]string{}
	for _, c := range r.Changes {
		got[c.Path] = [2]string{string(c.Old), string(c.New)}
	}
	assert.Equal(t, map[string][2]string{
		"recipes/a": {stamp("one"), stamp("1")},
		"recipes/b": {stamp("two"), ""},
		"recipes/c": {"theirs", ""},
		"recipes/d": {"", stamp("d")},
	}, got)
	assert.Nil(t, r.With(Removed)[0].New)
	assert.Nil(t, r.With(Created)[0].Old)
}

func TestModeAndStampInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	p := Plan{Version: "1.0", Report: report, Files: []File{
		{Path: "x.patch", Head: []byte("From: x\n\n"), Body: []byte("--- a\n"), Mode: 0o755},
	}}
	_, err := Apply(dir, p, Options{})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"x.patch": "0755 From: x\n\n" +
		"Generated by systemd-hardening 1.0 from report sha256:abababababababab; content sha256:f3c4b3c735b0a914\n--- a\n"}, dump(t, dir))
	again, err := Apply(dir, p, Options{})
	require.NoError(t, err)
	assert.Equal(t, "x.patch unchanged", actions(again))
}

func TestPathsThatLeaveTheLayer(t *testing.T) {
	for _, tc := range []struct {
		path string
		link string // target of the link "recipes"
		err  string
	}{
		{path: "../x", err: "leaves the layer"},
		{path: "/etc/x", err: "leaves the layer"},
		{path: "a/../../x", err: "leaves the layer"},
		{path: "a//b", err: "not clean"},
		{path: ".", err: "not clean"},
		{path: "", err: "leaves the layer"},
		{path: "recipes/x", link: "../outside", err: "recipes is a link that leaves the layer"},
		{path: "recipes/x", link: "/", err: "recipes is a link that leaves the layer"},
		{path: "recipes/deep/er/x", link: "../outside", err: "a link that leaves the layer"},
		{path: "recipes/x", link: "nothing", err: "recipes is a link to nothing"},
		{path: "recipes/x", link: "recipes", err: "too many links"},
	} {
		t.Run(tc.path+" "+tc.link, func(t *testing.T) {
			top := t.TempDir()
			dir := filepath.Join(top, "layer")
			fill(t, top, map[string]string{"layer/conf": "", "outside/deep/y": ""})
			if tc.link != "" {
				require.NoError(t, os.Symlink(tc.link, filepath.Join(dir, "recipes")))
			}
			before := dump(t, top)
			_, err := Apply(dir, plan("good", "one", tc.path, "one"), Options{})
			require.ErrorContains(t, err, tc.err)
			assert.Equal(t, before, dump(t, top))
		})
	}
}

func TestPlansThatAreRefused(t *testing.T) {
	_, err := Apply(t.TempDir(), plan("a", "one", "a", "two"), Options{})
	require.ErrorContains(t, err, "twice")

	p := plan("a", "one")
	p.Partial = true
	_, err = Apply(t.TempDir(), p, Options{Prune: true})
	require.ErrorContains(t, err, "for some units only")
}

func TestFailedWriteLeavesNoTemporaryFile(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, map[string]string{"recipes/a": stamp("one")})
	require.Error(t, write(filepath.Join(dir, "recipes"), []byte("x"), 0o644), "a directory is in the way")
	assert.Equal(t, map[string]string{"recipes/a": "0644 " + stamp("one")}, dump(t, dir))
}

func TestConf(t *testing.T) {
	for _, tc := range []struct{ summary, content, want string }{
		{"a person's", "BBFILES += \"x\"\n", "BBFILES += \"x\"\n"},
		{"ours", stamp("BBFILES"), ""},
		{"ours, edited", stamp("BBFILES") + "# mine\n", stamp("BBFILES") + "# mine\n"},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, map[string]string{"conf/layer.conf": tc.content})
			got, err := Conf(dir)
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
	got, err := Conf(t.TempDir())
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, map[string]string{"a/x": "", "a/b/y": "", "c/z": "", "a/link": "-> x", "a/out": "-> /etc"})
	got, err := Files(dir, "a", "missing")
	require.NoError(t, err)
	assert.Equal(t, []string{"a/b/y", "a/x"}, got)
}

func FuzzStamp(f *testing.F) {
	f.Add("[Service]\n", "PrivateTmp=yes\n", "")
	f.Add("", stamp("one"), "x")
	f.Fuzz(func(t *testing.T, head, body, edit string) {
		if head != "" && !strings.HasSuffix(head, "\n") {
			head += "\n"
		}
		content := File{Head: []byte(head), Body: []byte(body), Comment: "# "}.content(plan())
		s, ours := unstamp(content)
		require.True(t, ours)
		if !stampLine.MatchString(head) {
			require.True(t, s.intact())
			require.Equal(t, head+body, string(s.rest))
		}
		if s, ours := unstamp(append(content, edit...)); ours && edit != "" {
			require.False(t, s.intact())
		}
	})
}
