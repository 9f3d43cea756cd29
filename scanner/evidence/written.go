// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// What a service writes below /usr, where others only read: what its code and scripts hand to a
// call that writes, what is named as state is, and what is put together below a prefix.

// vendorFolders hold what packages bring; on a merged system all of them lie below /usr.
var vendorFolders = []string{"/usr", "/lib", "/lib64", "/bin", "/sbin"}

// written notes a path of these that is written to.
func (c *collector) written(text string, at place) {
	if text = path.Clean(text); len(text) < 255 && (below(vendorFolders, text) || text == vendorFolders[0]) {
		c.fact(FactPathWritten, text, at)
	}
}

// writers are calls that write to the paths among their arguments, by the indices of these.
var writers = func() map[string][]int {
	table := map[string][]int{}
	for indices, names := range map[string]string{
		"0": `mkdir mkfifo mknod unlink remove rmdir chmod lchmod chown lchown truncate truncate64 utime utimes lutimes creat creat64 chdir
			mkstemp mkstemp64 mkostemp mkostemp64 mkdtemp`,
		"1":  "mkdirat mkfifoat mknodat unlinkat fchmodat fchmodat2 fchownat utimensat futimesat __xmknod",
		"01": "rename link", "13": "renameat renameat2 linkat", "1 ": "symlink", "2": "symlinkat __xmknodat",
	} {
		var list []int
		for _, i := range strings.TrimSpace(indices) {
			list = append(list, int(i-'0'))
		}
		for _, name := range strings.Fields(names) {
			table[name] = list
		}
	}
	return table
}()

// judgeWritten takes the paths that a call writes to. To go to a folder is to write there: names
// without a folder follow.
func (c *collector) judgeWritten(x *call) {
	if x.libc {
		return
	}
	indices := writers[x.name]
	if r, ok := readers[x.name]; ok && r.flags >= 0 {
		if flags, given := x.arg(r.flags); given && len(flags.Ints)+len(flags.Strings) > 0 {
			if _, reads := onlyLooks(x.name, x.args); !reads {
				indices = []int{r.path}
			}
		}
	}
	for _, i := range indices {
		v, _ := x.arg(i)
		for _, text := range v.Strings {
			c.written(text, x.at)
		}
	}
}

// stateNames are folders and endings of files that are written to, whoever names them (hier(7),
// and what programs keep below a prefix of their own).
var (
	stateFolders = strings.Fields("var log logs run spool tmp")
	stateEndings = strings.Fields(".log .pid .lock .lck .sock .socket .fifo")
)

// namesState tells whether a path below /usr is one that is written to, by its name. Those that
// Unix had before there was /var are looked for in vain.
func namesState(text string) bool {
	words := strings.Split(text, "/")
	return len(words) > 3 && words[1] == "usr" && !strings.ContainsFunc(text, separates) && (slices.Contains(stateEndings, path.Ext(text)) ||
		slices.ContainsFunc(words[3:], func(w string) bool { return slices.Contains(stateFolders, w) }))
}

// belowPrefix is a text behind a prefix that names state.
var belowPrefix = regexp.MustCompile("^(%s|\\$\\{?[A-Za-z_]+\\}?)/(" + strings.Join(stateFolders, "|") + ")(/|$)")

// isPrefix tells whether a path is one that programs are installed to.
func isPrefix(text string) bool {
	return text == "/usr" || text == "/usr/local" || path.Dir(text) == "/usr/local" && !slices.Contains(sharedFolders, text)
}

// joins notes a module that names a prefix, and state behind one: the path is put together.
func (c *collector) joins(m *loaded) {
	prefix, state := "", false
	for _, id := range m.reached.Strings {
		text := m.file.Strings[id]
		if isPrefix(text) && len(text) > len(prefix) {
			prefix = text
		}
		state = state || belowPrefix.MatchString(text)
	}
	if prefix != "" && (state || prefix != "/usr" && m.namesBelow("/var")) {
		c.written(prefix, place{where: m.path})
	}
}

// namesBelow tells whether reached code of a module refers to a path below a folder.
func (m *loaded) namesBelow(folder string) bool {
	return !m.libc && slices.ContainsFunc(m.reached.Strings, func(id int32) bool { return strings.HasPrefix(m.file.Strings[id], folder+"/") })
}

// installers put files below /usr that nobody names: package managers, and what makes locales and
// lists of modules.
var installers = strings.Fields(`dpkg rpm opkg ipkg dnf yum microdnf zypper pacman apk depmod locale-gen localedef`)

// writingCommands are programs of scripts that write to their operands: to all, or to the last.
var (
	writingCommands = strings.Fields("touch mkdir rm rmdir tee chmod chown chgrp truncate mkfifo mknod mktemp mv unlink shred")
	copyingCommands = strings.Fields("cp ln install rsync")
)

// outputs are the redirections of a shell that write.
var outputs = []syntax.RedirOperator{syntax.RdrOut, syntax.AppOut, syntax.ClbOut, syntax.RdrAll, syntax.AppAll, syntax.RdrInOut}

// redirects takes the files that a statement writes to.
func (r *scriptReader) redirects(x *syntax.Stmt) {
	for _, redirect := range x.Redirs {
		if slices.Contains(outputs, redirect.Op) {
			r.writes(r.value(redirect.Word.Parts).texts)
		}
	}
}

// writesOperands takes the operands of a command that it writes to, and where the script goes.
func (r *scriptReader) writesOperands(name string, args []shellWord) {
	name = path.Base(name)
	operands := operandsOf(args)
	switch {
	case name == "cd" && len(operands) > 0:
		r.out.goes = append(r.out.goes, operands[0].texts...)
		return
	case slices.Contains(copyingCommands, name):
		operands = operands[max(len(operands)-1, 0):]
	case name == "sed" && !slices.ContainsFunc(args, func(w shellWord) bool {
		return slices.ContainsFunc(w.texts, func(text string) bool { return strings.HasPrefix(text, "-") && strings.Contains(text, "i") })
	}):
		return
	case name == "dd", name == "tar", name == "unzip", name == "sed":
	case !slices.Contains(writingCommands, name):
		return
	}
	for _, w := range operands {
		r.writes(w.fields())
	}
	for _, w := range args { // -C, -t and the like before a folder, of= of dd
		for _, text := range w.texts {
			if _, value, found := strings.Cut(text, "="); found {
				r.writes([]string{value})
			}
		}
	}
}

// writes notes the paths in texts, as far as they are known, and whether one has no folder.
func (r *scriptReader) writes(texts []string) {
	for _, text := range texts {
		i := strings.IndexAny(text, holes)
		if i >= 0 {
			text = text[:i]
		}
		switch {
		case strings.HasPrefix(text, "/"):
			r.out.written = append(r.out.written, text)
		case text != "":
			r.out.writesHere = true
		}
	}
}

// scriptWrites takes what a script writes to, and where it goes when it writes to names without
// a folder.
func (c *collector) scriptWrites(s *script, at place) {
	texts := s.written
	if s.writesHere {
		texts = append(texts, s.goes...)
	}
	for _, text := range texts {
		if strings.HasPrefix(text, "/") {
			c.written(text, at)
		}
	}
}

// pythonModes are those of open() that write.
var pythonModes = strings.Fields("w a x wb ab xb wt at w+ a+ r+ wb+ ab+ rb+ r+b")

// writesFiles tells whether a block of a script has such a mode.
func (b *pyBlock) writesFiles() bool {
	return slices.ContainsFunc(b.texts, func(t pyText) bool { return slices.Contains(pythonModes, t.text) })
}
