// SPDX-License-Identifier: MIT

package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// TestWriteJSON: writing unit by unit gives the bytes of writing the whole.
func TestWriteJSON(t *testing.T) {
	nasty := `"units": [] <&> "units": []` + "\n\x1b\u2028ä"
	unit := report.Unit{Name: nasty, Exposure: 96, ExposureAfter: report.None, Aliases: []string{}, Facts: []report.Fact{{ID: nasty, Why: []string{"a", nasty}}}}
	for summary, units := range map[string][]report.Unit{"none": {}, "one": {unit}, "three": {unit, {}, unit}} {
		r := &report.Report{SchemaVersion: report.SchemaVersion, Generator: report.Generator{Name: nasty}, Units: units,
			Diagnostics: []report.Diagnostic{{Message: nasty}}}
		var whole, got bytes.Buffer
		e := json.NewEncoder(&whole)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		require.NoError(t, e.Encode(r))
		require.NoError(t, report.WriteJSON(&got, r))
		assert.Equal(t, whole.String(), got.String(), summary)
		again, err := report.ReadJSON(got.Bytes())
		require.NoError(t, err)
		assert.Len(t, again.Units, len(units))
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteJSONFails(t *testing.T) {
	assert.ErrorContains(t, report.WriteJSON(full{}, &report.Report{}), "no space left")
}

func TestReadJSON(t *testing.T) {
	for summary, c := range map[string]struct{ text, fails string }{
		"no JSON":             {"hello", "parse the report: invalid character"},
		"no version":          {"{}", "schema_version is not 1"},
		"a later version":     {`{"schema_version": 2}`, "schema_version is not 1"},
		"a wrong exposure":    {`{"schema_version": 1, "units": [{"exposure": 9.65}]}`, "not an exposure level"},
		"another exposure":    {`{"schema_version": 1, "units": [{"exposure": 11}]}`, "not an exposure level"},
		"an exposure as text": {`{"schema_version": 1, "units": [{"exposure": "x"}]}`, "parse the report"},
	} {
		_, err := report.ReadJSON([]byte(c.text))
		assert.ErrorContains(t, err, c.fails, summary)
	}
}
