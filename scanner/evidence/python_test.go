// SPDX-License-Identifier: MIT

package evidence

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPythonTokens(t *testing.T) {
	for _, tt := range []struct{ summary, text, want string }{
		{"names, numbers and operators", "a = b+0o17", "n:a o:= n:b o:+ 0:0o17"},
		{"texts with prefixes", `x(r'\d', b"\x41\n", u'''a'b''')`, `n:x o:( s:\d o:, s:A` + "\n" + ` o:, s:a'b o:)`},
		{"no comment in a text", "'#' # '", "s:#"},
		{"fields", `f"a{b['c']:>{w}}d{{"`, "f:a\x01d{ o:( n:b o:[ s:c o:] o:) o:( n:w o:)"},
		{"a field with the same quotes", `f'{x('y')}'`, "f:\x01 o:( n:x o:( s:y o:) o:)"},
		{"a line that goes on", "a \\\n b", "n:a n:b"},
		{"octal", `'\057'`, "s:/"},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			tokens, err := pythonTokens(tt.text)
			require.NoError(t, err)
			var got []string
			for _, x := range tokens {
				got = append(got, string(x.kind)+":"+x.text)
			}
			assert.Equal(t, tt.want, strings.Join(got, " "))
		})
	}
	for _, text := range []string{"'a", "'''a'", "f'{a", "f'{a:", "'a\n'", "a\x00"} {
		_, err := pythonTokens(text)
		assert.Error(t, err, text)
	}
}

// TestPythonBlocks: what belongs to which function.
func TestPythonBlocks(t *testing.T) {
	blocks, err := parsePython(`import a.b as c, d
class K(object):
    "documents"
    def m(self, x=early): return inside
    @atexit.register
    def n(): pass
def f():
    from ..p import (q, r as s)
    def g():
        deep
    after
if sys.platform == 'win32':
    def w(): windows
elif __name__ == "__main__": own()
else: linux
try: import e
except ImportError: pass
`, false)
	require.NoError(t, err)
	type block struct {
		name, class string
		parent      int
		own, dead   bool
		names       string
	}
	var got []block
	for _, b := range blocks {
		got = append(got, block{b.name, b.class, b.parent, b.own, b.dead, strings.Join(b.names, " ")})
	}
	assert.Equal(t, []block{
		{"", "", -1, false, false, "a b d object self x early atexit register else linux try e except ImportError pass"},
		{"m", "K", 0, false, false, "return inside"},
		{"n", "K", 0, true, false, "pass"},
		{"f", "", 0, false, false, "q r s p after"},
		{"g", "", 3, false, false, "deep"},
		{"", "", 0, false, true, ""},
		{"w", "", 5, false, false, "windows"},
		{"", "", 0, false, true, "own"},
	}, got)
	assert.Equal(t, []pyImport{{module: "a.b", as: "c", line: 1}, {module: "d", as: "d", line: 1}, {module: "e", as: "e", line: 16}}, blocks[0].imports)
	assert.Equal(t, []pyImport{{module: "p", level: 2, names: []string{"q", "r"}, known: []string{"q", "s"}, from: true, line: 8}}, blocks[3].imports)
}

// pythonImage has an interpreter that is none, with a library of a few modules.
func pythonImage(t *testing.T, more map[string]string) *Image {
	files := compiled(t)
	files["usr/bin/python3.13"] = files["usr/bin/snake"]
	files["usr/bin/python3"] = "-> python3.13"
	files["usr/lib/python3.13/os.py"] = "import posixpath as path\ndef popen(x):\n    import subprocess\n    return subprocess.run(x)\ndef rare():\n    import seldom\n"
	files["usr/lib/python3.13/posixpath.py"] = "def join(): pass\ndef rare(): import seldom2\n"
	files["usr/lib/python3.13/seldom.py"] = "eval(x)\n"
	files["usr/lib/python3.13/seldom2.py"] = ""
	files["usr/lib/python3.13/subprocess.py"] = "import _posixsubprocess\ndef run(x): pass\n"
	files["usr/lib/python3.13/pickle.py"] = ""
	files["usr/lib/python3.13/site-packages/mine/__init__.py"] = "from .part import *\n"
	files["usr/lib/python3.13/site-packages/mine/part.py"] = "def unused(): open('/var/lib/mine/data')\n"
	maps.Copy(files, more)
	return tree(t, files)
}

