// SPDX-License-Identifier: MIT

package patcher

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/patcher/layer"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

const golden = "../testdata/layer"

// The image of the golden layers is that of testdata/rig, so BitBake can build it
// with them.
func rigReport() *report.Report {
	return &report.Report{Units: []report.Unit{
		loaded("bar.service", "rig-archive", "rig-archive", proposal("ProtectClock", "yes", report.Proven, 2,
			"no program sets the clock", "it opens /dev/rtc nowhere")),
		loaded("cron.service", "rig-programs", "rig-programs",
			proposal("CapabilityBoundingSet", "", report.Likely, 0),
			proposal("CapabilityBoundingSet", "CAP_SETUID CAP_SETGID CAP_DAC_READ_SEARCH", report.Likely, 15,
				"the daemon changes its user with setuid and setgid for every job, and reads crontabs of all users"),
			proposal("PrivateDevices", "yes", report.Manual, 2, "shown, never written")),
		loaded("echo.service", "rig-programs", "rig-programs", proposal("ProtectHome", "yes", report.Likely, 2, "no path below /home is named")),
		loaded("foo.service", "rig-file", "rig-file",
			proposal("PrivateTmp", "yes", report.Proven, 2, "nothing is shared through /tmp"),
			proposal("RestrictAddressFamilies", "none", report.Proven, 5, "no socket is made")),
		{
			Name: "masked.service", LoadState: report.Masked, Exposure: report.None,
		},
		instance("worker@hourly.service", proposal("LockPersonality", "yes", report.Proven, 1, "personality is not called"),
			proposal("ProtectSystem", "strict", report.Proven, 2, "it writes nothing")),
		instance("worker@one.service", proposal("LockPersonality", "yes", report.Likely, 1, "personality is not called", "its helpers are scripts"),
			proposal("ProtectSystem", "full", report.Proven, 1, "it writes below /var")),
	}}
}

func loaded(name, pkg, recipe string, proposals ...report.Proposal) report.Unit {
	return report.Unit{Name: name, LoadState: report.Loaded, Fragment: "/usr/lib/systemd/system/" + name,
		Package: pkg, Recipe: recipe, Proposals: proposals}
}

func instance(name string, proposals ...report.Proposal) report.Unit {
	u := loaded(name, "rig-template", "rig-template", proposals...)
	u.Fragment = "/usr/lib/systemd/system/worker@.service"
	return u
}

func proposal(setting, value, confidence string, gain report.Level, reasons ...string) report.Proposal {
	return report.Proposal{Setting: setting, Value: value, Confidence: confidence, Gain: gain, Reasons: reasons}
}

func options() Options {
	return Options{Version: "0.1.0", ReportDigest: strings.Repeat("0123456789abcdef", 4), LayerName: "meta-golden",
		Maintainer: "Ann Onymous <ann@example.org>"}
}

// A new layer without a maintainer says that it needs one, once.
func TestLayerNeedsAMaintainer(t *testing.T) {
	opts := options()
	opts.Maintainer, opts.Units = "", []string{"foo.service"}
	_, diags, err := Plan(rigReport(), opts)
	require.NoError(t, err)
	assert.Equal(t, []string{"the layer needs a maintainer: give --maintainer 'NAME <MAIL>', or edit README.md and SECURITY.md"}, messages(diags))
	opts.Present = []string{layerConf}
	_, diags, err = Plan(rigReport(), opts)
	require.NoError(t, err)
	assert.Empty(t, diags)
}

func withoutRecipes() *report.Report {
	r := rigReport()
	for i := range r.Units {
		r.Units[i].Package, r.Units[i].Recipe = "", ""
	}
	return r
}

var barSource = Source{Path: "bar.service.in", Content: []byte(
	"[Unit]\nDescription=Bar\nAfter=network.target\n\n[Service]\nExecStart=@bindir@/bar\nRestart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n")}

