// SPDX-License-Identifier: MIT

package unit

import "strings"

// unitTypes are the suffixes of unit names (systemd.unit(5)).
var unitTypes = map[string]bool{
	"service": true, "socket": true, "target": true, "device": true, "mount": true, "automount": true,
	"swap": true, "timer": true, "path": true, "slice": true, "scope": true,
}

const maxNameLength = 255

// Type returns the suffix of a unit name without its dot: "service".
func Type(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// ValidName tells whether a name can be a unit's: prefix[@[instance]].type, of
// letters, digits and : - _ . \ , at most 255 bytes (systemd.unit(5)).
func ValidName(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || len(name) > maxNameLength || !unitTypes[name[dot+1:]] || name[0] == '@' {
		return false
	}
	for i := 0; i < dot; i++ {
		if !isNameByte(name[i]) && name[i] != '@' {
			return false
		}
	}
	return true
}

func isNameByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte(`:-_.\`, c) >= 0
}

// SplitName takes a name apart: "a@b.service" is prefix "a", instance "b", type
// "service"; at tells whether there is an "@". A template is at without instance.
func SplitName(name string) (prefix, instance, typ string, at bool) {
	dot := strings.LastIndexByte(name, '.')
	prefix, typ = name[:dot], name[dot+1:]
	prefix, instance, at = strings.Cut(prefix, "@")
	return prefix, instance, typ, at
}

// IsTemplate tells whether the name is a template's: "a@.service".
func IsTemplate(name string) bool {
	_, instance, _, at := SplitName(name)
	return at && instance == ""
}

// IsInstance tells whether the name is an instance's: "a@b.service".
func IsInstance(name string) bool {
	_, instance, _, _ := SplitName(name)
	return instance != ""
}

// Template returns the template of an instance: "a@.service" for "a@b.service".
func Template(name string) string {
	prefix, _, typ, _ := SplitName(name)
	return prefix + "@." + typ
}

// Instantiate fills in a template: "a@.service" and "b" is "a@b.service".
func Instantiate(template, instance string) string {
	prefix, _, typ, _ := SplitName(template)
	return prefix + "@" + instance + "." + typ
}

// dropInNames returns the names whose NAME.d, NAME.wants, NAME.requires folders
// apply to a unit of the given name, most specific first: the name, for an
// instance its template, and every prefix that ends in a dash (systemd.unit(5);
// the order is that of PID 1, seen with recorded DropInPaths).
func dropInNames(name string) []string {
	var names []string
	seen := map[string]bool{}
	var expand func(string)
	expand = func(n string) {
		if seen[n] {
			return
		}
		seen[n] = true
		names = append(names, n)
		prefix, instance, typ, _ := SplitName(n)
		if instance != "" {
			expand(prefix + "@." + typ)
		}
		dash := strings.LastIndexByte(strings.TrimSuffix(prefix, "-"), '-')
		if dash <= 0 {
			return
		}
		shorter := prefix[:dash+1]
		if instance != "" {
			expand(shorter + "@" + instance + "." + typ)
		} else {
			expand(shorter + "." + typ)
		}
	}
	expand(name)
	return names
}
