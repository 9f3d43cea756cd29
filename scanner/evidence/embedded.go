// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"
)

// language is one in which programs are written that are not read.
type language struct {
	name       string // as configuration calls it
	programs   string // beginnings of the names of its executables
	libraries  string // beginnings of the SONAMEs of its interpreter as a library
	extensions string // of scripts
}

var languages = []language{
	{"python", "python pypy", "libpython libpypy", ".py .pyc"},
	{"perl", "perl", "libperl", ".pl .pm"},
	{"ruby", "ruby", "libruby", ".rb"},
	{"lua", "lua luajit", "liblua libluajit", ".lua"},
	{"php", "php php-fpm php-cgi", "libphp", ".php"},
	{"tcl", "tclsh wish", "libtcl", ".tcl"},
	{"javascript", "node nodejs gjs qjs deno bun", "libnode libmozjs libv8", ".js .mjs"},
	{"java", "java", "libjvm", ".jar .class"},
	{"guile", "guile", "libguile", ".scm"},
	{"mono", "mono mono-sgen dotnet", "libmono libcoreclr", ".dll .exe"},
	{"erlang", "erl erlexec beam beam.smp escript", "", ".beam .escript"},
	{"ocaml", "ocamlrun", "", ""},
	{"rscript", "R", "", ""},
}

// isInterpreter tells whether a program of this name runs one of the languages.
func isInterpreter(name string) bool {
	_, ok := interpreted(name)
	return ok
}

// interpreted returns the language that a program of this name runs.
func interpreted(name string) (language, bool) {
	i := slices.IndexFunc(languages, func(l language) bool {
		return slices.ContainsFunc(strings.Fields(l.programs), func(program string) bool {
			rest, found := strings.CutPrefix(name, program)
			return found && strings.Trim(rest, "0123456789.-") == ""
		})
	})
	if i < 0 {
		return language{}, false
	}
	return languages[i], true
}

// languageOf returns the language whose interpreter a library is.
func languageOf(soname string) (language, bool) {
	i := slices.IndexFunc(languages, func(l language) bool {
		return slices.ContainsFunc(strings.Fields(l.libraries), func(library string) bool {
			rest, found := strings.CutPrefix(soname, library)
			return found && (rest == "" || strings.IndexByte("0123456789.-_", rest[0]) >= 0)
		})
	})
	if i < 0 {
		return language{}, false
	}
	return languages[i], true
}

// isScript tells whether a name is that of a script of the language.
func (l language) isScript(name string) bool {
	ext := path.Ext(name)
	return ext != "" && ext != name && slices.Contains(strings.Fields(l.extensions), ext) && !strings.ContainsAny(name, "? ")
}

// onRequest are scripts that a library's code names and that run only when
// configuration has a line for the language: Net-SNMP's, behind "perl" in snmpd.conf
// (agent/snmp_perl.c).
var onRequest = []string{"snmp_perl.pl", "snmp_perl_trapd.pl"}

// embedded is an interpreter that a program has loaded.
type embedded struct {
	language
	soname string
	at     place
	script string // one that the program's own code names
}

// embeds notes the interpreters among a program's libraries, and the scripts that its
// other modules name.
func (c *collector) embeds(p *program) {
	for _, m := range p.modules {
		l, ok := languageOf(m.file.SONAME)
		if !ok {
			continue
		}
		e := embedded{language: l, soname: m.file.SONAME, at: place{where: m.path}}
		for _, other := range p.modules {
			if _, interpreter := languageOf(other.file.SONAME); interpreter || other.libc {
				continue
			}
			for _, id := range other.reached.Strings {
				if text := other.file.Strings[id]; l.isScript(text) && !slices.Contains(onRequest, path.Base(text)) {
					e.script = text
				}
			}
		}
		c.embedded = append(c.embedded, e)
	}
}

// bare takes an interpreter that code names as a program, alone: it may run a script when
// the same code names one, or an option for a text; else as one that is loaded.
func (c *collector) bare(l language, name string, at place) {
	at = at.named()
	e := embedded{language: l, soname: name, at: at}
	where, _, _ := strings.Cut(at.where, "+0x")
	m, err := c.im.module(where)
	if err != nil { // not code names it but configuration, or a script
		c.unknown("interpreter", name, at)
		return
	}
	for _, text := range m.Strings {
		if l.isScript(text) || slices.Contains([]string{"-c", "-e", "-m"}, text) {
			e.script = text
		}
	}
	c.embedded = append(c.embedded, e)
}

// mentions notes the languages that a line of configuration is about.
func (c *collector) mentions(line string) {
	words := strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return r < 'a' || r > 'z' })
	for _, l := range languages {
		about := func(word string) bool { return strings.HasPrefix(word, l.name) || strings.HasSuffix(word, l.name) }
		if slices.ContainsFunc(words, about) || slices.ContainsFunc(strings.FieldsFunc(line, separates), l.isScript) {
			c.scripted[l.name] = true
		}
	}
}

// interpreters decides about the libraries that run scripts: unknown when there is one
// that they may run, else on the assumption that there is none.
func (c *collector) interpreters() {
	for _, e := range c.embedded {
		switch {
		case e.script != "":
			c.unknown("interpreter", e.soname+" "+e.script, e.at)
		case c.scripted[e.language.name]:
			c.unknown("interpreter", e.soname, e.at)
		default:
			c.assume("interpreter", e.soname, "it runs no script, since neither its code nor the configuration in the image names one", e.at)
		}
	}
}

// isLanguage tells whether a module is the library of an interpreter: what it asks for, it does
// for scripts, of which interpreters() says whether there are any.
func isLanguage(m *loaded) bool {
	_, ok := languageOf(m.file.SONAME)
	return ok
}
