// SPDX-License-Identifier: MIT

package bbclass

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// accepted are the rules of oelint-adv that a layer breaks, each for a reason.
type accepted map[string]string

// Of the layers that harden writes.
var (
	generated = accepted{
		"oelint.vars.layerconf":               "UNPACKDIR ??= serves a layer for releases with and without that variable; --series of one kind leaves it out",
		"oelint.vars.noncoreoverride":         "the appends change every build that has the layer, which --override avoids",
		"oelint.file.patchsignedoff":          "only a person can sign off, after review",
		"oelint.var.licenseremotefile":        "the recipe has no archive that a licence could come in",
		"oelint.var.suggestedvar.CVE_PRODUCT": "no product is in it",
		"oelint.var.bbclassextend":            "drop-ins are for the target",
	}
	ours = accepted{
		"oelint.bbclass.underscores":          "OE-core's classes have hyphens, too (create-spdx)",
		"oelint.task.docstrings":              "setscene tasks and handlers are nobody's to call",
		"oelint.task.noanonpython":            "a task is removed, and flags are set, by DISTRO_FEATURES",
		"oelint.vars.mispell.unknown":         "functions and BitBake's own SSTATE_SKIP_CREATION are taken for variables",
		"oelint.var.suggestedvar.CVE_PRODUCT": "a tool of the build is not in the image",
		"oelint.var.inheritdevtool.native":    "most native recipes of OE-core inherit it so",
		"oelint.vars.fileextrapaths":          "the recipe builds the checkout that it lies in",
		"oelint.vars.outofcontext":            "the same",
	}
)

// TestLint runs oelint-adv, of PATH, on the layers. What it says beside the accepted
// rules is to be mended, or accepted with a reason.
func TestLint(t *testing.T) {
	oelint, err := exec.LookPath("oelint-adv")
	if err != nil {
		t.Skip("oelint-adv is not installed: pip install oelint-adv")
	}
	for _, tc := range []struct {
		dir      string
		release  string
		accepted accepted
	}{
		{"../testdata/layer/dropin", "wrynose", generated},
		{"../testdata/layer/dropin-override", "scarthgap", accepted{}},
		{"../testdata/layer/patch", "wrynose", generated},
		{"../testdata/layer/recipe", "wrynose", generated},
		{"../testdata/layer/unit", "wrynose", generated},
		{layer, "wrynose", ours},
	} {
		t.Run(filepath.Base(tc.dir), func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "layer")
			out, err := exec.Command("cp", "-rL", tc.dir, copied).CombinedOutput()
			require.NoError(t, err, string(out))
			for _, finding := range lint(t, oelint, copied, tc.release) {
				assert.Contains(t, tc.accepted, finding.rule, finding.line)
			}
		})
	}
}

type finding struct{ rule, line string }

var lintLine = regexp.MustCompile(`^/.+?:\d+:(?:error|warning|info):(oelint\.[\w.]+):`)

// lint runs the linter on all recipes and configuration of a layer. It knows the
// variables of our classes, and "hardened" as a distribution.
func lint(t *testing.T, oelint, dir, release string) (findings []finding) {
	var files []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if name := filepath.Base(path); strings.HasPrefix(filepath.Ext(name), ".bb") || strings.HasSuffix(name, ".inc") || name == "layer.conf" {
			files = append(files, path)
		}
		return err
	}))
	require.NotEmpty(t, files)
	names := []string{}
	for _, path := range []string{imageClass, recipe} {
		defaults, _ := variables(t, path)
		for name := range defaults {
			names = append(names, name)
		}
	}
	constants, err := json.Marshal(map[string]any{"variables": map[string]any{"known": names},
		"replacements": map[string]any{"distros": []string{"hardened"}}})
	require.NoError(t, err)
	mods := filepath.Join(t.TempDir(), "constants.json")
	require.NoError(t, os.WriteFile(mods, constants, 0o644))

	// One file after another: findings of the layer as a whole are no file's.
	for _, file := range files {
		out, err := exec.Command(oelint, "--constantmods", "+"+mods, "--quiet", "--mode", "all", "--release", release,
			"--suppress", "oelint.vars.homepageping", file).CombinedOutput()
		require.NotContains(t, string(out), "Traceback")
		for _, line := range strings.Split(string(out), "\n") {
			if m := lintLine.FindStringSubmatch(line); m != nil {
				findings = append(findings, finding{m[1], strings.TrimPrefix(line, dir)})
			}
		}
		assert.Equal(t, err != nil, strings.Contains(string(out), "oelint."), string(out))
	}
	return findings
}
