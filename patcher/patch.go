// SPDX-License-Identifier: MIT

package patcher

import (
	"bytes"
	"fmt"
	"path"

	"github.com/systemd-hardening/systemd-hardening/patcher/unidiff"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

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
