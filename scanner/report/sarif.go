// SPDX-License-Identifier: MIT

package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// The objects of SARIF 2.1.0 that are written (OASIS, "Static Analysis Results
// Interchange Format", sections 3.13 to 3.35).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool            `json:"tool"`
		Automation sarifID              `json:"automationDetails"`
		Bases      map[string]sarifBase `json:"originalUriBaseIds"`
		ColumnKind string               `json:"columnKind"`
		Results    []sarifResult        `json:"results"`
		Properties map[string]any       `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		URI     string      `json:"informationUri"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string             `json:"id"`
		Short   sarifText          `json:"shortDescription"`
		Default sarifConfiguration `json:"defaultConfiguration"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifID struct {
		ID string `json:"id"`
	}
	sarifBase struct {
		Description sarifText `json:"description"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Kind         string             `json:"kind"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Baseline     string             `json:"baselineState,omitempty"`
		Suppressions []sarifSuppression `json:"suppressions"`
		Properties   map[string]any     `json:"properties,omitempty"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	projectURI  = "https://github.com/systemd-hardening/systemd-hardening"

	// rootfsBase is what artifact URIs are relative to: a name, because a report knows
	// no path of the host.
	rootfsBase = "ROOTFS"
)

// classTexts say what the rules that are classes of findings are about.
var classTexts = map[Class]string{
	ClassExposure:     "A service is over its exposure threshold, or lacks a required setting",
	ClassRegression:   "A service is worse than the baseline",
	ClassWaiver:       "A waiver has ended, ends soon, or matches nothing",
	ClassNotEffective: "A setting is set that the target would not enforce",
	ClassDiagnostic:   "systemd would ignore a line, or refuse the unit",
}

// WriteSARIF writes the findings as results, their class being the rule.
func WriteSARIF(w io.Writer, r *Report, c Checked) error {
	return newSARIF(r, "check", c).write(w)
}

// WriteSARIFRows writes besides the findings each row that does not hold, as a note;
// its rule is the row by its JSON name.
func WriteSARIFRows(w io.Writer, r *Report, c Checked) error {
	s := newSARIF(r, "scan", c)
	for i := range r.Units {
		u := &r.Units[i]
		for _, a := range u.Assessments {
			if a.Set != nil && !*a.Set {
				s.addRow(u, a)
			}
		}
	}
	return s.write(w)
}

type sarif struct {
	run   sarifRun
	rules map[string]int
}

func newSARIF(r *Report, category string, c Checked) *sarif {
	s := &sarif{rules: map[string]int{}, run: sarifRun{
		Tool:       sarifTool{sarifDriver{Name: r.Generator.Name, Version: r.Generator.Version, URI: projectURI, Rules: []sarifRule{}}},
		Automation: sarifID{r.Generator.Name + "/" + category + "/"},
		Bases:      map[string]sarifBase{rootfsBase: {sarifText{"The root file system of the image"}}},
		ColumnKind: "utf16CodeUnits",
		Results:    []sarifResult{},
		Properties: map[string]any{"image": r.Image},
	}}
	for _, f := range c.Findings {
		s.addFinding(r, c, f)
	}
	return s
}

func (s *sarif) addFinding(r *Report, c Checked, f Finding) {
	result := sarifResult{
		Kind: "fail", Level: c.sarifLevel(f), Message: sarifText{f.Message}, Locations: locations(f.Unit, f.Source),
		Fingerprints: fingerprint(string(f.Class), f.Unit, subject(f)), Suppressions: []sarifSuppression{}, Properties: owners(f.Package, f.Recipe),
	}
	if c.Baseline != nil && (f.Class == ClassExposure || f.Class == ClassRegression) {
		result.Baseline = c.Baseline.state(r, f.Unit)
	}
	if result.Baseline == "absent" { // nothing is wrong with what is not there
		result.Kind, result.Level = "informational", "none"
	}
	if f.Waived != "" {
		result.Suppressions = []sarifSuppression{{"external", "accepted", f.Waived}}
	}
	s.add(string(f.Class), classTexts[f.Class], "error", result)
}

