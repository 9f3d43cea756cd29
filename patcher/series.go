// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What the release series of OpenEmbedded mean for a layer. A name that stands
// in none of the lists is taken for a newer one.
var (
	// Before kirkstone overrides were written with underscores.
	ancientSeries = []string{"warrior", "zeus", "dunfell", "gatesgarth", "hardknott", "honister"}
	// Up to scarthgap file:// lands in WORKDIR; later in UNPACKDIR, which is not
	// set before.
	workdirSeries = []string{"kirkstone", "langdale", "mickledore", "nanbield", "scarthgap"}
	// What a layer is for when nobody says.
	defaultSeries = []string{"scarthgap", "styhead", "walnascar", "whinlatter", "wrynose", "blacksail"}
)

// build is what the append files depend on.
type build struct {
	series    []string
	unpackdir string // the variable of the directory in which file:// lands
	override  string
}

// condition is what an operator carries so that it is only for builds with the
// override, if there is one.
func (b build) condition() string {
	if b.override == "" {
		return ""
	}
	return ":" + b.override
}

// guard is the condition of an append that changes a recipe's tasks: it is for
// the target's variant, too.
func (b build) guard() string { return ":class-target" + b.condition() }

// mixed reports whether the layer is for releases with and without UNPACKDIR,
// so that its layer.conf has to give a default.
func (b build) mixed() bool {
	return b.unpackdir == "UNPACKDIR" && slices.ContainsFunc(b.series, isWorkdir)
}

func isWorkdir(series string) bool { return slices.Contains(workdirSeries, series) }

// validOverride is what BitBake takes for an override: lower case.
var validOverride = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// operators are words that BitBake reads as something else behind a colon.
var operators = []string{"append", "prepend", "remove"}

var compatLine = regexp.MustCompile(`(?m)^\s*LAYERSERIES_COMPAT_\S+\s*[?:+.]*=[+.]?\s*"([^"]*)"`)

// newBuild takes the series from the options, else from a layer's own
// configuration, else all that are known.
func newBuild(opts Options) (build, error) {
	b := build{series: opts.Series, unpackdir: "UNPACKDIR", override: opts.Override}
	if m := compatLine.FindStringSubmatch(opts.LayerConf); len(b.series) == 0 && m != nil {
		b.series = strings.Fields(m[1])
	}
	if len(b.series) == 0 {
		b.series = defaultSeries
	}
	for _, s := range b.series {
		if slices.Contains(ancientSeries, s) || !validOverride.MatchString(s) {
			return build{}, fmt.Errorf("series %q: not a release series from kirkstone on", s)
		}
	}
	if !slices.ContainsFunc(b.series, func(s string) bool { return !isWorkdir(s) }) {
		b.unpackdir = "WORKDIR"
	}
	if b.override != "" && (!validOverride.MatchString(b.override) || slices.Contains(operators, b.override)) {
		return build{}, fmt.Errorf("override %q: not a name that BitBake takes as an override", b.override)
	}
	return b, nil
}
