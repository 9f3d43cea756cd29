// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"
	"sync"
)

// programsNamedBy takes every program of the image that the strings of a module name
// which can hand a name to a call that starts something unnamed: it may be any of them.
func (c *collector) programsNamedBy(p *program) {
	handing := p.handing(c.startsUnnamed)
	named := sync.OnceValue(func() map[string]bool { return foldersNamed(handing) })
	for _, m := range handing {
		entered := named
		if m == p.modules[0] {
			entered = nil // all of its folders are its own
		}
		for _, id := range m.reached.Strings {
			at, text := place{where: m.path}, m.file.Strings[id]
			if len(text) >= maxNamingText {
				continue
			}
			if !strings.HasPrefix(text, "/") {
				c.programsInText(text, at)
				continue
			}
			c.namedProgram(text, at)
			own := m == p.modules[0] || slices.Contains(c.startsUnnamed, m.path)
			switch dir := path.Clean(text); {
			case !own || !c.isMain(p.path) && !below(programFolders, text):
			case path.Dir(dir) == dataFolders:
				for _, file := range c.inData(p, dir) {
					c.namedProgram(file, at)
				}
			default:
				c.programsIn(dir, 2, entered, at)
			}
		}
		for _, id := range m.reached.Copied {
			c.namedProgram(m.file.Strings[id], place{where: m.path})
		}
	}
}

// foldersNamed are the parts of paths among the strings of modules: a library for everybody starts what is in a
// folder below one that it names only when something says the name of that, too.
func foldersNamed(modules []*loaded) map[string]bool {
	names := map[string]bool{}
	for _, m := range modules {
		for _, id := range m.reached.Strings {
			if text := m.file.Strings[id]; len(text) < maxNamingText {
				for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == '/' || separates(r) }) {
					names[part] = true
				}
			}
		}
	}
	return names
}

// maxNamingText bounds the texts that are looked at for names of programs.
const maxNamingText = 256

// programsInText takes the programs in a longer text: what a program does without
// configuration may stand in it as lines of configuration ("helper_program /usr/lib/x/helper").
func (c *collector) programsInText(text string, at place) {
	if !strings.Contains(text, "/") {
		return
	}
	for _, word := range strings.FieldsFunc(text, separates) {
		if strings.HasPrefix(word, "/") {
			c.namedProgram(word, at)
		}
	}
}

// namedProgram takes a program of the image that configuration names as one that
// the service may start.
func (c *collector) namedProgram(file string, at place) {
	info, err := c.im.fs.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 || isDatabase(path.Clean(file)) {
		return
	}
	kind, _ := c.im.kind(file)
	if kind != KindELF && kind != KindScript {
		return
	}
	c.start(file, nil, at)
	if _, shell := shells[path.Base(file)]; shell {
		c.assume("exec-unresolved", file, namedByConfiguration, at)
	}
}

// namedPlugin takes a plug-in that configuration names: all that it exports may be called.
func (c *collector) namedPlugin(file string, at place) {
	if strings.Contains(path.Base(file), ".so") && below([]string{"/usr", "/lib", "/lib64", "/opt"}, file) && c.im.isNative(file) && !c.seen["start "+file] {
		c.seen["start "+file] = true
		c.queue = append(c.queue, target{path: file, at: at})
	}
}

// sharedFolders hold programs of everybody: that a program names one does not tell
// what it starts there.
var sharedFolders = strings.Fields("/ /bin /sbin /usr /usr/bin /usr/sbin /usr/local /usr/local/bin /usr/local/sbin /etc /var /lib /usr/lib /usr/share /usr/libexec /usr/lib/systemd /lib/systemd /proc /sys /dev /run /tmp /home /root /opt")

// programFolders are where packages put programs that other programs start
// (hier(7)). A helper starts those of its own; what else it names is data, which the
// unit's own programs may run as well: hooks and filters.
var programFolders = strings.Fields("/usr/lib /usr/libexec /lib /usr/local/lib /usr/local/libexec /opt")

func below(folders []string, file string) bool {
	return slices.ContainsFunc(folders, func(dir string) bool { return strings.HasPrefix(file, dir+"/") })
}

const maxPrograms = 400 // of the folders that one program names

// programsIn takes the programs in a folder of a service's own, and in the folders
// below it, only those of the names entered unless that is nil: filters, back ends, hooks and the like.
func (c *collector) programsIn(dir string, depth int, entered func() map[string]bool, at place) {
	if slices.Contains(sharedFolders, dir) || slices.Contains(c.im.libraryDirs, dir) || c.seen["folder "+dir] {
		return
	}
	info, err := c.im.fs.Stat(dir)
	if err != nil || !info.IsDir() {
		return
	}
	c.seen["folder "+dir] = true
	entries, err := c.im.fs.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries[:min(len(entries), maxPrograms)] {
		switch file := dir + "/" + e.Name(); {
		case e.IsDir() && depth > 1 && (entered == nil || entered()[e.Name()]):
			c.programsIn(file, depth-1, entered, at)
		case !e.IsDir() && !strings.Contains(e.Name(), ".so"):
			c.namedProgram(file, at)
		}
	}
}
