// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/patcher/layer"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

const layerConf = "conf/layer.conf"

// surroundings plans what a new layer needs beside its recipes, as OE-core's
// yocto-check-layer wants it. Of a layer with a layer.conf of its own no file is
// touched; what is missing in it is said.
func (w *writer) surroundings() {
	dynamic := w.dynamic()
	if w.opts.LayerConf != "" {
		for _, line := range w.missing(dynamic) {
			w.diags = append(w.diags, report.Diagnostic{Severity: report.Warning, File: layerConf, Message: "the layer's own file lacks: " + line})
		}
		return
	}
	name := w.opts.LayerName
	if name == "" {
		name = "meta-systemd-hardening"
	}
	if w.opts.Maintainer == nobody && !slices.Contains(w.opts.Present, layerConf) {
		w.diags = append(w.diags, report.Diagnostic{Severity: report.Info, File: "README.md",
			Message: "the layer needs a maintainer: give --maintainer 'NAME <MAIL>', or edit README.md and SECURITY.md"})
	}
	w.add(layerConf, nil, []byte(w.conf(collection(name), dynamic)), "# ")
	for file, text := range map[string]string{
		"README.md":   w.readme(name),
		"SECURITY.md": security(w.opts),
		"COPYING.MIT": license,
	} {
		w.plan.Files = append(w.plan.Files, layer.File{Path: file, Body: []byte(text), Once: true})
	}
}

var dynamicDir = regexp.MustCompile(`^dynamic-layers/([^/]+)/`)

// dynamic lists the collections for which the layer has recipes, now or from
// earlier runs.
func (w *writer) dynamic() []string {
	found := map[string]bool{}
	for _, f := range w.plan.Files {
		if m := dynamicDir.FindStringSubmatch(f.Path); m != nil {
			found[m[1]] = true
		}
	}
	for _, name := range w.opts.Present {
		if m := dynamicDir.FindStringSubmatch(name); m != nil {
			found[m[1]] = true
		}
	}
	return sorted(found)
}

var notCollection = regexp.MustCompile(`[^a-z0-9-]+`)