// TestPythonScripts: what a script brings, and what of it cannot be read.
func TestPythonScripts(t *testing.T) {
	for _, tt := range []struct {
		summary, script string
		modules         string // loaded ones among those that matter
		problems        []string
	}{
		{"nothing", "pass", "os posixpath", nil},
		{"a package", "import mine", "mine mine.part os posixpath", nil},
		{"a function of the library that nothing names", "import os\nos.popen('x')", "os posixpath subprocess", nil},
		{"one that the script names", "import os\nos.rare()", "os posixpath seldom", nil},
		{"one of a part that is known by another name", "import os\nos.path.rare()", "os posixpath seldom seldom2", nil},
		{"a module of the script's folder", "import beside", "beside os posixpath", nil},
		{"a module that is missing", "try: import nowhere\nexcept ImportError: pass", "os posixpath", nil},
		{"a text that is run", "eval('__import__(\"mine\")')", "mine mine.part os posixpath", nil},
		{"a text that is not in the script", "eval(input())", "os posixpath", []string{"eval"}},
		{"the same by another name", "run = exec\nrun(x)", "os posixpath", []string{"exec"}},
		{"a module by a name that is not in it", "import importlib\nimportlib.import_module(x)", "os posixpath", []string{"import_module"}},
		{"compile is of another module", "import re\nre.compile(x)", "os posixpath", nil},
		{"code from data", "import pickle", "os pickle posixpath", []string{"import pickle"}},
		{"any function of the system", "import os, posix\ngetattr(posix, x)()", "os posixpath", []string{"getattr(posix, ...)"}},
		{"an attribute of another object", "getattr(x, y)", "os posixpath", nil},
		{"what only another system runs", "import sys\nif sys.platform == 'win32':\n    exec(x)\n", "os posixpath", nil},
		{"modules that are somewhere else", "import sys\nsys.path.insert(0, x)\nimport nowhere", "os posixpath", []string{"module nowhere that the image does not have where it is looked for"}},
		{"a folder that is named", "import sys\nsys.path.insert(0, '/opt/more')\nimport elsewhere", "elsewhere os posixpath", nil},
		{"a module without source", "import compiled", "os posixpath", []string{"module compiled without its source"}},
		{"no Python", "'", "os posixpath", []string{"a text that does not end"}},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			im := pythonImage(t, map[string]string{"opt/beside.py": "", "opt/more/elsewhere.py": "", "usr/lib/python3.13/compiled.pyc": ""})
			home, ok := im.pythonHome("/usr/bin/python3", "/usr/bin/python3")
			require.True(t, ok)
			s := im.readPython(home, "/opt/script.py", tt.script, []string{"/opt"})
			var problems []string
			for _, x := range s.problems {
				problems = append(problems, x.value)
			}
			assert.Equal(t, tt.problems, problems)
			var modules []string
			for name, m := range s.modules {
				if m != nil && m.file != "" && name != "__main__" {
					modules = append(modules, name)
				}
			}
			assert.ElementsMatch(t, strings.Fields(tt.modules), modules)
		})
	}
}

// TestPythonValues: what a script may ask a call for, by names and numbers.
func TestPythonValues(t *testing.T) {
	for script, want := range map[string]string{
		"s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)":                        "fcntl ioctl setsockopt setxattr socket",
		"s = socket.socket(OWN, kind)":                                                 "fcntl ioctl setsockopt setxattr",
		"s = socket.socket(17, kind)":                                                  "fcntl ioctl setsockopt setxattr",
		"s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)":                         "fcntl ioctl setsockopt setxattr",
		"s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)":                      "fcntl ioctl setsockopt setxattr socket",
		"s.setsockopt(socket.SOL_SOCKET, 25, b'eth0')":                                 "fcntl ioctl setxattr socket",
		"s.setsockopt(socket.SOL_SOCKET, getattr(socket, 'SO_MARK'), 1)":               "fcntl ioctl setxattr socket",
		"fcntl.fcntl(f, fcntl.F_SETFL, f | 1024); fcntl.ioctl(f, x)":                   "fcntl setsockopt setxattr socket",
		"fcntl.fcntl(f, 1024, 1)":                                                      "ioctl setsockopt setxattr socket",
		"shutil.copy2(a, b)":                                                           "fcntl ioctl setsockopt socket",
		"call = socket.socket\ncall(x)":                                                "fcntl ioctl setsockopt setxattr socket",
		"import subprocess\nsubprocess.run(x)  # the library's own names do not count": "fcntl ioctl setsockopt setxattr socket",
	} {
		im := pythonImage(t, nil)
		home, ok := im.pythonHome("/usr/bin/python3", "/usr/bin/python3")
		require.True(t, ok)
		s := im.readPython(home, "/opt/script.py", script, nil)
		var got []string
		for _, call := range []string{"fcntl", "ioctl", "setsockopt", "setxattr", "socket"} {
			if s.without(call) {
				got = append(got, call)
			}
		}
		assert.Equal(t, want, strings.Join(got, " "), script)
	}
}

