// SPDX-License-Identifier: MIT

package evidence

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// What is copied keeps its mode: of what a script copies or moves the image tells whether
// something has a set-ID bit, as folders of a group have.

// copiedBy is the judge of one of these programs.
func copiedBy(program string) func(c *collector, args []string, known bool, at place) {
	return func(c *collector, args []string, _ bool, at place) { c.copiedGiven(program, args, at) }
}

const maxCopied = 2000 // files that are looked at for one command

// copiedGiven takes the words of cp(1), mv(1) and sed(1). Without an option for it cp(1) gives a file the
// lowest nine bits alone.
func (c *collector) copiedGiven(program string, args []string, at place) {
	if program == "cp" && !slices.ContainsFunc(args, keepsModes) {
		return
	}
	for _, a := range args {
		if a = strings.TrimSuffix(a, undecided); !strings.HasPrefix(a, "/") {
			continue
		}
		files := []string{path.Clean(a)}
		if isPattern(a) {
			files = c.im.glob(a, "")
		}
		for _, file := range files {
			if found := c.im.setIDBelow(file); found != "" {
				c.fact(FactSetIDBits, program+" "+found, at)
				c.capability(at, "CAP_FSETID")
				return
			}
		}
	}
}

// keepsModes tells whether a word is an option of cp(1) for whole folders, or for modes.
func keepsModes(word string) bool {
	return slices.ContainsFunc([]byte("aprR"), func(option byte) bool { return isShort(word, option) }) ||
		strings.HasPrefix(word, "--archive") || strings.HasPrefix(word, "--preserve") || strings.HasPrefix(word, "--recursive")
}

// setIDBelow is the first file at or below a path that has a set-ID bit; empty for none.
func (im *Image) setIDBelow(file string) string {
	queue := []string{file}
	for n := 0; n < len(queue) && n < maxCopied; n++ {
		info, err := im.fs.Lstat(queue[n])
		if err != nil || info.Mode()&fs.ModeSymlink != 0 {
			continue
		}
		owner, known := im.fs.Owner(queue[n])
		if info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) != 0 || known && owner.Mode&setIDBits != 0 {
			return queue[n]
		}
		if info.IsDir() {
			entries, _ := im.fs.ReadDir(queue[n])
			for _, e := range entries {
				queue = append(queue, path.Join(queue[n], e.Name()))
			}
		}
	}
	return ""
}
