// SPDX-License-Identifier: MIT

package evidence

import (
	"strings"
)

// plFile is what a file has, for all scripts that use it.
type plFile struct {
	code     string // without documentation
	words    map[string]bool
	packages []string
	uses     []plUse
	files    []string
	tooLong  bool
}

// plUse is "use", "no" or "require" of a module, with what follows.
type plUse struct{ name, rest string }

// parsePerl reads a file.
func parsePerl(text string) *plFile {
	code := perlCode(text)
	f := &plFile{code: code, words: map[string]bool{}}
	for _, x := range plWord.FindAllStringIndex(code, -1) {
		f.words[code[x[0]:x[1]]] = true
	}
	uses, packages := plUses.FindAllStringSubmatch(code, maxPerlFinds), plPackage.FindAllStringSubmatch(code, maxPerlFinds)
	f.tooLong = len(uses)+len(packages)+len(plEval.FindAllStringIndex(code, maxPerlFinds)) >= maxPerlFinds
	for _, x := range packages {
		f.packages = append(f.packages, x[1])
	}
	for _, x := range uses {
		f.uses = append(f.uses, plUse{strings.ReplaceAll(x[1], "'", "::"), x[2]})
	}
	for _, x := range plFiles.FindAllStringSubmatch(code, -1) {
		f.files = append(f.files, x[1])
	}
	return f
}

// parsedPerl is that of a file of the image, nil when it cannot be read.
func (im *Image) parsedPerl(file string) *plFile {
	data, err := im.fs.ReadFileLimit(file, maxPerl)
	if err != nil {
		return nil
	}
	return parsePerl(string(data))
}

// plSaid is a file that a script uses; own is one of Perl's distribution.
type plSaid struct {
	*plFile
	own bool
}

// perlCode is the code of a file: without documentation, comments that fill their line, and
// what follows its end.
func perlCode(text string) string {
	var b strings.Builder
	documents := false
	for _, line := range strings.SplitAfter(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case len(line) > 1 && line[0] == '=' && (line[1] >= 'a' && line[1] <= 'z'):
			documents = !strings.HasPrefix(line, "=cut")
		case documents:
		case trimmed == "__END__" || trimmed == "__DATA__":
			return b.String()
		case strings.HasPrefix(trimmed, "#"):
			b.WriteString("\n")
			continue
		default:
			b.WriteString(line)
			continue
		}
		b.WriteString("\n")
	}
	return b.String()
}
