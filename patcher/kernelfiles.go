// SPDX-License-Identifier: MIT

package patcher

import (
	"slices"
	"strings"
)

// kernelFiles says what the kernel asks of who writes below a place of /proc/sys or /sys, besides
// the right to open the file; the longest place counts. What is not listed may ask for all that
// "/proc/sys" or "/sys" have. Sources: the functions of Linux that store the attributes, which
// are named where they ask for something. Where only permissions count, there is nothing.
var kernelFiles = []struct{ place, asks string }{
	{"/proc/sys", "CAP_SYS_ADMIN CAP_NET_ADMIN CAP_SYS_PTRACE CAP_SYS_RAWIO"},
	{"/proc/sys/net", "CAP_NET_ADMIN"},
	{"/proc/sys/net/core", "CAP_NET_ADMIN CAP_SYS_ADMIN"}, // proc_dointvec_minmax_bpf_restricted() of net/core/sysctl_net_core.c
	{"/proc/sys/kernel", "CAP_SYS_ADMIN"},                 // proc_dointvec_minmax_sysadmin(), proc_taint() of kernel/sysctl.c
	{"/proc/sys/kernel/yama", "CAP_SYS_PTRACE"},           // security/yama/yama_lsm.c
	{"/proc/sys/kernel/usermodehelper", "CAP_SETPCAP CAP_SYS_MODULE"},
	{"/proc/sys/kernel/cap-bound", ""}, // Linux has none since 2.6.25
	{"/proc/sys/kernel/core_pattern", ""}, {"/proc/sys/kernel/core_uses_pid", ""}, {"/proc/sys/kernel/core_pipe_limit", ""},
	{"/proc/sys/kernel/random", ""}, {"/proc/sys/kernel/pid_max", ""}, {"/proc/sys/kernel/threads-max", ""}, {"/proc/sys/kernel/panic", ""},
	{"/proc/sys/kernel/shmmax", ""}, {"/proc/sys/kernel/shmall", ""}, {"/proc/sys/kernel/shmmni", ""}, {"/proc/sys/kernel/sem", ""},
	{"/proc/sys/kernel/msgmax", ""}, {"/proc/sys/kernel/msgmnb", ""}, {"/proc/sys/kernel/msgmni", ""}, {"/proc/sys/kernel/sysrq", ""},
	{"/proc/sys/fs", ""}, {"/proc/sys/fs/binfmt_misc", "CAP_SYS_ADMIN"},
	{"/proc/sys/vm", ""}, {"/proc/sys/vm/mmap_min_addr", "CAP_SYS_RAWIO"}, // security/min_addr.c

	{"/sys", "CAP_SYS_ADMIN CAP_NET_ADMIN CAP_SYS_RAWIO"},
	{"/sys/class/net", "CAP_NET_ADMIN"}, {"/sys/devices/virtual/net", "CAP_NET_ADMIN"}, // netdev_store() of net/core/net-sysfs.c
	{"/sys/class/rfkill", "CAP_NET_ADMIN"},                                                                      // net/rfkill/core.c
	{"/sys/block", "CAP_SYS_ADMIN"}, {"/sys/class/block", "CAP_SYS_ADMIN"}, {"/sys/dev/block", "CAP_SYS_ADMIN"}, // md_attr_store() of drivers/md/md.c
	{"/sys/fs/selinux", ""},                         // the policy's permissions: security/selinux/selinuxfs.c
	{"/sys/fs/smackfs", "CAP_MAC_ADMIN"},            // security/smack/smackfs.c
	{"/sys/fs/cgroup", "CAP_SYS_ADMIN"},             // release_agent and devices of version 1
	{"/sys/module", "CAP_SYS_ADMIN CAP_MAC_ADMIN"},  // parameters: security/apparmor/lsm.c
	{"/sys/devices/system/memory", "CAP_SYS_ADMIN"}, // soft_offline_page_store() of drivers/base/memory.c
	{"/sys/devices/system/cpu", ""},                 // drivers/base/cpu.c, drivers/cpufreq
	{"/sys/devices/system/node", ""}, {"/sys/devices/system/edac", ""},
	{"/sys/kernel/mm", ""}, {"/sys/kernel/btf", ""}, {"/sys/kernel/cgroup", ""}, {"/sys/kernel/security/tpm0", ""},
	{"/sys/class/leds", ""}, {"/sys/class/backlight", ""}, {"/sys/class/gpio", ""}, {"/sys/class/pwm", ""}, {"/sys/class/thermal", ""},
	{"/sys/class/power_supply", ""}, {"/sys/class/dmi", ""}, {"/sys/class/rtc", ""},
	{"/sys/power", "CAP_BLOCK_SUSPEND"}, // wake_lock: kernel/power/main.c
}

