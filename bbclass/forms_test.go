// SPDX-License-Identifier: MIT

package bbclass

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// formLimit lets units pass that harden has improved, and no other.
const formLimit = "SYSTEMD_HARDENING_LAYER = \"${TOPDIR}/meta-hardened\"\n" + asError +
	"SYSTEMD_HARDENING_THRESHOLD[foo.service] = \"9.5\"\n"

// hardenedIn lets the build write its hardening in a form, and builds with it.
func (r *rig) hardenedIn(t *testing.T, limit, options string) (written run) {
	require.Error(t, r.image(t, limit).err, "the gate fails before")
	written = r.run(t, limit+"SYSTEMD_HARDENING_HARDEN_OPTIONS = \""+options+"\"\n", "bitbake", "-c", "systemd_hardening_layer", "rig-image")
	require.NoError(t, written.err)
	r.layers = append(r.layers, filepath.Join(r.build(), "meta-hardened"))
	built := r.image(t, limit)
	require.NoError(t, built.err, "the gate passes with the layer")
	assert.Empty(t, built.issues("unit-exposure"))
	return written
}

// installed runs a recipe's tasks from do_patch on, which its package may have come
// without out of sstate, and gives a unit as do_install left it.
func (r *rig) installed(t *testing.T, recipe, unit string) string {
	built := r.run(t, "", "bitbake", "-C", "patch", "-c", "install", recipe)
	require.NoError(t, built.err)
	require.Contains(t, built.output, ":do_patch)")
	found, err := filepath.Glob(filepath.Join(r.build(), "tmp", "work", "*", recipe, "*/image/usr/lib/systemd/system", unit))
	require.NoError(t, err)
	require.Len(t, found, 1)
	return read(t, found[0])
}

// inImage is a file of the image that was deployed.
func (r *rig) inImage(t *testing.T, path string) string {
	out, err := exec.Command("tar", "-xzOf", r.deployed("tar.gz"), "./"+path).Output()
	require.NoError(t, err, path)
	return string(out)
}

// TestPatchForm: patches of a unit beside its recipe and of a template in a source
// tree apply in do_patch, and the image has the units that they make.
func TestPatchForm(t *testing.T) {
	eachRelease(t, "patchform", func(t *testing.T, r *rig) {
		tree := filepath.Join(r.build(), "meta-rig/recipes-rig/services/files/bar-2.3")
		limit := formLimit + "SYSTEMD_HARDENING_THRESHOLD[bar.service] = \"9.5\"\n"
		written := r.hardenedIn(t, limit, "--form patch --maintainer 'Jo Doe <jo@example.com>' --source rig-archive="+tree)
		assert.Contains(t, written.output, "created recipes-hardening/rig-archive/files/harden-bar.service.patch")
		assert.Contains(t, read(t, filepath.Join(r.build(), "meta-hardened/README.md")), "Jo Doe <jo@example.com>")
		assert.Contains(t, read(t, filepath.Join(r.build(), "meta-hardened/conf/layer.conf")), "LAYERDEPENDS_meta-hardened = \"core rig\"")

		for _, unit := range []struct{ recipe, name, own string }{
			{"rig-archive", "bar.service", "ExecStart=/usr/bin/bar\n"},
			{"rig-file", "foo.service", "ExecStart=/usr/bin/foo\n"},
			{"rig-template", "worker@.service", ""},
		} {
			text := r.installed(t, unit.recipe, unit.name)
			assert.Contains(t, text, unit.own)
			assert.Contains(t, text, "\nSystemCallArchitectures=native\n")
			assert.Equal(t, text, r.inImage(t, "usr/lib/systemd/system/"+unit.name))
		}
	})
}

// TestUnitForm: a whole unit file of the layer takes the place of the one beside
// the recipe; a unit of a source tree is left, and said.
func TestUnitForm(t *testing.T) {
	eachRelease(t, "unitform", func(t *testing.T, r *rig) {
		written := r.hardenedIn(t, formLimit, "--form unit")
		assert.Contains(t, written.output, "created recipes-hardening/rig-file/files/foo.service")
		assert.Regexp(t, `bar\.service: nothing is written: .*SRC_URI`, written.output)

		text := r.installed(t, "rig-file", "foo.service")
		assert.Contains(t, text, "ExecStart=/usr/bin/foo\n")
		assert.Contains(t, text, "\nSystemCallArchitectures=native\n")
		assert.Equal(t, text, r.inImage(t, "usr/lib/systemd/system/foo.service"))
		assert.Equal(t, 1, strings.Count(text, "[Service]"))
	})
}

// TestGuardedLayer: a layer behind an override, with its appends in dynamic-layers,
// changes nothing until a build has the override, and then hardens.
func TestGuardedLayer(t *testing.T) {
	eachRelease(t, "guarded", func(t *testing.T, r *rig) {
		require.Error(t, r.image(t, formLimit).err)
		r.harden(t, "guard", r.deployed("systemd-hardening.json"), "--override", "hardened", "--collection", "rig")
		r.layers = append(r.layers, filepath.Join(r.folder, "guard"))
		added := r.image(t, formLimit)
		assert.Error(t, added.err)
		assert.Equal(t, []string{"image_qa"}, added.tasks("rig-image"), "which had failed")
		assert.NoError(t, r.image(t, formLimit+"DISTROOVERRIDES:append = \":hardened\"\n").err)
		r.assertOwner(t, "rig-file", "/usr/lib/systemd/system/foo.service.d/50-hardening.conf")
	})
}

// TestOneRecipe: without package data a recipe has all drop-ins, which an image installs.
func TestOneRecipe(t *testing.T) {
	eachRelease(t, "onerecipe", func(t *testing.T, r *rig) {
		require.Error(t, r.image(t, formLimit).err)
		r.harden(t, "one-recipe", filepath.Dir(r.temp(t, ""))+"/rootfs", "--arch", "x86-64")
		r.layers = append(r.layers, filepath.Join(r.folder, "one-recipe"))
		require.NoError(t, r.image(t, formLimit+"IMAGE_INSTALL:append:pn-rig-image = \" systemd-hardening-dropins\"\n").err)
		r.assertOwner(t, "systemd-hardening-dropins", "/usr/lib/systemd/system/foo.service.d/50-hardening.conf")
	})
}

// assertOwner holds that a package ships a file that is in the image.
func (r *rig) assertOwner(t *testing.T, pkg, path string) {
	assert.NotEmpty(t, r.inImage(t, strings.TrimPrefix(path, "/")))
	found := r.run(t, "", "oe-pkgdata-util", "find-path", path)
	require.NoError(t, found.err)
	assert.Contains(t, found.output, pkg+": "+path)
}
