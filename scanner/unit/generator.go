// SPDX-License-Identifier: MIT

package unit

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// generated is what the generators of the image would make when it boots, as far
// as the image alone decides it: units, and links that start them.
type generated struct {
	files map[string][]byte   // text by path
	wants map[string][]string // target -> names of its links
	by    map[string]string   // unit -> the generator that links it
}

const lateGenerated = "/run/systemd/generator.late/"

// generate runs those generators that the image has (systemd-rc-local-generator(8),
// systemd-sysv-generator(8); both are gone from systemd 260 on).
func (t *Tree) generate() {
	t.generated = generated{map[string][]byte{}, map[string][]string{}, map[string]string{}}
	if t.hasGenerator("systemd-rc-local-generator") && t.isProgram("/etc/rc.local") {
		t.link("rc-local generator", "multi-user.target", "rc-local.service")
	}
	if t.hasGenerator("systemd-sysv-generator") {
		t.generateInitScripts()
	}
}

func (t *Tree) link(generator, target, name string) {
	t.generated.by[name] = generator
	if !slices.Contains(t.generated.wants[target], name) {
		t.generated.wants[target] = append(t.generated.wants[target], name)
	}
}

// hasGenerator tells whether PID 1 runs a generator: the first of that name in its
// search path, unless that is a mask (systemd.generator(7)).
func (t *Tree) hasGenerator(name string) bool {
	for _, base := range []string{"/run", "/etc", "/usr/local/lib", "/usr/lib", "/lib"} {
		file := base + "/systemd/system-generators/" + name
		if _, err := t.fs.Lstat(file); err == nil {
			return !t.isNull(file) && t.isProgram(file)
		}
	}
	return false
}

// isProgram tells whether a path leads to a regular file that root may run.
func (t *Tree) isProgram(file string) bool {
	info, err := t.fs.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// runlevels are the folders of start links and the targets that stand for them.
var runlevels = []struct{ folder, target string }{
	{"rc1.d", "rescue.target"}, {"rc2.d", "multi-user.target"}, {"rc3.d", "multi-user.target"},
	{"rc4.d", "multi-user.target"}, {"rc5.d", "graphical.target"},
}

// generateInitScripts makes a service of every script in /etc/init.d that has no
// unit file or mask of its name, and links those that a runlevel starts.
func (t *Tree) generateInitScripts() {
	scripts, err := t.fs.ReadDir("/etc/init.d")
	if err != nil {
		return
	}
	for _, script := range scripts {
		file := "/etc/init.d/" + script.Name()
		name := scriptUnit(script.Name())
		if t.isProgram(file) && ValidName(name) && !IsTemplate(name) && t.ids[name] == "" {
			t.ids[name] = lateGenerated + name
			t.generated.files[t.ids[name]] = t.scriptService(file)
		}
	}
	for _, level := range runlevels {
		links, err := t.fs.ReadDir("/etc/" + level.folder)
		if err != nil {
			continue
		}
		for _, l := range links {
			if name, starts := startLink(l); starts && t.generated.files[t.ids[name]] != nil {
				t.link("System V generator", level.target, name)
			}
		}
	}
}

// startLink takes the unit from the name of a link SNNname.
func startLink(l fs.DirEntry) (name string, starts bool) {
	text := l.Name()
	if len(text) < 4 || text[0] != 'S' || strings.Trim(text[1:3], "0123456789") != "" {
		return "", false
	}
	return scriptUnit(text[3:]), true
}

func scriptUnit(script string) string { return strings.TrimSuffix(script, ".sh") + ".service" }

// scriptService is the unit that the generator writes for a script, as far as it
// matters here: no sandbox, and what the script's header orders it after.
func (t *Tree) scriptService(file string) []byte {
	text := "[Unit]\nSourcePath=" + file + "\n"
	data, err := t.fs.ReadFile(file)
	if err == nil {
		if after := startsAfter(string(data)); len(after) > 0 {
			text += "After=" + strings.Join(after, " ") + "\n"
		}
	}
	return []byte(text + fmt.Sprintf("[Service]\nType=forking\nRestart=no\nKillMode=process\nRemainAfterExit=yes\n"+
		"ExecStart=%[1]s start\nExecStop=%[1]s stop\n", file))
}

// startsAfter reads the scripts that must or should run before, from the header
// that the Linux Standard Base describes ("Comment Conventions for Init Scripts").
func startsAfter(script string) (units []string) {
	_, header, found := strings.Cut(script, "### BEGIN INIT INFO")
	if !found {
		return nil
	}
	header, _, _ = strings.Cut(header, "### END INIT INFO")
	for _, line := range strings.Split(header, "\n") {
		key, value, _ := strings.Cut(strings.TrimLeft(line, "# \t"), ":")
		if key != "Required-Start" && key != "Should-Start" {
			continue
		}
		for _, word := range strings.Fields(value) {
			if name := scriptUnit(path.Base(word)); word[0] != '$' && ValidName(name) {
				units = append(units, name)
			}
		}
	}
	return units
}
