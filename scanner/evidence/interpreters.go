// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// scripts are those that an interpreter runs, and were read.
type scripts interface {
	// unnamed are the functions of a module that scripts reach by a name only, and which they do not name.
	unnamed(m *module) []elfcode.FuncID
	// loads tells whether a module loads what entries has.
	loads(m *module) bool
	entries() []entry
}

// entry is a module in native code that scripts load, with the function that begins it.
type entry struct{ file, function string }

// loadExtensions loads the modules in native code that scripts import.
func (p *program) loadExtensions(im *Image) {
	if p.scripts == nil {
		return
	}
	for _, x := range p.scripts.entries() {
		if m := p.load(im, x.file, false); m != nil {
			m.add(x.function)
		}
	}
}

// perlScript reads a script in Perl by the interpreter that it names.
func (c *collector) perlScript(interpreter, file string, t target) bool {
	resolved, err := c.im.fs.Resolve(interpreter)
	if err != nil {
		return false
	}
	data, err := c.im.fs.ReadFileLimit(file, maxPerl)
	if err != nil {
		return false
	}
	c.paths(t.args, t.at)
	at := place{where: file, why: t.at.why}
	search := searchPath(c.env["PERL5LIB"])
	if c.env["PERL5OPT"] != "" {
		return false
	}
	s := c.im.perls.get(strings.Join(append([]string{resolved, file}, search...), "\x00"), func(string) *plScripts { return c.im.readPerl(resolved, file, string(data), search) })
	name := path.Base(resolved)
	for _, x := range s.problems {
		c.unknown(x.id, name+": "+x.value, place{where: x.where, why: at.why})
	}
	if len(s.problems) > 0 {
		c.walk(resolved, "")
		return true
	}
	c.assume("interpreter", name, scriptsCallByName, at)
	if c.seen["perl "+file] {
		return true
	}
	c.seen["perl "+file] = true
	c.take(s.program(), resolved, name)
	c.perlTexts(s, at)
	return true
}

// perlTexts takes the paths and programs that scripts name.
func (c *collector) perlTexts(s *plScripts, at place) {
	starts, numeric, names := false, false, map[string]bool{}
	for _, x := range s.texts {
		starts = starts || plStarts.MatchString(x.code)
		numeric = numeric || plSocket.MatchString(x.code)
		for _, word := range plFamily.FindAllString(x.code, -1) {
			names[word] = true
		}
	}
	c.families(names, numeric, at)
	for _, x := range s.texts {
		where := place{where: x.file, why: at.why}
		for _, found := range plDirectory.FindAllStringSubmatch(x.code, -1) {
			c.path(found[1], where)
			if starts {
				c.namedProgram(found[1], where)
			}
		}
		if !starts {
			continue
		}
		for _, found := range plQuoted.FindAllStringSubmatch(x.code, -1) {
			if file, ok := c.im.lookUp(found[1], c.search); ok {
				c.namedProgram(file, where)
			}
		}
		if slices.ContainsFunc([]string{`"SHELL"`, `'SHELL'`, "{SHELL}"}, func(mark string) bool { return strings.Contains(x.code, mark) }) {
			c.unknown("exec-session", "SHELL", where)
		}
	}
	if starts {
		c.namedProgram("/bin/sh", at)
		c.assume("exec-unresolved", path.Base(s.interpreter), namedByConfiguration, at)
	}
}
