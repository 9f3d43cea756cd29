// SPDX-License-Identifier: MIT

package exposure

import (
	"encoding/json"
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

// ParsePolicy reads a policy file. Fields that no row has a use for are ignored
// as systemd ignores them; a wrong type is an error that names the row.
func ParsePolicy(data []byte) (*Policy, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("parse the security policy: %w", describeJSON(data, err))
	}
	p := &Policy{overrides: map[string]override{}}
	for name, text := range raw {
		var o override
		if err := json.Unmarshal(text, &o); err != nil {
			return nil, fmt.Errorf("parse the security policy: %s: %w", name, err)
		}
		if o.Range != nil && *o.Range == 0 {
			return nil, fmt.Errorf("parse the security policy: %s: range must not be 0", name)
		}
		if !slices.ContainsFunc(rows, func(r row) bool { return r.jsonField == name }) {
			p.Unknown = append(p.Unknown, name)
			continue
		}
		p.overrides[name] = o
	}
	slices.Sort(p.Unknown)
	return p, nil
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
