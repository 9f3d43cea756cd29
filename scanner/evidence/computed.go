// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"
)

// namedByWords is what is assumed of a command whose name a script computes.
const namedByWords = "the command that the script puts together there is one of the programs of the image that its words and folders name"

// dataFolders hold a folder for each package with what it reads.
const dataFolders = "/usr/share"

// inData are the programs in a package's data folder that the program names: it holds
// what others start, too.
func (c *collector) inData(p *program, dir string) []string {
	entries, err := c.im.fs.ReadDir(dir)
	if err != nil {
		return nil
	}
	var programs []string
	for _, e := range entries {
		if file := path.Join(dir, e.Name()); c.isProgram(file) && p.names(e.Name()) {
			programs = append(programs, file)
		}
	}
	return programs
}

// names tells whether a reached text of a program is a name, or a path with it at the end.
func (p *program) names(name string) bool {
	return slices.ContainsFunc(p.modules, func(m *loaded) bool {
		return slices.ContainsFunc(m.reached.Strings, func(id int32) bool {
			text := m.file.Strings[id]
			return text == name || strings.HasSuffix(text, "/"+name)
		})
	})
}

// shippedFolders are where packages put what they start; what lies elsewhere is made on
// the device.
var shippedFolders = strings.Fields("/usr /etc /lib /opt /bin /sbin")

func isShared(dir string) bool { return slices.Contains(sharedFolders, path.Clean(dir)) }

// minLiteral are the characters that have to be known of a name that is looked for.
const minLiteral = 3

// starts the programs of the image that a computed name may be, on the assumption that it
// is one of them. It is unknown when its unknown part comes from outside, and nothing else
// of it tells which.
func (c *collector) startsComputed(x computed, s *script, file string, at place) {
	if x.file != "" {
		file, at = x.file, place{where: x.file, why: at.why}
	}
	programs, bounded := c.programsLike(x, s, file)
	value := x.text + " (" + x.name[:strings.IndexAny(x.name, holes)] + "*)"
	if len(programs) == 0 && !bounded {
		c.unknown("exec-unresolved", value, at)
		return
	}
	for _, program := range programs {
		c.start(program, nil, at)
		if _, shell := shells[path.Base(program)]; shell {
			c.assume("exec-unresolved", program, namedByWords, at)
		}
	}
	c.assume("exec-unresolved", value, namedByWords, at)
}

// programsLike are the programs of the image that a computed name may be; bounded tells
// whether it can be no other when there is none.
func (c *collector) programsLike(x computed, s *script, file string) (programs []string, bounded bool) {
	search := append(slices.Clone(s.search), c.search...)
	if x.name == inFiles {
		return c.namedByPieces(x.pieces.all(), search), true
	}
	name, folder := x.name, ""
	if i := strings.LastIndex(name, "/"); i >= 0 {
		folder, name = name[:i], name[i+1:]
	}
	hole := strings.IndexAny(x.name, holes)
	prefix := path.Dir(x.name[:hole] + "x")
	switch {
	case strings.HasPrefix(x.name, "/") && !isShared(prefix) && !slices.Contains(c.search, prefix):
		if !below(shippedFolders, prefix) || isDatabase(prefix) { // made on the device, or what starts any other service
			return nil, false
		}
		return c.programsBelow(prefix, matching(x.name).MatchString, 3), true
	case isKnown(name): // in a folder that is not known
		var rest string
		if i := strings.LastIndexAny(folder, holes); i >= 0 {
			rest = folder[i+1:]
		}
		return c.inFolders(strings.TrimPrefix(rest+"/"+name, "/"), s, file, isShipped(x.name) && !strings.HasPrefix(x.name, "/")), isShipped(x.name)
	case folder != "" && !isKnown(folder):
		return nil, false
	case len(strings.Trim(name, holes)) >= minLiteral || isShipped(x.name) && strings.Trim(name, holes) != "":
		if folder != "" {
			search = []string{folder}
		}
		return c.matchingIn(search, name), isShipped(x.name)
	case isShipped(x.name): // of the words in a folder
		return c.namedByPieces(x.pieces.all(), []string{folder}), true
	}
	return nil, false
}

// namedByPieces are the programs that words of the files name.
func (c *collector) namedByPieces(pieces, search []string) []string {
	var programs []string
	for _, piece := range pieces {
		if file, ok := c.im.lookUp(piece, search); ok && c.isProgram(file) {
			programs = append(programs, file)
		}
	}
	return sorted(programs)
}

// isProgram tells whether a file of the image can be started.
func (c *collector) isProgram(file string) bool {
	info, err := c.im.fs.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return false
	}
	kind, _ := c.im.kind(file)
	return kind == KindELF || kind == KindScript
}

// inFolders are the programs of a name in the folders that the script names, and around
// its own.
func (c *collector) inFolders(name string, s *script, file string, inPath bool) []string {
	folders := []string{path.Dir(file), path.Dir(path.Dir(file))}
	for _, w := range s.words {
		if strings.HasPrefix(w, "/") {
			folders = append(folders, path.Clean(w))
		}
	}
	if inPath {
		folders = append(folders, c.search...)
	}
	var programs []string
	for _, dir := range sorted(folders) {
		if program := path.Join(dir, name); c.isProgram(program) {
			programs = append(programs, program)
		}
	}
	return programs
}

// matchingIn are the programs of some folders whose names match.
func (c *collector) matchingIn(folders []string, name string) []string {
	match := matching(name)
	var programs []string
	for _, dir := range folders {
		entries, err := c.im.fs.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if file := path.Join(dir, e.Name()); match.MatchString(e.Name()) && c.isProgram(file) {
				programs = append(programs, file)
			}
		}
	}
	return sorted(programs)
}

// programsBelow are the programs in a folder and those below it whose paths match.
func (c *collector) programsBelow(dir string, match func(string) bool, depth int) []string {
	entries, err := c.im.fs.ReadDir(dir)
	if err != nil {
		return nil
	}
	var programs []string
	for _, e := range entries[:min(len(entries), maxPrograms)] {
		switch file := path.Join(dir, e.Name()); {
		case e.IsDir() && depth > 1:
			programs = append(programs, c.programsBelow(file, match, depth-1)...)
		case !e.IsDir() && match(file) && c.isProgram(file):
			programs = append(programs, file)
		}
	}
	return programs
}
