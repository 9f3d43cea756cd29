// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// version is set by the build: -ldflags "-X main.version=1.2.3".
var version = "devel"

// Exit codes; the same for every verb and format.
const (
	exitFailure = 1 // the tool could not do its work
	exitUsage   = 2 // the call is wrong
	exitGate    = 3 // the gate is not met
)

// errGate says that the gate is not met; what failed is printed already.
var errGate = errors.New("the gate is not met")

// usageError is a wrong call.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run is the whole program but for the exit: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errGate):
		return exitGate
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "systemd-hardening: %v\nSee 'systemd-hardening help'.\n", err)
		return exitUsage
	}
	fmt.Fprintf(stderr, "systemd-hardening: %v\n", err)
	return exitFailure
}

const longHelp = `Scores the systemd services of an image's root file system exactly as
'systemd-analyze security' on the booted device would, before there is a device.

ROOTFS is the folder of an unpacked root file system; REPORT a report that
'scan --format json' wrote. Nothing of the image is run, nothing is written into it.

Thresholds and exposure levels are on the scale that systemd-analyze prints:
0.0 (best) to 10.0 (worst).

Exit status: 0 success, 1 failure, 2 wrong usage, 3 the gate is not met.`

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "systemd-hardening",
		Short:         "Score, gate and harden the systemd services of an image",
		Long:          longHelp,
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newScan(), newCheck(), newHarden(), newExplain(), newDiff())
	return root
}

// atLeast is cobra.MinimumNArgs with the exit code of a wrong call.
func atLeast(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < n {
			return usagef("%s is missing", what)
		}
		return nil
	}
}

func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef("give exactly %s", what)
		}
		return nil
	}
}

// isDirectory tells a root file system from a report.
func isDirectory(path string) (bool, error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	return info.IsDir(), nil
}

// isBelow tells whether a path, which may not exist yet, is a folder or lies in it.
func isBelow(path, folder string) (bool, error) {
	within, err := os.Stat(folder)
	if err != nil {
		return false, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return false, err
	}
	real, err := filepath.EvalSymlinks(path)
	for ; err != nil && path != filepath.Dir(path); real, err = filepath.EvalSymlinks(path) {
		path = filepath.Dir(path)
	}
	for ; err == nil; real = filepath.Dir(real) {
		if info, err := os.Stat(real); err == nil && os.SameFile(info, within) {
			return true, nil
		}
		if real == filepath.Dir(real) {
			break
		}
	}
	return false, err
}
