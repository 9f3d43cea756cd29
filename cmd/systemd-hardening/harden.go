// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/systemd-hardening/systemd-hardening/patcher"
	"github.com/systemd-hardening/systemd-hardening/patcher/layer"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// hardenOptions are the options of harden besides those of the target.
type hardenOptions struct {
	layer, tree, form, confidence    string
	override, collection, maintainer string
	series                           []string
	source                           map[string]string
	recipes                          string
	dryRun, prune                    bool
}

func newHarden() *cobra.Command {
	var t target
	var h hardenOptions
	c := &cobra.Command{
		Use:   "harden ROOTFS|REPORT [UNIT...] --layer DIR | --tree DIR",
		Short: "Write hardening for the services into a layer or a plain tree",
		Long: `Writes drop-ins for settings that the services can take, each line with its reason,
and appends for the recipes that own the units (--pkgdata says which). Without
pkgdata one recipe installs them all. --tree writes the drop-ins alone, for any
other build system.

Nothing is written that weakens a unit. A file that a person edited is kept, and
named. A second run changes nothing.`,
		Example: `  systemd-hardening harden rootfs --pkgdata build/tmp/pkgdata/qemux86-64 --layer ../meta-product-hardening
  systemd-hardening harden rootfs --tree overlay --dry-run`,
		Args: atLeast(1, "ROOTFS or REPORT"),
	}
	t.register(c)
	f := c.Flags()
	f.StringVar(&h.layer, "layer", "", "the layer `DIR` to write into; a new one is made when it has no conf/layer.conf")
	f.StringVar(&h.tree, "tree", "", "the `DIR` to write the drop-ins into, laid out as in the image")
	f.StringVar(&h.form, "form", "dropin", "`FORM`: dropin, patch or unit")
	f.StringVar(&h.confidence, "confidence", "likely", "the least `CONFIDENCE` that is written: proven or likely")
	f.StringSliceVar(&h.series, "series", nil, "release `NAMES` that the layer is for (default: those of its layer.conf, else all known)")
	f.StringVar(&h.override, "override", "", "`OVERRIDE` (a machine or distro) that a build must have for the appends to apply")
	f.StringVar(&h.collection, "collection", "", "`COLLECTION` of a layer that may be absent: appends for its recipes (all, without --recipes) go into dynamic-layers/")
	f.StringVar(&h.maintainer, "maintainer", "", "`NAME <MAIL>` for a new layer's README and for patches")
	f.StringToStringVar(&h.source, "source", nil, "for --form patch and unit: the folder `PN=DIR` of a recipe's source, or of its .bb file, with the unit's file")
	f.StringVar(&h.recipes, "recipes", "", "`FILE` with PN, .bb file and layer collection of the build's recipes, one a line, separated by tabs")
	f.BoolVar(&h.dryRun, "dry-run", false, "print what would change as a diff, and write nothing")
	f.BoolVar(&h.prune, "prune", false, "remove files of ours for units that are gone")
	c.RunE = func(c *cobra.Command, args []string) error { return h.run(c, &t, args) }
	return c
}

var forms = map[string]patcher.Form{"dropin": patcher.DropIns, "patch": patcher.Patches, "unit": patcher.Units}

func (h *hardenOptions) check() error {
	switch {
	case (h.layer == "") == (h.tree == ""):
		return usagef("give either --layer DIR or --tree DIR")
	case forms[h.form] == "":
		return usagef("--form is dropin, patch or unit, not %q", h.form)
	case h.confidence != report.Proven && h.confidence != report.Likely:
		return usagef("--confidence is proven or likely, not %q", h.confidence)
	case len(h.source) > 0 && forms[h.form] == patcher.DropIns:
		return usagef("--source is for --form patch and unit: a drop-in needs no source")
	}
	return nil
}

