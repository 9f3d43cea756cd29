// SPDX-License-Identifier: MIT

package evidence

import (
	"fmt"
	"slices"
	"strings"
)

// ioctlRow says what the kernel asks for an ioctl(2) of a type: the second byte of its number.
// Of the numbers (the first byte) that stand in plain it asks nothing, of those in other what is
// there, and of the rest asks. Sized rows are of requests that have a size, as _IOR() and its like
// make them; older ones have none.
type ioctlRow struct {
	group uint64
	sized bool
	plain string
	asks  string
	other map[uint64]string
}

// ioctlRows has the types that are known. Sources: the functions of Linux that carry the
// requests out, named in each row, and the headers of include/uapi/linux that give the numbers.
var ioctlRows = []ioctlRow{
	// Sockets: devinet_ioctl(), dev_ioctl(); plain are the getters of interfaces, routes and addresses.
	{0x89, false, "01 02 03 04 05 06 07 10 12 13 15 17 19 1b 1d 21 27 33 42 70", "CAP_NET_ADMIN", nil},
	{0x89, true, "06 07", "CAP_NET_ADMIN", nil},
	// Wireless extensions: net/wireless/wext-core.c; odd ones ask, but for keys.
	{0x8b, false, "01 03 05 07 09 0b 0d 0f 11 13 15 17 19 1b 1d 1f 21 23 25 27 29 2d 2f 31 33", "CAP_NET_ADMIN", nil},
	// Terminals: drivers/tty/tty_io.c. TIOCSCTTY TIOCSTI TIOCLINUX TIOCCONS TIOCSSERIAL TIOCSETD TIOCVHANGUP TIOCSLCKTRMIOS
	{0x54, false, "", "", map[uint64]string{0x0e: sysAdmin, 0x12: sysAdmin, 0x1c: sysAdmin + " CAP_SYS_TTY_CONFIG", 0x1d: sysAdmin, 0x1f: sysAdmin, 0x23: device, 0x37: sysAdmin, 0x57: sysAdmin}},
	{0x54, true, below200, "CAP_NET_ADMIN", nil},                                               // ALSA's timers, and TUN from 200 on (drivers/net/tun.c)
	{0x4b, false, "", "CAP_SYS_TTY_CONFIG", nil}, {0x56, false, "", "CAP_SYS_TTY_CONFIG", nil}, // drivers/tty/vt/vt_ioctl.c
	{0x56, true, "", "", map[uint64]string{79: sysAdmin, 80: sysAdmin, 102: sysAdmin}}, // video: the registers of drivers/media/v4l2-core
	// Block devices: block/ioctl.c; plain are the getters, and what only takes the right to write.
	{0x12, false, "5e 60 63 65 67 68 77 78 79 7a 7b 7c 7d 7e 7f", sysAdmin, nil},
	{0x12, true, "70 72 80", sysAdmin, nil},
	{0x4c, false, "03 05", sysAdmin, nil}, // LOOP_GET_STATUS: drivers/block/loop.c
	{0x53, false, "", "", map[uint64]string{0x12: sysAdmin, 0x29: sysAdmin, 0x30: sysAdmin, 0x93: sysAdmin + " CAP_SYS_RAWIO"}}, // compact discs: drivers/cdrom/cdrom.c
	{0x53, true, "", "", nil},                                                                    // ALSA's sequencer
	{0x02, true, "04", device, nil}, {0x03, false, "01 09 0d", sysAdmin + " CAP_SYS_RAWIO", nil}, // floppies and disks
	{0x22, false, "", sysAdmin + " CAP_SYS_RAWIO", nil}, {0xb3, true, "", "CAP_SYS_RAWIO", nil}, // SCSI's commands, MMC's
	{0x4e, false, "40", sysAdmin, nil}, {0x4e, true, "", sysAdmin, nil}, // NVMe: drivers/nvme/host/ioctl.c
	{0xfd, true, "", sysAdmin, nil}, {0x09, false, "", sysAdmin, nil}, {0x09, true, "", sysAdmin, nil}, // device mapper, RAID
	{0x6f, true, "", sysAdmin + " CAP_SYS_RESOURCE", nil}, {0x4f, true, "", sysAdmin + " CAP_SYS_RESOURCE", nil}, // UBI: drivers/mtd/ubi/cdev.c
	// Files: fs/ioctl.c.
	{0x66, true, "01 0b", sysAdmin + " CAP_LINUX_IMMUTABLE CAP_SYS_RESOURCE", map[uint64]string{2: "CAP_LINUX_IMMUTABLE"}},
	{0x58, true, "1f", sysAdmin, map[uint64]string{0x20: "CAP_LINUX_IMMUTABLE"}},
	{0x94, true, "09 0d 36", sysAdmin, nil}, {0x76, true, "01", device, nil},
	// Clocks: drivers/rtc/dev.c (PIE_ON, SET_TIME, IRQP_SET, EPOCH_SET, PARAM_SET), drivers/char/nvram.c, drivers/pps, block/sed-opal.c from 0xdc on.
	{0x70, false, "", "", map[uint64]string{0x05: "CAP_SYS_RESOURCE", 0x40: sysAdmin, 0x41: sysAdmin}},
	{0x70, true, "07 08 09 0b 0d 0f 10 12 13", sysAdmin + " CAP_SYS_TIME", map[uint64]string{0x0a: "CAP_SYS_TIME", 0x0c: "CAP_SYS_RESOURCE", 0x0e: "CAP_SYS_TIME"}},
	{0x3d, true, "", "", map[uint64]string{0x04: "CAP_SYS_TIME", 0x0d: "CAP_SYS_TIME"}}, // PTP_ENABLE_PPS: drivers/ptp/ptp_chardev.c
	{0x52, true, "00", sysAdmin, nil}, // random numbers: drivers/char/random.c
	// Devices that ask for nothing beyond the right to open them: I2C, input, watchdogs, SPI, GPIO, KVM, IPMI, joysticks,
	// USB and the controls of ALSA, its sound (APM has the first two), hidraw (Bluetooth is from 200 on, net/bluetooth/hci_sock.c).
	{0x07, false, "", "", nil}, {0x45, true, "", "", nil}, {0x57, true, "", "", nil}, {0x6b, true, "", "", nil}, {0xb4, true, "", "", nil},
	{0xae, true, "", "", nil}, {0xae, false, "", "", nil}, {0x69, true, "", "", nil}, {0x6a, true, "", "", nil}, {0x55, true, "", "", nil}, {0x55, false, "", "", nil},
	{0x41, true, "", "", nil}, {0x41, false, "", "", map[uint64]string{1: sysAdmin, 2: sysAdmin}}, {0x48, true, below200, "CAP_NET_ADMIN", nil},
	{0x64, true, "", sysAdmin, nil}, {0x74, true, "", "CAP_NET_ADMIN", nil}, // graphics: drivers/gpu/drm/drm_ioctl.c; PPP
}

