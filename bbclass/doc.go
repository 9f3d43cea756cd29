// SPDX-License-Identifier: MIT

// Package bbclass has the tests of the BitBake classes in this folder, of the
// layer meta-hardening that carries them, and of docs/bitbake.md. There is no
// Go code in it: the classes call the tool.
//
//	make bitbake-test     runs everything with real BitBake
//	go test ./bbclass     runs what needs no BitBake
package bbclass
