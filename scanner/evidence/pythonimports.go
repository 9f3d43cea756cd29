// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"
)

// importModules takes "import a.b as c, d".
func (p *pyParser) importModules(b *pyBlock, s []pyToken) {
	for _, part := range splitAt(s, ",") {
		module, rest := dotted(part)
		if module == "" {
			continue
		}
		as := module
		if len(rest) == 2 && rest[0].text == "as" {
			as = rest[1].text
		}
		b.imports = append(b.imports, pyImport{module: module, as: as, line: s[0].line})
		b.names = append(b.names, strings.Split(module, ".")...)
	}
}

// importFrom takes "from ..a.b import c as d, e".
func (p *pyParser) importFrom(b *pyBlock, s []pyToken) {
	x := pyImport{from: true}
	for len(s) > 0 && s[0].is(".") {
		x.level++
		s = s[1:]
	}
	x.module, s = dotted(s)
	if len(s) == 0 {
		return
	}
	x.line = s[0].line
	for _, part := range splitAt(s[1:], ",") {
		part = slices.DeleteFunc(slices.Clone(part), func(t pyToken) bool { return t.is("(") || t.is(")") })
		if len(part) > 0 {
			x.names, x.known = append(x.names, part[0].text), append(x.known, part[len(part)-1].text)
			b.names = append(b.names, part[0].text)
		}
		if len(part) == 3 {
			b.names = append(b.names, part[2].text)
		}
	}
	b.names = append(b.names, strings.Split(x.module, ".")...)
	b.imports = append(b.imports, x)
}

// dotted reads a name with dots, and returns what follows.
func dotted(s []pyToken) (name string, rest []pyToken) {
	for len(s) > 0 && (s[0].is(".") || s[0].kind == pyName && s[0].text != "import" && (name == "" || strings.HasSuffix(name, "."))) {
		name += s[0].text
		s = s[1:]
	}
	return name, s
}

func splitAt(s []pyToken, operator string) [][]pyToken {
	var parts [][]pyToken
	start := 0
	for i := range s {
		if s[i].is(operator) {
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

// constant is the text that an argument is, if it is one.
func constant(args [][]pyToken, i int) (string, bool) {
	if i >= len(args) || len(args[i]) != 1 || args[i][0].kind != pyString {
		return "", false
	}
	return args[i][0].text, true
}
