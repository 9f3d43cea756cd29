// SPDX-License-Identifier: MIT

package patcher

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/patcher/layer"
	"github.com/systemd-hardening/systemd-hardening/patcher/unidiff"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// Form is how settings reach a unit.
type Form string

// The forms.
const (
	DropIns Form = "dropin" // a drop-in beside the unit, installed by its recipe
	Patches Form = "patch"  // a patch of the unit's source, applied by its recipe
	Units   Form = "unit"   // a whole unit file in place of the one beside its recipe
)

// Options say what a plan is for.
type Options struct {
	Version      string // of the tool
	ReportDigest string // sha256 of the report's JSON, in hexadecimal

	Form       Form   // DropIns unless set
	Tree       bool   // a plain tree of drop-ins for the image rather than a layer
	Confidence string // the least that is written: report.Likely unless set, or report.Proven
	// Units are the names, templates or aliases of what is to be hardened; none is
	// all. What the layer has for others stays.
	Units []string

	LayerName  string   // the base name of the layer's directory; its collection is named so
	LayerConf  string   // layer.Conf of the directory: with one the layer is extended
	Present    []string // layer.Files of the directory below Dirs
	Series     []string // the releases that the layer is for
	Override   string   // builds without this override are not changed
	Depends    []string // layer.Depends of the directory: the collections that it needs so far
	Collection string   // that may be absent: of the recipes that are in it, or for which Recipes has none
	Maintainer string   // "Name <mail>" for a new layer and for patches

	Recipes map[string]Recipe // by PN: what BitBake knows of them
	// For Patches and Units: what units come from, by unit name, and where what is
	// not there is looked for, by PN, as ReadSource does.
	Sources map[string]Source
	Trees   map[string]fs.FS
}

// Dirs are the directories in which a plan has files, relative to its layer or
// tree.
func Dirs(tree bool) []string {
	if tree {
		return []string{unitDir}
	}
	return []string{"conf", "dynamic-layers", "recipes-hardening"}
}

// Plan lays out the files that give the report's units their proposed settings;
// report.Manual ones are never written. A unit goes into the append file of the
// recipe that the report names, and without one into a recipe of the layer's own.
// The diagnostics tell what is not written, and what a person has to do.
//
// What the layer has for a unit without proposals stays, because a report of an
// image that is already hardened proposes nothing new. For Patches and Units the
// report must therefore be of the unhardened image: their settings cannot be told
// from the unit's own.
func Plan(r *report.Report, opts Options) (layer.Plan, []report.Diagnostic, error) {
	b, err := check(r, &opts)
	if err != nil {
		return layer.Plan{}, nil, err
	}
	list, diags := targets(r, opts)
	w := writer{opts: opts, build: b, diags: diags, depends: map[string]bool{"core": true}}
	if err := w.readSources(list); err != nil {
		return layer.Plan{}, nil, err
	}
	w.plan = layer.Plan{Version: opts.Version, Report: opts.ReportDigest, Partial: len(opts.Units) > 0, Dirs: Dirs(opts.Tree)}
	if opts.Tree {
		w.tree(list)
	} else {
		w.layer(list)
	}
	sort.Slice(w.plan.Files, func(i, j int) bool { return w.plan.Files[i].Path < w.plan.Files[j].Path })
	sort.Strings(w.plan.Retain)
	return w.plan, w.diags, nil
}

// Diff is what a result changes, or with DryRun would change, as a unified diff
// for reading and for "patch -p1"; nil when that is nothing.
func Diff(result layer.Result) []byte {
	var b bytes.Buffer
	for _, c := range result.Changes {
		switch c.Action {
		case layer.Created, layer.Updated, layer.Removed:
			b.Write(unidiff.Diff("a/"+c.Path, "b/"+c.Path, c.Old, c.New))
		}
	}
	return b.Bytes()
}

