// SPDX-License-Identifier: MIT

package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

func newScan() *cobra.Command {
	var t target
	var o output
	c := &cobra.Command{
		Use:   "scan ROOTFS|REPORT [UNIT...]",
		Short: "Show what the services score, or the rows of single units",
		Long: `Scores the services that the booted device would list, the worst first. With
UNIT names: the table of each of them, row by row, with the line that decided it.

IGNORED counts lines that systemd would ignore or stumble over, INEFFECTIVE counts
settings that this target would not enforce.

--format html is one page that needs no network. sarif has every row that does not
hold as a note; junit has a test case for each unit. For what fails a gate see check.`,
		Example: `  systemd-hardening scan rootfs
  systemd-hardening scan rootfs sshd.service
  systemd-hardening scan rootfs --format json --output report.json
  systemd-hardening scan report.json --format html --output report.html`,
		Args: atLeast(1, "ROOTFS"),
	}
	t.register(c)
	o.register(c, "text", "json", "html", "sarif", "junit")
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		r, err := t.load(c, args[0], args[1:])
		if err != nil {
			return err
		}
		return o.write(c, func(w io.Writer, text report.Text) error {
			switch {
			case o.format == "json":
				return report.WriteJSON(w, r)
			case o.format == "html":
				return report.WriteHTML(w, r)
			case o.format == "sarif":
				return report.WriteSARIFRows(w, r, report.Observe(r))
			case o.format == "junit":
				return report.WriteJUnit(w, r, report.Observe(r))
			case len(args) == 1:
				return text.Overview(w, r)
			}
			for i, u := range r.Units {
				if i > 0 {
					if _, err := io.WriteString(w, "\n"); err != nil {
						return err
					}
				}
				if err := text.Detail(w, u); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return c
}
