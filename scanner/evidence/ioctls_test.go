// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// asked are the capabilities that a call asks for, with "?" for an unknown.
func asked(name, soname string, args ...elfcode.Arg) string {
	c := &collector{facts: map[[2]string]bool{}, unknowns: map[[3]string]bool{}}
	judges[name](c, &call{name: name, soname: soname, args: args})
	var got []string
	for _, f := range c.result.Facts {
		if f.ID == FactCapability {
			got = append(got, strings.TrimPrefix(f.Value, "CAP_"))
		}
	}
	slices.Sort(got)
	if len(c.result.Unknowns) > 0 {
		got = append(got, "?")
	}
	return strings.Join(got, " ")
}

func TestIoctls(t *testing.T) {
	for _, tc := range []struct {
		summary string
		request uint64
		want    string
	}{
		{"the size of a window", 0x5413, ""}, {"a key into a terminal", 0x5412, "SYS_ADMIN"}, {"the number of a pseudo-terminal", 0x80045430, ""},
		{"a tunnel", 0x400454ca, "NET_ADMIN"}, {"the mode of a console", 0x4b3a, "SYS_TTY_CONFIG"}, {"a frame of video", 0xc058560f, ""},
		{"a register of video", 0x4038564f, "SYS_ADMIN"},
		{"the address of an interface", 0x8915, ""}, {"a new address of an interface", 0x8916, "NET_ADMIN"}, {"the name of a wireless network", 0x8b1b, ""},
		{"a new name of a wireless network", 0x8b1a, "NET_ADMIN"}, {"a key of a wireless network", 0x8b2b, "NET_ADMIN"},
		{"the size of a disk", 0x80081272, ""}, {"the table of a disk again", 0x125f, "SYS_ADMIN"}, {"blocks that are no longer used", 0x1277, ""},
		{"the file of a loop device", 0x4c05, ""}, {"a file for a loop device", 0x4c00, "SYS_ADMIN"}, {"the tray of a drive", 0x5326, ""}, {"a command to a drive", 0x5393, "SYS_ADMIN SYS_RAWIO"},
		{"a SCSI command", 0x2285, "SYS_ADMIN SYS_RAWIO"}, {"a mapped device", 0xc138fd03, "SYS_ADMIN"}, {"a volume of UBI", 0x40986f00, "SYS_ADMIN SYS_RESOURCE"},
		{"the flags of a file", 0x80086601, ""}, {"new flags of a file", 0x40086602, "LINUX_IMMUTABLE"}, {"a copy that shares", 0x40049409, ""},
		{"the time of a clock", 0x80247009, ""}, {"a new time of a clock", 0x4024700a, "SYS_TIME"}, {"a lock of a disk", 0x411870dc, "SYS_ADMIN SYS_TIME"},
		{"entropy", 0x40085203, "SYS_ADMIN"}, {"a message on I2C", 0x0707, ""}, {"a watchdog", 0x80045705, ""}, {"a key", 0x80604520, ""},
		{"a report of hidraw", 0xc0404806, ""}, {"a Bluetooth device up", 0x400448c9, "NET_ADMIN"}, {"the sound", 0x4140, ""},
		{"the size of a block", 2, ""}, {"the block of a file", 1, "SYS_ADMIN SYS_RAWIO"}, {"something of a driver", 0x4004e101, "NET_ADMIN SYS_ADMIN SYS_RAWIO"},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			assert.Equal(t, tc.want, asked("ioctl", "", known(1, tc.request)))
			assert.Equal(t, tc.want, asked("ioctl", "", known(1, tc.request|0xffffffff<<32)), "with a sign")
		})
	}
	assert.Equal(t, "LINUX_IMMUTABLE NET_ADMIN SYS_ADMIN SYS_RAWIO SYS_TIME SYS_TTY_CONFIG ?", asked("ioctl", ""))
	for i, row := range ioctlRows {
		assert.False(t, slices.ContainsFunc(ioctlRows[:i], func(r ioctlRow) bool { return r.group == row.group && r.sized == row.sized }), "%#x has two rows", row.group)
	}
}

func TestSocketOptions(t *testing.T) {
	for _, tc := range []struct {
		summary string
		args    []elfcode.Arg
		want    string
	}{
		{"an address again", []elfcode.Arg{known(1, 1), known(2, 2)}, ""},
		{"an interface", []elfcode.Arg{known(1, 1), known(2, 25)}, "NET_RAW"},
		{"a larger buffer by force", []elfcode.Arg{known(1, 1), known(2, 33)}, "NET_ADMIN"},
		{"the transparent proxy of IPv4", []elfcode.Arg{known(1, 0), known(2, 19)}, "NET_ADMIN NET_RAW"},
		{"IPv6's own copies, of the same number", []elfcode.Arg{known(1, 41), known(2, 19)}, ""},
		{"the transparent proxy of IPv6", []elfcode.Arg{known(1, 41), known(2, 75)}, "NET_ADMIN NET_RAW"},
		{"headers of IPv6", []elfcode.Arg{known(1, 41), known(2, 54)}, "NET_RAW"},
		{"a connection that is put together again", []elfcode.Arg{known(1, 6), known(2, 19)}, "NET_ADMIN"},
		{"a level that is not known", []elfcode.Arg{known(2, 75)}, "NET_ADMIN NET_RAW"},
		{"an option that is not known", []elfcode.Arg{known(1, 41)}, "NET_ADMIN NET_RAW"},
	} {
		t.Run(tc.summary, func(t *testing.T) { assert.Equal(t, tc.want, asked("setsockopt", "", tc.args...)) })
	}
}

func TestNetlink(t *testing.T) {
	const audit = "AUDIT_CONTROL AUDIT_READ AUDIT_WRITE"
	netlink := func(args ...elfcode.Arg) []elfcode.Arg {
		return append([]elfcode.Arg{known(0, 16), known(1, 3)}, args...)
	}
	for _, tc := range []struct {
		summary, name, soname string
		args                  []elfcode.Arg
		want                  string
	}{
		{"routes", "socket", "", netlink(known(2, 0)), "NET_ADMIN"},
		{"events of devices", "socket", "", netlink(known(2, 15)), ""},
		{"decisions of SELinux", "socket", "", netlink(known(2, 7)), ""},
		{"audit", "socket", "", netlink(known(2, 9)), audit},
		{"iSCSI", "socket", "", netlink(known(2, 8)), "NET_ADMIN SYS_ADMIN"},
		{"any", "socket", "", netlink(), audit + " NET_ADMIN"},
		{"what a caller of libnl names", "socket", "libnl-3.so.200", netlink(), ""},
		{"libnl's caller", "nl_connect", "", []elfcode.Arg{known(1, 16)}, "NET_ADMIN"},
		{"libnl's caller, any", "nl_connect", "", nil, audit + " NET_ADMIN SYS_ADMIN"},
		{"libmnl's caller", "mnl_socket_open", "", []elfcode.Arg{known(0, 15)}, ""},
	} {
		t.Run(tc.summary, func(t *testing.T) { assert.Equal(t, tc.want, asked(tc.name, tc.soname, tc.args...)) })
	}
}
