// SPDX-License-Identifier: MIT

package evidence

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// kind looks at the first bytes of a program.
func (im *Image) kind(file string) (kind, interpreter string) {
	if _, err := im.fs.Stat(file); err != nil {
		return KindMissing, ""
	}
	if _, ok := im.elfArch(file); ok {
		return KindELF, ""
	}
	if line, ok := im.shebang(file); ok {
		return KindScript, line[0]
	}
	return KindOther, ""
}

// shebang returns the interpreter and its argument of a script.
func (im *Image) shebang(file string) ([]string, bool) {
	head, err := im.fs.ReadHead(file, 256)
	if err != nil || len(head) < 2 || string(head[:2]) != "#!" {
		return nil, false
	}
	line, _, _ := strings.Cut(string(head[2:]), "\n")
	words := strings.Fields(line)
	if len(words) > 1 && path.Base(words[0]) == "env" {
		words = slices.DeleteFunc(words[1:], func(w string) bool { return strings.HasPrefix(w, "-") || strings.Contains(w, "=") })
	}
	return words, len(words) > 0
}

// run looks at one program: code, or a script through its interpreter.
func (c *collector) run(t target) {
	resolved, err := c.im.fs.Resolve(t.path)
	if err != nil {
		return // a helper that the image lacks cannot run
	}
	c.setID(resolved, t.at)
	c.privatePath(resolved, t.at)
	kind, _ := c.im.kind(resolved)
	switch kind {
	case KindELF:
		if t.onlySignals() {
			c.signals(c.im.program(resolved, c.im.appletOf(t, resolved)), t)
			return
		}
		c.arguments(t)
		if _, isShell := shells[path.Base(t.path)]; isShell && t.args != nil { // else its start was judged where it is
			c.shell(t, path.Base(t.path))
		}
		switch l, ok := interpreted(path.Base(resolved)); {
		case ok && t.args == nil:
			c.bare(l, path.Base(resolved), t.at)
		case ok && l.name == "python" && c.pythonCommand(resolved, t):
			return
		case ok:
			c.unknown("interpreter", path.Base(resolved), t.at)
		}
		c.walk(resolved, c.im.appletOf(t, resolved))
	case KindScript:
		c.script(resolved, t)
	default:
		if info, err := c.im.fs.Stat(resolved); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			c.unknown("unreadable-program", resolved, t.at)
		} // what is not executable cannot be started
	}
}

// arguments takes the paths and programs among a command's arguments. Those of a
// launcher may be named without a folder.
func (c *collector) arguments(t target) {
	c.paths(t.args, t.at)
	launcher := slices.Contains(launchers, path.Base(t.path))
	for i, a := range t.args {
		switch file, found := c.im.lookUp(a, c.search); {
		case strings.HasPrefix(a, "/"):
			c.namedProgram(a, t.at)
		case launcher && i > 0 && t.args[i-1] == "-c":
			c.shellText([]byte(a), "sh", surroundings{}, t.at)
		case launcher && found:
			c.namedProgram(file, t.at)
		}
	}
}

// shell handles a shell that is started with "-c TEXT" or a script file.
func (c *collector) shell(t target, shell string) {
	i, isText := shellOperand(t.args)
	if i >= 0 && isText {
		c.shellText([]byte(t.args[i]), shell, surroundings{bySystemd: true}, t.at)
		return
	}
	if i >= 0 {
		if data, err := c.im.fs.ReadFile(t.args[i]); err == nil {
			c.shellText(data, shell, c.startedAs(t, t.args[i], i+1), place{where: t.args[i], why: t.at.why})
			return
		}
	}
	c.unknown("exec-unresolved", t.path, t.at)
}

// startedAs is what a script is run with: under its name and, when the unit itself starts
// it, with those of the arguments from one on.
func (c *collector) startedAs(t target, name string, from int) surroundings {
	with := surroundings{name: name, bySystemd: t.args != nil}
	if t.args == nil {
		return with
	}
	with.args = append([]string{}, t.args[from:]...)
	if !t.exact {
		c.assume("exec-unresolved", "arguments", "the environment gives the script the arguments on the device that it gives in the image", t.at)
	}
	return with
}

