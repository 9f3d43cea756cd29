// SPDX-License-Identifier: MIT

package patcher

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAppendFileIsNamedAfterTheRecipeFile(t *testing.T) {
	for _, tc := range []struct {
		summary string
		recipe  recipe
		want    string
	}{
		{"the name of the .bb file is not known", recipe{pn: "audit"}, "recipes-hardening/audit/audit_%.bbappend"},
		{"a version", recipe{pn: "audit", info: Recipe{File: "audit_4.1.2.bb"}}, "recipes-hardening/audit/audit_%.bbappend"},
		{"a version from git", recipe{pn: "x-git", info: Recipe{File: "x-git_git.bb"}}, "recipes-hardening/x-git/x-git_%.bbappend"},
		{"no version", recipe{pn: "linux-dummy", info: Recipe{File: "linux-dummy.bb"}}, "recipes-hardening/linux-dummy/linux-dummy.bbappend"},
		{"PN is not the file's name", recipe{pn: "systemd", info: Recipe{File: "systemd-rig_1.bb"}}, "recipes-hardening/systemd-rig/systemd-rig_%.bbappend"},
		{"a revision too", recipe{pn: "a", info: Recipe{File: "a_1.0_r2.bb"}}, "recipes-hardening/a/a_%.bbappend"},
		{"a multilib variant", recipe{pn: "lib32-audit"}, "recipes-hardening/audit/audit_%.bbappend"},
		{"of another layer", recipe{pn: "audit", info: Recipe{Collection: "meta-oe"}}, "dynamic-layers/meta-oe/recipes-hardening/audit/audit_%.bbappend"},
		{"our own", recipe{}, "recipes-hardening/systemd-hardening-dropins/systemd-hardening-dropins_1.0.bb"},
	} {
		t.Run(tc.summary, func(t *testing.T) { assert.Equal(t, tc.want, tc.recipe.file()) })
	}
}

func TestPackageVariable(t *testing.T) {
	for _, tc := range [][3]string{ // recipe, package, as the recipe would write it
		{"foo", "foo", "${PN}"},
		{"foo", "foo-server", "${PN}-server"},
		{"foo", "foobar", "foobar"},
		{"audit", "auditd", "auditd"},
		{"lib32-foo", "lib32-foo-server", "${PN}-server"},
		{"lib32-audit", "lib32-auditd", "auditd"},
	} {
		assert.Equal(t, tc[2], recipe{pn: tc[0]}.packageVar(tc[1]), "%s of %s", tc[1], tc[0])
	}
}

func TestAppendFileOfSeveralPackagesAndOddNames(t *testing.T) {
	r := recipe{pn: "odd", units: []placed{
		{unit: "a:b.service", pkg: "odd-units", uri: uri("a:b.service", ".conf")},
		{unit: `dev-sda\x2d1.service`, pkg: "odd-units", uri: uri(`dev-sda\x2d1.service`, ".conf")},
		{unit: "odd@.service", pkg: "odd", uri: uri("odd@.service", ".conf")},
	}}
	assert.Equal(t, `
FILESEXTRAPATHS:prepend:hardened := "${THISDIR}/files:"

SRC_URI:append:class-target:hardened = " \
    file://harden-a=b.service.conf \
    file://harden-dev-sda+x2d1.service.conf \
    file://harden-odd@.service.conf \
"

do_install:append:class-target:hardened() {
    install -D -m 0644 ${UNPACKDIR}/harden-a=b.service.conf ${D}${systemd_system_unitdir}/a:b.service.d/50-hardening.conf
    install -D -m 0644 ${UNPACKDIR}/harden-dev-sda+x2d1.service.conf '${D}${systemd_system_unitdir}/dev-sda\x2d1.service.d/50-hardening.conf'
    install -D -m 0644 ${UNPACKDIR}/harden-odd@.service.conf ${D}${systemd_system_unitdir}/odd@.service.d/50-hardening.conf
}

FILES:${PN}:append:hardened = " ${systemd_system_unitdir}/odd@.service.d/50-hardening.conf"
FILES:${PN}-units:append:hardened = " \
    ${systemd_system_unitdir}/a:b.service.d/50-hardening.conf \
    ${systemd_system_unitdir}/dev-sda\x2d1.service.d/50-hardening.conf \
"
`, r.bbappend(build{unpackdir: "UNPACKDIR", override: "hardened"}))
}

func TestSeries(t *testing.T) {
	for _, tc := range []struct {
		summary   string
		opts      Options
		series    string
		unpackdir string
		mixed     bool
		err       string
	}{
		{summary: "none given", series: strings.Join(defaultSeries, " "), unpackdir: "UNPACKDIR", mixed: true},
		{summary: "an old one", opts: Options{Series: []string{"scarthgap"}}, series: "scarthgap", unpackdir: "WORKDIR"},
		{summary: "a new one", opts: Options{Series: []string{"wrynose"}}, series: "wrynose", unpackdir: "UNPACKDIR"},
		{summary: "one that is not known", opts: Options{Series: []string{"zzz"}}, series: "zzz", unpackdir: "UNPACKDIR"},
		{summary: "both", opts: Options{Series: []string{"kirkstone", "styhead"}}, series: "kirkstone styhead", unpackdir: "UNPACKDIR", mixed: true},
		{
			summary: "of an existing layer",
			opts:    Options{LayerConf: "LAYERDEPENDS_x = \"core\"\nLAYERSERIES_COMPAT_x = \"nanbield scarthgap\"\n"},
			series:  "nanbield scarthgap", unpackdir: "WORKDIR",
		},
		{summary: "one before overrides had colons", opts: Options{Series: []string{"wrynose", "dunfell"}}, err: `series "dunfell"`},
		{summary: "no name", opts: Options{Series: []string{"a\"b"}}, err: "series"},
		{summary: "an override that is an operator", opts: Options{Override: "append"}, err: `override "append"`},
		{summary: "an override in capitals", opts: Options{Override: "Distro"}, err: `override "Distro"`},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			b, err := newBuild(tc.opts)
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tc.series, strings.Join(b.series, " "))
			assert.Equal(t, tc.unpackdir, b.unpackdir)
			assert.Equal(t, tc.mixed, b.mixed())
		})
	}
}

func TestCollectionOfADirectory(t *testing.T) {
	for name, want := range map[string]string{
		"meta-acme": "meta-acme", "Meta_Acme 2": "meta-acme-2", "append": "append-layer", "": "layer", "é": "layer",
	} {
		assert.Equal(t, want, collection(name), "%q", name)
	}
}
