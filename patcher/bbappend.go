// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"path"
	"strings"
)

// recipe is what one recipe of the layer is to do: the append file of a recipe
// of another layer, or the recipe for the units that no known recipe ships.
type recipe struct {
	pn    string // "" for the recipe of our own
	info  Recipe
	units []placed
}

// placed is a file of the layer that a recipe uses, for one unit.
type placed struct {
	unit string
	pkg  string // the package that ships the unit
	uri  string // below files/, so behind file:// too
	args string // parameters of the URI
}

// Recipe is what BitBake knows about a recipe, and package data does not.
type Recipe struct {
	File       string // name of its .bb file; "" when it is not known
	Layer      string // the layer collection that it is in; "" when that is not known
	Collection string // that collection when it may be absent from a build; else ""
}

// ownRecipe installs what has no recipe to go into.
const ownRecipe = "systemd-hardening-dropins"

// dir is the folder of the recipe in the layer.
func (r recipe) dir() string {
	top := ""
	if r.info.Collection != "" {
		top = "dynamic-layers/" + r.info.Collection
	}
	return path.Join(top, "recipes-hardening", r.base())
}

// base is the recipe's name in file names. BitBake matches an append file with
// the name of the .bb file, which need not be PN, up to its version.
func (r recipe) base() string {
	if r.pn == "" {
		return ownRecipe
	}
	if r.info.File == "" {
		name, _ := cutMultilib(r.pn)
		return name
	}
	return bpn(r.info.File)
}

// file is the path of the recipe or of its append file. A .bb file without a
// version in its name takes no wildcard.
func (r recipe) file() string {
	name := r.base() + "_%.bbappend"
	switch {
	case r.pn == "":
		name = ownRecipe + "_1.0.bb"
	case r.info.File != "" && !strings.Contains(r.info.File, "_"):
		name = r.base() + ".bbappend"
	}
	return path.Join(r.dir(), name)
}

// cutMultilib takes the prefix of a multilib variant off: a bbappend is for the
// recipe of all variants, and multilib.bbclass puts the prefix into FILES.
func cutMultilib(name string) (rest, prefix string) {
	for _, prefix := range []string{"lib32-", "lib64-", "libx32-"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return rest, prefix
		}
	}
	return name, ""
}

// packageVar names a package as recipes do, with ${PN} where that is its
// beginning.
func (r recipe) packageVar(pkg string) string {
	pn, prefix := cutMultilib(r.pn)
	pkg = strings.TrimPrefix(pkg, prefix)
	rest, ok := strings.CutPrefix(pkg, pn)
	if ok && (rest == "" || rest[0] == '-') {
		return "${PN}" + rest
	}
	return pkg
}

// Characters of unit names that file:// does not carry: BitBake separates the
// paths of a task's checksums with colons, and a shell eats backslashes. Their
// stand-ins are in no unit name, so two units never get the same file.
var uriEscapes = strings.NewReplacer(`\`, "+", ":", "=")

// uri is the file of a unit below files/. It lies in no directory of its own,
// because BitBake 2.8 unpacks a directory with an "@" in its name to another place.
func uri(unit, ending string) string { return "harden-" + uriEscapes.Replace(unit) + ending }

// bbappend writes the append file that installs drop-ins with the units. Native
// and SDK variants of the recipe keep their signatures.
func (r recipe) bbappend(b build) string {
	var s strings.Builder
	s.WriteString(filesPath(b) + "\n" + r.srcURI(b))
	fmt.Fprintf(&s, "\ndo_install:append%s() {\n%s}\n\n", b.guard(), r.install(b))
	s.WriteString(r.packaging(b))
	return s.String()
}

// packaging adds the drop-ins to the packages that ship their units. It appends
// with ":append", not "+=": the recipe may name the same package with or without
// ${PN}, and of two such names the one with a value replaces the other.
func (r recipe) packaging(b build) string {
	byPackage := map[string][]string{}
	for _, u := range r.units {
		byPackage[u.pkg] = append(byPackage[u.pkg], "${systemd_system_unitdir}/"+u.unit+".d/"+DropInName)
	}
	var s strings.Builder
	for _, pkg := range sorted(byPackage) {
		value := byPackage[pkg][0]
		if len(byPackage[pkg]) > 1 {
			value = "\\\n    " + strings.Join(byPackage[pkg], " \\\n    ") + " \\\n"
		}
		fmt.Fprintf(&s, "FILES:%s:append%s = \" %s\"\n", r.packageVar(pkg), b.condition(), value)
	}
	return s.String()
}

// patchAppend writes the append file that adds patches.
func (r recipe) patchAppend(b build) string { return filesPath(b) + "\n" + r.srcURI(b) }

// filesPath has BitBake look for files in the layer first. It is the whole append
// file where a unit file of the layer takes the place of the one of the same name
// beside the recipe.
func filesPath(b build) string {
	return fmt.Sprintf("\nFILESEXTRAPATHS:prepend%s := \"${THISDIR}/files:\"\n", b.condition())
}

// srcURI appends rather than assigns, which would replace the default that a
// class may give.
func (r recipe) srcURI(b build) string {
	if len(r.units) == 1 {
		return fmt.Sprintf("SRC_URI:append%s = \" file://%s%s\"\n", b.guard(), r.units[0].uri, r.units[0].args)
	}
	return fmt.Sprintf("SRC_URI:append%s = \" \\\n%s\"\n", b.guard(), r.uris("    "))
}

func (r recipe) uris(indent string) string {
	var s strings.Builder
	for _, u := range r.units {
		fmt.Fprintf(&s, "%sfile://%s%s \\\n", indent, u.uri, u.args)
	}
	return s.String()
}

func (r recipe) install(b build) string {
	var s strings.Builder
	for _, u := range r.units {
		dir := "${D}${systemd_system_unitdir}/" + u.unit + ".d"
		quote := ""
		if strings.Contains(dir, `\`) {
			quote = "'" // BitBake puts the variables in before the shell sees them
		}
		fmt.Fprintf(&s, "    install -D -m 0644 ${%s}/%s %s%s/%s%s\n", b.unpackdir, u.uri, quote, dir, DropInName, quote)
	}
	return s.String()
}

// bb writes the recipe for the drop-ins of units whose recipe is not known.
func (r recipe) bb(b build) string {
	return fmt.Sprintf(`
SUMMARY = "Sandbox settings for the services of an image"
DESCRIPTION = "Drop-ins that restrict services to what their programs need, for units whose recipe is not known."
HOMEPAGE = "https://github.com/systemd-hardening/systemd-hardening"
BUGTRACKER = "https://github.com/systemd-hardening/systemd-hardening/issues"
SECTION = "base"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/MIT;md5=0835ade698e0bcf8506ecda2f7b4f302"

SRC_URI = "\
%s"

S = "${%s}"

inherit allarch features_check

REQUIRED_DISTRO_FEATURES = "systemd"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install() {
%s}

FILES:${PN} += "${systemd_system_unitdir}"
`, r.uris("    "), b.unpackdir, r.install(b))
}