// TestCollectPython has what services in Python need.
func TestCollectPython(t *testing.T) {
	im := pythonImage(t, map[string]string{
		"opt/plain.py":   "open('/var/lib/x/data', 'w')\n",
		"opt/starter.py": "#!/usr/bin/env python3\nimport subprocess\nsubprocess.run(['helper', '-x'])\nsubprocess.run('logger -t x', shell=True)\n",
		"opt/login.py":   "import os\nos.execv(x, [os.environ['SHELL']])\nos.putenv('SHELL', y)",
		"opt/taught.py":  "exec(input())",
		"opt/family.py":  "import socket\ns = socket.socket(socket.PF_CAN, socket.SOCK_RAW)\n",
		"opt/number.py":  "import socket\nWIRE = 29\ns = socket.socket(WIRE, kind)\n",
		"opt/root.py":    "import os\nos.chroot(x)\n",
		"opt/asks.py":    "import os, posix\nos.chroot(x)\n",
	})
	for _, tt := range []struct {
		summary, lines   string
		facts, not       []string
		unknown, assumed []string
	}{
		{"paths", "ExecStart=/usr/bin/python3 -u /opt/plain.py --flag\n", []string{"path /var/lib/x/data"}, []string{"exec /usr/libexec/helper"}, nil, []string{"interpreter python3.13"}},
		{"programs", "ExecStart=/opt/starter.py\nEnvironment=PATH=/usr/libexec\n", []string{"exec /usr/libexec/helper", "exec /usr/bin/logger", "clock "}, nil, nil, []string{"exec-unresolved python3.13", "interpreter python3.13"}},
		{"sessions", "ExecStart=/usr/bin/python3 /opt/login.py\n", nil, nil, []string{"exec-session SHELL"}, []string{"exec-unresolved python3.13", "interpreter python3.13"}},
		{"what is run is not there", "ExecStart=/usr/bin/python3 /opt/taught.py\n", nil, nil, []string{"interpreter python3.13: exec"}, nil},
		{"a text of the unit", "ExecStart=/usr/bin/python3 -c 'open(\"/var/lib/y\")'\n", []string{"path /var/lib/y"}, nil, nil, []string{"interpreter python3.13"}},
		{"an option that changes more", "ExecStart=/usr/bin/python3 -X perf /opt/plain.py\n", nil, nil, []string{"interpreter python3.13"}, nil},
		{"a socket family", "ExecStart=/usr/bin/python3 /opt/family.py\n", []string{"socket-family AF_CAN"}, nil, nil, []string{"interpreter python3.13"}},
		{"one that is a number", "ExecStart=/usr/bin/python3 /opt/number.py\n", nil, nil, []string{"socket-family-unresolved a number"}, []string{"interpreter python3.13"}},
		{"a function of a module that nobody imports", "ExecStart=/usr/bin/python3 /opt/root.py\n", nil, []string{"capability CAP_SYS_CHROOT", "hostname "}, nil, []string{"interpreter python3.13"}},
		{"a function that is named", "ExecStart=/usr/bin/python3 /opt/asks.py\n", []string{"capability CAP_SYS_CHROOT"}, []string{"hostname "}, nil, []string{"interpreter python3.13"}},
		{"the interpreter alone", "ExecStart=/usr/bin/python3 /opt/taught.py\n", []string{"capability CAP_SYS_CHROOT", "hostname "}, nil, []string{"interpreter python3.13: exec"}, nil},
		{"what it reads", "ExecStart=/usr/bin/python3\n", nil, nil, []string{"interpreter python3.13"}, nil},
		{"a module", "ExecStart=/usr/bin/python3 -m mine.part\n", []string{"path /var/lib/mine/data"}, nil, nil, []string{"interpreter python3.13"}},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			checkCollected(t, im.Collect(service(t, tt.lines)), tt.facts, tt.not, tt.unknown, tt.assumed)
		})
	}
}

// checkCollected compares what of a result matters; facts are "ID VALUE".
func checkCollected(t *testing.T, got *Result, facts, not, unknown, assumed []string) {
	t.Helper()
	for _, f := range facts {
		id, value, _ := strings.Cut(f, " ")
		assert.NotNil(t, got.fact(id, value), "%s in %v", f, got.Facts)
	}
	for _, f := range not {
		id, value, _ := strings.Cut(f, " ")
		assert.Nil(t, got.fact(id, value), f)
	}
	assert.Equal(t, unknown, got.unknowns(false))
	assert.Equal(t, assumed, got.unknowns(true))
}

// FuzzPython: no text makes it fail or take long.
func FuzzPython(f *testing.F) {
	for _, text := range []string{"f'{f\"{x!r:{y}}\"}'", "class a:\n def b(): import c\n", "from . import (a, b as c)\ngetattr(a, f'{b}_x')", "@x\nasync def y(): pass\nlambda: 0", "if __name__ == '__main__': exec(\"\")"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		blocks, err := parsePython(text, false)
		if err != nil {
			assert.Empty(t, blocks)
			return
		}
		for i, b := range blocks {
			assert.Less(t, b.parent, i)
		}
	})
}
