// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/systemd-hardening/systemd-hardening/scanner"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// output holds the options that say where a result goes and in which form.
type output struct {
	format, file string
	formats      []string
}

func (o *output) register(c *cobra.Command, formats ...string) {
	o.formats = formats
	c.Flags().StringVar(&o.format, "format", formats[0], fmt.Sprintf("output `FORMAT`: %s", join(formats)))
	c.Flags().StringVarP(&o.file, "output", "o", "", "write to `FILE`, which is replaced as a whole, instead of the standard output")
}

func join(words []string) string {
	text := ""
	for i, w := range words {
		if i > 0 {
			text += ", "
		}
		text += w
	}
	return text
}

// write calls print for the format's writer and writes the result at once: a file
// appears only when it is complete, and a terminal or pipe gets it in one piece.
func (o *output) write(c *cobra.Command, print func(w io.Writer, t report.Text) error) error {
	if o.file != "" {
		return replaceFile(o.file, func(w io.Writer) error { return print(w, report.Text{}) })
	}
	out := bufio.NewWriterSize(c.OutOrStdout(), 64<<10)
	if err := print(out, textFor(c.OutOrStdout())); err != nil {
		return err
	}
	return out.Flush()
}

func (o *output) check() error {
	for _, f := range o.formats {
		if o.format == f {
			return nil
		}
	}
	return usagef("--format is one of %s, not %q", join(o.formats), o.format)
}

// replaceFile writes beside the file and renames, so that no reader sees half of it.
func replaceFile(path string, print func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	out := bufio.NewWriterSize(f, 64<<10)
	if err = print(out); err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// textFor looks at what is printed to: colour and width only on a terminal, and
// no colour where NO_COLOR is set (no-color.org) or the terminal is dumb.
func textFor(w io.Writer) report.Text {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return report.Text{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return report.Text{Color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", Width: width}
}

// showProgress shows the scan's progress as asked; the returned function ends it.
func (t *target) showProgress(stderr io.Writer, opts *scanner.Options) (stop func()) {
	last := -1
	percent := func(done, total int, show func(int)) {
		if now := 100 * done / max(total, 1); now != last {
			last = now
			show(now)
		}
	}
	switch {
	case t.progress == "bitbake":
		opts.Progress = func(done, total int) {
			percent(done, total, func(p int) { fmt.Fprintf(stderr, "%d%%\n", p) })
		}
	case t.progress == "auto" && isTerminal(stderr):
		opts.Progress = func(done, total int) {
			percent(done, total, func(p int) { fmt.Fprintf(stderr, "\rscanning %3d%%", p) })
		}
		return func() { fmt.Fprint(stderr, "\r\x1b[K") }
	}
	return func() {}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
