// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// Source is the file of a recipe that a unit comes from.
type Source struct {
	// Path is relative to the recipe's source tree, ${S}; with Local it is as in
	// SRC_URI behind file://.
	Path    string
	Content []byte
	// Local says that the recipe's own layer stores the file, in SRC_URI.
	Local bool
}

// templateEndings are what build systems put behind a unit's name when they
// make it out of a template.
var templateEndings = []string{"", ".in", ".in.in", ".cmake", ".m4", ".tmpl", ".template"}

// FindSource lists the files of a source tree that can be what a unit comes
// from: those with its name, or with its name and a template's ending. The
// paths are sorted. More than one is for a person to decide.
func FindSource(tree fs.FS, unit string) ([]string, error) {
	var found []string
	err := fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		for _, ending := range templateEndings {
			if d.Type().IsRegular() && d.Name() == unit+ending {
				found = append(found, p)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find the source of %s: %w", unit, err)
	}
	sort.Strings(found)
	return found, nil
}

// ReadSource reads the file that a unit of a recipe comes from. The tree is the
// recipe's source tree, ${S}, or the folder of a layer with the recipe's .bb file;
// of the files there those count that SRC_URI names. Where no file can be it, or
// more than one, why says so and the source is empty.
func ReadSource(tree fs.FS, pn, unit string) (src Source, why string, err error) {
	found, err := FindSource(tree, unit)
	if err != nil {
		return Source{}, "", err
	}
	uris, err := localURIs(tree, pn)
	if err != nil {
		return Source{}, "", err
	}
	local := uris != nil
	names := map[string]string{} // in the tree -> for the recipe
	for _, p := range withoutMade(found) {
		name, ok := p, true
		if local {
			name, ok = named(p, uris)
		}
		if ok {
			names[p] = name
		}
	}
	switch list := sorted(names); {
	case len(list) == 1:
		content, err := fs.ReadFile(tree, list[0])
		if err != nil {
			return Source{}, "", fmt.Errorf("read the source of %s: %w", unit, err)
		}
		return Source{Path: names[list[0]], Content: content, Local: local}, "", nil
	case len(list) > 1:
		return Source{}, "more than one file can be its source: " + strings.Join(list, ", "), nil
	case len(found) > 0:
		return Source{}, "SRC_URI of the recipe does not name " + strings.Join(found, ", "), nil
	}
	return Source{}, "there is no file of its name, nor a template of it", nil
}

// readSources reads what the targets' units come from.
func (w *writer) readSources(list []target) error {
	w.sources, w.unfound = maps.Clone(w.opts.Sources), map[string]string{}
	if w.sources == nil {
		w.sources = map[string]Source{}
	}
	for _, t := range list {
		name, _ := cutMultilib(t.unit.Recipe)
		tree := w.opts.Trees[t.unit.Recipe]
		if tree == nil {
			tree = w.opts.Trees[name]
		}
		if _, given := w.sources[t.unit.Name]; given || tree == nil || t.kept || w.opts.Form == DropIns {
			continue
		}
		src, why, err := ReadSource(tree, name, t.unit.Name)
		if err != nil {
			return err
		}
		if why != "" {
			w.unfound[t.unit.Name] = why
			continue
		}
		w.sources[t.unit.Name] = src
	}
	return nil
}

// withoutMade leaves out files that are made from a template beside them: a
// build would write them anew over any patch.
func withoutMade(files []string) []string {
	return slices.DeleteFunc(slices.Clone(files), func(p string) bool {
		return slices.ContainsFunc(templateEndings[1:], func(ending string) bool { return slices.Contains(files, p+ending) })
	})
}

// localURI is a file of the layer in SRC_URI.
var localURI = regexp.MustCompile(`file://([^\s;"'\\]+)`)

// localURIs lists what the recipe's .bb file, and what lies beside it for all
// recipes of the folder, name behind file://. It is nil when the top of the tree
// has no .bb file, so is no folder of a layer.
func localURIs(tree fs.FS, pn string) ([]string, error) {
	recipes, err := fs.Glob(tree, "*.bb")
	if err != nil || len(recipes) == 0 {
		return nil, err
	}
	if own := slices.DeleteFunc(slices.Clone(recipes), func(file string) bool { return bpn(file) != pn }); len(own) > 0 {
		recipes = own
	}
	shared, err := fs.Glob(tree, "*.inc")
	if err != nil {
		return nil, err
	}
	uris := []string{}
	for _, file := range append(recipes, shared...) {
		text, err := fs.ReadFile(tree, file)
		if err != nil {
			return nil, fmt.Errorf("read the recipe of %s: %w", pn, err)
		}
		for _, m := range localURI.FindAllStringSubmatch(string(text), -1) {
			uris = append(uris, strings.NewReplacer("${BPN}", pn, "${PN}", pn).Replace(m[1]))
		}
	}
	return uris, nil
}

// bpn is the recipe's name as its file has it.
func bpn(file string) string {
	name, _, _ := strings.Cut(strings.TrimSuffix(file, ".bb"), "_")
	return name
}

// named is what SRC_URI calls a file of the recipe's folder: its path without
// the folders in which BitBake looks for files.
func named(file string, uris []string) (string, bool) {
	for at := file; ; {
		if slices.Contains(uris, at) {
			return at, true
		}
		_, rest, ok := strings.Cut(at, "/")
		if !ok {
			return "", false
		}
		at = rest
	}
}
