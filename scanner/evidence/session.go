// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// sessionMarks are strings of programs that run what a user or a bus name asks
// for: the environment variables that they set for it (login(1), environ(7)), and
// the head of the files that name what a D-Bus daemon activates. With one of them a
// start of a program that is not named hands the unit's confinement to code that
// nobody can see.
var sessionMarks = append(slices.Clone(shellMarks), loginMarks...)

var shellMarks = []string{"SHELL", "SHELL=", "SHELL=%s", busServiceGroup}

// busServiceGroup is the head of a D-Bus service file.
const busServiceGroup = "D-BUS Service"

// readEnvironment and writeEnvironment are the functions that read a variable, or
// set it for children.
var (
	readEnvironment  = []string{"getenv", "secure_getenv", "g_getenv"}
	writeEnvironment = []string{"setenv", "putenv", "pam_putenv", "pam_misc_setenv", "g_setenv", "g_environ_setenv"}
)

// loginMarks are those that a daemon sets for itself, too, when it becomes another user.
var loginMarks = []string{"LOGNAME", "LOGNAME=", "LOGNAME=%s"}

// startsSessions tells which modules of a program run what its users ask for: all, when
// the executable has a mark that it does not only read; the executable alone, when that
// is one that a daemon may set for itself; else those libraries that set one.
func (p *program) startsSessions() (all bool, modules []string) {
	for i, m := range p.modules {
		switch {
		case m.libc:
		case i > 0 && len(m.environmentSites(writeEnvironment, sessionMarks)) > 0,
			i == 0 && m.marked(loginMarks):
			modules = append(modules, m.path)
		}
	}
	return len(p.modules) > 0 && p.modules[0].marked(shellMarks), modules
}

// runsItsArguments tells whether a program starts what it is told to on its command
// line, which is judged where that is: no session, unless it is for another user.
func runsItsArguments(name string) bool {
	return slices.Contains(launchers, name) && !slices.Contains([]string{"su", "sudo", "doas", "runuser", "busybox", "toybox", "script"}, name)
}

// marked tells whether reached code of the module refers to one of some marks, but by
// reading the variable of that name: who asks for the user's pager or editor runs no
// session. Tables of names are of programs that remove variables.
func (m *loaded) marked(marks []string) bool {
	reads := map[elfcode.FuncID][]string{}
	for _, s := range m.environmentSites(readEnvironment, marks) {
		for _, a := range s.Args {
			reads[s.Func] = append(reads[s.Func], a.Strings...)
		}
	}
	return len(m.environmentSites(writeEnvironment, marks)) > 0 || slices.ContainsFunc(m.reached.Funcs, func(id elfcode.FuncID) bool {
		return slices.ContainsFunc(m.file.Funcs[id].Refs, func(ref elfcode.Ref) bool {
			return ref.Kind() == elfcode.RefString && slices.Contains(marks, m.file.Strings[ref.ID()]) && !slices.Contains(reads[id], m.file.Strings[ref.ID()])
		})
	})
}

// environmentSites are the reached calls of some functions that name one of some marks.
func (m *loaded) environmentSites(functions, marks []string) []elfcode.Site {
	var list []elfcode.Site
	for _, s := range m.sites() {
		if s.Kind == elfcode.CallSite && slices.Contains(functions, m.file.Imports[s.Import].Name) &&
			slices.ContainsFunc(s.Args, func(a elfcode.Arg) bool {
				return slices.ContainsFunc(a.Strings, func(text string) bool { return slices.Contains(marks, text) })
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