var (
	validVersion = regexp.MustCompile(`^\S+$`)
	validDigest  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// nobody stands where a layer has to name its maintainer and the user did not.
const nobody = "Layer Maintainer <maintainer@example.com>"

// check fills in defaults and refuses options that cannot be met.
func check(r *report.Report, opts *Options) (build, error) {
	if opts.Form == "" {
		opts.Form = DropIns
	}
	if opts.Confidence == "" {
		opts.Confidence = report.Likely
	}
	switch {
	case !slices.Contains([]Form{DropIns, Patches, Units}, opts.Form):
		return build{}, fmt.Errorf("form %q: not dropin, patch or unit", opts.Form)
	case opts.Tree && opts.Form != DropIns:
		return build{}, fmt.Errorf("form %q: a tree has drop-ins only", opts.Form)
	case opts.Confidence != report.Likely && opts.Confidence != report.Proven:
		return build{}, fmt.Errorf("confidence %q: not proven or likely", opts.Confidence)
	case !validVersion.MatchString(opts.Version) || !validDigest.MatchString(opts.ReportDigest):
		return build{}, errors.New("plan a layer: it needs the tool's version and the report's digest")
	}
	for _, name := range opts.Units {
		if !slices.ContainsFunc(r.Units, func(u report.Unit) bool { return asked(u, []string{name}) }) {
			return build{}, fmt.Errorf("unit %s: not in the report", name)
		}
	}
	for _, c := range append(collections(*opts), opts.Collection) {
		if c != "" && !validName.MatchString(c) {
			return build{}, fmt.Errorf("collection %q: not a name of one", c)
		}
	}
	for pn, info := range opts.Recipes {
		if info.File != "" && (!validName.MatchString(info.File) || !strings.HasSuffix(info.File, ".bb")) {
			return build{}, fmt.Errorf("recipe %s: %q is not the name of a .bb file", pn, info.File)
		}
	}
	if opts.Maintainer == "" {
		opts.Maintainer = nobody
	}
	opts.Maintainer = strings.Join(wrap(opts.Maintainer, "", len(opts.Maintainer)+1), " ")
	return newBuild(*opts)
}

func collections(opts Options) []string {
	var list []string
	for _, pn := range sorted(opts.Recipes) {
		list = append(list, opts.Recipes[pn].Collection, opts.Recipes[pn].Layer)
	}
	return list
}

// writer builds a plan up.
type writer struct {
	opts  Options
	build build
	plan  layer.Plan
	diags []report.Diagnostic

	depends map[string]bool // collections that have recipes for which there are append files
	sources map[string]Source
	unfound map[string]string // why a unit has no source
}

func (w *writer) add(name string, head, body []byte, comment string) {
	w.plan.Files = append(w.plan.Files, layer.File{Path: name, Head: head, Body: body, Comment: comment})
}

// retain leaves a file as it is, if the layer has it.
func (w *writer) retain(name string) bool {
	has := slices.Contains(w.opts.Present, name)
	if has {
		w.plan.Retain = append(w.plan.Retain, name)
	}
	return has
}

// tree plans the drop-ins as they lie in the image.
func (w *writer) tree(list []target) {
	for _, t := range list {
		name := path.Join(unitDir, t.unit.Name+".d", DropInName)
		if t.kept {
			w.stay(t, name)
			continue
		}
		w.add(name, nil, dropIn(t), "# ")
	}
}

// dropIn is a drop-in with an empty line below the stamp.
func dropIn(t target) []byte { return append([]byte("\n"), DropIn(t.unit, t.proposals)...) }

// layer plans the recipes, and what a new layer needs around them.
func (w *writer) layer(list []target) {
	byRecipe := map[string][]target{}
	for _, t := range list {
		pn := w.recipeOf(t)
		byRecipe[pn] = append(byRecipe[pn], t)
	}
	for _, pn := range sorted(byRecipe) {
		w.recipe(pn, byRecipe[pn])
	}
	if len(w.plan.Files) == 0 {
		w.retain(layerConf)
		return
	}
	w.surroundings()
}

// recipeOf is the PN of the recipe that a unit's files go into; "" for our own.
func (w *writer) recipeOf(t target) string {
	if validName.MatchString(t.unit.Recipe) && validName.MatchString(t.unit.Package) {
		return t.unit.Recipe
	}
	if !t.kept && w.opts.Form == DropIns {
		w.diags = append(w.diags, diagnostic(report.Info, t.unit,
			"no recipe is known for it: its drop-in goes into %s, which the image has to install", ownRecipe))
	}
	return ""
}

// recipe plans the files of one recipe.
func (w *writer) recipe(pn string, list []target) {
	r := recipe{pn: pn, info: w.opts.Recipes[pn]}
	if pn != "" && r.info.Collection == "" && (r.info.Layer == "" || r.info.Layer == w.opts.Collection) {
		r.info.Collection = w.opts.Collection
	}
	if r.info.Collection == "" && r.info.Layer != "" {
		w.depends[r.info.Layer] = true
	}
	written := false
	for _, t := range list {
		p, ok := w.place(r, t)
		if ok {
			r.units = append(r.units, p)
			written = written || !t.kept
		}
	}
	switch {
	case len(r.units) == 0:
	case !written:
		w.retain(r.file())
	default:
		w.add(r.file(), nil, []byte(r.text(w.opts.Form, w.build)), "# ")
	}
}

// text is the content of the recipe or its append file.
func (r recipe) text(form Form, b build) string {
	switch {
	case r.pn == "":
		return r.bb(b)
	case form == Patches:
		return r.patchAppend(b)
	case form == Units:
		return filesPath(b)
	}
	return r.bbappend(b)
}

// place plans the file of one unit; false when there is none.
func (w *writer) place(r recipe, t target) (placed, bool) {
	p := placed{unit: t.unit.Name, pkg: t.unit.Package, uri: uri(t.unit.Name, ".conf")}
	src, found := w.sources[t.unit.Name]
	switch w.opts.Form {
	case Patches:
		p.uri = uri(t.unit.Name, ".patch")
		if src.Local {
			p.args = ";patchdir=${" + w.build.unpackdir + "}"
		}
	case Units:
		p.uri = src.Path
	}
	file := path.Join(r.dir(), "files", p.uri)
	if t.kept {
		return p, w.stay(t, file)
	}
	if w.opts.Form == DropIns {
		w.add(file, nil, dropIn(t), "# ")
		return p, true
	}
	why := w.unfound[t.unit.Name]
	if why == "" {
		why = unpatchable(r, src, found, w.opts.Form)
	}
	if why != "" {
		w.diags = append(w.diags, warning(t.unit, "nothing is written: %s", why))
		return p, false
	}
	return p, w.change(file, t, src)
}

// stay leaves the file that an earlier run wrote for a unit.
func (w *writer) stay(t target, file string) bool {
	has := w.retain(file)
	if has && len(t.proposals) == 0 {
		w.diags = append(w.diags, diagnostic(report.Info, t.unit, "nothing is proposed: %s stays as it is", file))
	}
	return has
}

// unpatchable says why a unit's source cannot be changed.
func unpatchable(r recipe, src Source, found bool, form Form) string {
	switch {
	case r.pn == "":
		return "no recipe is known for it"
	case !found:
		return "its source is not given (--source " + r.pn + "=DIR)"
	case src.Path != path.Clean(src.Path) || path.IsAbs(src.Path) || strings.HasPrefix(src.Path, ".."):
		return fmt.Sprintf("its source %q is not a path below the recipe's", src.Path)
	case form == Units && !src.Local:
		return "its source is not a file beside the recipe, so no file of the layer can stand for it"
	}
	return ""
}

// change plans the patch or the whole unit file.
func (w *writer) change(file string, t target, src Source) bool {
	var head, body []byte
	var ok bool
	comment := "# "
	if w.opts.Form == Patches {
		comment = ""
		head, body, ok = patch(t.unit, src, t.proposals, w.opts.Maintainer)
	} else {
		body, ok = withSettings(t.unit, src.Content, t.proposals, true)
	}
	if !ok {
		w.diags = append(w.diags, warning(t.unit, "nothing is written: %s has no place for its settings", src.Path))
		return false
	}
	w.add(file, head, body, comment)
	return true
}
