// SPDX-License-Identifier: MIT

package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSON writes the report, indented by one blank and with a final newline;
// the same report always gives the same bytes.
func WriteJSON(w io.Writer, r *Report) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(r); err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
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
