// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// TestGiven: what programs need by the arguments that a script gives them.
func TestGiven(t *testing.T) {
	const fsetid, time = "CAP_FSETID", "CAP_SYS_TIME"
	for _, tc := range []struct{ summary, script, want string }{
		{"a folder", "mkdir -p /run/x \"$DIR\"", ""},
		{"a folder with a mode", "mkdir -m 0755 /run/x; mkdir -pm755 /run/y; mkdir --mode=u=rwx,go= /run/z", ""},
		{"a folder of a group", "mkdir -m 2775 /run/x", fsetid + " 2775"},
		{"a folder with a mode from elsewhere", "mkdir -m \"$MODE\" /run/x", fsetid + " ?"},
		{"any arguments", "mkdir \"$@\"", fsetid + " ?"},
		{"through a launcher", "env mkdir /run/x", fsetid + " ?"},
		{"a mode", "chmod -R 0640 /run/x; chmod u+rwX,go-s /run/x; chmod -x /run/x; chmod 1777 /run/x", ""},
		{"a bit that is added", "chmod -R g+s /run/x", fsetid + " g+s"},
		{"a bit that is set", "chmod u=rwxs /run/x", fsetid + " u=rwxs"},
		{"the mode of another file", "chmod --reference=/x /run/x", fsetid + " ?"},
		{"a mode from elsewhere", "chmod $MODE /run/x", fsetid + " ?"},
		{"the time in words", "date; date +%s; date -d yesterday +%s; date \"+%F $x\" -u", ""},
		{"another time", "date -u -s @0", time + " date"},
		{"another time as an operand", "date 010100002000", time + " date"},
		{"what may be another time", "date \"$NOW\"", time + " date"},
		{"another user", "setpriv --reuid=daemon --regid=daemon --clear-groups /bin/true --help", ""},
		{"other capabilities", "setpriv --inh-caps=-all /bin/true", "?"},
		{"a signal", "kill -HUP 1", "CAP_KILL"},
		{"a limit", "ulimit -n 4096", "CAP_SYS_RESOURCE"},
		{"in a text of its own", "trap 'kill $!' TERM", "CAP_KILL"},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			files := map[string]string{}
			for _, name := range []string{"mkdir", "chmod", "date", "setpriv", "env"} {
				files["usr/bin/"+name] = "x"
			}
			c := &collector{im: tree(t, files), facts: map[[2]string]bool{}, unknowns: map[[3]string]bool{}, seen: map[string]bool{}, scripted: map[string]bool{}, search: defaultPath}
			c.shellText([]byte(tc.script), "sh", surroundings{}, place{where: "x"})
			var got []string
			for _, f := range c.result.Facts {
				switch f.ID {
				case FactCapability:
					got = append(got, f.Value)
				case FactSetIDBits, FactClock:
					got = append(got, strings.TrimPrefix(strings.TrimPrefix(f.Value, "mkdir "), "chmod "))
				}
			}
			for _, u := range c.result.Unknowns {
				if u.ID == "mode-unresolved" || u.ID == "capabilities-unresolved" {
					got = append(got, "?")
				}
			}
			want := strings.Fields(tc.want)
			slices.Sort(got)
			slices.Sort(want)
			assert.Equal(t, want, append([]string{}, got...))
		})
	}
}

// TestModes: a mode that is not known counts, but of who hands on what its callers say, and with
// an assumption of who copies modes.
func TestModes(t *testing.T) {
	for _, tc := range []struct {
		summary, name, soname, module string
		args                          []elfcode.Arg
		want                          string
	}{
		{"a plain mode", "chmod", "", "", []elfcode.Arg{known(1, 0o644)}, ""},
		{"a set-ID bit", "chmod", "", "", []elfcode.Arg{known(1, 0o4755)}, "CAP_FSETID"},
		{"any mode", "chmod", "", "", nil, "CAP_FSETID ?"},
		{"any mode but for the bits", "chmod", "", "", []elfcode.Arg{{Index: 1, Values: elfcode.Values{Mask: 0o777}}}, ""},
		{"GLib's caller", "g_mkdir_with_parents", "", "", []elfcode.Arg{known(1, 0o2755)}, "CAP_FSETID"},
		{"GLib itself", "mkdir", "libglib-2.0.so.0", "", nil, ""},
		{"who copies", "fchmod", "", "/usr/bin/cp", nil, "assumed"},
		{"a library of that name", "fchmod", "cp", "/usr/bin/cp", nil, "CAP_FSETID ?"},
		{"a data base", "chmod", "libdb-5.3.so", "", nil, "assumed"},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			c := &collector{facts: map[[2]string]bool{}, unknowns: map[[3]string]bool{}}
			judges[tc.name](c, &call{name: tc.name, soname: tc.soname, module: tc.module, args: tc.args})
			var got []string
			for _, f := range c.result.Facts {
				if f.ID == FactCapability {
					got = append(got, f.Value)
				}
			}
			for _, u := range c.result.Unknowns {
				if got = append(got, "?"); u.Assumption != "" {
					got[len(got)-1] = "assumed"
				}
			}
			assert.Equal(t, tc.want, strings.Join(got, " "))
		})
	}
}

func TestBind(t *testing.T) {
	const lib = true
	for _, tc := range []struct {
		summary  string
		libc     bool
		function string // that the program calls of the C library
		words    []elfcode.Arg
		want     bool
	}{
		{"any address", false, "", nil, true},
		{"a local address", false, "", []elfcode.Arg{word(1, 1), anyWordOf(1)}, false},
		{"the web", false, "", []elfcode.Arg{word(1, 2), word(1, 80<<8)}, true},
		{"a high port", false, "", []elfcode.Arg{word(1, 10), word(1, 0x901f)}, false},
		{"the kernel's choice", false, "", []elfcode.Arg{word(1, 2), word(1, 0)}, false},
		{"a virtual machine's host, whose ports lie elsewhere", false, "", []elfcode.Arg{word(1, 40), word(1, 0)}, true},
		{"a family that is not known, and a low port", false, "", []elfcode.Arg{anyWordOf(1), word(1, 53<<8)}, true},
		{"the C library's netlink socket", lib, "getaddrinfo", nil, false},
		{"a reserved port of the C library's", lib, "rresvport", nil, true},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			c := &collector{}
			c.walked = &program{modules: []*loaded{moduleOf("", tc.function)}}
			judgeBind(c, &call{name: "bind", libc: tc.libc, args: tc.words})
			assert.Equal(t, tc.want, c.mayBind)
		})
	}
}
