// SPDX-License-Identifier: MIT

package report

import (
	"fmt"
	"slices"
	"strings"
)

// Cheapest names the rows of a unit that gain most when they are set, at most n:
// those with a proposal first, then by what they cost now.
func Cheapest(u Unit, n int) []string {
	proposed := map[string]string{}
	for _, p := range u.Proposals {
		proposed[p.Setting] = p.Value
	}
	var open []Assessment
	for _, a := range u.Assessments {
		if a.Set != nil && !*a.Set && a.Exposure > 0 {
			open = append(open, a)
		}
	}
	rank := func(a Assessment) int {
		if _, ok := proposed[settingOf(a)]; ok {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(open, func(a, b Assessment) int {
		if r := rank(a) - rank(b); r != 0 {
			return r
		}
		if e := int(b.Exposure) - int(a.Exposure); e != 0 {
			return e
		}
		return int(cost(b)) - int(cost(a))
	})
	var names []string
	for _, a := range open[:min(n, len(open))] {
		names = append(names, fmt.Sprintf("%s (-%s)", a.ID, a.Exposure))
	}
	return names
}

// cost is what a row adds to the sum that the exposure is computed from.
func cost(a Assessment) uint64 {
	if a.Badness == nil || a.Range == 0 {
		return 0
	}
	return *a.Badness * a.Weight / a.Range
}

// settingOf is the setting of a row: "RestrictNamespaces" for "RestrictNamespaces=~user".
func settingOf(a Assessment) string {
	name, _, _ := strings.Cut(a.ID, "=")
	return name
}
