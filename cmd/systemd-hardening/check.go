// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// gateOptions are the options of check besides those of the target.
type gateOptions struct {
	threshold, baseline, today string
	policies, failOn, accept   []string
	reason                     string
	update                     bool
}

func newCheck() *cobra.Command {
	var t target
	var o output
	var g gateOptions
	c := &cobra.Command{
		Use:   "check ROOTFS|REPORT",
		Short: "Fail when a service is over its limit or worse than the baseline",
		Long: `Compares the services with a threshold, a policy file and a baseline, and exits
with 3 when the gate is not met. Every violation is one line: the unit, its package
and recipe, the figure, the limit, and the rows that are cheapest to gain.

--format qa prints CLASS, SEVERITY and MESSAGE, separated by tabs, for BitBake's QA.
sarif is for code scanning, with waivers as suppressions; junit has a test case for
each unit. The exit status is the same for every format.`,
		Example: `  systemd-hardening check rootfs --threshold 5.0
  systemd-hardening check rootfs --policy policy.conf --baseline baseline.txt
  systemd-hardening check rootfs --baseline baseline.txt --update-baseline`,
		Args: exactly(1, "one ROOTFS or REPORT"),
	}
	t.register(c)
	o.register(c, "text", "json", "qa", "sarif", "junit")
	f := c.Flags()
	f.StringVar(&g.threshold, "threshold", "", "highest exposure `LEVEL` that passes, 0.0 to 10.0 as systemd-analyze prints it")
	f.StringArrayVar(&g.policies, "policy", nil, "policy `FILE`; may be given more than once, the later one wins")
	f.StringVar(&g.baseline, "baseline", "", "baseline `FILE`: no unit may be worse than it says")
	f.BoolVar(&g.update, "update-baseline", false, "record in the baseline what got better; write it anew when it is absent")
	f.StringArrayVar(&g.accept, "accept", nil, "with --update-baseline: record `UNIT` although it got worse; needs --reason")
	f.StringVar(&g.reason, "reason", "", "with --accept: the `TEXT` that the baseline keeps")
	f.StringSliceVar(&g.failOn, "fail-on", []string{string(report.ClassExposure), string(report.ClassRegression), string(report.ClassWaiver)},
		"classes of findings that fail; also "+string(report.ClassNotEffective)+", "+string(report.ClassDiagnostic))
	f.StringVar(&g.today, "today", "", "the `DATE` that decides about waivers (default: SOURCE_DATE_EPOCH, else the clock)")
	c.RunE = func(c *cobra.Command, args []string) error {
		gate, err := g.gate(&o)
		if err != nil {
			return err
		}
		r, err := t.load(c, args[0], nil)
		if err != nil {
			return err
		}
		if g.update {
			return g.updateBaseline(c, gate.Baseline, r)
		}
		if len(r.Units) == 0 && o.format != "qa" {
			return fmt.Errorf("%s has no services: nothing was checked", args[0])
		}
		return g.print(c, &o, args[0], r, gate)
	}
	return c
}

// gate reads threshold, policies and baseline; --threshold is what holds where no
// policy says otherwise.
func (g *gateOptions) gate(o *output) (report.Gate, error) {
	gate := report.Gate{Policy: &report.Policy{}}
	if err := g.checkUsage(o); err != nil {
		return gate, err
	}
	if g.threshold != "" {
		level, err := report.ParseLevel(g.threshold)
		if err != nil {
			return gate, usagef("--threshold: %w", err)
		}
		gate.Policy = report.NewPolicy(level)
	}
	for _, file := range g.policies {
		data, err := os.ReadFile(file)
		if err != nil {
			return gate, err
		}
		p, err := report.ParsePolicy(data, file)
		if err != nil {
			return gate, err
		}
		gate.Policy.Merge(p)
	}
	var err error
	if gate.Today, err = g.day(); err != nil {
		return gate, err
	}
	if g.baseline != "" {
		gate.Baseline, err = g.readBaseline()
	}
	return gate, err
}