// readOnlyAttributes are what the folder of each module and each block device has to read only
// (kernel/module/sysfs.c, block/genhd.c).
var readOnlyAttributes = map[string][]string{
	"/sys/module": strings.Fields("coresize holders initsize initstate notes refcnt sections srcversion taint version"),
	"/sys/block":  strings.Fields("capability dev holders inflight range removable ro size slaves stat"),
}

// elsewhere are links that lead out of a folder of /sys.
var elsewhere = []string{"device", "driver", "subsystem", ".."}

// asksWriter returns what writing below a path of /proc/sys or /sys may ask for. Where a part of
// the path is put in at run time, and behind a path that is a folder, everything that may
// stand there counts.
func asksWriter(path string) []string {
	words := strings.Split(path, "/")
	if len(words) > 4 && slices.Contains(readOnlyAttributes[strings.Join(words[:3], "/")], words[4]) {
		return nil
	}
	if strings.HasPrefix(path, "/sys/") && slices.ContainsFunc(words, func(w string) bool { return slices.Contains(elsewhere, w) }) {
		path = "/sys/devices"
	}
	literal, _, open := strings.Cut(path, "%")
	if i := strings.IndexAny(literal, "*?[$"); i >= 0 {
		literal, open = literal[:i], true
	}
	longest, asks := "", ""
	var names []string
	for _, k := range kernelFiles {
		switch {
		case lies(path, []string{k.place}) && len(k.place) > len(longest):
			longest, asks = k.place, k.asks
		case open && strings.HasPrefix(k.place, literal), strings.HasPrefix(k.place, path+"/"):
			names = append(names, strings.Fields(k.asks)...)
		}
	}
	return append(names, strings.Fields(asks)...)
}

// openToAll are files in the folder of a process that everybody may read, whose process
// it be, without a question to ptrace(2)'s rules (fs/proc/base.c of Linux; proc(5)).
var openToAll = strings.Fields("stat status statm cmdline comm cgroup cpuset oom_score limits sessionid schedstat mounts mountinfo attr net setgroups")

// asksOfProcess returns what opening or writing to a file in the folder of a process, as
// "/proc/%d/stat" is, may ask for. The maps of user ids ask for the right to all that they
// have (new_idmap_permitted() and verify_root_map() of kernel/user_namespace.c).
func asksOfProcess(path string) []string {
	words := strings.Split(path, "/")
	if len(words) > 4 && words[3] == "task" {
		words = slices.Delete(words, 3, 5)
	}
	if len(words) < 4 {
		return []string{"CAP_SYS_PTRACE", "CAP_SYS_RESOURCE"}
	}
	switch file := words[3]; {
	case slices.Contains(openToAll, file):
		return nil
	case strings.HasPrefix(file, "oom_"):
		return []string{"CAP_SYS_RESOURCE"}
	case strings.HasSuffix(file, "id_map"):
		return []string{"CAP_SETUID", "CAP_SETGID", "CAP_SETFCAP"}
	case strings.Contains(file, "%"):
		return []string{"CAP_SYS_PTRACE", "CAP_SYS_RESOURCE"}
	}
	return []string{"CAP_SYS_PTRACE"}
}
