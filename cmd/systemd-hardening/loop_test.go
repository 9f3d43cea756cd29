// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

var predicted = regexp.MustCompile(`(?m)^(\S+)  (\S+) (\S+) -> (\S+) (\S+)$`)

// TestClosedLoop: hardening laid over the image, and a scan of that, give for each
// unit exactly the exposure that harden predicted; only rows of what was proposed
// change, none gets worse, no unit stops to load, and each line is known to the release.
func TestClosedLoop(t *testing.T) {
	for image, versions := range map[string][]string{
		"../../testdata/demo/rootfs":   {"257"},
		"../../testdata/oracle/rootfs": {"250.14", "252.39", "255.13", "257.13", "262.1"},
	} {
		for _, version := range versions {
			t.Run(filepath.Base(filepath.Dir(image))+" "+version, func(t *testing.T) { closeLoop(t, image, version) })
		}
	}
}

func closeLoop(t *testing.T, image, version string) {
	dir := t.TempDir()
	original := image
	image, overlay, hardened := filepath.Join(dir, "image"), filepath.Join(dir, "overlay"), filepath.Join(dir, "hardened")
	copyTree(t, original, image)
	target := []string{"--all", "--arch", "x86-64", "--systemd-version", version}

	r := call(t, append([]string{"harden", image, "--tree", overlay}, target...)...)
	require.Equal(t, 0, r.code, r.stderr)
	promises := predicted.FindAllStringSubmatch(r.stdout, -1)
	require.NotEmpty(t, promises)

	copyTree(t, image, hardened)
	copyTree(t, overlay+"/.", hardened)
	before, after := scanAs(t, image, target), scanAs(t, hardened, target)
	expected := map[string]string{}
	for _, p := range promises {
		expected[p[1]] = p[4] + " " + p[5]
	}
	rows := 0
	for i := range before.Units {
		was := &before.Units[i]
		now, found := after.Find(was.Name)
		require.True(t, found, was.Name)
		assert.Equal(t, was.LoadState, now.LoadState, was.Name)
		want := fmt.Sprintf("%s %s", was.Exposure, was.Rating)
		if promise, ok := expected[was.Name]; ok {
			want = promise
		}
		assert.Equal(t, want, fmt.Sprintf("%s %s", now.Exposure, now.Rating), was.Name)
		rows += compareRows(t, was, now)
		for _, d := range now.Diagnostics {
			assert.NotEqual(t, "50-hardening.conf", filepath.Base(d.File), "%s: %s", was.Name, d.Message)
		}
	}
	t.Logf("%d units were hardened, %d rows got better", len(promises), rows)

	var d report.Difference
	r = call(t, append([]string{"diff", image, hardened, "--format", "json"}, target...)...)
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &d))
	assert.Empty(t, d.Worse)
	assert.LessOrEqual(t, len(d.Better), len(promises), "some settings have no row")
}

func copyTree(t *testing.T, from, to string) {
	out, err := exec.Command("cp", "-a", from, to).CombinedOutput()
	require.NoError(t, err, string(out))
}

func scanAs(t *testing.T, image string, target []string) *report.Report {
	r := call(t, append([]string{"scan", image, "--format", "json"}, target...)...)
	require.Equal(t, 0, r.code, r.stderr)
	parsed, err := report.ReadJSON([]byte(r.stdout))
	require.NoError(t, err)
	return parsed
}

// compareRows: a row changes only for the better, and by a line of our drop-in.
func compareRows(t *testing.T, was, now *report.Unit) (better int) {
	require.Len(t, now.Assessments, len(was.Assessments), was.Name)
	for i, a := range now.Assessments {
		old := was.Assessments[i]
		if old.Badness == nil || a.Badness == nil || *old.Badness == *a.Badness {
			assert.Equal(t, old.Badness, a.Badness, "%s: %s", was.Name, a.ID)
			continue
		}
		better++
		assert.Less(t, *a.Badness, *old.Badness, "%s: %s", was.Name, a.ID)
		if assert.NotNil(t, a.Source, "%s: %s", was.Name, a.ID) {
			assert.Equal(t, "50-hardening.conf", filepath.Base(a.Source.File), "%s: %s", was.Name, a.ID)
		}
	}
	return better
}
