// SPDX-License-Identifier: MIT

package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// The elements of JUnit's XML that Jenkins, GitLab and resulttool read.
type (
	junitSuites struct {
		XMLName  xml.Name   `xml:"testsuites"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Suite    junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		Out        string          `xml:"system-out,omitempty"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string         `xml:"name,attr"`
		ClassName string         `xml:"classname,attr"`
		Time      string         `xml:"time,attr"`
		Skipped   *junitMessage  `xml:"skipped"`
		Failures  []junitMessage `xml:"failure"`
		Out       string         `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// noTime stands for durations: a report has none, and the same report gives the
// same bytes.
const noTime = "0"

// WriteJUnit writes one test case for each unit, with a failure for each violation
// of the gate. A unit that a waiver lets pass is skipped with the waiver's reason;
// what does not fail is the output of the case.
func WriteJUnit(w io.Writer, r *Report, c Checked) error {
	suite := junitSuite{Name: "systemd services", Time: noTime, Properties: imageProperties(r.Image)}
	for i := range r.Units {
		suite.add(unitCase(&r.Units[i], c))
	}
	for _, f := range c.others(r) {
		if c.fails(f) {
			suite.add(findingsCase(junitCase{Name: Sanitize(f.Unit), ClassName: "gate", Time: noTime}, []Finding{f}, c))
		} else {
			suite.Out += outputLine(f)
		}
	}
	text, err := xml.MarshalIndent(junitSuites{Name: r.Generator.Name, Tests: suite.Tests, Failures: suite.Failures, Suite: suite}, "", " ")
	if err != nil {
		return fmt.Errorf("encode as JUnit: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func imageProperties(img Image) []junitProperty {
	list := []junitProperty{{"systemd", img.SystemdVersion}, {"architecture", img.Architecture}, {"compat", img.Compat}}
	if img.Kernel != "" {
		list = append(list, junitProperty{"kernel", img.Kernel})
	}
	return list
}

// add counts a case as JUnit's readers do: a case, however many failures it has.
func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case len(c.Failures) > 0:
		s.Failures++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func unitCase(u *Unit, c Checked) junitCase {
	k := junitCase{Name: Sanitize(u.Name), ClassName: Sanitize(shippedBy(u)), Time: noTime}
	if u.Exposure.Known() {
		k.Out = fmt.Sprintf("exposure %s %s\n", u.Exposure, u.Rating)
	} else {
		k.Out = "not scored: " + notScored(*u) + "\n"
	}
	return findingsCase(k, c.of(u.Name), c)
}

func findingsCase(k junitCase, findings []Finding, c Checked) junitCase {
	for _, f := range findings {
		switch {
		case c.fails(f):
			k.Failures = append(k.Failures, junitMessage{Message: f.Message, Type: string(f.Class), Text: placeOf(f)})
		case f.Waived != "" && k.Skipped == nil:
			k.Skipped = &junitMessage{Message: "waived: " + Sanitize(f.Waived)}
			fallthrough
		default:
			k.Out += outputLine(f)
		}
	}
	if len(k.Failures) > 0 { // a case is either
		k.Skipped = nil
	}
	return k
}

// outputLine is for what does not fail: an error of a class that fails nothing is a warning.
func outputLine(f Finding) string {
	severity := f.Severity
	if severity == Error {
		severity = Warning
	}
	return severity + ": " + f.Message + "\n"
}

// placeOf is the file and line of a finding.
func placeOf(f Finding) string {
	switch {
	case f.Source == nil:
		return ""
	case f.Source.Line == 0:
		return Sanitize(f.Source.File)
	}
	return Sanitize(fmt.Sprintf("%s:%d", f.Source.File, f.Source.Line))
}

// shippedBy groups units by recipe and package; dots would be read as levels.
func shippedBy(u *Unit) string {
	switch {
	case u.Recipe != "":
		return strings.ReplaceAll(u.Recipe, ".", "_") + "." + strings.ReplaceAll(u.Package, ".", "_")
	case u.Package != "":
		return strings.ReplaceAll(u.Package, ".", "_")
	}
	return "image"
}
