// SPDX-License-Identifier: MIT

package bbclass

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCheckLayer runs the Yocto Project's check of a layer: what it needs to
// have, and that adding it changes no signature.
func TestCheckLayer(t *testing.T) {
	eachRelease(t, "checklayer", func(t *testing.T, r *rig) {
		r.base, r.layers = "", nil
		checked := r.run(t, "", "yocto-check-layer", r.layer(), "--no-auto-dependency")
		assert.NoError(t, checked.err)
		assert.Contains(t, checked.output, "meta-hardening ... PASS")
	})
}

// A distribution's layer that a person made: its override guards the appends.
var distroLayer = map[string]string{
	"conf/distro/hardened.conf": "DISTRO = \"hardened\"\nDISTRO_NAME = \"Hardened\"\n",
	"README":                    "Maintainer: Jo Doe <jo@example.com>. Send patches there.\n",
	"SECURITY.md":               "Write to Jo Doe.\n",
}

// TestCheckGeneratedLayer runs the same check on what harden writes. What an append
// file does without a guard is to change its recipe's signatures: so the layer is
// clean in all but that, and in that too when the appends wait for an override.
func TestCheckGeneratedLayer(t *testing.T) {
	eachRelease(t, "checkgenerated", func(t *testing.T, r *rig) {
		require.NoError(t, r.image(t, "").err)
		rootfs := filepath.Dir(r.temp(t, "")) + "/rootfs"
		r.harden(t, "plain", r.deployed("systemd-hardening.json"))
		r.harden(t, "guarded", r.deployed("systemd-hardening.json"), "--override", "hardened")
		r.harden(t, "one-recipe", rootfs, "--arch", "x86-64")
		r.harden(t, "patches", r.deployed("systemd-hardening.json"), "--override", "hardened", "--form", "patch",
			"--source", "rig-file="+filepath.Join(r.build(), "meta-rig/recipes-rig/services"))
		r.addLayer(t, "distro", distroLayer)
		r.write(t, "distro/conf/layer.conf", strings.ReplaceAll(read(t, filepath.Join(r.folder, "distro/conf/layer.conf")),
			"${LAYERDIR}/*.bb ${LAYERDIR}/*.bbappend", "${LAYERDIR}/recipes-*/*/*.bb ${LAYERDIR}/recipes-*/*/*.bbappend"))
		r.harden(t, "distro", r.deployed("systemd-hardening.json"), "--override", "hardened")

		r.base, r.layers = "", nil
		names := []string{"guarded", "one-recipe", "patches", "distro"}
		clean := []string{"yocto-check-layer", "--no-auto-dependency"}
		for _, name := range names {
			clean = append(clean, filepath.Join(r.folder, name))
		}
		checked := r.run(t, "", clean...)
		assert.NoError(t, checked.err)
		for _, name := range names {
			assert.Contains(t, checked.output, name+" ... PASS")
		}

		checked = r.run(t, "", "yocto-check-layer", "--no-auto-dependency", filepath.Join(r.folder, "plain"))
		assert.Error(t, checked.err)
		assert.Equal(t, []string{"test_signatures"}, failed(checked.output))
		appended, err := filepath.Glob(filepath.Join(r.folder, "plain/recipes-hardening/*"))
		require.NoError(t, err)
		for i, dir := range appended {
			appended[i] = filepath.Base(dir)
		}
		assert.Equal(t, appended, changed(checked.output), "the recipes that it appends to, and no other")
	})
}

// harden writes a layer of the rig's with the built tool.
func (r *rig) harden(t *testing.T, name, from string, options ...string) {
	options = append([]string{"harden", from, "--layer", filepath.Join(r.folder, name), "--maintainer", "Jo Doe <jo@example.com>"}, options...)
	out, err := exec.Command(r.tool(), options...).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "created ", "%v", options)
}

var failedTest = regexp.MustCompile(`(?m)^(?:\w+: )?(?:FAIL|ERROR): (test_\w+)`)

// failed names the tests of yocto-check-layer that failed.
func failed(output string) (names []string) {
	for _, m := range failedTest.FindAllStringSubmatch(output, -1) {
		names = append(names, m[1])
	}
	return names
}

var changedSignature = regexp.MustCompile(`(?m)^\W*([\w-]+):do_\w+: [0-9a-f]{64} -> [0-9a-f]{64}$`)

// changed names the recipes whose signatures changed first, sorted.
func changed(output string) (recipes []string) {
	for _, m := range changedSignature.FindAllStringSubmatch(output, -1) {
		if !slices.Contains(recipes, m[1]) {
			recipes = append(recipes, m[1])
		}
	}
	slices.Sort(recipes)
	return recipes
}
