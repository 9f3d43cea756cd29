// SPDX-License-Identifier: MIT

package patcher

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"sort"

	"github.com/systemd-hardening/systemd-hardening/patcher/unidiff"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// Source is the file of a recipe that a unit comes from.
type Source struct {
	// Path is relative to the recipe's source tree, ${S}; with Local it is as in
	// SRC_URI behind file://.
	Path    string
	Content []byte
	// Local says that the recipe's own layer stores the file, in SRC_URI.
	Local bool
}

// templateEndings are what build systems put behind a unit's name when they
// make it out of a template.
var templateEndings = []string{"", ".in", ".in.in", ".cmake", ".m4", ".tmpl", ".template"}

// FindSource lists the files of a source tree that can be what a unit comes
// from: those with its name, or with its name and a template's ending. The
// paths are sorted. More than one is for a person to decide.
func FindSource(tree fs.FS, unit string) ([]string, error) {
	var found []string
	err := fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		for _, ending := range templateEndings {
			if d.Type().IsRegular() && d.Name() == unit+ending {
				found = append(found, p)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find the source of %s: %w", unit, err)
	}
	sort.Strings(found)
	return found, nil
}

// mailWidth is the column at which the text of a patch is wrapped, as in mails.
const mailWidth = 72

// patch writes the patch that puts the proposed settings into the unit's source,
// in two parts: the mail with the reasons, and the diff. It is false when the
// source has no place for them.
func patch(u report.Unit, src Source, proposals []report.Proposal, author string) (mail, diff []byte, ok bool) {
	changed, ok := withSettings(u, src.Content, proposals, false)
	if !ok {
		return nil, nil, false
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s\nSubject: [PATCH] %s: restrict what the service may do\n\n", author, u.Name)
	writeLines(&b, wrap("The settings take away what the programs of the unit were not seen to need. "+
		"What each of them rests on:", "", mailWidth))
	for _, lines := range settings(proposals) {
		// Indented, because patch takes a line like "--- x" for the beginning of a diff.
		b.WriteByte('\n')
		for _, p := range lines {
			fmt.Fprintf(&b, "  %s", option(sections[path.Ext(u.Name)], p))
		}
		writeLines(&b, wrap(reasons(lines), "    ", mailWidth))
	}
	b.WriteString("\nUpstream-Status: Inappropriate [configuration]\n")
	return b.Bytes(), append([]byte("---\n"), unidiff.Diff("a/"+src.Path, "b/"+src.Path, src.Content, changed)...), true
}

func writeLines(b *bytes.Buffer, lines []string) {
	for _, line := range lines {
		b.WriteString(line)
		b.WriteByte('\n')
	}
}
