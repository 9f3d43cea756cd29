// SPDX-License-Identifier: MIT

package unit

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

// Limits on what an image may hold.
const (
	MaxUnitFiles   = 50_000 // unit files in the whole search path
	MaxDropIns     = 2_000  // drop-ins of one unit
	MaxDiagnostics = 1_000  // of one unit, besides errors
	maxAliasSteps  = 8      // links that PID 1 follows by name
)

// Tree is the unit files of an image as PID 1 of its systemd version finds them.
// It is safe for concurrent use once opened.
type Tree struct {
	Rules
	fs      *rootfs.FS
	search  []searchDir
	inside  []string            // directories whose files a link may be an alias of
	ids     map[string]string   // unit name -> fragment path, or the name it is an alias of
	aliases map[string][]string // name -> names that are links to it
	folders map[string][]int    // NAME.d, NAME.wants, ... -> indices of search that have it

	units sync.Map // name -> func() *Unit, see Load

	enablingOnce sync.Once
	enabling     []enablingLink

	generated generated

	// Diagnostics about the search path and its links.
	Diagnostics []Diagnostic
}

// searchDir is one directory of the search path that exists.
type searchDir struct {
	path     string // as PID 1 names it
	resolved string // with links resolved
}

// searchPath is PID 1's, highest priority first (systemd.unit(5), "Unit File
// Load Path"); unitDir is the build's systemdsystemunitdir.
func searchPath(unitDir string, v Version) []string {
	list := []string{
		"/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
		"/run/systemd/generator.early", "/etc/systemd/system", "/etc/systemd/system.attached",
		"/run/systemd/system", "/run/systemd/system.attached", "/run/systemd/generator",
		"/usr/local/lib/systemd/system", unitDir, "/usr/lib/systemd/system",
	}
	if v.Major < 255 { // builds that support a split /usr search both
		list = append(list, "/lib/systemd/system")
	}
	return append(list, "/run/systemd/generator.late")
}

// Open reads the names in the unit directories of an image.
func Open(image *rootfs.FS, version Version) (*Tree, error) {
	t := &Tree{
		Rules:   NewRules(version),
		fs:      image,
		ids:     map[string]string{},
		aliases: map[string][]string{},
		folders: map[string][]int{},
	}
	t.openSearchPath()
	for i := range t.search {
		if err := t.readDirectory(i); err != nil {
			return nil, err
		}
	}
	for name := range t.aliases {
		slices.Sort(t.aliases[name])
	}
	t.generate()
	return t, nil
}

// InImage tells whether the image has units at all.
func InImage(image *rootfs.FS) bool {
	for _, dir := range []string{"/usr/lib/systemd/system", "/lib/systemd/system", "/etc/systemd/system"} {
		if _, err := image.Resolve(dir); err == nil {
			return true
		}
	}
	return false
}

// openSearchPath finds the directories of the search path; one that is there
// twice, as in a merged /usr, counts once.
func (t *Tree) openSearchPath() {
	seen := map[string]bool{}
	for _, dir := range searchPath(unitDirectory(t.fs), t.version) {
		t.inside = append(t.inside, dir)
		resolved, err := t.fs.Resolve(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			t.warn(Source{File: dir}, "unit directory cannot be read: %v", err)
			continue
		case t.version.Major > 250: // systemd 251: a linked search directory is one too
			t.inside = append(t.inside, resolved)
		}
		if !seen[resolved] {
			seen[resolved] = true
			t.search = append(t.search, searchDir{dir, resolved})
		}
	}
}

// unitDirectory is where the image's systemd was built to have its units:
// /lib/systemd/system when /usr is split and its program lies in /lib.
func unitDirectory(image *rootfs.FS) string {
	if resolved, err := image.Resolve("/lib/systemd/systemd"); err == nil && strings.HasPrefix(resolved, "/lib/") {
		return "/lib/systemd/system"
	}
	if resolved, err := image.Resolve("/lib/systemd/system"); err == nil && strings.HasPrefix(resolved, "/lib/") {
		if _, err := image.Resolve("/usr/lib/systemd/system"); err != nil {
			return "/lib/systemd/system"
		}
	}
	return "/usr/lib/systemd/system"
}

// readDirectory takes the unit names and NAME.d folders of one directory of the
// search path; names that an earlier directory has are passed over.
func (t *Tree) readDirectory(index int) error {
	dir := t.search[index]
	entries, err := t.fs.ReadDir(dir.resolved)
	if err != nil {
		t.warn(Source{File: dir.path}, "unit directory cannot be read: %v", err)
		return nil
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case isFolder(name):
			t.addFolder(index, e)
		case !ValidName(name):
		case t.ids[name] != "":
		case e.Type().IsRegular():
			t.ids[name] = dir.path + "/" + name
		case e.Type()&fs.ModeSymlink != 0:
			t.addLink(dir, name)
		default:
			t.warn(Source{File: dir.path + "/" + name}, "neither a regular file nor a link, ignored")
		}
		if len(t.ids) > MaxUnitFiles {
			return fmt.Errorf("more than %d unit files in the image", MaxUnitFiles)
		}
	}
	return nil
}

