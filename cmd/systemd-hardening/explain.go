// SPDX-License-Identifier: MIT

package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

func newExplain() *cobra.Command {
	var t target
	var o output
	c := &cobra.Command{
		Use:   "explain ROOTFS|REPORT UNIT [SETTING]",
		Short: "Show the chain of evidence for and against a unit's settings",
		Long: `Shows for one unit, or one setting of it, what is proposed and what is withheld, with
the reasons: the system calls, paths and programs that were found in what the unit
executes, where, and by which calls; and what could not be seen and what that blocks.`,
		Example: `  systemd-hardening explain rootfs auditd.service
  systemd-hardening explain rootfs auditd.service ProtectClock`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 || len(args) > 3 {
				return usagef("give ROOTFS or REPORT, UNIT and at most one SETTING")
			}
			return nil
		},
	}
	t.register(c)
	o.register(c, "text", "json")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		t.evidence = true
		r, err := t.load(c, args[0], args[1:2])
		if err != nil {
			return err
		}
		setting := ""
		if len(args) == 3 {
			setting = args[2]
		}
		return o.write(c, func(w io.Writer, text report.Text) error {
			if o.format == "json" {
				return report.WriteJSON(w, r)
			}
			for _, u := range r.Units {
				if err := text.Explain(w, u, setting); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return c
}
