// SPDX-License-Identifier: MIT

// Command systemd-hardening scores the systemd services of an image's root file
// system as systemd-analyze security on the booted device would, gates a build on
// the result, and writes hardening into a layer. See `systemd-hardening help`.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}
