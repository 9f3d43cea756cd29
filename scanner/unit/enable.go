// SPDX-License-Identifier: MIT

package unit

import (
	"path"
	"slices"
	"strings"
)

// installKeys are the settings of [Install] that make links.
var installKeys = []string{"WantedBy", "RequiredBy", "UpheldBy", "Alias"}

// State is the unit file state of a loaded or masked unit as `systemctl
// is-enabled` prints it: enabled, enabled-runtime, linked, masked, disabled,
// indirect, static, alias; empty when there is no file.
func (t *Tree) State(u *Unit) string {
	switch {
	case u.Fragment == "":
		return ""
	case u.LoadState == Masked && strings.HasPrefix(u.Fragment, "/run/"):
		return "masked-runtime"
	case u.LoadState == Masked:
		return "masked"
	}
	if state := t.linkState(u); state != "" {
		return state
	}
	if slices.ContainsFunc(installKeys, func(key string) bool { return len(u.List("Install", key)) > 0 }) {
		return "disabled"
	}
	if len(u.List("Install", "Also")) > 0 {
		return "indirect"
	}
	return "static"
}

// linkState finds the links that enable a unit: in NAME.wants and the like, or as
// an alias, below /etc or /run; links of the vendor do not enable.
func (t *Tree) linkState(u *Unit) string {
	runtime := false
	for _, name := range append([]string{u.Name}, u.Aliases...) {
		for _, dir := range t.enablingDirs()[name] {
			if strings.HasPrefix(dir, "/etc/") {
				return "enabled"
			}
			runtime = runtime || strings.HasPrefix(dir, "/run/")
		}
	}
	if runtime {
		return "enabled-runtime"
	}
	if target, err := t.fs.Readlink(u.Fragment); err == nil && path.Base(target) == path.Base(u.Fragment) {
		return "linked"
	}
	return ""
}

// enablingDirs maps a unit name to the search directories where a link in a
// NAME.wants folder or an alias enables it.
func (t *Tree) enablingDirs() map[string][]string {
	t.enablingOnce.Do(func() {
		t.enabling = map[string][]string{}
		for folder, indices := range t.folders {
			if _, suffix := cutLast(folder); suffix == "d" {
				continue
			}
			for _, i := range indices {
				dir := t.search[i].path
				entries, err := t.fs.ReadDir(dir + "/" + folder)
				if err != nil {
					continue
				}
				for _, e := range entries {
					t.enabling[e.Name()] = append(t.enabling[e.Name()], dir)
				}
			}
		}
		for target, names := range t.aliases {
			for _, alias := range names {
				t.enabling[target] = append(t.enabling[target], t.aliasDirs[alias])
			}
		}
	})
	return t.enabling
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
	links := map[string][]string{}
	for name := range t.ids {
		for _, instance := range t.presetNames(name, rules) {
			u := t.Load(instance)
			for _, key := range []string{"WantedBy", "RequiredBy", "UpheldBy"} {
				for _, by := range u.List("Install", key) {
					links[by] = append(links[by], instance)
				}
			}
			for _, also := range u.List("Install", "Alias") {
				links[also] = append(links[also], instance)
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
	for _, dirs := range t.enablingDirs() {
		if slices.ContainsFunc(dirs, func(d string) bool { return strings.HasPrefix(d, "/etc/") }) {
			return false
		}
	}
	return true
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