func (g *gateOptions) checkUsage(o *output) error {
	for _, class := range g.failOn {
		if !slices.Contains(report.Classes, report.Class(class)) {
			return usagef("--fail-on: %q is no class of findings", class)
		}
	}
	switch {
	case g.update && g.baseline == "":
		return usagef("--update-baseline needs --baseline FILE")
	case len(g.accept) > 0 && (!g.update || g.reason == ""):
		return usagef("--accept goes with --update-baseline and --reason TEXT")
	case strings.ContainsAny(g.reason, "\n\r"):
		return usagef("--reason is one line")
	case g.threshold == "" && len(g.policies) == 0 && g.baseline == "" && o.format != "qa":
		return usagef("nothing to check against: give --threshold, --policy or --baseline")
	}
	return o.check()
}

func (g *gateOptions) readBaseline() (*report.Baseline, error) {
	data, err := os.ReadFile(g.baseline)
	if errors.Is(err, fs.ErrNotExist) && g.update {
		data, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	return report.ParseBaseline(data, g.baseline)
}

// day is the date that decides about waivers.
func (g *gateOptions) day() (time.Time, error) {
	if g.today != "" {
		day, err := time.Parse(time.DateOnly, g.today)
		if err != nil {
			return day, usagef("--today: %q is not a date like 2027-06-30", g.today)
		}
		return day, nil
	}
	now := time.Now()
	if epoch := os.Getenv("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return now, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
		}
		now = time.Unix(seconds, 0)
	}
	return now.UTC().Truncate(24 * time.Hour), nil
}

func (g *gateOptions) updateBaseline(c *cobra.Command, b *report.Baseline, r *report.Report) error {
	accept := map[string]string{}
	for _, unit := range g.accept {
		if _, ok := r.Find(unit); !ok {
			return fmt.Errorf("--accept: %s is not in the image", unit)
		}
		accept[unit] = g.reason
	}
	worse, gone := b.Update(r, accept)
	if err := replaceFile(g.baseline, func(w io.Writer) error {
		_, err := io.WriteString(w, b.String())
		return err
	}); err != nil {
		return err
	}
	out := c.OutOrStdout()
	for _, unit := range gone {
		fmt.Fprintf(out, "%s: gone from the image, taken out of the baseline\n", report.Sanitize(unit))
	}
	for _, unit := range worse {
		fmt.Fprintf(out, "%s: got worse, kept as it was; --accept %s --reason TEXT records it\n", report.Sanitize(unit), report.Sanitize(unit))
	}
	if len(worse) > 0 {
		return errGate
	}
	return nil
}

func (g *gateOptions) classes() []report.Class {
	var classes []report.Class
	for _, c := range g.failOn {
		classes = append(classes, report.Class(c))
	}
	return classes
}

// print writes the findings and gives the verdict.
func (g *gateOptions) print(c *cobra.Command, o *output, image string, r *report.Report, gate report.Gate) error {
	findings, classes := gate.Check(r), g.classes()
	checked := report.Checked{Findings: findings, Failing: classes, Baseline: gate.Baseline}
	err := o.write(c, func(w io.Writer, t report.Text) error {
		switch o.format {
		case "json":
			return writeFindings(w, findings)
		case "qa":
			return report.WriteQA(w, findings)
		case "sarif":
			return report.WriteSARIF(w, r, checked)
		case "junit":
			return report.WriteJUnit(w, r, checked)
		}
		return t.Findings(w, findings, classes, "systemd-hardening scan "+image+" UNIT")
	})
	if err == nil && report.Fails(findings, classes) {
		return errGate
	}
	return err
}

func writeFindings(w io.Writer, findings []report.Finding) error {
	if findings == nil {
		findings = []report.Finding{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(map[string]any{"findings": findings})
}
