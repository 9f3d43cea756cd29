// SPDX-License-Identifier: MIT

package patcher

import (
	"path"
	"regexp"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// withSettings gives a unit file with the proposed settings behind the last
// setting of their section, where they win over the file's own. All other bytes
// stay. With commented, each has its reasons above it. It is false when the file
// has no place for them: no such section, or only within a conditional block of
// a template.
func withSettings(u report.Unit, text []byte, proposals []report.Proposal, commented bool) ([]byte, bool) {
	section := sections[path.Ext(u.Name)]
	lines := strings.SplitAfter(string(text), "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	}
	at, open := place(lines, "["+section+"]")
	if at < 0 {
		return nil, false
	}
	var added []string
	for _, lines := range settings(proposals) {
		if commented {
			added = append(added, wrap(reasons(lines), "# ", commentWidth)...)
		}
		for _, p := range lines {
			added = append(added, strings.TrimSuffix(option(section, p), "\n"))
		}
	}
	if open { // an empty line ends what the backslash continues
		added = append([]string{""}, added...)
	}
	return join(lines[:at], added, lines[at:]), true
}

// join puts the added lines between the others, with the line ends that the
// file has there.
func join(before, added, after []string) []byte {
	head := strings.Join(before, "")
	end := "\n"
	if strings.HasSuffix(head, "\r\n") {
		end = "\r\n"
	}
	if !strings.HasSuffix(head, "\n") {
		head += end
	}
	return []byte(head + strings.Join(added, end) + end + strings.Join(after, ""))
}

// place finds the line before which settings of the section belong: behind the
// last one of its last appearance, and of a template outside of {% if %} and the
// like. It is negative when there is none; open when the file ends within a
// continued line.
func place(lines []string, section string) (at int, open bool) {
	at = -1
	current, depth := "", 0
	for i, line := range lines {
		text := strings.TrimSpace(line)
		depth += len(blockStart.FindAllString(text, -1)) - len(blockEnd.FindAllString(text, -1))
		switch {
		case text == "" && !open, strings.HasPrefix(text, "#"), strings.HasPrefix(text, ";"):
			continue // systemd skips comments within a continued line too
		case open:
			open = continued(line)
		case strings.HasPrefix(text, "["):
			current = text
			if depth > 0 {
				current = "" // settings behind the block would have no section where it is left out
			}
		default:
			open = continued(line)
		}
		if current == section && depth == 0 {
			at = i + 1
		}
	}
	return at, open && current == section
}

// Blocks of Jinja, in which systemd and others write templates of units.
var (
	blockStart = regexp.MustCompile(`\{%[-+]?\s*(if|for)\b`)
	blockEnd   = regexp.MustCompile(`\{%[-+]?\s*(endif|endfor)\b`)
)

// continued reports whether a line goes on in the next one: it ends in a
// backslash that no other escapes.
func continued(line string) bool {
	text := strings.TrimRight(line, "\r\n")
	return (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1
}