var fooSource = Source{Path: "foo.service", Local: true, Content: []byte(
	"[Unit]\nDescription=Foo\n[Service]\nExecStart=/usr/bin/foo\n[Install]\nWantedBy=multi-user.target\n")}

func sources() map[string]Source {
	return map[string]Source{"bar.service": barSource, "foo.service": fooSource}
}

func TestGoldenLayers(t *testing.T) {
	for _, tc := range []struct {
		summary string
		dir     string
		report  *report.Report
		opts    func(*Options)
		diags   []string
	}{{
		summary: "drop-ins by the recipes that ship the units",
		dir:     "dropin",
		report:  rigReport(),
		opts:    func(*Options) {},
		diags:   []string{"worker@.service: ProtectSystem= is not written: it is not right for all of its instances"},
	}, {
		summary: "behind an override, for a layer that may be absent, for scarthgap alone",
		dir:     "dropin-override",
		report:  rigReport(),
		opts: func(o *Options) {
			o.Override, o.Series = "hardened", []string{"scarthgap"}
			o.Units, o.Confidence = []string{"foo.service", "bar.service"}, report.Proven
			o.Recipes = map[string]Recipe{"rig-archive": {File: "rig-archive_2.3.bb"}, "rig-file": {File: "rig-file_1.0.bb", Collection: "rig"}}
			o.Maintainer = "Jo Doe <jo@example.org>"
		},
	}, {
		summary: "one recipe, where the recipes of the units are not known",
		dir:     "recipe",
		report:  withoutRecipes(),
		opts:    func(o *Options) { o.Units = []string{"foo.service", "worker@one.service"} },
		diags: []string{
			"worker@.service: ProtectSystem= is not written: it is not right for all of its instances",
			"foo.service: no recipe is known for it: its drop-in goes into systemd-hardening-dropins, which the image has to install",
			"worker@.service: no recipe is known for it: its drop-in goes into systemd-hardening-dropins, which the image has to install",
		},
	}, {
		summary: "a tree for any other build system",
		dir:     "tree",
		report:  rigReport(),
		opts:    func(o *Options) { o.Tree = true },
		diags:   []string{"worker@.service: ProtectSystem= is not written: it is not right for all of its instances"},
	}, {
		summary: "patches of the recipes' sources",
		dir:     "patch",
		report:  rigReport(),
		opts: func(o *Options) {
			o.Form, o.Sources = Patches, sources()
			o.Units = []string{"bar.service", "foo.service", "echo.service"}
		},
		diags: []string{
			"echo.service: nothing is written: its source is not given (--source rig-programs=DIR)",
		},
	}, {
		summary: "whole units in place of those beside their recipes",
		dir:     "unit",
		report:  rigReport(),
		opts: func(o *Options) {
			o.Form, o.Sources, o.Series = Units, sources(), []string{"wrynose"}
			o.Units = []string{"bar.service", "foo.service"}
		},
		diags: []string{
			"bar.service: nothing is written: its source is not a file beside the recipe, so no file of the layer can stand for it",
		},
	}} {
		t.Run(tc.summary, func(t *testing.T) {
			opts := options()
			tc.opts(&opts)
			plan, diags, err := Plan(tc.report, opts)
			require.NoError(t, err)
			assert.Equal(t, tc.diags, messages(diags))

			want := filepath.Join(golden, tc.dir)
			if *update {
				require.NoError(t, os.RemoveAll(want))
				apply(t, want, plan)
			}
			dir := filepath.Join(t.TempDir(), "layer")
			apply(t, dir, plan)
			assert.Equal(t, files(t, want), files(t, dir))
		})
	}
}

func messages(diags []report.Diagnostic) []string {
	var list []string
	for _, d := range diags {
		list = append(list, d.Message)
	}
	return list
}

func apply(t testing.TB, dir string, plan layer.Plan) layer.Result {
	t.Helper()
	result, err := layer.Apply(dir, plan, layer.Options{})
	require.NoError(t, err)
	return result
}

