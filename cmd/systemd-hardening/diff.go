// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

func newDiff() *cobra.Command {
	var t target
	var o output
	var fail bool
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Show what got better or worse, unit by unit and row by row",
		Long:  "Compares two reports or root file systems. Exits with 3 when --fail-on-regression is given and something got worse.",
		Args:  exactly(2, "OLD and NEW, each a ROOTFS or a REPORT"),
	}
	t.register(c)
	o.register(c, "text", "json")
	c.Flags().BoolVar(&fail, "fail-on-regression", false, "exit with 3 when a unit got worse")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		before, err := t.load(c, args[0], nil)
		if err != nil {
			return err
		}
		after, err := t.load(c, args[1], nil)
		if err != nil {
			return err
		}
		d := report.Diff(before, after)
		err = o.write(c, func(w io.Writer, text report.Text) error {
			if o.format == "json" {
				e := json.NewEncoder(w)
				e.SetIndent("", " ")
				return e.Encode(d)
			}
			return text.Difference(w, d)
		})
		if err == nil && fail && len(d.Worse) > 0 {
			return errGate
		}
		return err
	}
	return c
}
