// SPDX-License-Identifier: MIT

package unit

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCommands(t *testing.T) {
	type commands = []Command
	for _, c := range []struct {
		summary, value string
		want           commands
		err            string // what is said of a line that is dropped or refuses the unit
		refused        bool
	}{
		{"path and arguments", "/bin/a b 'c d'", commands{{Path: "/bin/a", Args: []string{"/bin/a", "b", "c d"}}}, "", false},
		{"prefixes", "-+:/bin/a", commands{{Prefixes: "-+:", Path: "/bin/a", Args: []string{"/bin/a"}}}, "", false},
		{"two exclamation marks", "!!/bin/a", commands{{Prefixes: "!!", Path: "/bin/a", Args: []string{"/bin/a"}}}, "", false},
		{"a second dash is the name", "-- b", commands{{Prefixes: "-", Path: "-", Args: []string{"-", "b"}}}, "", false},
		{"another argv[0]", "@/bin/a name b", commands{{Prefixes: "@", Path: "/bin/a", Args: []string{"name", "b"}}}, "", false},
		{"a name to look up", "a b", commands{{Path: "a", Args: []string{"a", "b"}}}, "", false},
		{"two lines", "/bin/a x ; /bin/b", commands{{Path: "/bin/a", Args: []string{"/bin/a", "x"}}, {Path: "/bin/b", Args: []string{"/bin/b"}}}, "", false},
		{"a final semicolon", "/bin/a ;", commands{{Path: "/bin/a", Args: []string{"/bin/a"}}}, "", false},
		{"a semicolon first is a name", "; b", commands{{Path: ";", Args: []string{";", "b"}}}, "", false},
		{"a semicolon of a word", "/bin/a;b c", commands{{Path: "/bin/a;b", Args: []string{"/bin/a;b", "c"}}}, "", false},
		{"an escaped and a real semicolon", `/bin/a \; x ; /bin/b`, commands{{Path: "/bin/a", Args: []string{"/bin/a", ";", "x"}}, {Path: "/bin/b", Args: []string{"/bin/b"}}}, "", false},
		{"a quoted semicolon", `/bin/a ";" b`, commands{{Path: "/bin/a", Args: []string{"/bin/a", ";", "b"}}}, "", false},
		{"specifiers", "/bin/%p %i %%", commands{{Path: "/bin/unit", Args: []string{"/bin/unit", "instance", "%"}}}, "", false},
		{"the environment is left", "/bin/a $X ${Y}", commands{{Path: "/bin/a", Args: []string{"/bin/a", "$X", "${Y}"}}}, "", false},
		{"C escapes", `/bin/\x61 \t\s\101\u00e4 "\""`, commands{{Path: "/bin/a", Args: []string{"/bin/a", "\t Aä", `"`}}}, "", false},
		{"unknown escapes stay", `/bin/a \q \x4 \000`, commands{{Path: "/bin/a", Args: []string{"/bin/a", `\q`, `\x4`, `\000`}}}, "", false},

		{"nothing after a dash", "-", nil, "no path", false},
		{"nothing after a plus", "+", nil, "no path", true},
		{"both privileges", "+!/bin/a", nil, "neither an absolute path nor a plain file name", true},
		{"a shell before 258", "|/bin/a", nil, "neither an absolute path nor a plain file name", true},
		{"a relative path", "./a", nil, "neither an absolute path nor a plain file name", true},
		{"a folder", "/bin/", nil, "directory", true},
		{"a control character", `/bin/\na`, nil, "special characters", true},
		{"no argv[0]", "@/bin/a", nil, "argv[0]", true},
		{"an open quote", "/bin/a 'b", nil, "unbalanced", true},
		{"an open quote in the path", `"/bin/a`, nil, "unbalanced", false},
		{"an unknown specifier", "/bin/%Z", nil, "unknown specifier", true},
		{"an unknown specifier, lenient", "-/bin/a %Z", nil, "unknown specifier", false},
	} {
		t.Run(c.summary, func(t *testing.T) {
			a := Assignment{"Service", "ExecStart", c.value, Source{"/x.service", 3}}
			l := &loading{version: Version{257, AnyPoint}, specifiers: specifiers{"unit@instance.service", "/x.service"}}
			s := newService(l.version)
			err := setCommands(l, s, a)
			for i := range c.want {
				c.want[i].Setting, c.want[i].Source = a.Key, a.Source
			}
			assert.Equal(t, c.want, s.Commands[a.Key])
			assert.Equal(t, c.refused, errors.Is(err, errFatal))
			if c.err == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, c.err)
			}
		})
	}
}

func TestCommandPrefixes(t *testing.T) {
	assert.Equal(t, "|", commandPrefixes("|/bin/a", Version{258, AnyPoint}))
	assert.Equal(t, "", commandPrefixes("|/bin/a", Version{257, AnyPoint}))
	assert.Equal(t, "@-", commandPrefixes("@-@/bin/a", Version{257, AnyPoint}))
	assert.Equal(t, "!", commandPrefixes("!+/bin/a", Version{257, AnyPoint}))
}

// TestCommandsAreReset: an empty value drops those of the same setting.
func TestCommandsAreReset(t *testing.T) {
	l := &loading{version: Version{257, AnyPoint}}
	s := newService(l.version)
	for _, a := range []Assignment{{Key: "ExecStart", Value: "/bin/a"}, {Key: "ExecStop", Value: "/bin/b"}, {Key: "ExecStart"}} {
		assert.NoError(t, setCommands(l, s, a))
	}
	assert.Empty(t, s.Commands["ExecStart"])
	assert.Len(t, s.Commands["ExecStop"], 1)
}

// FuzzCommands: any text of a command line is read, dropped or refused; what was
// read has a path, and reading ends.
func FuzzCommands(f *testing.F) {
	for _, seed := range []string{"/bin/a b 'c d'", "-@+:!!|/bin/a x ; /bin/b", `/bin/a \; "\x41\101\u00e4\U0001F600" \q \`, "; ;", "%p %Z", "'", "+!", "/bin/a ;\t; b"} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, value string, newer bool) {
		version := Version{257, AnyPoint}
		if newer {
			version.Major = 262
		}
		l := &loading{version: version, specifiers: specifiers{"a-b@c.service", "/x.service"}}
		s := newService(version)
		err := setCommands(l, s, Assignment{"Service", "ExecStart", value, Source{"/x.service", 1}})
		for _, c := range s.Commands["ExecStart"] {
			if c.Path == "" || len(c.Args) == 0 || strings.HasSuffix(c.Path, "/") {
				t.Errorf("%q gave %+v", value, c)
			}
		}
		if err == nil && strings.Trim(value, whitespace) != "" && len(s.Commands["ExecStart"]) == 0 {
			t.Errorf("%q is no command, and nothing is said", value)
		}
	})
}
