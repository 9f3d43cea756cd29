// SPDX-License-Identifier: MIT

package platform

import (
	"bytes"
	"io"
	"io/fs"
	"strings"
)

// Build is what the image's systemd was built with, as `systemctl --version`
// prints it.
type Build struct {
	From string // the file that has it
	// Hierarchy is the control group hierarchy that is mounted by default: unified,
	// hybrid or legacy; empty where the release does not say.
	Hierarchy string

	features map[string]bool // by name: PAM, SECCOMP, BPF_FRAMEWORK, ...
}

// Has tells whether a feature was built in; known is false for one that the
// release does not list, or when nothing is known of the build.
func (b *Build) Has(feature string) (has, known bool) {
	if b == nil {
		return false, false
	}
	has, known = b.features[feature]
	return has, known
}

// Limits on the search for the list of features.
const (
	maxLibraries    = 8 // that are looked into
	maxLibrarySize  = 16 << 20
	maxFeatureList  = 2048 // bytes of the list
	leastOfFeatures = 10   // words of it; what has fewer is another text
)

// FindBuild looks for the list of features that systemd carries in its shared
// library (in a static build: its program). It is nil when it is not found.
func FindBuild(image fs.FS) *Build {
	var names []string
	for _, dir := range libraryDirs {
		matches, _ := fs.Glob(image, dir+"/libsystemd-shared-*.so")
		names = append(names, matches...)
	}
	for _, name := range append(names[:min(len(names), maxLibraries)], "usr/lib/systemd/systemd", "lib/systemd/systemd") {
		if b := parseBuild(readStart(image, name, maxLibrarySize)); b != nil {
			b.From = "/" + name
			return b
		}
	}
	return nil
}

// readStart reads at most limit bytes of a file; nothing when it cannot be read.
func readStart(image fs.FS, name string, limit int64) []byte {
	f, err := image.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil
	}
	return data
}

// firstFeature heads the list in every release.
var firstFeature = []byte("PAM ")

// parseBuild finds the list in a program: words that begin with + or -, then in
// some releases default-hierarchy=, ended by a NUL byte.
func parseBuild(program []byte) *Build {
	for at := 0; ; {
		next := bytes.Index(program[at:], firstFeature)
		if next < 0 {
			return nil
		}
		start := at + next - 1
		at += next + len(firstFeature)
		if start < 0 {
			continue
		}
		text := program[start:min(start+maxFeatureList, len(program))]
		if end := bytes.IndexByte(text, 0); end > 0 {
			if b := parseFeatures(string(text[:end])); b != nil {
				return b
			}
		}
	}
}

func parseFeatures(list string) *Build {
	b := &Build{features: map[string]bool{}}
	for _, word := range strings.Fields(list) {
		hierarchy, ok := strings.CutPrefix(word, "default-hierarchy=")
		switch {
		case ok:
			b.Hierarchy = hierarchy
		case word[0] == '+' || word[0] == '-':
			b.features[word[1:]] = word[0] == '+'
		default:
			return nil
		}
	}
	if len(b.features) < leastOfFeatures {
		return nil
	}
	return b
}
