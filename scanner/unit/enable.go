// SPDX-License-Identifier: MIT

package unit

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// installKeys are the settings of [Install] that make links.
var installKeys = []string{"WantedBy", "RequiredBy", "UpheldBy", "Alias"}

// State is the unit file state of a unit by its name, as `systemctl is-enabled`
// prints it: enabled, enabled-runtime, linked, linked-runtime, alias, masked,
// masked-runtime, generated, transient, static, indirect, disabled; empty where
// that has none, as for a unit without a file. Only links in /etc/systemd/system
// enable, and below /run until the next boot; those of the vendor do not. A
// template that was loaded without instance has its own state.
// Source: systemctl(1), and what 252.38 says of the trees in the tests.
func (t *Tree) State(u *Unit) string {
	switch {
	case u.Fragment == "", u.LoadState == LoadError, u.LoadState == NotFound:
		return ""
	case u.LoadState == Masked && isRuntime(u.Fragment):
		return "masked-runtime"
	case u.LoadState == Masked:
		return "masked"
	case strings.HasPrefix(u.Fragment, "/run/systemd/generator"):
		return "generated"
	case strings.HasPrefix(u.Fragment, "/run/systemd/transient/"):
		return "transient"
	}
	name := u.Name
	if _, instance, _, _ := SplitName(name); instance == t.MadeUpInstance() {
		name = Template(name)
	}
	if target, err := t.fs.Readlink(u.Fragment); err == nil && path.Base(target) != path.Base(u.Fragment) && !IsInstance(name) {
		return "alias"
	}
	if state := t.linkState(u, name, true); state != "" {
		return state
	}
	switch {
	case t.linkState(u, name, false) != "":
		return "indirect"
	case slices.ContainsFunc(installKeys, func(key string) bool { return len(u.List("Install", key)) > 0 }):
		return "disabled"
	case slices.ContainsFunc(u.Assignments, isAlso):
		return "indirect"
	}
	return "static"
}

// isAlso finds Also= of [Install], which an empty one does not reset.
func isAlso(a Assignment) bool { return a.Section == "Install" && a.Key == "Also" && a.Value != "" }

func isRuntime(file string) bool { return strings.HasPrefix(file, "/run/") }

// linkState is the state that the links of the search path give to a name of a
// unit, or nothing; asked takes only those that the unit's [Install] asks for.
func (t *Tree) linkState(u *Unit, name string, asked bool) string {
	runtime, vendor := false, false
	for _, l := range t.enablingLinks() {
		if !l.enables(u, name, asked) {
			continue
		}
		switch {
		case l.dir == "/etc/systemd/system":
			return "enabled"
		case isRuntime(l.dir):
			runtime = true
		default:
			vendor = true
		}
	}
	switch {
	case runtime:
		return "enabled-runtime"
	case vendor && IsInstance(name):
		return "static"
	}
	return t.linkedState(name)
}

// linkedState is the state of a unit file that is a link of its own name to a place
// outside of the search path.
func (t *Tree) linkedState(name string) string {
	switch file := t.ids[name]; {
	case !t.isLink(file):
		return ""
	case path.Dir(file) == "/etc/systemd/system":
		return "linked"
	case isRuntime(file):
		return "linked-runtime"
	}
	return ""
}

func (t *Tree) isLink(file string) bool {
	if file == "" {
		return false
	}
	_, err := t.fs.Readlink(file)
	return err == nil
}

// enablingLink is a symbolic link in a search directory, or in a folder NAME.wants
// and the like of it.
type enablingLink struct {
	dir, name string
	target    string // last component of where it leads; empty in a folder, where it does not matter
}

// enables tells whether the link is for the unit by that name; asked: whether the
// unit's [Install] asks for that very link.
func (l enablingLink) enables(u *Unit, name string, asked bool) bool {
	isDefault := IsTemplate(name) && l.name == Instantiate(name, u.Value("Install", "DefaultInstance"))
	switch {
	case l.target == "" && !asked:
		return IsTemplate(name) && IsInstance(l.name) && Template(l.name) == name
	case l.target == "":
		return l.name == name || isDefault
	case (l.target == name) == (l.name == name): // neither, or a linked unit file: see linkedState
		return false
	}
	return !asked || l.name == name || isDefault || slices.Contains(u.List("Install", "Alias"), l.name)
}

// enablingLinks reads the links of the search path once.
func (t *Tree) enablingLinks() []enablingLink {
	t.enablingOnce.Do(func() {
		for _, dir := range t.search {
			entries, err := t.fs.ReadDir(dir.resolved)
			if err != nil {
				continue
			}
			for _, e := range entries {
				t.addEnabling(dir, e)
			}
		}
	})
	return t.enabling
}

