// SPDX-License-Identifier: MIT

package patcher

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/coreos/go-systemd/v22/unit"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// DropInName is the name of every drop-in that is written. Among the drop-ins
// of a unit 50 leaves room on both sides.
const DropInName = "50-hardening.conf"

// unitDir is where the units of packages lie in an image; systemd reads it with
// split /usr too.
const unitDir = "usr/lib/systemd/system"

// commentWidth is the column at which comments are wrapped.
const commentWidth = 100

// sections are those with sandbox settings, by the type of the unit.
// Source: systemd.exec(5), DESCRIPTION.
var sections = map[string]string{
	".service": "Service", ".socket": "Socket", ".mount": "Mount", ".swap": "Swap",
}

// DropIn writes the drop-in that gives a unit the proposed settings, each below
// its confidence, its gain and its reasons. The order of the proposals is kept: of a
// setting that is there more than once, the first line may reset what the
// later ones build up.
func DropIn(u report.Unit, proposals []report.Proposal) []byte {
	section := sections[path.Ext(u.Name)]
	var b bytes.Buffer
	fmt.Fprintf(&b, "[%s]\n", section)
	for i, lines := range settings(proposals) {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, comment := range wrap(reasons(lines), "# ", commentWidth) {
			fmt.Fprintln(&b, comment)
		}
		for _, p := range lines {
			b.WriteString(option(section, p))
		}
	}
	return b.Bytes()
}

// companions are settings that are written with another one and would mean
// something else without it.
var companions = map[string]string{"SystemCallErrorNumber": "SystemCallFilter", "DeviceAllow": "DevicePolicy"}

// leader is the setting that a line stands and falls with, mostly its own.
func leader(setting string) string {
	if other, ok := companions[setting]; ok {
		return other
	}
	return setting
}

// settings groups the lines that stand and fall together, where they follow each
// other.
func settings(proposals []report.Proposal) [][]report.Proposal {
	var groups [][]report.Proposal
	for i, p := range proposals {
		if i == 0 || leader(p.Setting) != leader(proposals[i-1].Setting) {
			groups = append(groups, nil)
		}
		last := len(groups) - 1
		groups[last] = append(groups[last], p)
	}
	return groups
}

// option is one line of a unit file.
func option(section string, p report.Proposal) string {
	var b bytes.Buffer
	// Reading from the library's buffer cannot fail.
	_, _ = b.ReadFrom(unit.Serialize([]*unit.UnitOption{unit.NewUnitOption(section, p.Setting, p.Value)}))
	return strings.TrimPrefix(b.String(), "["+section+"]\n")
}

// reasons is the text above a setting: "proven (-0.2): why; and why".
func reasons(lines []report.Proposal) string {
	confidence, gain := report.Proven, report.None
	var why []string
	for _, p := range lines {
		if p.Confidence != report.Proven {
			confidence = p.Confidence
		}
		gain = max(gain, p.Gain)
		for _, reason := range p.Reasons { // the lines of one setting share most of them
			if !slices.Contains(why, reason) {
				why = append(why, reason)
			}
		}
	}
	if gain > 0 {
		confidence += fmt.Sprintf(" (-%s)", gain)
	}
	if len(why) == 0 {
		return confidence
	}
	return confidence + ": " + strings.Join(why, "; ")
}

// wrap breaks a text between words and puts the prefix before each line. Line
// breaks, control and other invisible characters of the text come out as
// spaces, so a text from an image cannot add lines of its own, and no line ends
// in a backslash, which would draw the next line into the comment.
func wrap(text, prefix string, width int) []string {
	words := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsPrint(r) || r == ' ' || r == unicode.ReplacementChar
	})
	var lines []string
	line := prefix
	for _, w := range words {
		if line != prefix && len(line)+len(w)+1 > width {
			lines = append(lines, line)
			line = prefix
		}
		if line != prefix {
			line += " "
		}
		line += w
	}
	if line != prefix {
		lines = append(lines, line)
	}
	for i := range lines {
		if strings.HasSuffix(lines[i], `\`) {
			lines[i] += "."
		}
	}
	return lines
}
