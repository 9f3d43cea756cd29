// SPDX-License-Identifier: MIT

package binary

import "github.com/systemd-hardening/systemd-hardening/scanner/seccomp"

// SyscallName is the name of a system call number of an architecture.
func SyscallName(arch string, number uint64) (string, bool) {
	if number > 1<<31 {
		return "", false
	}
	return seccomp.Release{}.Name(seccomp.Arch(arch), int(number))
}
