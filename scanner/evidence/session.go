// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// sessionMarks are strings of programs that run what a user or a bus name asks
// for: the environment variables that they set for it (login(1), environ(7)), and
// the head of the files that name what a D-Bus daemon activates. With one of them a
// start of a program that is not named hands the unit's confinement to code that
// nobody can see.
var sessionMarks = []string{"LOGNAME", "LOGNAME=", "LOGNAME=%s", "SHELL", "SHELL=", "SHELL=%s", "D-BUS Service"}

// readEnvironment and writeEnvironment are the functions that read a variable, or
// set it for children.
var (
	readEnvironment  = []string{"getenv", "secure_getenv", "g_getenv"}
	writeEnvironment = []string{"setenv", "putenv", "pam_putenv", "pam_misc_setenv", "g_setenv", "g_environ_setenv"}
)

// startsSessions tells which modules of a program run what its users ask for: all, when
// the executable has a mark that it does not only read, else those libraries that set one.
func (p *program) startsSessions() (all bool, modules []string) {
	for i, m := range p.modules {
		switch {
		case m.libc:
		case i == 0 && m.marked():
			return true, nil
		case i > 0 && m.setsMark():
			modules = append(modules, m.path)
		}
	}
	return false, modules
}

// marked tells whether reached code of the module refers to a mark, but by reading
// the variable of that name: who asks for the user's pager or editor runs no session.
func (m *loaded) marked() bool {
	if m.setsMark() {
		return true
	}
	reads := map[elfcode.FuncID][]string{}
	for _, s := range m.environmentSites(readEnvironment) {
		for _, a := range s.Args {
			reads[s.Func] = append(reads[s.Func], a.Strings...)
		}
	}
	isMark := func(ref elfcode.Ref) bool {
		return ref.Kind() == elfcode.RefString && slices.Contains(sessionMarks, m.file.Strings[ref.ID()])
	}
	return slices.ContainsFunc(m.reached.Funcs, func(id elfcode.FuncID) bool {
		return slices.ContainsFunc(m.file.Funcs[id].Refs, func(ref elfcode.Ref) bool {
			return isMark(ref) && !slices.Contains(reads[id], m.file.Strings[ref.ID()])
		})
	}) || slices.ContainsFunc(m.reached.Objects, func(id int32) bool {
		return slices.ContainsFunc(m.file.Objects[id].Refs, isMark)
	})
}

// setsMark tells whether the module puts a mark into the environment of a child.
func (m *loaded) setsMark() bool {
	return len(m.environmentSites(writeEnvironment)) > 0
}

// environmentSites are the reached calls of some functions that name a mark.
func (m *loaded) environmentSites(functions []string) []elfcode.Site {
	var list []elfcode.Site
	for _, s := range m.sites() {
		if s.Kind == elfcode.CallSite && slices.Contains(functions, m.file.Imports[s.Import].Name) &&
			slices.ContainsFunc(s.Args, func(a elfcode.Arg) bool {
				return slices.ContainsFunc(a.Strings, func(text string) bool { return slices.Contains(sessionMarks, text) })
			}) {
			list = append(list, s)
		}
	}
	return list
}

// refersTo tells whether reached code of a program refers to a text.
func (p *program) refersTo(text string) bool {
	return slices.ContainsFunc(p.modules, func(m *loaded) bool {
		return !m.libc && slices.ContainsFunc(m.reached.Strings, func(id int32) bool { return m.file.Strings[id] == text })
	})
}

// judgeVariable notes that the home directory is asked for.
func judgeVariable(c *collector, x *call) {
	if v, _ := x.arg(0); c.readsHome == nil && slices.Contains(v.Strings, "HOME") {
		c.readsHome = &x.at
	}
}

// home takes the home directory of the user that the unit names as a path, when a
// program reads $HOME: systemd sets it with User= only (systemd.exec(5), "Environment
// variables in spawned processes").
func (c *collector) home(user string) {
	if user == "" || c.readsHome == nil {
		return
	}
	data, err := c.im.fs.ReadFile("/etc/passwd")
	if err != nil {
		return
	}
	for _, line := range strings.Split(string(data), "\n") {
		if f := strings.Split(line, ":"); len(f) > 5 && (f[0] == user || f[2] == user) && strings.HasPrefix(f[5], "/") {
			c.path(f[5], *c.readsHome)
		}
	}
}
