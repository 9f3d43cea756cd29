// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// pyHome is an installation of Python in the image.
type pyHome struct {
	interpreter string // the executable
	library     string // the folder of the standard library
	folders     []string
	module      *module
	builtin     map[string]bool // modules in the executable, or in the library that it is a shell of
	called      map[string]bool // names in its data, which it may look for in objects of scripts
	lines       []string        // of .pth files that are run
}

var pyVersion = regexp.MustCompile(`^(?:lib)?python(\d+\.\d+)`)

// pythonHome finds the modules of an interpreter (site.py; getpath.py of CPython); ok is
// false where the image keeps them otherwise than this knows.
func (im *Image) pythonHome(interpreter, started string) (h *pyHome, ok bool) {
	resolved, err := im.fs.Resolve(interpreter)
	if err != nil {
		return nil, false
	}
	m, err := im.module(resolved)
	if err != nil {
		return nil, false
	}
	version := pyVersion.FindStringSubmatch(path.Base(resolved))
	for _, needed := range m.Needed {
		if v := pyVersion.FindStringSubmatch(needed); version == nil && v != nil {
			version = v
		}
	}
	if version == nil {
		return nil, false
	}
	h = &pyHome{interpreter: resolved, module: m, builtin: map[string]bool{}, called: map[string]bool{}}
	prefix := path.Dir(path.Dir(resolved))
	for _, lib := range []string{"lib", "lib64"} {
		if dir := path.Join(prefix, lib, "python"+version[1]); h.library == "" && im.isFile(path.Join(dir, "os.py")) {
			h.library = dir
		}
	}
	if h.library == "" {
		return nil, false
	}
	h.folders = []string{h.library, h.library + "/lib-dynload"}
	sites := []string{h.library + "/site-packages", path.Join(prefix, "lib/python"+version[1], "site-packages"), path.Join(prefix, "local/lib/python"+version[1], "dist-packages"),
		path.Join(prefix, "lib/python3/dist-packages"), path.Join(prefix, "lib/python"+version[1], "dist-packages")}
	if env := path.Dir(path.Dir(started)); im.isFile(path.Join(env, "pyvenv.cfg")) {
		sites = append(sites, path.Join(env, "lib/python"+version[1], "site-packages"), path.Join(env, "lib64/python"+version[1], "site-packages"))
	}
	for _, dir := range sites {
		if !slices.Contains(h.folders, dir) {
			h.folders = append(h.folders, dir)
			im.sitePaths(h, dir)
		}
	}
	im.pythonBuiltins(h)
	return h, true
}

func (im *Image) isFile(name string) bool {
	info, err := im.fs.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// sitePaths reads the .pth files of a folder: folders, and lines that are run (site.py).
func (im *Image) sitePaths(h *pyHome, dir string) {
	for _, file := range im.glob(dir+"/*.pth", "") {
		data, err := im.fs.ReadFileLimit(file, maxConfigSize)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(data), "\n") {
			switch line = strings.TrimSpace(line); {
			case line == "" || line[0] == '#':
			case strings.HasPrefix(line, "import ") || strings.HasPrefix(line, "import\t"):
				h.lines = append(h.lines, line)
			case strings.HasPrefix(line, "/"):
				h.folders = append(h.folders, path.Clean(line))
			default:
				h.folders = append(h.folders, path.Join(dir, line))
			}
		}
	}
}

// pythonBuiltins finds the modules in the interpreter itself, and the names in its data.
func (im *Image) pythonBuiltins(h *pyHome) {
	files := []string{h.interpreter}
	for _, needed := range h.module.Needed {
		if l, ok := languageOf(needed); ok && l.name == "python" {
			if file, found := im.library(needed, path.Dir(h.interpreter), []string{h.module.RPath, h.module.RunPath}); found {
				files = append(files, file)
			}
		}
	}
	for _, file := range files {
		m, err := im.module(file)
		if err != nil {
			continue
		}
		for i := range m.Exports {
			if name, found := strings.CutPrefix(m.Exports[i].Name, "PyInit_"); found {
				h.builtin[name] = true
			}
		}
		im.namesInData(file, h.called)
	}
	for _, name := range strings.Fields("sys builtins marshal _imp gc _ast _warnings _tokenize _string") { // made by other functions (config.c)
		h.builtin[name] = true
	}
}

const maxNamed = 64 << 20 // bytes of a file that is looked through for names

// namesInData adds the names that stand in a file alone, between zero bytes: the
// interpreter and its modules ask objects for their attributes by them.
func (im *Image) namesInData(file string, names map[string]bool) {
	data, err := im.fs.ReadFileLimit(file, maxNamed)
	if err != nil {
		return
	}
	start := 0
	for i, c := range data {
		switch {
		case c == 0 && i-start > 1 && i-start < 64 && (data[start] < '0' || data[start] > '9'):
			names[string(data[start:i])] = true
			start = i + 1
		case c != '.' && (!isNameByte(c) || c >= 0x80):
			start = i + 1
		}
	}
}

// pyFound is what a module is.
type pyFound struct {
	file    string // of a module in Python, or an extension
	library bool   // an extension
	builtin bool
	broken  bool // it is there, but not in a form that can be read
	bundle  string
}

// find looks for a module below folders.
func (h *pyHome) find(im *Image, name string, folders []string) (pyFound, bool) {
	base := strings.ReplaceAll(name, ".", "/")
	if h.builtin[name] {
		return pyFound{builtin: true}, true
	}
	space := false
	for _, dir := range folders {
		at := path.Join(dir, base)
		switch {
		case im.isFile(at + "/__init__.py"):
			return pyFound{file: at + "/__init__.py", bundle: at}, true
		case im.isFile(at + ".py"):
			return pyFound{file: at + ".py"}, true
		case im.isFile(at+".pyc") || im.isFile(at+"/__init__.pyc"):
			return pyFound{broken: true}, true
		}
		if file, ok := im.extension(at); ok {
			return pyFound{file: file, library: true}, true
		}
		info, err := im.fs.Stat(at)
		space = space || err == nil && info.IsDir() // a package without code of its own
	}
	return pyFound{}, space
}

// extension finds "name.so", "name.abi3.so" or "name.cpython-313-x86_64-linux-gnu.so".
func (im *Image) extension(at string) (string, bool) {
	for _, file := range im.pyFolders.get(path.Dir(at), im.modulesIn) {
		if name, rest, _ := strings.Cut(path.Base(file), "."); name == path.Base(at) && (rest == "so" || strings.HasSuffix(rest, ".so")) {
			return file, true
		}
	}
	return "", false
}