func (t *Tree) addEnabling(dir searchDir, e fs.DirEntry) {
	_, suffix := cutLast(e.Name())
	switch {
	case e.Type()&fs.ModeSymlink != 0 && ValidName(e.Name()):
		if target, err := t.fs.Readlink(dir.resolved + "/" + e.Name()); err == nil {
			t.enabling = append(t.enabling, enablingLink{dir.path, e.Name(), path.Base(target)})
		}
	case e.IsDir() && (suffix == "wants" || suffix == "requires" || suffix == "upholds" && t.version.Major >= 254):
		links, err := t.fs.ReadDir(dir.resolved + "/" + e.Name())
		if err != nil {
			return
		}
		for _, l := range links {
			if l.Type()&fs.ModeSymlink != 0 && ValidName(l.Name()) {
				t.enabling = append(t.enabling, enablingLink{dir: dir.path, name: l.Name()})
			}
		}
	}
}

// presetRule is a line of a preset file.
type presetRule struct {
	enable    bool
	ignore    bool
	pattern   string
	instances []string
}

// presetLinks returns what the preset files would enable: unit -> units that it
// then wants. With PresetsAuto only when the first boot applies them, or when
// nothing at all is enabled yet (systemd.preset(5), machine-id(5)).
func (t *Tree) presetLinks(presets Presets) map[string][]string {
	if presets == PresetsNo || presets != PresetsYes && !t.appliesPresets() {
		return nil
	}
	rules := t.presetRules()
	var enabled []string
	for name := range t.ids {
		enabled = append(enabled, t.presetNames(name, rules)...)
	}
	t.Preload(enabled)
	links := map[string][]string{}
	for _, name := range enabled {
		u := t.Load(name)
		for _, key := range installKeys {
			for _, by := range u.List("Install", key) {
				links[by] = append(links[by], name)
			}
		}
	}
	for by := range links {
		slices.Sort(links[by])
	}
	return links
}

// presetNames returns what a preset enables of a unit file: itself, for a
// template the instances of the rule or DefaultInstance=.
func (t *Tree) presetNames(name string, rules []presetRule) []string {
	if t.ids[name][0] != '/' || t.isNull(t.ids[name]) {
		return nil
	}
	rule := presetRule{enable: true}
	for _, r := range rules {
		if matched, _ := path.Match(r.pattern, name); matched {
			rule = r
			break
		}
	}
	switch {
	case !rule.enable || rule.ignore:
		return nil
	case !IsTemplate(name):
		return []string{name}
	}
	instances := rule.instances
	if len(instances) == 0 {
		if d := t.Load(name).Value("Install", "DefaultInstance"); d != "" {
			instances = []string{d}
		}
	}
	names := make([]string, len(instances))
	for i, instance := range instances {
		names[i] = Instantiate(name, instance)
	}
	return names
}

// appliesPresets tells whether the first boot applies presets: no machine ID yet
// or "uninitialized" (machine-id(5)); or that nothing was enabled so far.
func (t *Tree) appliesPresets() bool {
	id, err := t.fs.ReadFile("/etc/machine-id")
	if err != nil || strings.TrimSpace(string(id)) == "uninitialized" {
		return true
	}
	return !slices.ContainsFunc(t.enablingLinks(), func(l enablingLink) bool { return strings.HasPrefix(l.dir, "/etc/") && l.target != "null" })
}

// presetRules reads the preset files: one per name, the most important folder
// first, in the order of their names.
func (t *Tree) presetRules() []presetRule {
	files := map[string]string{}
	for _, base := range []string{"/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"} {
		dir := base + "/systemd/system-preset"
		entries, err := t.fs.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if name := e.Name(); strings.HasSuffix(name, ".preset") && files[name] == "" {
				files[name] = dir + "/" + name
			}
		}
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var rules []presetRule
	for _, name := range names {
		data, err := t.fs.ReadFile(files[name])
		if err != nil {
			continue
		}
		rules = append(rules, parsePreset(string(data), t.version)...)
	}
	return rules
}

func parsePreset(text string, v Version) []presetRule {
	var rules []presetRule
	for _, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.ContainsAny(line[:1], "#;") {
			continue
		}
		switch fields[0] {
		case "enable":
			rules = append(rules, presetRule{enable: true, pattern: fields[1], instances: fields[2:]})
		case "disable":
			rules = append(rules, presetRule{pattern: fields[1]})
		case "ignore":
			if v.Major >= 254 {
				rules = append(rules, presetRule{ignore: true, pattern: fields[1]})
			}
		}
	}
	return rules
}
