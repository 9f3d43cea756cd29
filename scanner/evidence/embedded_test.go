// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIsInterpreter(t *testing.T) {
	for name, want := range map[string]bool{
		"python3.11": true, "python": true, "perl5.36.0": true, "R": true, "node": true, "php8.2": true, "lua5.4": true, "php-fpm8.4": true, "beam.smp": true, "pypy3": true,
		"pythonista": false, "nodered": false, "perlbug": false, "Rscript": false, "bash": false, "luac": false,
	} {
		assert.Equal(t, want, isInterpreter(name), name)
	}
	for name, want := range map[string]bool{
		"libpython3.11.so.1.0": true, "libperl.so.5.36": true, "liblua5.4.so.0": true, "libnode.so.108": true, "libnodelist.so.1": false, "libphp8.so": true, "libperlio.so": false,
	} {
		_, got := languageOf(name)
		assert.Equal(t, want, got, name)
	}
}

func TestMentions(t *testing.T) {
	for line, want := range map[string][]string{
		"lua-load /etc/haproxy/x.lua": {"lua"}, "content_by_lua_block {": {"lua"}, "evaluate = yes": nil, "value lualatex": {"lua"},
		"perl use Data::Dumper;": {"perl"}, "plpython3u": {"python"}, "script /opt/check.py -v": {"python"}, "luaL": {"lua"}, "": nil,
	} {
		c := &collector{scripted: map[string]bool{}}
		c.mentions(line)
		var got []string
		for name := range c.scripted {
			got = append(got, name)
		}
		assert.Equal(t, want, got, line)
	}
}

func TestIsScript(t *testing.T) {
	l, ok := languageOf("liblua5.4.so.0")
	assert.True(t, ok)
	for name, want := range map[string]bool{"/etc/x.lua": true, "init.lua": true, "/usr/share/lua/5.4/?.lua": false, ".lua": false, "cannot load x.lua": false, "lua": false, "x.py": false} {
		assert.Equal(t, want, l.isScript(name), name)
	}
}

// TestCertificatesMentionNothing: letters of a certificate are no words.
func TestCertificatesMentionNothing(t *testing.T) {
	im := tree(t, map[string]string{"etc/ca.pem": "-----BEGIN CERTIFICATE-----\nHL8cisibMn1/lUa/8viovxFUcdUBgF4=\nperl x.lua\n-----END CERTIFICATE-----\nHL8/tcl/8v\n"})
	c := &collector{im: im, seen: map[string]bool{}, scripted: map[string]bool{}, facts: map[[2]string]bool{}}
	c.configFile("/etc/ca.pem")
	assert.Equal(t, map[string]bool{"perl": true, "lua": true, "tcl": true}, c.scripted)
	c = &collector{im: tree(t, map[string]string{"etc/ca.pem": "-----BEGIN X-----\nHL8/lua/8v\n-----END X-----\n"}), seen: map[string]bool{}, scripted: map[string]bool{}, facts: map[[2]string]bool{}}
	c.configFile("/etc/ca.pem")
	assert.Empty(t, c.scripted)
}
