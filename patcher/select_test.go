// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

func TestTargets(t *testing.T) {
	alias := loaded("dbus-broker.service", "p", "r", umask...)
	alias.Aliases = []string{"dbus.service"}
	masked := loaded("masked.service", "p", "r", umask...)
	masked.LoadState = report.Masked
	ownFile := loaded("worker@two.service", "p", "r", umask...)

	for _, tc := range []struct {
		summary string
		units   []report.Unit
		opts    Options
		want    string // "UNIT SETTING=VALUE(confidence)...; ...", kept ones in brackets
		diags   []string
	}{{
		summary: "manual proposals are left out",
		units: []report.Unit{loaded("a.service", "p", "r", proposal("A", "1", report.Proven, 1), proposal("B", "2", report.Likely, 1),
			proposal("C", "3", report.Manual, 1), proposal("D", "4", "nonsense", 1))},
		want: "a.service A=1(proven) B=2(likely)",
	}, {
		summary: "only proven ones are asked for",
		units:   []report.Unit{loaded("a.service", "p", "r", proposal("A", "1", report.Proven, 1), proposal("B", "2", report.Likely, 1))},
		opts:    Options{Confidence: report.Proven},
		want:    "a.service A=1(proven)",
	}, {
		summary: "the lines of one setting stand and fall together",
		units: []report.Unit{loaded("a.service", "p", "r", proposal("A", "", report.Proven, 1), proposal("A", "1", report.Likely, 1),
			proposal("B", "2", report.Proven, 1))},
		opts: Options{Confidence: report.Proven},
		want: "a.service B=2(proven)",
	}, {
		summary: "values that would be more than one line",
		units: []report.Unit{loaded("a.service", "p", "r",
			proposal("A", "", report.Proven, 1), proposal("A", "1\nExecStart=/evil", report.Proven, 1), proposal("B", `2\`, report.Proven, 1),
			proposal("C", " 3", report.Proven, 1), proposal("D=\nE", "4", report.Proven, 1), proposal("F", "\xff", report.Proven, 1),
			proposal("G", "5", report.Proven, 1))},
		want: "a.service G=5(proven)",
		diags: []string{
			`a.service: "A=1\nExecStart=/evil" is not written: the value has control characters`,
			`a.service: "B=2\\" is not written: the value ends with a backslash`,
			`a.service: "C= 3" is not written: the value begins or ends with a space`,
			`a.service: "D=\nE=4" is not written: the setting's name is not one`,
			`a.service: "F=\xff" is not written: the value has control characters`,
		},
	}, {
		summary: "an alias names its unit",
		units:   []report.Unit{alias, loaded("other.service", "p", "r", umask...)},
		opts:    Options{Units: []string{"dbus.service"}},
		want:    "dbus-broker.service UMask=0077(proven); [other.service UMask=0077(proven)]",
	}, {
		summary: "units that are not loaded, have no proposals, or no possible name",
		units:   []report.Unit{masked, loaded("none.service", "p", "r"), loaded("../x.service", "p", "r", umask...), loaded("x.timer", "p", "r", umask...)},
		want:    "[none.service]",
		diags: []string{
			"masked.service: no settings are written for a unit of this name or load state",
			"../x.service: no settings are written for a unit of this name or load state",
			"x.timer: no settings are written for a unit of this name or load state",
		},
	}, {
		summary: "instances of a template: what they have in common, with the reasons of all",
		units: []report.Unit{
			instance("worker@a.service", proposal("A", "1", report.Proven, 2, "x"), proposal("B", "2", report.Proven, 1)),
			instance("worker@b.service", proposal("B", "3", report.Proven, 1), proposal("A", "1", report.Likely, 1, "y", "x")),
		},
		want:  "worker@.service A=1(likely x y)",
		diags: []string{"worker@.service: B= is not written: it is not right for all of its instances"},
	}, {
		summary: "an instance that nothing is proposed for",
		units:   []report.Unit{instance("worker@a.service", umask...), instance("worker@b.service")},
		want:    "[worker@.service]",
		diags:   []string{"worker@.service: UMask= is not written: it is not right for all of its instances"},
	}, {
		summary: "an instance with a unit file of its own",
		units:   []report.Unit{instance("worker@a.service", umask...), ownFile},
		want:    "worker@.service UMask=0077(proven no file is shared); worker@two.service UMask=0077(proven)",
	}} {
		t.Run(tc.summary, func(t *testing.T) {
			if tc.opts.Confidence == "" {
				tc.opts.Confidence = report.Likely
			}
			got, diags := targets(&report.Report{Units: tc.units}, tc.opts)
			assert.Equal(t, tc.want, describe(got))
			assert.Equal(t, tc.diags, messages(diags))
		})
	}
}

// describe gives the reasons of templates only.
func describe(list []target) string {
	var out []string
	for _, t := range list {
		text := t.unit.Name
		for _, p := range t.proposals {
			confidence := p.Confidence
			if strings.Contains(text, "@.") {
				confidence = strings.Join(append([]string{confidence}, p.Reasons...), " ")
			}
			text += fmt.Sprintf(" %s=%s(%s)", p.Setting, p.Value, confidence)
		}
		if t.kept {
			text = "[" + text + "]"
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}
