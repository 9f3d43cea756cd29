// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// scriptsCallByName is what is assumed of scripts that were read.
const scriptsCallByName = "its scripts call nothing of the interpreter and its modules whose name is not in them, and run no text that is not in them"

// pythonCommand reads what the interpreter is told to run on its command line; false when
// that is not known.
func (c *collector) pythonCommand(interpreter string, t target) bool {
	for i := 0; i < len(t.args); i++ {
		switch a := t.args[i]; {
		case a == "-c" && i+1 < len(t.args) && t.exact:
			return c.python(interpreter, t.path, "", t.args[i+1], nil, t.at)
		case a == "-m" && i+1 < len(t.args) && t.exact:
			return c.pythonModule(interpreter, t.args[i+1], t)
		case a == "-W":
			i++
		case strings.HasPrefix(a, "-") && strings.Trim(a, "-bBdEIOPqRsSuvx") == "":
		case strings.HasPrefix(a, "-"):
			return false
		default:
			data, err := c.im.fs.ReadFileLimit(a, maxPython)
			return err == nil && c.python(interpreter, t.path, a, string(data), folderOf(c.im, a), t.at)
		}
	}
	return false
}

// pythonScript reads a script by the interpreter that it names.
func (c *collector) pythonScript(interpreter, file string, t target) bool {
	data, err := c.im.fs.ReadFileLimit(file, maxPython)
	if err != nil {
		return false
	}
	c.paths(t.args, t.at)
	return c.python(interpreter, interpreter, file, string(data), folderOf(c.im, file), place{where: file, why: t.at.why})
}

// pythonModule reads a module that is run as a script.
func (c *collector) pythonModule(interpreter, name string, t target) bool {
	home, ok := c.im.pythonHome(interpreter, t.path)
	if !ok {
		return false
	}
	x, found := home.find(c.im, name, home.folders)
	if found && x.bundle != "" {
		x, found = home.find(c.im, name+".__main__", home.folders)
	}
	if !found || x.library || x.builtin || x.broken {
		return false
	}
	text := "import " + name + "\n"
	if data, err := c.im.fs.ReadFileLimit(x.file, maxPython); err == nil {
		return c.python(interpreter, t.path, x.file, text+string(data), nil, t.at)
	}
	return false
}

// folderOf is where a script looks for modules first.
func folderOf(im *Image, file string) []string {
	if resolved, err := im.fs.Resolve(file); err == nil {
		file = resolved
	}
	return []string{path.Dir(file)}
}

// python takes what a script runs and touches. It is false when it cannot be read: then
// only the interpreter is seen.
func (c *collector) python(interpreter, started, file, text string, folders []string, at place) bool {
	home, ok := c.im.pythonHome(interpreter, started)
	if !ok {
		return false
	}
	folders = append(slices.Clone(folders), searchPath(c.env["PYTHONPATH"])...)
	s := c.im.pythons.get(strings.Join(append([]string{interpreter, started, file, text}, folders...), "\x00"), func(string) *pyScripts {
		return c.im.readPython(home, file, text, folders)
	})
	name := path.Base(home.interpreter)
	for _, x := range s.problems {
		c.unknown(x.id, name+": "+x.value, place{where: x.where, why: at.why})
	}
	if len(s.problems) > 0 {
		c.walk(home.interpreter, "")
		return true
	}
	c.assume("interpreter", name, scriptsCallByName, at)
	if c.seen["python "+file+"\x00"+text] {
		return true
	}
	c.seen["python "+file+"\x00"+text] = true
	c.take(s.program(), home.interpreter, name)
	c.pythonTexts(s, at)
	return true
}

// program is the interpreter with the modules that the scripts import, walked once.
func (s *pyScripts) program() *program {
	s.once.Do(func() { s.walked = s.im.walkProgram(s.home.interpreter, "", s) })
	return s.walked
}

// pythonTexts takes the paths and programs that scripts name.
func (c *collector) pythonTexts(s *pyScripts, at place) {
	starts := s.starts || len(c.startsUnnamed) > 0
	c.userSite(s.home, at)
	c.families(s.others.names, s.numeric["socket"], at)
	if s.names["system"] || s.names["popen"] || s.names["Popen"] { // of os, and of subprocess with shell=True
		c.namedProgram("/bin/sh", at)
	}
	s.eachText(func(m *pyModule, b *pyBlock, t pyText) {
		where := place{where: m.file, why: at.why}
		text := strings.ReplaceAll(t.text, "\x01", "%s")
		if !m.standard && strings.HasPrefix(text, "/usr/") && b.writesFiles() {
			c.written(text, where)
		}
		switch {
		case m.standard && strings.HasPrefix(text, "/"):
			c.path(text, where)
		case !m.standard && strings.Contains(text, "/"):
			c.paths([]string{strings.NewReplacer("{}", "%s", "{0}", "%s").Replace(text)}, where)
		}
		if starts && !t.key && (!m.standard || m.starts()) {
			c.programsInPython(text, s, where)
		}
		if !m.standard && slices.Contains(shellMarks, text) && s.starts {
			c.unknown("exec-session", text, where)
		}
		if !m.standard && c.readsHome == nil && (strings.HasPrefix(text, "~") || text == "HOME") {
			c.readsHome = &where
		}
	})
	if s.starts && s.others.names["executable"] { // of sys: what it is told to run is not known
		c.unknown("interpreter", path.Base(s.home.interpreter)+": sys.executable", at)
	}
	if s.starts {
		c.assume("exec-unresolved", path.Base(s.home.interpreter), namedByConfiguration, at)
	}
}