const (
	sysAdmin = "CAP_SYS_ADMIN"
	// device is what a driver may ask for.
	device = "CAP_SYS_ADMIN CAP_SYS_RAWIO CAP_NET_ADMIN CAP_SYS_TTY_CONFIG"
)

// below200 stands for the numbers up to 199.
const below200 = "<200"

// asksFor returns what the kernel asks for a number.
func (row ioctlRow) asksFor(number uint64) string {
	other, listed := row.other[number]
	switch {
	case listed:
		return other
	case row.plain == below200 && number < 200, slices.Contains(strings.Fields(row.plain), fmt.Sprintf("%02x", number)):
		return ""
	}
	return row.asks
}

// ioctlCapabilities returns what the kernel asks for a request.
func ioctlCapabilities(request uint64) []string {
	request &= 0xffffffff
	group, number, sized := request>>8&0xff, request&0xff, request>>16 != 0
	switch request {
	case 1: // FIBMAP, and the oldest way to send SCSI commands
		return []string{sysAdmin, "CAP_SYS_RAWIO"}
	case 2: // FIGETBSZ
		return nil
	}
	for _, row := range ioctlRows {
		if row.group == group && row.sized == sized {
			return strings.Fields(row.asksFor(number))
		}
	}
	return []string{sysAdmin, "CAP_SYS_RAWIO", "CAP_NET_ADMIN"}
}

// setsClock tells whether a request is one of the real-time clocks or of PPS.
func setsClock(request uint64) bool {
	number := request & 0xff
	return request>>8&0xff == 0x70 && number < 0xdc && number != 0x40 && number != 0x41
}

// anyIoctl is what a request that is not known may ask for.
var anyIoctl = strings.Fields(device + " CAP_LINUX_IMMUTABLE CAP_SYS_TIME")

func judgeIoctl(c *collector, x *call) {
	requests, all := x.ints(1)
	if x.libc || slices.Contains(harmlessWrappers, x.in) {
		return // of the C library: terminals and interface lists
	}
	if !all && !c.asksNothing(x) {
		c.capability(x.at, anyIoctl...)
		c.unknown("ioctl-unresolved", "", x.at)
	}
	for _, r := range requests {
		c.capability(x.at, ioctlCapabilities(r)...)
		if setsClock(r) {
			c.fact(FactClock, fmt.Sprintf("ioctl %#x", r&0xffffffff), x.at)
		}
	}
}