func (h *hardenOptions) run(c *cobra.Command, t *target, args []string) error {
	if err := h.check(); err != nil {
		return err
	}
	units, err := together(c, t, args[0], args[1:])
	if err != nil {
		return err
	}
	t.evidence = true
	r, err := t.load(c, args[0], units)
	if err != nil {
		return err
	}
	if err := patcher.Propose(r, h.confidence, t.policy); err != nil {
		return err
	}
	dir := h.layer + h.tree
	plan, diagnostics, err := h.plan(dir, r, args[1:])
	if err != nil {
		return err
	}
	result, err := layer.Apply(dir, plan, layer.Options{DryRun: h.dryRun, Prune: h.prune})
	if err != nil {
		return err
	}
	return h.print(c.OutOrStdout(), textFor(c.OutOrStdout()), r, result, diagnostics)
}

// together adds to the units that are named the other instances of their templates:
// they get one drop-in, which has to be right for all of them.
func together(c *cobra.Command, t *target, path string, units []string) ([]string, error) {
	if !slices.ContainsFunc(units, unit.IsInstance) {
		return units, nil
	}
	all, err := t.load(c, path, nil)
	if err != nil {
		return nil, err
	}
	list := slices.Clone(units)
	for _, u := range all.Units {
		sibling := func(name string) bool { return unit.IsInstance(name) && unit.Template(name) == unit.Template(u.Name) }
		if unit.IsInstance(u.Name) && !slices.Contains(units, u.Name) && slices.ContainsFunc(units, sibling) {
			list = append(list, u.Name)
		}
	}
	return list, nil
}

func (h *hardenOptions) plan(dir string, r *report.Report, units []string) (layer.Plan, []report.Diagnostic, error) {
	tree := h.tree != ""
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return layer.Plan{}, nil, err
	}
	conf, err := layer.Conf(dir)
	if err != nil {
		return layer.Plan{}, nil, err
	}
	depends, err := layer.Depends(dir)
	if err != nil {
		return layer.Plan{}, nil, err
	}
	present, err := layer.Files(dir, patcher.Dirs(tree)...)
	if err != nil {
		return layer.Plan{}, nil, err
	}
	digest, err := digestOf(r)
	if err != nil {
		return layer.Plan{}, nil, err
	}
	recipes, trees, err := readRecipes(h.recipes, h.source)
	if err != nil {
		return layer.Plan{}, nil, err
	}
	return patcher.Plan(r, patcher.Options{
		Version: version, ReportDigest: digest, Form: forms[h.form], Tree: tree, Confidence: h.confidence, Units: units,
		LayerName: filepath.Base(absolute), LayerConf: conf, Depends: depends, Present: present,
		Series: h.series, Override: h.override, Collection: h.collection, Maintainer: h.maintainer,
		Recipes: recipes, Trees: trees,
	})
}

// digestOf is the sha256 of the report as JSON: it names in every generated file
// what the file was made from.
func digestOf(r *report.Report) (string, error) {
	var b bytes.Buffer
	if err := report.WriteJSON(&b, r); err != nil {
		return "", err
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:]), nil
}

// print tells what was done, or in a dry run what would be.
func (h *hardenOptions) print(w io.Writer, t report.Text, r *report.Report, result layer.Result, diagnostics []report.Diagnostic) error {
	if err := t.Proposals(w, r, h.confidence); err != nil {
		return err
	}
	if h.dryRun {
		if _, err := w.Write(patcher.Diff(result)); err != nil {
			return err
		}
	}
	for _, change := range result.Changes {
		if change.Action == layer.Unchanged {
			continue
		}
		why := ""
		if change.Why != "" {
			why = ": " + change.Why
		}
		if _, err := fmt.Fprintf(w, "%s %s%s\n", change.Action, report.Sanitize(change.Path), report.Sanitize(why)); err != nil {
			return err
		}
	}
	if !result.Changed() {
		if _, err := fmt.Fprintln(w, "nothing to change"); err != nil {
			return err
		}
	}
	return t.Diagnostics(w, diagnostics)
}
