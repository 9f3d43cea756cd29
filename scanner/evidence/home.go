// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// Where a unit's own lines, its user and the places of its files lead: a program need not
// name a path to live there.

// notPaths are settings of a service whose paths are looked at elsewhere, or that only
// take something away.
var notPaths = []string{"Environment", "EnvironmentFile", "PassEnvironment", "DeviceAllow", "InaccessiblePaths", "ReadOnlyPaths", "ExecPaths", "NoExecPaths",
	"RootDirectory", "RootImage", "SystemCallFilter"}

// unitPaths takes the paths that the lines of a unit name: a working directory, files for
// its output, credentials.
func (c *collector) unitPaths(u *unit.Unit) {
	for _, a := range u.Assignments {
		mounts := a.Section == "Unit" && (a.Key == "RequiresMountsFor" || a.Key == "WantsMountsFor")
		if !mounts && (a.Section != "Service" || strings.HasPrefix(a.Key, "Exec") || slices.Contains(notPaths, a.Key)) {
			continue
		}
		at := place{where: a.Source.String(), why: []string{a.Key + "="}}
		for _, word := range strings.FieldsFunc(a.Value, separates) {
			if word = strings.TrimLeft(word, "-+"); strings.HasPrefix(word, "/") {
				c.path(word, at)
				if a.Key == "WorkingDirectory" {
					c.written(word, at)
				}
			}
		}
		if a.Key == "WorkingDirectory" && strings.TrimLeft(a.Value, "-") == "~" {
			c.readsHome = &at
		}
	}
}

// judgeVariable notes that the home directory is asked for.
func judgeVariable(c *collector, x *call) {
	if v, _ := x.arg(0); c.readsHome == nil && slices.Contains(v.Strings, "HOME") {
		c.readsHome = &x.at
	}
}

// asksForHome notes a module that asks who the user is: the answer has the home directory
// (getpwuid(3)), also without $HOME.
func (c *collector) asksForHome(m *loaded) {
	for _, id := range m.reached.Imports {
		if name := m.file.Imports[id].Name; !m.libc && c.homeOfUser == nil && (name == "getpwuid" || name == "getpwuid_r") {
			c.homeOfUser = &place{where: m.path}
		}
	}
}

// home takes the home directory of the service's user as a path: of a named one always
// when it is where people have theirs, since systemd sets $HOME, which what is started
// inherits (systemd.exec(5), "Environment variables in spawned processes"); of root when
// a program asks for it.
func (c *collector) home(user string, at place) {
	switch {
	case user == "" && c.homeOfUser != nil:
		c.path(c.homeOf("0"), *c.homeOfUser)
	case user == "" && c.readsHome != nil && len(c.readsHome.why) > 0 && c.readsHome.site == nil: // WorkingDirectory=~
		c.path(c.homeOf("0"), *c.readsHome)
	case user != "" && c.readsHome != nil:
		c.path(c.homeOf(user), *c.readsHome)
	case user != "":
		c.privatePath(c.homeOf(user), at)
	}
}

// homeOf is the home directory of a user by name or number, empty when nobody knows.
func (c *collector) homeOf(user string) string {
	data, err := c.im.fs.ReadFile("/etc/passwd")
	if err != nil {
		return ""
	}
	for _, line := range strings.Split(string(data), "\n") {
		if f := strings.Split(line, ":"); len(f) > 5 && (f[0] == user || f[2] == user) && strings.HasPrefix(f[5], "/") {
			return f[5]
		}
	}
	return ""
}

// privatePlaces are what a service can be kept away from as a whole.
var privatePlaces = []string{"/home", "/root", "/run/user", "/tmp", "/var/tmp"}

// privatePath notes a path below one of them: of the user, of a program or library.
func (c *collector) privatePath(text string, at place) {
	if below(privatePlaces, text) || slices.Contains(privatePlaces, text) {
		c.path(text, at)
	}
}

// behindLinks notes where a path leads by the image's symbolic links, when that is one of
// the private places: /var/lib/x may be a link to /home/x. What is missing at its end is
// made later.
func (c *collector) behindLinks(text string, at place) {
	if c.seen["link "+text] || below([]string{"/proc", "/sys", "/dev"}, text) {
		return
	}
	c.seen["link "+text] = true
	rest := ""
	for dir := text; dir != "/" && dir != "."; dir = path.Dir(dir) {
		if resolved, err := c.im.fs.Resolve(dir); err == nil {
			if to := path.Join(resolved, rest); to != text {
				c.privatePath(to, at)
			}
			return
		}
		rest = path.Join(path.Base(dir), rest)
	}
}

// tilde takes the home directory that a word of a configuration begins with.
func (c *collector) tilde(word string, at place) {
	name, ok := strings.CutPrefix(word, "~")
	name, _, path := strings.Cut(name, "/")
	switch {
	case !ok || name == "" && !path || strings.Contains(name, "~"):
	case name == "":
		c.path("/home", at)
		c.path("/root", at)
	case isName(name):
		c.privatePath(c.homeOf(name), at)
	}
}
