// SPDX-License-Identifier: MIT

package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

func ptr[T any](v T) *T { return &v }

// hostile is what an image may put into any name or message.
const hostile = "<script>alert(1)</script>&\"'\x1b[31m\x00\n\xff]]>\u202e\ufffe-->"

// weak is a service whose rows do not hold, but for one that is not effective.
func weak(name string) report.Unit {
	fragment := "/usr/lib/systemd/system/" + name
	return report.Unit{
		Name: name, Aliases: []string{}, LoadState: report.Loaded, Fragment: fragment, DropIns: []string{}, State: "enabled",
		PulledInBy: []string{"multi-user.target wants"}, Exposure: 96, Rating: "UNSAFE", ExposureAfter: 41, RatingAfter: "OK",
		Settings: []report.Setting{},
		Assessments: []report.Assessment{
			{ID: "PrivateNetwork=", JSONField: "PrivateNetwork", Set: ptr(true), Exposure: report.None, Weight: 2500, Badness: ptr(uint64(0)), Range: 1,
				Description: "has no access to the host's network", Source: &report.Source{File: fragment, Line: 7}, Effective: ptr(false), Why: "the kernel has no CONFIG_NET_NS"},
			{ID: "PrivateTmp=", JSONField: "PrivateTmp", Set: ptr(false), Exposure: 2, Weight: 1000, Badness: ptr(uint64(1)), Range: 1, Description: "shares /tmp with other software"},
			{ID: "RemoveIPC=", JSONField: "RemoveIPC", Exposure: report.None, Weight: 100, Range: 1, Description: "does not apply"},
		},
		Executables: []report.Executable{{Command: "ExecStart", Path: "/usr/sbin/x", Kind: "elf"}},
		Facts:       []report.Fact{{ID: "path", Value: "/tmp/x", Where: "/usr/sbin/x+0x10", Why: []string{"main", "open"}}},
		Syscalls:    &report.Syscalls{Reachable: []string{"read", "write"}},
		Unknowns:    []report.Unknown{{ID: "dlopen-unresolved", Where: "/usr/sbin/x", Blocks: []string{"MemoryDenyWriteExecute"}}},
		Proposals:   []report.Proposal{{Setting: "ProtectClock", Value: "yes", Confidence: report.Proven, Gain: 2, Reasons: []string{"it sets no clock"}, Since: 245}},
		Withheld:    []report.Withheld{{Setting: "PrivateTmp", Because: []string{"path /tmp/x in /usr/sbin/x+0x10"}}},
		Diagnostics: []report.Diagnostic{{Severity: report.Warning, File: fragment, Line: 9, Message: "unknown setting Foo= is ignored"}},
	}
}

// sample has a unit of every kind: weak, waived, fine, masked, and one whose texts
// are hostile.
func sample() *report.Report {
	bad := weak("a.service")
	bad.Package, bad.Recipe = "a-bin", "a"
	waived := weak("b@1.service")
	waived.Diagnostics = []report.Diagnostic{}
	fine := weak("c.service")
	fine.Exposure, fine.Rating, fine.Diagnostics, fine.ExposureAfter = 12, "OK", []report.Diagnostic{}, report.None
	fine.Assessments[0].Effective, fine.Assessments[0].Why = nil, ""
	masked := report.Unit{Name: "d.service", LoadState: report.Masked, Exposure: report.None, ExposureAfter: report.None, State: "masked"}
	strange := weak(hostile)
	strange.Package, strange.State, strange.Rating = hostile, hostile, "UNSAFE"
	strange.Assessments[0].Description, strange.Assessments[0].Why = hostile, hostile
	strange.Facts[0].Value, strange.Proposals[0].Value, strange.Diagnostics[0].Message = hostile, hostile, hostile
	return &report.Report{
		SchemaVersion: report.SchemaVersion, Generator: report.Generator{Name: "systemd-hardening", Version: "1.0.0"},
		Image: report.Image{SystemdVersion: "257", SystemdVersionFrom: "/usr/lib/systemd/libsystemd-shared-257.so", RulesVersion: "257", Architecture: "x86-64",
			ForeignLoaders: []string{}, Compat: "online", Kernel: "6.1", KernelFrom: "--kernel-config"},
		Units:       []report.Unit{bad, waived, fine, masked, strange},
		Diagnostics: []report.Diagnostic{{Severity: report.Info, File: "/lib", Message: "odd"}},
	}
}

const samplePolicy = "[Policy]\nThreshold=5.0\n[Unit c.service]\nRequire=PrivateTmp\n[Waiver b@.service]\nReason=needs \"all\" & more\nExposure=9.6\n[Waiver gone.service]\nReason=x\n"

const sampleBaseline = "a.service 9.0 PrivateTmp\nb@1.service 9.6 PrivateNetwork\nleft.service 1.0 PrivateTmp\n"

