// SPDX-License-Identifier: MIT

package pkgdata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// paths are the ones asked for, by the form that does not depend on whether
// /usr is merged.
type paths map[string][]string

func index(asked []string) paths {
	p := paths{}
	for _, path := range asked {
		key := string(split([]byte(path)))
		p[key] = append(p[key], path)
	}
	return p
}

// split gives the path as an image without merged /usr has it: /lib/x for
// /usr/lib/x.
func split(path []byte) []byte {
	rest, ok := bytes.CutPrefix(path, []byte("/usr/"))
	if !ok {
		return path
	}
	for _, dir := range []string{"bin/", "sbin/", "lib/", "lib32/", "lib64/", "libx32/"} {
		if bytes.HasPrefix(rest, []byte(dir)) {
			return path[len("/usr"):]
		}
	}
	return path
}

// shipped is one path that was asked for, and a package that has it.
type shipped struct {
	path  string
	exact bool // in the same form, not only after the merge of /usr
	owner Owner
}

// in gives what of the paths a package ships, whose data is text.
func (p paths) in(text []byte, pkg string) ([]shipped, error) {
	info, name := filesInfo(text)
	if info == nil {
		return nil, nil
	}
	if name != "" {
		pkg = name
	}
	var found []shipped
	err := keys(info, func(key []byte) {
		for _, path := range p[string(split(key))] {
			found = append(found, shipped{path, path == string(key), Owner{Package: pkg}})
		}
	})
	recipe := ""
	if len(found) > 0 {
		recipe = field(text, "PN")
	}
	for i := range found {
		found[i].owner.Recipe = recipe
	}
	return found, err
}

// filesInfo gives the value of FILES_INFO, and the package that the key names.
func filesInfo(text []byte) (value []byte, pkg string) {
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		rest, ok := bytes.CutPrefix(line, []byte("FILES_INFO:"))
		if !ok {
			continue
		}
		// The key ends at the first colon that a space follows.
		if name, value, ok := bytes.Cut(rest, []byte(": ")); ok && !bytes.HasPrefix(rest, []byte(" ")) {
			return value, string(name)
		}
		return bytes.TrimLeft(rest, " "), ""
	}
	return nil, ""
}

// keys calls visit for each key of FILES_INFO's JSON object.
func keys(info []byte, visit func(key []byte)) error {
	if bytes.IndexByte(info, '\\') < 0 {
		return plainKeys(info, visit)
	}
	text, err := unescape(string(info))
	if err != nil {
		return err
	}
	var sizes map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &sizes); err != nil {
		return fmt.Errorf("FILES_INFO: %w", err)
	}
	for key := range sizes {
		visit([]byte(key))
	}
	return nil
}

// plainKeys reads an object without any escape, as nearly all are: its values
// are numbers, so what stands in quotation marks is a key. A big build has tens
// of megabytes of them.
func plainKeys(info []byte, visit func(key []byte)) error {
	for {
		_, rest, ok := bytes.Cut(info, []byte(`"`))
		if !ok {
			return nil
		}
		key, rest, ok := bytes.Cut(rest, []byte(`"`))
		if !ok {
			return fmt.Errorf("FILES_INFO: a name without end: %.40q", key)
		}
		visit(key)
		info = rest
	}
}

// unescape undoes Python's unicode_escape, in which every value is written.
func unescape(s string) (string, error) {
	var b strings.Builder
	for s != "" {
		if i := strings.IndexByte(s, '\\'); i != 0 {
			if i < 0 {
				i = len(s)
			}
			b.WriteString(s[:i])
			s = s[i:]
			continue
		}
		r, _, rest, err := strconv.UnquoteChar(s, 0)
		if err != nil || !utf8.ValidRune(r) {
			return "", fmt.Errorf("unknown escape: %.12q", s)
		}
		b.WriteRune(r)
		s = rest
	}
	return b.String(), nil
}

// field gives the value of a plain key, "" when there is none.
func field(text []byte, key string) string {
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		if value, ok := bytes.CutPrefix(line, []byte(key+": ")); ok {
			return strings.TrimSpace(string(value))
		}
	}
	return ""
}

// collect sorts the owners of each path; one that has the path in the very form
// asked for wins over one that has it only after the merge of /usr.
func collect(found [][]shipped) map[string][]Owner {
	exact := map[string]bool{}
	for _, list := range found {
		for _, s := range list {
			exact[s.path] = exact[s.path] || s.exact
		}
	}
	owners := map[string][]Owner{}
	for _, list := range found {
		for _, s := range list {
			if s.exact == exact[s.path] {
				owners[s.path] = append(owners[s.path], s.owner)
			}
		}
	}
	for path, list := range owners {
		owners[path] = unique(list)
	}
	return owners
}

func unique(list []Owner) []Owner {
	sort.Slice(list, func(i, j int) bool {
		if list[i].Package != list[j].Package {
			return list[i].Package < list[j].Package
		}
		return list[i].Recipe < list[j].Recipe
	})
	out := list[:0]
	for i, o := range list {
		if i == 0 || o != list[i-1] {
			out = append(out, o)
		}
	}
	return out
}
