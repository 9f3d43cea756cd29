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
	return Options{Version: "0.1.0", ReportDigest: strings.Repeat("0123456789abcdef", 4), LayerName: "meta-golden"}
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
			o.Recipes = map[string]Recipe{"rig-archive": {File: "rig-archive.bb"}, "rig-file": {File: "rig-file_1.0.bb", Collection: "rig"}}
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
			"echo.service: nothing is written: its source is not given",
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
