// SPDX-License-Identifier: MIT

package unit

import (
	"strconv"
	"strings"
)

// CapabilitySet is a set of Linux capabilities, bit N for capability number N.
type CapabilitySet uint64

// capabilityNames in the order of their numbers (capabilities(7), Linux 5.9).
var capabilityNames = strings.Fields(`
	CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL CAP_SETGID CAP_SETUID
	CAP_SETPCAP CAP_LINUX_IMMUTABLE CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_ADMIN CAP_NET_RAW
	CAP_IPC_LOCK CAP_IPC_OWNER CAP_SYS_MODULE CAP_SYS_RAWIO CAP_SYS_CHROOT CAP_SYS_PTRACE CAP_SYS_PACCT
	CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE CAP_SYS_RESOURCE CAP_SYS_TIME CAP_SYS_TTY_CONFIG CAP_MKNOD
	CAP_LEASE CAP_AUDIT_WRITE CAP_AUDIT_CONTROL CAP_SETFCAP CAP_MAC_OVERRIDE CAP_MAC_ADMIN CAP_SYSLOG
	CAP_WAKE_ALARM CAP_BLOCK_SUSPEND CAP_AUDIT_READ CAP_PERFMON CAP_BPF CAP_CHECKPOINT_RESTORE`)

const (
	maxCapability = 62 // the highest number that systemd accepts

	allOf64   CapabilitySet = 1<<64 - 1 // "all" up to 258
	allOf63   CapabilitySet = 1<<63 - 1 // "all" from 259 on
	kernelHas CapabilitySet = 1<<41 - 1 // what Linux 5.9 and later knows, for the complement of 259 and later
)

// Capability returns the set of one capability by name, CAP_ and upper case.
func Capability(name string) CapabilitySet {
	for i, n := range capabilityNames {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// Names returns the names in the set, in the order of their numbers.
func (c CapabilitySet) Names() []string {
	var names []string
	for i, n := range capabilityNames {
		if c&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// AllCapabilities is the bounding set of a service that sets none.
func AllCapabilities(v Version) CapabilitySet {
	if v.Major >= 259 {
		return allOf63
	}
	return allOf64
}

// parseCapability reads a name in any case or a number; names of no capability
// and numbers over 62 give an empty set.
func parseCapability(word string) CapabilitySet {
	if n, err := strconv.ParseUint(word, 10, 8); err == nil {
		if n <= maxCapability {
			return 1 << n
		}
		return 0
	}
	return Capability(strings.ToUpper(word))
}

// mergeCapabilities applies one CapabilityBoundingSet= or AmbientCapabilities=
// value to a set: it replaces the initial set, and is replaced when the line
// names no known capability; otherwise it adds, or with ~ removes.
func mergeCapabilities(now, initial CapabilitySet, value string, v Version) (CapabilitySet, []string) {
	list, invert := strings.CutPrefix(value, "~")
	words, err := splitWords(list, true, v.Major >= 254)
	var sum CapabilitySet
	var unknown []string
	for _, w := range words {
		c := parseCapability(w)
		if c == 0 {
			unknown = append(unknown, w)
		}
		sum |= c
	}
	if err != nil {
		unknown = append(unknown, err.Error())
	}
	switch {
	case sum == 0 || now == initial:
		if !invert {
			return sum, unknown
		}
		if v.Major >= 259 {
			return kernelHas &^ sum, unknown
		}
		return ^sum, unknown
	case invert:
		return now &^ sum, unknown
	}
	return now | sum, unknown
}