// script reads a script: a shell's is parsed, of another language only the
// interpreter is seen.
func (c *collector) script(file string, t target) {
	with := c.startedAs(t, t.path, 0)
	if key := strings.Join(append([]string{"script", t.path}, with.args...), "\x00"); c.seen[key] {
		return
	} else {
		c.seen[key] = true
	}
	interpreter, _ := c.im.shebang(file)
	program, found := c.im.lookUp(interpreter[0], c.search)
	if !found {
		c.unknown("missing-file", interpreter[0], place{where: file})
		return
	}
	switch l, _ := interpreted(path.Base(program)); {
	case slices.ContainsFunc(interpreter[1:], func(option string) bool { return strings.Trim(option, "-wTWEsSIuBO") != "" }): // -M, -x and the like
	case l.name == "python" && c.pythonScript(program, file, t), l.name == "perl" && c.perlScript(program, file, t):
		return
	}
	if resolved, err := c.im.fs.Resolve(program); err == nil {
		c.walk(resolved, c.im.appletOf(target{path: program}, resolved))
	} else {
		c.unknown("missing-file", program, place{where: file})
	}
	name := path.Base(program)
	if _, isShell := shells[name]; !isShell {
		c.unknown("interpreter", name, place{where: file, why: t.at.why})
		return
	}
	data, err := c.im.fs.ReadFile(file)
	if err != nil {
		c.unknown("unreadable-file", file, t.at)
		return
	}
	c.shellText(data, name, with, place{where: file, why: t.at.why})
	c.paths(t.args, t.at)
}

// shellText takes what a shell script runs and touches.
func (c *collector) shellText(text []byte, shell string, with surroundings, at place) {
	with.env, with.read, with.resolve = c.env, c.source, c.resolve
	s := parseScript(text, shell, with)
	if s.err != nil {
		c.unknown("unreadable-script", s.err.Error(), at)
		return
	}
	for _, x := range s.unresolved {
		if x.file != "" {
			c.unknown("exec-unresolved", x.text, place{where: x.file, why: at.why})
		} else {
			c.unknown("exec-unresolved", x.text, at)
		}
	}
	for _, x := range s.assumed {
		c.assume("exec-unresolved", x.text, "nobody sets that variable in the environment", at)
	}
	for _, x := range s.computed {
		c.startsComputed(x, &s, with.name, at)
	}
	for _, file := range s.scripts {
		if data, err := c.im.fs.ReadFile(file); err == nil && !c.seen["script "+file] {
			c.seen["script "+file] = true
			c.shellText(data, shell, surroundings{name: file}, place{where: file, why: at.why})
		}
	}
	for _, name := range s.commands {
		if isPattern(name) {
			c.startAll(name, at)
		} else if file, ok := c.im.lookUp(name, append(s.search, c.search...)); ok {
			c.queued(file, nil, at)
		}
	}
	for _, g := range s.given {
		if file, ok := c.im.lookUp(g.name, append(s.search, c.search...)); ok {
			c.asGiven(file, g.args, g.known, at)
		}
	}
	c.capability(at, s.asks...)
	c.paths(s.words, at)
	c.scriptWrites(&s, at)
	for _, w := range s.words {
		if strings.HasPrefix(w, "/") && !slices.Contains(s.sources, w) {
			c.namedProgram(w, at)
		}
	}
}

// source reads what a script reads as further script.
func (c *collector) source(pattern string) []sourced {
	files := []string{pattern}
	if isPattern(pattern) {
		files = c.im.glob(pattern, "")
	} else if file, found := c.im.lookUp(pattern, c.search); found {
		files = []string{file}
	}
	var list []sourced
	for _, file := range files {
		if data, err := c.im.fs.ReadFileLimit(file, maxConfigSize); err == nil {
			list = append(list, sourced{file, data})
		}
	}
	return list
}

// resolve follows the links of a path.
func (c *collector) resolve(name string) string {
	if resolved, err := c.im.fs.Resolve(name); err == nil {
		return resolved
	}
	return name
}

func isPattern(name string) bool { return strings.ContainsAny(name, "*?[") }

// startAll starts what the image has of a pattern, on the assumption that nothing is
// added to it.
func (c *collector) startAll(pattern string, at place) {
	for _, file := range c.im.glob(pattern, "") {
		c.namedProgram(file, at)
	}
	c.assume("exec-unresolved", pattern, namedByConfiguration, at)
}

// start queues a helper program, of whose arguments nothing is known but what is given.
func (c *collector) start(file string, args []string, at place) {
	c.asGiven(file, args, args != nil, at)
	c.queued(file, args, at)
}

// queued notes a helper program, and looks at it later.
func (c *collector) queued(file string, args []string, at place) {
	at = at.named()
	c.fact(FactExec, file, at)
	if slices.Contains(installers, path.Base(file)) {
		c.written("/usr", at)
	}
	if !c.seen["start "+file] {
		c.seen["start "+file] = true
		c.queue = append(c.queue, target{path: file, args: args, at: at})
	}
}

// setID notes a program whose start changes the user or gives capabilities.
func (c *collector) setID(file string, at place) {
	mode := fs.FileMode(0)
	if info, err := c.im.fs.Stat(file); err == nil {
		mode = info.Mode()
	}
	owner, known := c.im.fs.Owner(file)
	given := unit.CapabilitySet(c.im.fs.Capabilities(file))
	if mode&(fs.ModeSetuid|fs.ModeSetgid) != 0 || known && owner.Mode&0o6000 != 0 || given != 0 {
		c.fact(FactSetID, file, at)
	}
	c.capability(at, given.Names()...) // what the bounding set lacks can keep the program from starting
}
