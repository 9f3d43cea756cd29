// SPDX-License-Identifier: MIT

// Command systemd-hardening scores the systemd services of an image's root file
// system as systemd-analyze security on the booted device would, gates a build on
// the result, and writes hardening into a layer. See `systemd-hardening help`.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// The heap is collected when it grew by 40 MB and two fifths of what was alive the last
// time. Go's own rule, by twice that, is too often for a small heap, which a scan
// without evidence never fills, and too late for a large one: the memory of builders is
// shared. Go counts only percentages, so an untouched allocation stands for the
// constant part; it is address space, no memory.
const (
	gcPercent = 40
	ballast   = 100 << 20 // bytes
)

func main() {
	debug.SetGCPercent(gcPercent)
	untouched := make([]byte, ballast)
	code := run(os.Args[1:], os.Stdout, os.Stderr)
	runtime.KeepAlive(untouched)
	os.Exit(code)
}
