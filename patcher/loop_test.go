// SPDX-License-Identifier: MIT

package patcher

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/patcher/layer"
	"github.com/systemd-hardening/systemd-hardening/scanner"
	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// TestImage closes the loop on a whole image, LOOP_ROOTFS (`make loop-test`): what is
// predicted for each row of each unit is what a scan finds after the drop-ins are laid
// over a copy; a second run changes nothing; and every systemd-analyze of
// SYSTEMD_ANALYZE (words; default: that of the host) accepts each line and scores it
// as we do. The copy has hard links, so it lies beside the image and costs no space.
func TestImage(t *testing.T) {
	image := os.Getenv("LOOP_ROOTFS")
	if image == "" {
		t.Skip("LOOP_ROOTFS names no image")
	}
	before := scanImage(t, image, scanner.Options{All: true, Evidence: true})
	require.NoError(t, Propose(before, report.Likely, nil))
	overlay := t.TempDir()
	first := write(t, before, overlay)
	require.True(t, first.Changed())

	dir, err := os.MkdirTemp(filepath.Dir(filepath.Clean(image)), "loop-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	hardened := filepath.Join(dir, "rootfs")
	shell(t, "cp", "-al", image, hardened)
	shell(t, "cp", "-a", "--remove-destination", overlay+"/.", hardened)
	after := scanImage(t, hardened, scanner.Options{All: true, Evidence: true})
	compareWithPrediction(t, before, after)

	require.NoError(t, Propose(after, report.Likely, nil))
	assert.False(t, write(t, after, overlay).Changed(), "a second run changes nothing")

	tools := strings.Fields(os.Getenv("SYSTEMD_ANALYZE"))
	if path, err := exec.LookPath("systemd-analyze"); err == nil && len(tools) == 0 {
		tools = []string{path}
	}
	for _, tool := range tools {
		verifyLines(t, tool, image, hardened, before)
		compareWithTool(t, tool, image, hardened, before)
	}
}

func scanImage(t *testing.T, dir string, opts scanner.Options) *report.Report {
	image, err := rootfs.New(dir)
	require.NoError(t, err)
	r, err := scanner.Scan(image, opts)
	require.NoError(t, err)
	return r
}

// write lays the drop-ins into a tree.
func write(t *testing.T, r *report.Report, dir string) layer.Result {
	present, err := layer.Files(dir, Dirs(true)...)
	require.NoError(t, err)
	plan, _, err := Plan(r, Options{Version: "test", ReportDigest: strings.Repeat("0", 64), Tree: true, Present: present})
	require.NoError(t, err)
	result, err := layer.Apply(dir, plan, layer.Options{})
	require.NoError(t, err)
	return result
}

func shell(t *testing.T, name string, args ...string) {
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoError(t, err, string(out))
}

// compareWithPrediction compares every row of every loaded unit.
func compareWithPrediction(t *testing.T, before, after *report.Report) {
	p, err := newProposer(before, nil)
	require.NoError(t, err)
	units, rows, sumBefore, sumAfter := 0, 0, report.Level(0), report.Level(0)
	for i := range before.Units {
		was := &before.Units[i]
		now, found := after.Find(was.Name)
		require.True(t, found, was.Name)
		require.Equal(t, was.LoadState, now.LoadState, was.Name)
		if !was.Exposure.Known() {
			continue
		}
		s, err := p.rules.Evaluate(was.Name, was.Fragment, withDropIn(ownLines(was), chosen(was, report.Likely)))
		require.NoError(t, err, was.Name)
		predicted := exposure.Assess(p.target, s)
		for n, row := range predicted.Rows {
			a := now.Assessments[n]
			require.Equal(t, row.ID, a.ID)
			assert.Equal(t, row.Applies, a.Badness != nil, "%s %s", was.Name, row.ID)
			if row.Applies && a.Badness != nil {
				assert.Equal(t, row.Badness, *a.Badness, "%s %s", was.Name, row.ID)
			}
			rows++
		}
		if was.ExposureAfter.Known() {
			assert.Equal(t, was.ExposureAfter, now.Exposure, was.Name)
			units++
		}
		sumBefore, sumAfter = sumBefore+was.Exposure, sumAfter+now.Exposure
	}
	t.Logf("%d units, %d with proposals, %d rows as predicted, mean exposure %.2f -> %.2f", len(before.Units), units, rows,
		float64(sumBefore)/float64(len(before.Units))/10, float64(sumAfter)/float64(len(before.Units))/10)
}

// verifyLines: systemd has nothing to say of the merged units that it did not say
// before, and knows each line that was written.
func verifyLines(t *testing.T, tool, image, hardened string, r *report.Report) {
	var names []string
	for _, u := range r.Units {
		if len(u.Proposals) > 0 {
			names = append(names, u.Name)
		}
	}
	const together = 40 // units of one call
	for at := 0; at < len(names); at += together {
		batch := names[at:min(at+together, len(names))]
		if len(newLines(tool, image, hardened, batch...)) == 0 {
			continue
		}
		for _, name := range batch { // some messages are up to the company
			assert.Empty(t, newLines(tool, image, hardened, name), "%s: %s", tool, name)
		}
	}
}

// newLines are what a systemd-analyze has to say of units of the hardened image that
// it has not to say of those of the image. Where an ordering cycle is cut is up to
// chance: of an image that has one, such lines are left out.
func newLines(tool, image, hardened string, units ...string) []string {
	said := func(root string) []string {
		args := append([]string{"verify", "--no-pager", "--man=no", "--root=" + root}, units...)
		out, _ := exec.Command(tool, args...).CombinedOutput() // fails for any odd line
		return strings.Split(strings.ReplaceAll(string(out), root, ""), "\n")
	}
	ofCycle := func(line string) bool {
		return strings.Contains(line, "ordering cycle") || strings.Contains(line, "Found dependency on ")
	}
	before := said(image)
	cyclic := slices.ContainsFunc(before, ofCycle)
	return slices.DeleteFunc(said(hardened), func(line string) bool { return slices.Contains(before, line) || cyclic && ofCycle(line) })
}

// compareWithTool compares the rows of the hardened units with those that another
// release of systemd gives them. A unit that it cannot load, as one of a newer release,
// it could not load before either.
func compareWithTool(t *testing.T, tool, image, hardened string, r *report.Report) {
	out, err := exec.Command(tool, "--version").Output()
	require.NoError(t, err)
	_, text, _ := bytes.Cut(out, []byte("("))
	text, _, _ = bytes.Cut(text, []byte(")"))
	version, err := unit.ParseVersion(string(text))
	require.NoError(t, err)
	ours := scanImage(t, hardened, scanner.Options{All: true, SystemdVersion: version.String(), Compat: exposure.Offline})
	rows, unloaded := 0, 0
	for _, u := range ours.Units {
		was, found := r.Find(u.Name)
		if !found || len(was.Proposals) == 0 || !u.Exposure.Known() {
			continue
		}
		out, _ := exec.Command(tool, "security", "--offline=yes", "--no-pager", "--json=short", "--root="+hardened, u.Name).Output()
		if len(out) == 0 {
			out, _ = exec.Command(tool, "security", "--offline=yes", "--no-pager", "--json=short", "--root="+image, u.Name).Output()
			assert.Empty(t, string(out), "%s: %s no longer loads", tool, u.Name)
			unloaded++
			continue
		}
		var list []struct {
			Field    string `json:"json_field"`
			Set      *bool
			Exposure *string
		}
		if !assert.NoError(t, json.Unmarshal(out, &list), "%s: %s", tool, u.Name) {
			continue
		}
		for _, theirs := range list {
			i := slices.IndexFunc(u.Assessments, func(a report.Assessment) bool { return a.JSONField == theirs.Field })
			if !assert.GreaterOrEqual(t, i, 0, "%s: %s has no %s", tool, u.Name, theirs.Field) {
				continue
			}
			a, exposed := u.Assessments[i], ""
			if a.Exposure.Known() {
				exposed = a.Exposure.String()
			}
			if theirs.Exposure == nil {
				theirs.Exposure = new(string)
			}
			assert.Equal(t, *theirs.Exposure, exposed, "%s: %s %s", tool, u.Name, theirs.Field)
			rows++
		}
	}
	t.Logf("systemd-analyze %s: %d rows are the same, %d units it loads neither before nor after", version, rows, unloaded)
}