// sarifLevel: what fails the gate is an error, also when a waiver lets it pass.
func (c Checked) sarifLevel(f Finding) string {
	switch {
	case f.Waived != "" || c.fails(f):
		return "error"
	case f.Severity == Info:
		return "note"
	}
	return "warning"
}

// state compares a unit with the baseline, in SARIF's words.
func (b *Baseline) state(r *Report, name string) string {
	was, known := b.units[name]
	u, there := r.Find(name)
	switch {
	case !there:
		return "absent"
	case !known:
		return "new"
	case was.exposure == u.Exposure && len(was.lost(u)) == 0:
		return "unchanged"
	}
	return "updated"
}

func (s *sarif) addRow(u *Unit, a Assessment) {
	at := a.Source
	if at == nil && u.Fragment != "" {
		at = &Source{File: u.Fragment}
	}
	properties := owners(u.Package, u.Recipe)
	properties["exposure"] = a.Exposure
	s.add(a.JSONField, fmt.Sprintf("The row %s of systemd-analyze security", a.ID), "note", sarifResult{
		Kind: "fail", Level: "note", Message: sarifText{Sanitize(fmt.Sprintf("%s: %s %s (%s)", u.Name, a.ID, a.Description, a.Exposure))},
		Locations: locations(u.Name, at), Fingerprints: fingerprint(a.JSONField, u.Name, ""), Suppressions: []sarifSuppression{}, Properties: properties,
	})
}

// add numbers the result's rule; every result has suppressions, if only an empty
// list, because either all or none may (section 3.27.23).
func (s *sarif) add(id, text, level string, result sarifResult) {
	index, known := s.rules[id]
	if !known {
		index = len(s.run.Tool.Driver.Rules)
		s.rules[id] = index
		s.run.Tool.Driver.Rules = append(s.run.Tool.Driver.Rules, sarifRule{id, sarifText{text}, sarifConfiguration{level}})
	}
	result.RuleID, result.RuleIndex = id, index
	s.run.Results = append(s.run.Results, result)
}

// fingerprint names what a result is about in a way that survives a new figure, a
// moved line and a rebuilt image.
func fingerprint(rule, unit, subject string) map[string]string {
	sum := sha256.Sum256([]byte(strings.Join([]string{rule, unit, subject}, "\x00")))
	return map[string]string{"ruleAndUnit/v1": hex.EncodeToString(sum[:16])}
}

// subject tells findings of one class and unit apart: by setting, by what is wrong
// with a line, by how far a waiver is.
func subject(f Finding) string {
	switch f.Class {
	case ClassDiagnostic:
		if f.Source == nil {
			return f.Message
		}
		return strings.Replace(f.Message, fmt.Sprintf(":%d: ", f.Source.Line), ": ", 1)
	case ClassWaiver:
		return f.Severity
	}
	return f.Setting
}

func locations(unit string, at *Source) []sarifLocation {
	l := sarifLocation{Logical: []sarifLogical{{Sanitize(unit), "unit"}}}
	if at != nil {
		l.Physical = &sarifPhysical{Artifact: sarifArtifact{relativeURI(at.File), rootfsBase}}
		if at.Line > 0 {
			l.Physical.Region = &sarifRegion{at.Line}
		}
	}
	return []sarifLocation{l}
}

// relativeURI makes an image path a reference that is relative to the root.
func relativeURI(path string) string {
	return (&url.URL{Path: strings.TrimLeft(path, "/")}).String()
}

func owners(pkg, recipe string) map[string]any {
	properties := map[string]any{}
	if pkg != "" {
		properties["package"] = pkg
	}
	if recipe != "" {
		properties["recipe"] = recipe
	}
	return properties
}

func (s *sarif) write(w io.Writer) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(sarifLog{sarifSchema, "2.1.0", []sarifRun{s.run}}); err != nil {
		return fmt.Errorf("encode as SARIF: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}
