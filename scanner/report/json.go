// SPDX-License-Identifier: MIT

package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSON writes the report, indented by one blank and with a final newline;
// the same report always gives the same bytes. Units are written one by one: a
// large image's report is never in memory as text.
func WriteJSON(w io.Writer, r *Report) error {
	frame := *r
	frame.Units = []Unit{}
	var b bytes.Buffer
	if err := encode(&b, &frame, ""); err != nil {
		return err
	}
	const noUnits = `"units": []` // no text in the frame holds it: quotes are escaped there
	before, after, _ := bytes.Cut(b.Bytes(), []byte(noUnits))
	out := bufio.NewWriter(w)
	_, _ = out.Write(before) // the error stays until Flush
	if len(r.Units) == 0 {
		_, _ = out.WriteString(noUnits)
	} else if err := writeUnits(out, r.Units); err != nil {
		return err
	}
	_, _ = out.Write(after)
	return out.Flush()
}

func writeUnits(out *bufio.Writer, units []Unit) error {
	var b bytes.Buffer
	separator := `"units": [` + "\n  "
	for i := range units {
		b.Reset()
		if err := encode(&b, &units[i], "  "); err != nil {
			return err
		}
		_, _ = out.WriteString(separator)
		_, _ = out.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
		separator = ",\n  "
	}
	_, _ = out.WriteString("\n ]")
	return nil
}

func encode(b *bytes.Buffer, value any, prefix string) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent(prefix, " ")
	if err := e.Encode(value); err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	return nil
}

// ReadJSON reads a report and refuses one of another schema version.
func ReadJSON(data []byte) (*Report, error) {
	var head struct {
		SchemaVersion *int `json:"schema_version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("parse the report: %w", err)
	}
	if head.SchemaVersion == nil || *head.SchemaVersion != SchemaVersion {
		return nil, fmt.Errorf("parse the report: schema_version is not %d: it was written by another version of this program, or is no report", SchemaVersion)
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("parse the report: %w", err)
	}
	return &r, nil
}