// files are the contents of a tree by path.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	names, err := layer.Files(dir, ".")
	require.NoError(t, err)
	require.NotEmpty(t, names, "nothing in %s", dir)
	out := map[string]string{}
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		out[name] = string(content)
	}
	return out
}

func TestPlanTwiceChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "meta-golden")
	for i := 0; i < 2; i++ {
		opts := options()
		opts.Present, _ = layer.Files(dir, Dirs(false)...)
		plan, _, err := Plan(rigReport(), opts)
		require.NoError(t, err)
		assert.Equal(t, i == 0, apply(t, dir, plan).Changed())
	}
}

// Each step goes on from the layer that the one before it left.
func TestPlanOfAnExistingLayer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "meta-golden")
	step := func(r *report.Report, change func(*Options), prune bool) (map[layer.Action]string, []string) {
		opts := options()
		var err error
		opts.Present, err = layer.Files(dir, Dirs(false)...)
		require.NoError(t, err)
		opts.LayerConf, err = layer.Conf(dir)
		require.NoError(t, err)
		change(&opts)
		plan, diags, err := Plan(r, opts)
		require.NoError(t, err)
		result, err := layer.Apply(dir, plan, layer.Options{Prune: prune})
		require.NoError(t, err)
		got := map[layer.Action]string{}
		for _, c := range result.Changes {
			got[c.Action] = strings.TrimSpace(got[c.Action] + " " + filepath.Base(c.Path))
		}
		delete(got, layer.Unchanged)
		return got, messages(diags)
	}
	only := func(names ...string) func(*Options) { return func(o *Options) { o.Units = names } }

	got, _ := step(rigReport(), only("cron.service"), false)
	assert.Equal(t, map[layer.Action]string{
		layer.Created: "COPYING.MIT README.md SECURITY.md layer.conf harden-cron.service.conf rig-programs_%.bbappend"}, got)

	// The other unit of the recipe joins, and the first stays in the append file.
	got, _ = step(rigReport(), only("echo.service"), false)
	assert.Equal(t, map[layer.Action]string{layer.Created: "harden-echo.service.conf", layer.Updated: "rig-programs_%.bbappend"}, got)
	text := files(t, dir)["recipes-hardening/rig-programs/rig-programs_%.bbappend"]
	assert.Contains(t, text, "file://harden-cron.service.conf")
	assert.Contains(t, text, "file://harden-echo.service.conf")

	// A report with nothing left to propose takes nothing away.
	quiet := rigReport()
	for i := range quiet.Units {
		quiet.Units[i].Proposals = nil
	}
	got, diags := step(quiet, only(), true)
	assert.Empty(t, got)
	assert.Equal(t, []string{
		"cron.service: nothing is proposed: recipes-hardening/rig-programs/files/harden-cron.service.conf stays as it is",
		"echo.service: nothing is proposed: recipes-hardening/rig-programs/files/harden-echo.service.conf stays as it is",
	}, diags)

	// A unit that is gone from the image is stale, then pruned.
	gone := rigReport()
	gone.Units = gone.Units[2:4] // echo, foo
	got, _ = step(gone, only(), false)
	assert.Equal(t, map[layer.Action]string{
		layer.Created: "harden-foo.service.conf rig-file_%.bbappend",
		layer.Updated: "rig-programs_%.bbappend",
		layer.Stale:   "harden-cron.service.conf"}, got)
	got, _ = step(gone, only(), true)
	assert.Equal(t, map[layer.Action]string{layer.Removed: "harden-cron.service.conf"}, got)

	// A collection that was added by an earlier run stays in layer.conf.
	other := func(name string, units ...string) func(*Options) {
		return func(o *Options) { o.Collection, o.Units = name, units }
	}
	_, _ = step(rigReport(), other("first", "bar.service"), false)
	_, _ = step(rigReport(), other("second", "worker@.service"), false)
	text = files(t, dir)["conf/layer.conf"]
	assert.Contains(t, text, "first:${LAYERDIR}/dynamic-layers/first/recipes-*/*/*.bbappend")
	assert.Contains(t, text, "second:${LAYERDIR}/dynamic-layers/second/recipes-*/*/*.bbappend")
}

