// SPDX-License-Identifier: MIT

// Package scanner is the reading half of systemd-hardening: it takes the root
// file system of an image and says what its services would score on the device.
//
//	rootfs ──> unit ──> exposure ─┐
//	   └─────> binary ─> evidence ┴─> report.Report
//
// rootfs reads the tree with every link confined to it; unit finds and loads
// units as PID 1 of the image's systemd version would, and says which of them the
// device would have in memory; exposure scores a loaded service as
// systemd-analyze security of that version does; binary reads one ELF file, and
// evidence follows what a service's programs reach and turns it into facts and
// unknowns; platform finds version, architecture and kernel, and says which settings the target would enforce;
// seccomp knows system call groups and numbers; cache keeps evidence for the next
// scan; pkgdata knows which recipe ships a
// file; report is what comes out, its gate and its formats.
//
// A scan is a pure function of the image and the options. It writes nothing, runs
// nothing of the image, and needs neither root nor a running systemd. With a cache it
// writes below the folder that is named, through package cache and nowhere else; what it
// says is the same. An entry is for the bytes that were read: of a file, its analysis;
// of an image, the evidence of all services with the list of everything that was read
// and looked up for it (rootfs.Trace), which is read again before the entry counts.
package scanner