func checked(t *testing.T, r *report.Report) report.Checked {
	t.Helper()
	policy, err := report.ParsePolicy([]byte(samplePolicy), "policy.conf")
	require.NoError(t, err)
	baseline, err := report.ParseBaseline([]byte(sampleBaseline), "baseline.txt")
	require.NoError(t, err)
	gate := report.Gate{Policy: policy, Baseline: baseline, Today: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	return report.Checked{Findings: gate.Check(r), Failing: []report.Class{report.ClassExposure, report.ClassRegression}, Baseline: baseline}
}

// golden compares with a file below testdata.
func golden(t *testing.T, name string, have []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, have, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(have), "go test ./scanner/report -update writes it anew")
}

func TestFormats(t *testing.T) {
	r := sample()
	c := checked(t, r)
	for _, test := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"check.sarif", func(w io.Writer) error { return report.WriteSARIF(w, r, c) }},
		{"scan.sarif", func(w io.Writer) error { return report.WriteSARIFRows(w, r, report.Observe(r)) }},
		{"check.junit.xml", func(w io.Writer) error { return report.WriteJUnit(w, r, c) }},
		{"scan.junit.xml", func(w io.Writer) error { return report.WriteJUnit(w, r, report.Observe(r)) }},
		{"page.html", func(w io.Writer) error { return report.WriteHTML(w, r) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			var first, second bytes.Buffer
			require.NoError(t, test.write(&first))
			require.NoError(t, test.write(&second))
			assert.Equal(t, first.String(), second.String(), "the same report gives the same bytes")
			golden(t, test.name, first.Bytes())
		})
	}
}

// sarifFile is what the tests look at; decoding is strict about types.
type sarifFile struct {
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name  string
				Rules []struct{ ID string }
			}
		}
		OriginalURIBaseIDs map[string]any `json:"originalUriBaseIds"`
		Results            []struct {
			RuleID        string
			RuleIndex     int
			Kind, Level   string
			BaselineState string
			Message       struct{ Text string }
			Locations     []struct {
				PhysicalLocation *struct {
					ArtifactLocation struct{ URI, URIBaseID string }
					Region           *struct{ StartLine int }
				}
			}
			PartialFingerprints map[string]string
			Suppressions        []struct{ Kind, Justification string }
		}
	}
}

func parseSARIF(t *testing.T, text []byte) sarifFile {
	t.Helper()
	var f sarifFile
	require.NoError(t, json.Unmarshal(text, &f))
	require.Len(t, f.Runs, 1)
	return f
}

// TestSARIFRequirements: what SARIF 2.1.0 and code scanning ask for.
func TestSARIFRequirements(t *testing.T) {
	r := sample()
	for _, rows := range []bool{false, true} {
		var b bytes.Buffer
		if rows {
			require.NoError(t, report.WriteSARIFRows(&b, r, report.Observe(r)))
		} else {
			require.NoError(t, report.WriteSARIF(&b, r, checked(t, r)))
		}
		f := parseSARIF(t, b.Bytes())
		run := f.Runs[0]
		assert.Equal(t, "2.1.0", f.Version)
		assert.Equal(t, "systemd-hardening", run.Tool.Driver.Name)
		rules, fingerprints := map[string]bool{}, map[string]bool{}
		for _, rule := range run.Tool.Driver.Rules {
			assert.False(t, rules[rule.ID], "rule %s stands twice", rule.ID)
			rules[rule.ID] = true
		}
		require.NotEmpty(t, run.Results)
		for _, result := range run.Results {
			assert.Equal(t, result.RuleID, run.Tool.Driver.Rules[result.RuleIndex].ID)
			assert.Contains(t, []string{"error", "warning", "note", "none"}, result.Level)
			assert.Equal(t, result.Kind == "fail", result.Level != "none", "only a failure has a level (3.27.10)")
			assert.NotEmpty(t, result.Message.Text)
			assert.NotNil(t, result.Suppressions, "all results have suppressions or none (3.27.23)")
			require.Len(t, result.PartialFingerprints, 1)
			for _, print := range result.PartialFingerprints {
				assert.False(t, fingerprints[print], "the fingerprint of %s stands twice", result.Message.Text)
				fingerprints[print] = true
			}
			for _, l := range result.Locations {
				if l.PhysicalLocation == nil {
					continue
				}
				uri, err := url.Parse(l.PhysicalLocation.ArtifactLocation.URI)
				require.NoError(t, err)
				assert.False(t, uri.IsAbs() || strings.HasPrefix(uri.Path, "/"), "%s is not relative", uri)
				assert.Contains(t, run.OriginalURIBaseIDs, l.PhysicalLocation.ArtifactLocation.URIBaseID)
			}
		}
	}
}

