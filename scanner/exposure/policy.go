// SPDX-License-Identifier: MIT

package exposure

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Policy is systemd's own security policy file: per row, by its JSON name,
// another weight, range or description (systemd-analyze(1), --security-policy=).
type Policy struct {
	overrides map[string]override
	// Unknown are names in the file that are no rows, sorted; systemd ignores them.
	Unknown []string
}

type override struct {
	DescriptionGood *string `json:"description_good"`
	DescriptionBad  *string `json:"description_bad"`
	DescriptionNA   *string `json:"description_na"`
	Weight          *uint64 `json:"weight"`
	Range           *uint64 `json:"range"`
}

// maxWeight keeps the sums of all rows within 64 bits.
const maxWeight = 1 << 40

// ParsePolicy reads a policy file. Fields that no row has a use for are ignored
// as systemd ignores them; a wrong type, and what makes systemd-analyze abort, is
// an error that names the row.
func ParsePolicy(data []byte) (*Policy, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("parse the security policy: %w", describeJSON(data, err))
	}
	names := make([]string, 0, len(raw))
	for name := range raw {
		names = append(names, name)
	}
	slices.Sort(names)
	p := &Policy{overrides: map[string]override{}}
	for _, name := range names {
		o, err := parseOverride(name, raw[name])
		if err != nil {
			return nil, fmt.Errorf("parse the security policy: %s: %w", name, err)
		}
		if rowOf(name) == nil {
			p.Unknown = append(p.Unknown, name)
			continue
		}
		p.overrides[name] = o
	}
	return p, nil
}

// parseOverride reads what the file says of one row. A range must hold any badness
// of the row: these are not changed with it, and systemd-analyze aborts over one
// that is larger.
func parseOverride(name string, text []byte) (o override, err error) {
	if err := json.Unmarshal(text, &o); err != nil {
		return o, err
	}
	r := rowOf(name)
	switch {
	case o.Range != nil && *o.Range == 0:
		return o, errors.New("range must not be 0")
	case o.Range != nil && r != nil && *o.Range < r.valueMax:
		return o, fmt.Errorf("range %d is less than the badness that the row can have, %d", *o.Range, r.valueMax)
	case o.Weight != nil && *o.Weight > maxWeight:
		return o, fmt.Errorf("weight %d is over %d", *o.Weight, uint64(maxWeight))
	}
	return o, nil
}

func rowOf(jsonField string) *row {
	for i := range rows {
		if rows[i].jsonField == jsonField {
			return &rows[i]
		}
	}
	return nil
}

// describeJSON adds the line to a syntax error.
func describeJSON(data []byte, err error) error {
	var offset int64
	switch e := err.(type) {
	case *json.SyntaxError:
		offset = e.Offset
	case *json.UnmarshalTypeError:
		offset = e.Offset
	default:
		return err
	}
	return fmt.Errorf("line %d: %w", 1+strings.Count(string(data[:min(int(offset), len(data))]), "\n"), err)
}

// effectiveRow is a row with the policy applied.
type effectiveRow struct {
	weight, valueMax uint64
	good, bad, na    string
}

func (p *Policy) of(r *row) effectiveRow {
	e := effectiveRow{r.weight, r.valueMax, r.good, r.bad, "does not apply"}
	switch r.needs {
	case defaultDependencies:
		e.na = "does not apply with DefaultDependencies=no"
	case nonRoot:
		e.na = "does not apply to a service that starts as root"
	}
	if p == nil {
		return e
	}
	o := p.overrides[r.jsonField]
	set(&e.weight, o.Weight)
	set(&e.valueMax, o.Range)
	set(&e.good, o.DescriptionGood)
	set(&e.bad, o.DescriptionBad)
	set(&e.na, o.DescriptionNA)
	if o.Weight != nil && *o.Weight == 0 && o.DescriptionNA == nil {
		e.na = "left out by the security policy"
	}
	return e
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