// isFolder tells whether the name is a folder of drop-ins or dependencies.
func isFolder(name string) bool {
	base, suffix := cutLast(name)
	switch suffix {
	case "d":
		return unitTypes[base] || ValidName(base)
	case "wants", "requires", "upholds":
		return ValidName(base) || unitTypes[base]
	}
	return false
}

func cutLast(name string) (base, suffix string) {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return name, ""
	}
	return name[:dot], name[dot+1:]
}

// addFolder notes that a directory of the search path has NAME.d, NAME.wants and
// the like. A relative link to a folder is looked up from the working directory
// of PID 1, so it has no effect; absolute ones have from 250.1 on.
func (t *Tree) addFolder(index int, e fs.DirEntry) {
	if e.Type()&fs.ModeSymlink != 0 {
		path := t.search[index].path + "/" + e.Name()
		target, err := t.fs.Readlink(path)
		if err != nil || !strings.HasPrefix(target, "/") || t.version == (Version{250, 0}) {
			t.warn(Source{File: path}, "folder is a link that PID 1 does not follow, ignored with all its files")
			return
		}
	} else if !e.IsDir() {
		return
	}
	t.folders[e.Name()] = append(t.folders[e.Name()], index)
}

// addLink records a symbolic link: an alias when its target lies in the search
// path by name, else a linked unit file or a mask.
func (t *Tree) addLink(dir searchDir, name string) {
	link := dir.path + "/" + name
	target, err := t.linkTarget(dir.resolved, name)
	if err != nil {
		t.warn(Source{File: link}, "link cannot be read: %v", err)
		return
	}
	if !t.isInside(target) {
		t.ids[name] = link
		return
	}
	alias := path.Base(target)
	switch {
	case alias == name: // no effect: a lower directory may have the file
	case !validAlias(name, alias):
		t.warn(Source{File: link}, "%s cannot be an alias of %s, ignored", name, alias)
	default:
		t.ids[name] = alias
		t.aliases[alias] = append(t.aliases[alias], name)
	}
}

// linkTarget is the text of a link made absolute. Only when that is no unit
// directory by name are links in its folder followed, as with /lib to /usr/lib.
func (t *Tree) linkTarget(dir, name string) (string, error) {
	text, err := t.fs.Readlink(dir + "/" + name)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(text, "/") {
		text = dir + "/" + text
	}
	text = path.Clean(text)
	if !t.isInside(text) {
		if resolved, err := t.fs.ResolveParent(text); err == nil {
			return resolved, nil
		}
	}
	return text, nil
}

func (t *Tree) isInside(file string) bool {
	return slices.Contains(t.inside, path.Dir(file))
}

// validAlias holds PID 1's rules: same type, plain to plain, template to
// template, instance to an instance of the same name or to a template.
func validAlias(name, target string) bool {
	if !ValidName(target) || Type(name) != Type(target) {
		return false
	}
	switch Type(name) {
	case "service", "socket", "target", "timer", "path":
	default:
		return false
	}
	_, instance, _, at := SplitName(name)
	_, targetInstance, _, targetAt := SplitName(target)
	if instance == "" {
		return at == targetAt && targetInstance == ""
	}
	return targetAt && (targetInstance == "" || targetInstance == instance)
}

func (t *Tree) warn(src Source, format string, args ...any) {
	t.Diagnostics = append(t.Diagnostics, Diagnostic{Warning, src, fmt.Sprintf(format, args...)})
}

// Names returns the names of all unit files of a type, aliases among them, sorted.
func (t *Tree) Names(typ string) []string {
	var names []string
	for name := range t.ids {
		if Type(name) == typ {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// find follows aliases from a name to its file; id is the name that the unit gets:
// that of the file, with the instance filled in. ok is false when there is none.
func (t *Tree) find(name string) (id, fragment string, ok bool) {
	at := name
	for range maxAliasSteps {
		to := t.ids[at]
		if to == "" && IsInstance(at) {
			to = t.ids[Template(at)]
		}
		switch {
		case to == "":
			return name, "", false
		case to[0] == '/':
			return instantiateLike(path.Base(to), name), to, true
		}
		at = to
	}
	return name, "", false
}

// instantiateLike fills the instance of name into a template.
func instantiateLike(final, name string) string {
	_, instance, _, _ := SplitName(name)
	if instance != "" && IsTemplate(final) {
		return Instantiate(final, instance)
	}
	return final
}

// otherNames returns the names that lead to a unit besides its id, sorted.
func (t *Tree) otherNames(id string) []string {
	names := map[string]bool{}
	var collect func(target, instance string)
	collect = func(target, instance string) {
		for _, alias := range t.aliases[target] {
			name := alias
			if instance != "" && IsTemplate(alias) {
				name = Instantiate(alias, instance)
			}
			_, ownInstance, _, _ := SplitName(name)
			if names[name] || name == id || instance != "" && ownInstance != instance {
				continue
			}
			names[name] = true
			collect(alias, instance)
		}
	}
	_, instance, _, _ := SplitName(id)
	collect(id, instance)
	if instance != "" {
		collect(Template(id), instance)
	}
	list := make([]string, 0, len(names))
	for name := range names {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}