func TestSARIFResults(t *testing.T) {
	r := sample()
	var b bytes.Buffer
	require.NoError(t, report.WriteSARIF(&b, r, checked(t, r)))
	type result struct{ rule, level, baseline, suppressed string }
	found := map[result]int{}
	for _, x := range parseSARIF(t, b.Bytes()).Runs[0].Results {
		suppressed := ""
		if len(x.Suppressions) > 0 {
			suppressed = x.Suppressions[0].Justification
		}
		found[result{x.RuleID, x.Level, x.BaselineState, suppressed}]++
	}
	assert.Equal(t, map[result]int{
		{"unit-exposure", "error", "updated", ""}:                     1, // a.service, over the threshold
		{"unit-exposure", "error", "unchanged", `needs "all" & more`}: 1, // b@1.service
		{"unit-exposure", "error", "new", ""}:                         2, // c.service lacks a setting; the hostile one
		{"unit-exposure-regression", "error", "updated", ""}:          1, // a.service
		{"unit-exposure-regression", "none", "absent", ""}:            1, // left.service
		{"unit-waiver-expired", "warning", "", ""}:                    1, // matches nothing
		{"unit-not-effective", "warning", "", ""}:                     3,
		{"unit-diagnostic", "warning", "", ""}:                        2,
	}, found)
}

// TestSARIFFingerprints: a figure that changed and a line that moved leave a result
// what it was; another setting does not.
func TestSARIFFingerprints(t *testing.T) {
	prints := func(change func(u *report.Unit)) []string {
		r := sample()
		change(&r.Units[0])
		var b bytes.Buffer
		require.NoError(t, report.WriteSARIF(&b, r, checked(t, r)))
		var list []string
		for _, x := range parseSARIF(t, b.Bytes()).Runs[0].Results {
			if strings.HasPrefix(x.Message.Text, "a.service") {
				list = append(list, x.PartialFingerprints["ruleAndUnit/v1"])
			}
		}
		require.Len(t, list, 4)
		return list
	}
	before := prints(func(*report.Unit) {})
	assert.Equal(t, before, prints(func(u *report.Unit) {
		u.Exposure, u.Diagnostics[0].Line, u.Assessments[0].Source.Line = 97, 90, 70
	}))
	assert.NotEqual(t, before, prints(func(u *report.Unit) { u.Assessments[0].ID = "PrivateUsers=" }))
}

// TestSARIFSchema needs the schema that OASIS publishes; its licence keeps it out of here.
func TestSARIFSchema(t *testing.T) {
	file := os.Getenv("SARIF_SCHEMA")
	if file == "" {
		t.Skip("SARIF_SCHEMA does not name OASIS' sarif-schema-2.1.0.json")
	}
	schema, err := jsonschema.NewCompiler().Compile(file)
	require.NoError(t, err)
	for _, name := range []string{"check.sarif", "scan.sarif"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		require.NoError(t, err)
		assert.NoError(t, schema.Validate(document), name)
	}
}

// TestJUnit reads the file as its readers do: well-formed, and the counts are right.
func TestJUnit(t *testing.T) {
	r := sample()
	var b bytes.Buffer
	require.NoError(t, report.WriteJUnit(&b, r, checked(t, r)))
	var file struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Suite    struct {
			Skipped int `xml:"skipped,attr"`
			Cases   []struct {
				Name     string `xml:"name,attr"`
				Class    string `xml:"classname,attr"`
				Failures []struct {
					Type    string `xml:"type,attr"`
					Message string `xml:"message,attr"`
				} `xml:"failure"`
				Skipped *struct {
					Message string `xml:"message,attr"`
				} `xml:"skipped"`
			} `xml:"testcase"`
			Out string `xml:"system-out"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal(b.Bytes(), &file))
	assert.Equal(t, 5, file.Tests)
	assert.Equal(t, 3, file.Failures)
	assert.Equal(t, 1, file.Suite.Skipped)
	require.Len(t, file.Suite.Cases, 5)
	a, waived, c, masked, strange := file.Suite.Cases[0], file.Suite.Cases[1], file.Suite.Cases[2], file.Suite.Cases[3], file.Suite.Cases[4]
	assert.Equal(t, "a.a-bin", a.Class)
	require.Len(t, a.Failures, 2)
	assert.Equal(t, "unit-exposure", a.Failures[0].Type)
	assert.Equal(t, "unit-exposure-regression", a.Failures[1].Type)
	assert.Empty(t, waived.Failures)
	assert.Equal(t, `waived: needs "all" & more`, waived.Skipped.Message)
	require.Len(t, c.Failures, 1)
	assert.Contains(t, c.Failures[0].Message, "PrivateTmp= is required")
	assert.Empty(t, masked.Failures)
	assert.Equal(t, report.Sanitize(hostile), strange.Name)
	assert.Contains(t, file.Suite.Out, "the waiver matches no unit")
	assert.Contains(t, file.Suite.Out, "left.service: stands in the baseline")
}
