// SPDX-License-Identifier: MIT

// Command systemd-hardening scores the systemd services of an image's root file
// system as systemd-analyze security on the booted device would, gates a build on
// the result, and writes hardening into a layer. See `systemd-hardening help`.
package main

import (
	"os"
	"runtime/debug"
)

// gcPercent lets the heap of this short-lived program grow further than Go's
// default of 100 before it is collected: a scan of 700 units takes a third less time.
const gcPercent = 400

func main() {
	debug.SetGCPercent(gcPercent)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}