// A layer depends on the layers of the recipes that it appends to, and goes on to
// do so when a later run is about others.
func TestLayerDependsOnTheRecipesLayers(t *testing.T) {
	for _, tc := range []struct {
		summary string
		change  func(*Options)
		want    string
	}{
		{"no layer is known", func(o *Options) { o.Recipes = nil }, `LAYERDEPENDS_meta-golden = "core"`},
		{"the layers of recipes", func(o *Options) {}, `LAYERDEPENDS_meta-golden = "core rig"`},
		{"what it had", func(o *Options) { o.Depends = []string{"core", "acme"} }, `LAYERDEPENDS_meta-golden = "acme core rig"`},
		{"not on itself", func(o *Options) { o.LayerName = "rig" }, `LAYERDEPENDS_rig = "core"`},
		{"not on one that may be absent", func(o *Options) { o.Collection = "rig" }, `LAYERDEPENDS_meta-golden = "core"`},
		{"where another may be absent", func(o *Options) { o.Collection = "acme" }, `LAYERDEPENDS_meta-golden = "core rig"`},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			opts := options()
			opts.Recipes = map[string]Recipe{"rig-file": {File: "rig-file_1.0.bb", Layer: "rig"}, "other": {Layer: "other"}}
			tc.change(&opts)
			plan, _, err := Plan(rigReport(), opts)
			require.NoError(t, err)
			dir := t.TempDir()
			apply(t, dir, plan)
			assert.Contains(t, files(t, dir)["conf/layer.conf"], tc.want+"\n")
		})
	}
}

func TestOwnConfigurationLacksALayer(t *testing.T) {
	opts := options()
	opts.LayerConf = "BBFILES += \"" + recipesPattern + "\"\nBBFILE_COLLECTIONS += \"own\"\nLAYERSERIES_COMPAT_own = \"wrynose\"\n"
	opts.Units = []string{"foo.service"}
	for layer, want := range map[string][]string{"rig": {`the layer's own file lacks: LAYERDEPENDS_own += "rig"`}, "own": nil, "core": nil} {
		opts.Recipes = map[string]Recipe{"rig-file": {File: "rig-file_1.0.bb", Layer: layer}}
		_, diags, err := Plan(rigReport(), opts)
		require.NoError(t, err)
		assert.Equal(t, want, messages(diags), layer)
	}
	opts.Recipes["rig-file"], opts.Depends = Recipe{Layer: "rig"}, []string{"rig"}
	_, diags, err := Plan(rigReport(), opts)
	require.NoError(t, err)
	assert.Empty(t, diags)
}

