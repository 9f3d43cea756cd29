// SPDX-License-Identifier: MIT

package patcher

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhatFilesOfTheKernelAsk(t *testing.T) {
	const hardware = "CAP_NET_ADMIN CAP_SYS_ADMIN CAP_SYS_RAWIO"
	for _, tc := range []struct{ summary, path, asks string }{
		{"a variable whose permissions alone count", "/proc/sys/vm/drop_caches", ""},
		{"one that asks for more than its neighbours", "/proc/sys/vm/mmap_min_addr", "CAP_SYS_RAWIO"},
		{"one of the network", "/proc/sys/net/ipv4/conf/%s/forwarding", "CAP_NET_ADMIN"},
		{"one of the network that is named at run time", "/proc/sys/net/%s", "CAP_NET_ADMIN CAP_SYS_ADMIN"},
		{"one with a known beginning that is a part of a name", "/proc/sys/vm/mmap_%s", "CAP_SYS_RAWIO"},
		{"one that is not known at all", "/proc/sys/%s", "CAP_NET_ADMIN CAP_SETPCAP CAP_SYS_ADMIN CAP_SYS_MODULE CAP_SYS_PTRACE CAP_SYS_RAWIO"},
		{"a folder, to which a name may be added", "/proc/sys/vm", "CAP_SYS_RAWIO"},
		{"a lamp", "/sys/class/leds/%s/brightness", ""},
		{"the device of a lamp", "/sys/class/leds/%s/device/config", hardware},
		{"the folder of all lamps", "/sys/class/leds", ""},
		{"a name that begins alike", "/sys/class/ledsome", hardware},
		{"an interface", "/sys/class/net/eth0/brport/multicast_fast_leave", "CAP_NET_ADMIN"},
		{"a class that is not known", "/sys/class/%s/x", "CAP_NET_ADMIN CAP_SYS_ADMIN CAP_SYS_RAWIO"},
		{"an attribute of a module that is there to read", "/sys/module/%s/refcnt", ""},
		{"a parameter of a module", "/sys/module/%s/parameters/%s", "CAP_MAC_ADMIN CAP_SYS_ADMIN"},
		{"a variable that cannot be written to", "/proc/sys/kernel/osrelease", ""},
		{"a process in words that all may read", "/proc/%d/cmdline", ""},
		{"open files of another process", "/proc/%d/fd/%d", "CAP_SYS_PTRACE"},
		{"the maps of users of a child", "/proc/%d/%cid_map", "CAP_SETFCAP CAP_SETGID CAP_SETUID"},
		{"how soon a process is ended", "/proc/%d/oom_score_adj", "CAP_SYS_RESOURCE"},
		{"a file of a process that is named at run time", "/proc/%d/%s", "CAP_SYS_PTRACE CAP_SYS_RESOURCE"},
		{"a clock", "/dev/rtc0", "CAP_SYS_TIME"},
		{"the first process's program", "/proc/1/exe", "CAP_SYS_PTRACE"},
		{"what a process may tell of itself", "/proc/self/exe", ""},
		{"the configuration of a device, which is read", "/sys/bus/pci/devices/%s/config", hardware},
		{"addresses of the kernel", "/proc/kallsyms", "CAP_SYSLOG"},
		{"none of these", "/var/lib/x", ""},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			got := asksPath(tc.path)
			slices.Sort(got)
			assert.Equal(t, tc.asks, strings.Join(slices.Compact(got), " "))
		})
	}
}