// collection names the layer's collection after its directory. It becomes part
// of variable names, in which an underscore or colon could be taken for an operator.
func collection(name string) string {
	name = strings.Trim(notCollection.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if name == "" || slices.Contains(operators, name) {
		name += "-layer"
	}
	return strings.TrimPrefix(name, "-")
}

const (
	recipesPattern = "${LAYERDIR}/recipes-*/*/*.bbappend"
	unpackdirLine  = `UNPACKDIR ??= "${WORKDIR}"`
)

func dynamicLine(collection, ending string) string {
	return fmt.Sprintf("%s:${LAYERDIR}/dynamic-layers/%s/recipes-*/*/*.%s", collection, collection, ending)
}

// needed lists the collections that a layer depends on beside itself: OE-core's,
// those of the recipes that it appends to, and what its layer.conf had already.
func (w *writer) needed(own string) []string {
	needs := maps.Clone(w.depends)
	for _, c := range w.opts.Depends {
		needs[c] = true
	}
	delete(needs, own)
	return sorted(needs)
}

var collectionsLine = regexp.MustCompile(`(?m)^\s*BBFILE_COLLECTIONS\s*[?:+.]*=[+.]?\s*"([^"]*)"`)

// missing lists what a layer's own layer.conf has to get.
func (w *writer) missing(dynamic []string) []string {
	text, b := w.opts.LayerConf, w.build
	var lines []string
	own := "COLLECTION"
	if m := collectionsLine.FindStringSubmatch(text); m != nil && strings.TrimSpace(m[1]) != "" {
		own = strings.Fields(m[1])[0]
	}
	for _, c := range w.needed(own) {
		if c != "core" && !slices.Contains(w.opts.Depends, c) {
			lines = append(lines, fmt.Sprintf(`LAYERDEPENDS_%s += "%s"`, own, c))
		}
	}
	if !strings.Contains(text, recipesPattern) {
		lines = append(lines, `BBFILES += "${LAYERDIR}/recipes-*/*/*.bb `+recipesPattern+`"`)
	}
	for _, c := range dynamic {
		if line := dynamicLine(c, "bbappend"); !strings.Contains(text, line) {
			lines = append(lines, `BBFILES_DYNAMIC += "`+line+`"`)
		}
	}
	if b.mixed() && !strings.Contains(text, "UNPACKDIR") {
		lines = append(lines, unpackdirLine)
	}
	return lines
}

// conf writes a layer.conf.
func (w *writer) conf(name string, dynamic []string) string {
	b := w.build
	var s strings.Builder
	fmt.Fprintf(&s, "\nBBPATH .= \":${LAYERDIR}\"\n\nBBFILES += \"\\\n    ${LAYERDIR}/recipes-*/*/*.bb \\\n    %s \\\n\"\n", recipesPattern)
	if len(dynamic) > 0 {
		s.WriteString("BBFILES_DYNAMIC += \"\\\n")
		for _, c := range dynamic {
			fmt.Fprintf(&s, "    %s \\\n    %s \\\n", dynamicLine(c, "bb"), dynamicLine(c, "bbappend"))
		}
		s.WriteString("\"\n")
	}
	fmt.Fprintf(&s, "\nBBFILE_COLLECTIONS += \"%s\"\nBBFILE_PATTERN_%s = \"^${LAYERDIR}/\"\nBBFILE_PRIORITY_%s = \"10\"\n", name, name, name)
	if len(dynamic) > 0 {
		fmt.Fprintf(&s, "# Without any of those layers nothing here is used, which is no mistake.\nBBFILE_PATTERN_IGNORE_EMPTY_%s = \"1\"\n", name)
	}
	fmt.Fprintf(&s, "\nLAYERDEPENDS_%s = \"%s\"\nLAYERSERIES_COMPAT_%s = \"%s\"\n", name, strings.Join(w.needed(name), " "), name, strings.Join(b.series, " "))
	if b.mixed() {
		s.WriteString("\n# Before styhead nothing sets UNPACKDIR. Only a layer.conf can give it a default that is weaker\n" +
			"# than bitbake.conf's own.\n" + unpackdirLine + "\n")
	}
	return s.String()
}

// readme tells what yocto-check-layer looks for: a maintainer with an e-mail
// address, and what to do with patches.
func (w *writer) readme(name string) string {
	return fmt.Sprintf(`# %s

Sandbox settings for the systemd services of an image, proposed by
[systemd-hardening](https://github.com/systemd-hardening/systemd-hardening) from what the services'
programs do, and kept by people: each line comes with the reason for it.

%s
A file that is edited here is left alone by later runs of the tool, which name it.

## Dependencies
The layers that `+"`LAYERDEPENDS`"+` in `+"`conf/layer.conf`"+` names.

## Maintainer
%s

## Patches
Please send patches by e-mail to the maintainer, made with `+"`git format-patch`"+`.
`, name, w.use(), w.opts.Maintainer)
}

// use tells how a build gets what the layer has.
func (w *writer) use() string {
	has := func(ending string) bool {
		return slices.ContainsFunc(w.plan.Files, func(f layer.File) bool { return strings.HasSuffix(f.Path, ending) })
	}
	text := ""
	if has(".bbappend") {
		what := map[Form]string{
			DropIns: "its append files install the drop-ins with the units that they restrict",
			Patches: "its append files patch the units in the sources of their recipes",
			Units:   "its unit files take the place of those beside the recipes",
		}[w.opts.Form]
		if w.opts.Override == "" {
			text = fmt.Sprintf("Adding it to `BBLAYERS` is enough: %s.\n", what)
		} else {
			text = fmt.Sprintf("Adding it to `BBLAYERS` alone changes nothing. In a build that has the override `%s`,\n%s.\n"+
				"Where that is not the name of the distribution or of the machine, set\n"+
				"`DISTROOVERRIDES:append = \":%s\"` in the distribution's configuration.\n", w.opts.Override, what, w.opts.Override)
		}
	}
	if has(".bb") {
		text += fmt.Sprintf("An image gets the drop-ins of the recipe `%s` by\n`IMAGE_INSTALL:append = \" %s\"`.\n", ownRecipe, ownRecipe)
	}
	return text
}

func security(opts Options) string {
	return fmt.Sprintf(`# Security

Please report a weakness of these settings, such as a service that can do what its drop-in was to
prevent, privately to %s.
`, opts.Maintainer)
}

const license = `MIT License

Copyright (c) the contributors to this layer

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`