// userSite notes that the interpreter looks for modules in its user's home (site.py).
func (c *collector) userSite(home *pyHome, at place) {
	dir := "/root/.local/lib/" + path.Base(home.library)
	if info, err := c.im.fs.Stat(dir); err == nil && info.IsDir() {
		c.path(dir, at)
		return
	}
	c.pathRead(dir, at)
}

// starts tells whether a module of the standard library starts programs that it names;
// those which offer that to others do not.
func (m *pyModule) starts() bool {
	first, _, _ := strings.Cut(m.name, ".")
	return (m.names["subprocess"] || m.names["popen"] || m.names["system"]) && !slices.Contains([]string{"os", "subprocess", "asyncio", "pty"}, first)
}

// programsInPython takes a text as a program, or as a command line of one.
func (c *collector) programsInPython(text string, s *pyScripts, at place) {
	if len(text) >= maxNamingText || text == "" {
		return
	}
	c.programsInText(text, at)
	words := strings.Fields(text)
	switch {
	case len(words) == 1:
		if file, found := c.im.lookUp(words[0], c.search); found {
			c.namedProgram(file, at)
		}
	case !s.shells:
	default: // a line for a shell
		for i, command := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(";|&()`\n", r) }) {
			first, _, _ := strings.Cut(strings.TrimSpace(command), " ")
			if file, found := c.im.lookUp(first, c.search); found && i == 0 && c.im.isFile(file) {
				c.shellText([]byte(text), "sh", surroundings{}, at)
			} else if found {
				c.namedProgram(file, at)
			}
		}
	}
}

// unnamed are the functions of a module that only names lead to which nothing has: no
// script that runs, and no code but the function itself.
func (s *pyScripts) unnamed(m *module) []elfcode.FuncID {
	if len(m.Methods) == 0 || s.isForeign(m) {
		return nil
	}
	named := map[elfcode.FuncID]bool{}
	for _, x := range m.Methods {
		named[x.Func] = named[x.Func] || s.names[x.Name] || s.inCode(x.Name, m, x.Func)
	}
	var list []elfcode.FuncID
	for id, is := range named {
		if !is {
			list = append(list, id)
		}
	}
	for id := range m.Funcs {
		if name, found := strings.CutPrefix(m.Funcs[id].Name, "PyInit_"); found && s.modules[name] == nil && !s.inCode(name, m, elfcode.FuncID(id)) {
			list = append(list, elfcode.FuncID(id))
		}
	}
	slices.Sort(list)
	return list
}

// isForeign tells whether a module is one in native code besides the standard library: it may
// call its own functions by names in its data.
func (s *pyScripts) isForeign(m *module) bool {
	return slices.ContainsFunc(s.extensions, func(x pyExtension) bool {
		other, err := s.im.module(x.file)
		return err == nil && other == m && !s.isStandard(x.file)
	})
}

// inCode tells whether code of the interpreter or a module in native code refers to a
// name, besides the function that has it.
func (s *pyScripts) inCode(name string, m *module, own elfcode.FuncID) bool {
	for _, file := range s.natives() {
		other, err := s.im.module(file)
		if err != nil {
			continue
		}
		for _, id := range s.im.codeNames.get(other, namesInCode)[name] {
			if other != m || id != own {
				return true
			}
		}
	}
	return false
}

// natives are the files of the interpreter and of the modules in native code.
func (s *pyScripts) natives() []string {
	files := []string{s.home.interpreter}
	for _, x := range s.extensions {
		files = append(files, x.file)
	}
	return files
}

// namesInCode are the functions that refer to texts which are names.
func namesInCode(m *module) map[string][]elfcode.FuncID {
	names := map[string][]elfcode.FuncID{}
	for id := range m.Funcs {
		for _, ref := range m.Funcs[id].Refs {
			if ref.Kind() == elfcode.RefString && isName(m.Strings[ref.ID()]) {
				names[m.Strings[ref.ID()]] = append(names[m.Strings[ref.ID()]], elfcode.FuncID(id))
			}
		}
	}
	return names
}

// loads tells whether a module is the one by which the interpreter loads those that were
// found in the scripts.
func (s *pyScripts) loads(m *module) bool {
	l, ok := languageOf(m.SONAME)
	return m == s.home.module || ok && l.name == "python"
}

// entries are the modules in native code, with the functions by which they are begun.
func (s *pyScripts) entries() []entry {
	var list []entry
	for _, x := range s.extensions {
		list = append(list, entry{x.file, "PyInit_" + x.name[strings.LastIndexByte(x.name, '.')+1:]})
	}
	return list
}