func TestPlanForALayerWithItsOwnConfiguration(t *testing.T) {
	for _, tc := range []struct {
		summary string
		conf    string
		diags   []string
	}{{
		summary: "it has all",
		conf: `BBFILES += "${LAYERDIR}/recipes-*/*/*.bb ${LAYERDIR}/recipes-*/*/*.bbappend"` + "\n" +
			`BBFILES_DYNAMIC += "acme:${LAYERDIR}/dynamic-layers/acme/recipes-*/*/*.bbappend"` + "\n" +
			`LAYERSERIES_COMPAT_acme = "wrynose"` + "\n",
	}, {
		summary: "it has nothing",
		conf:    "BBPATH = \"x\"\n",
		diags: []string{
			`the layer's own file lacks: BBFILES += "${LAYERDIR}/recipes-*/*/*.bb ${LAYERDIR}/recipes-*/*/*.bbappend"`,
			`the layer's own file lacks: BBFILES_DYNAMIC += "acme:${LAYERDIR}/dynamic-layers/acme/recipes-*/*/*.bbappend"`,
			`the layer's own file lacks: UNPACKDIR ??= "${WORKDIR}"`,
		},
	}} {
		t.Run(tc.summary, func(t *testing.T) {
			opts := options()
			opts.LayerConf, opts.Collection = tc.conf, "acme"
			opts.Units = []string{"foo.service"}
			plan, diags, err := Plan(rigReport(), opts)
			require.NoError(t, err)
			assert.Equal(t, tc.diags, messages(diags))
			var paths []string
			for _, f := range plan.Files {
				paths = append(paths, f.Path)
			}
			assert.Equal(t, []string{
				"dynamic-layers/acme/recipes-hardening/rig-file/files/harden-foo.service.conf",
				"dynamic-layers/acme/recipes-hardening/rig-file/rig-file_%.bbappend",
			}, paths)
		})
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	for _, tc := range []struct {
		summary string
		change  func(*Options)
		err     string
	}{
		{"an unknown form", func(o *Options) { o.Form = "x" }, `form "x"`},
		{"patches in a tree", func(o *Options) { o.Form, o.Tree = Patches, true }, "a tree has drop-ins only"},
		{"a confidence that is never written", func(o *Options) { o.Confidence = report.Manual }, `confidence "manual"`},
		{"a unit that is not there", func(o *Options) { o.Units = []string{"x.service"} }, "unit x.service: not in the report"},
		{"no digest", func(o *Options) { o.ReportDigest = "" }, "the report's digest"},
		{"a version with a space", func(o *Options) { o.Version = "1 2" }, "the tool's version"},
		{"a collection that is a path", func(o *Options) { o.Collection = "../x" }, `collection "../x"`},
		{"a recipe's collection that is a path", func(o *Options) { o.Recipes = map[string]Recipe{"a": {Collection: "a/b"}} }, `collection "a/b"`},
		{"a recipe file that is a path", func(o *Options) { o.Recipes = map[string]Recipe{"a": {File: "../a_1.bb"}} }, `recipe a: "../a_1.bb"`},
		{"an override with a colon", func(o *Options) { o.Override = "a:b" }, `override "a:b"`},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			opts := options()
			tc.change(&opts)
			_, _, err := Plan(rigReport(), opts)
			require.ErrorContains(t, err, tc.err)
		})
	}
}

// Names in a report come from a file that anyone may have written.
func TestHostileRecipeAndPackageNames(t *testing.T) {
	r := &report.Report{Units: []report.Unit{
		loaded("a.service", "p", "../../x", umask...), loaded("b.service", "p\" evil", "r", umask...),
	}}
	plan, _, err := Plan(r, options())
	require.NoError(t, err)
	for _, f := range plan.Files {
		assert.NotContains(t, f.Path, "..")
		assert.NotContains(t, string(f.Body), "evil")
	}
	assert.Equal(t, "recipes-hardening/systemd-hardening-dropins/systemd-hardening-dropins_1.0.bb", plan.Files[len(plan.Files)-1].Path)
}

func TestDiff(t *testing.T) {
	result := layer.Result{Changes: []layer.Change{
		{Path: "a", Action: layer.Created, New: []byte("1\n")},
		{Path: "b", Action: layer.Kept, Old: []byte("1\n")},
		{Path: "c", Action: layer.Removed, Old: []byte("1\n")},
		{Path: "d", Action: layer.Unchanged, Old: []byte("1\n")},
		{Path: "e", Action: layer.Stale, Old: []byte("1\n")},
		{Path: "f", Action: layer.Updated, Old: []byte("1\n"), New: []byte("2\n")},
	}}
	assert.Equal(t, "--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+1\n--- a/c\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-1\n+2\n",
		string(Diff(result)))
	assert.Nil(t, Diff(layer.Result{}))
}
