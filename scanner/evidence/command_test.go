// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestExpand(t *testing.T) {
	env := environment{"A": "/opt/a", "OPTS": `-x "y z"  w`, "D": "$$"}
	for _, tt := range []struct {
		summary, arg string
		want         []string
	}{
		{"plain", "-f", []string{"-f"}},
		{"inside a word", "--a=${A}/b${A}", []string{"--a=/opt/a/b/opt/a"}},
		{"a word of its own is split", "$OPTS", []string{"-x", "y z", "w"}},
		{"in braces it is not", "${OPTS}", []string{`-x "y z"  w`}},
		{"without braces it is no variable inside a word", "a$A", []string{"a$A"}},
		{"not set", "${NONE}x", []string{"x"}},
		{"a word that is not set is no word", "$NONE", nil},
		{"a dollar", "$$A", []string{"$A"}},
		{"a dollar before braces", "$${A}", []string{"${A}"}},
		{"a value is not expanded again", "${D}", []string{"$$"}},
		{"no name", "${a-b}${A}", []string{"${a-b}/opt/a"}},
		{"an open brace", "${A", []string{"${A"}},
	} {
		t.Run(tt.summary, func(t *testing.T) { assert.Equal(t, tt.want, env.expand([]string{tt.arg})) })
	}
}

func TestReadEnvironment(t *testing.T) {
	im := tree(t, map[string]string{
		"etc/default/x": "# comment\nA=file\nB = \"b c\" # more\n;no=1\nexport\n\n",
		"etc/default/y": "C=y\n",
	})
	u := service(t, "Environment=A=unit D=1 \"E=e f\"\nEnvironment='G=g'\nEnvironmentFile=/etc/default/y\nEnvironmentFile=\nEnvironmentFile=-/etc/default/x\nEnvironmentFile=-/none\n")
	got := im.readEnvironment(u)
	assert.Equal(t, "file", got["A"], "files win")
	assert.Equal(t, "e f", got["E"])
	assert.Equal(t, "g", got["G"])
	assert.NotContains(t, got, "C", "reset")
	assert.NotContains(t, got, ";no")

	u = service(t, "Environment=A=unit\nEnvironment=\nEnvironment=B=1\n")
	assert.Equal(t, environment{"B": "1"}, im.readEnvironment(u))
}

func TestLookUp(t *testing.T) {
	im := tree(t, map[string]string{"usr/bin/foo": "x", "opt/bin/foo": "x", "usr/bin/dir/x": "x", "sbin/bar": "x"})
	for _, tt := range []struct {
		summary, name string
		search        []string
		want          string
		ok            bool
	}{
		{"absolute", "/none", defaultPath, "/none", true},
		{"by name", "foo", defaultPath, "/usr/bin/foo", true},
		{"in a split image", "bar", defaultPath, "/sbin/bar", true},
		{"first folder wins", "foo", append([]string{"/opt/bin"}, defaultPath...), "/opt/bin/foo", true},
		{"a folder is no program", "dir", defaultPath, "dir", false},
		{"relative", "./foo", defaultPath, "./foo", false},
		{"not there", "baz", defaultPath, "baz", false},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			got, ok := im.lookUp(tt.name, tt.search)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.ok, ok)
		})
	}
}

func TestShebang(t *testing.T) {
	for _, tt := range []struct {
		summary, text string
		want          []string
	}{
		{"a shell", "#!/bin/sh\nx", []string{"/bin/sh"}},
		{"an argument", "#! /bin/sh -e\n", []string{"/bin/sh", "-e"}},
		{"through env", "#!/usr/bin/env python3\n", []string{"python3"}},
		{"through env with options", "#!/usr/bin/env -S A=b python3 -u\n", []string{"python3"}},
		{"no line end", "#!/bin/sh", []string{"/bin/sh"}},
		{"empty", "#!\n", nil},
		{"none", "echo\n", nil},
		{"short", "#", nil},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			im := tree(t, map[string]string{"x": tt.text})
			words, ok := im.shebang("/x")
			assert.Equal(t, tt.want != nil, ok)
			assert.Equal(t, len(tt.want), len(words))
			assert.Subset(t, tt.want, words)
		})
	}
}

func TestSearchPath(t *testing.T) {
	assert.Empty(t, searchPath(""))
	assert.Equal(t, []string{"/a", "/b"}, searchPath("/a::b:/b:."))
}
