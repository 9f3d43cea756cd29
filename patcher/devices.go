// SPDX-License-Identifier: MIT

package patcher

import (
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// pseudoDevices stay with PrivateDevices=yes (systemd.exec(5)); /dev/log is a link
// to a socket that stays too.
var pseudoDevices = strings.Fields(`/dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx /dev/log /dev/stdin /dev/stdout
	/dev/stderr /dev/fd /dev/pts /dev/shm /dev/mqueue`)

// isRealDevice tells whether a fact names /dev itself or something in it that goes
// with PrivateDevices=yes.
func isRealDevice(f report.Fact) bool {
	if !isPath(f) || f.Value != "/dev" && !strings.HasPrefix(f.Value, "/dev/") {
		return false
	}
	return !slices.ContainsFunc(pseudoDevices, func(d string) bool { return f.Value == d || strings.HasPrefix(f.Value, d+"/") })
}

func realDevices(s *subject) []string { return s.facts(isRealDevice) }

func clockDevices(s *subject) []string {
	return s.facts(func(f report.Fact) bool {
		return isPath(f) && slices.ContainsFunc([]string{"/dev/rtc", "/dev/ptp", "/dev/pps"}, func(d string) bool { return strings.HasPrefix(f.Value, d) })
	})
}

// terminal: standard input or output on a device is opened inside the service's
// control group, where only the devices on its list are.
func terminal(s *subject) []string {
	why := asks("TTYPath")(s)
	for _, a := range s.own {
		if slices.Contains([]string{"StandardInput", "StandardOutput", "StandardError"}, a.Key) && (strings.HasPrefix(a.Value, "tty") || strings.Contains(a.Value, "/dev/")) {
			why = append(why, a.Key+"="+a.Value+" opens a device")
		}
	}
	return why
}

func privateDevices(s *subject) verdict {
	if v, against := s.against("PrivateDevices", realDevices, fact("raw-io", ""), fact("capability", "CAP_MKNOD"), asks("DeviceAllow"), terminal); against {
		return v
	}
	return s.proposed(report.Likely, yes("PrivateDevices"), "nothing that it runs, and no configuration in the image, names a device but the pseudo devices that stay")
}

// listedDevices: with a list the policy "auto" allows what "closed" does, the list
// and the pseudo devices (systemd.resource-control(5), DevicePolicy=).
func listedDevices(s *subject) verdict {
	if len(s.service.DeviceAllow) == 0 || len(asks("DeviceAllow")(s)) == 0 {
		return withheld()
	}
	return proposed(report.Proven, []line{{"DevicePolicy", "closed"}}, "the unit has a list of devices, with which the policy auto means the same")
}

// knownDevices are always there once the kernel runs, or belong to a group of device
// numbers that always is, so that it does not matter what is plugged in or loaded
// when the service starts. A device that comes later than the service could not be
// listed: systemd leaves out what it does not find then. Source: the kernel's
// admin-guide/devices.txt; misc, rtc and mem are built in.
var knownDevices = []struct{ device, allow string }{
	{"/dev/console", "/dev/console rw"}, {"/dev/kmsg", "/dev/kmsg rw"},
	{"/dev/net/tun", "char-misc rw"}, {"/dev/fuse", "char-misc rw"}, {"/dev/uinput", "char-misc rw"}, {"/dev/rfkill", "char-misc rw"},
	{"/dev/cpu_dma_latency", "char-misc rw"}, {"/dev/hwrng", "char-misc rw"}, {"/dev/rtc", "char-rtc rw"}, {"/dev/rtc0", "char-rtc rw"},
	{"/dev/mem", "/dev/mem rw"}, {"/dev/port", "/dev/port rw"},
}

// devicePolicy closes /dev for a service that cannot have PrivateDevices=: because it
// starts early or names devices which can be listed. It needs no mount name space. Who
// mounts or swaps opens block devices that nothing names.
func devicePolicy(s *subject) verdict {
	if slices.ContainsFunc(s.Proposals, func(p report.Proposal) bool { return p.Setting == "PrivateDevices" }) {
		return withheld()
	}
	allow := map[string]bool{}
	unlisted := func(s *subject) []string {
		return s.facts(func(f report.Fact) bool {
			if !isRealDevice(f) {
				return false
			}
			for _, k := range knownDevices {
				if f.Value == k.device {
					allow[k.allow] = true
					return false
				}
			}
			return true
		})
	}
	blocked := func(s *subject) []string { return s.blocked("PrivateDevices") }
	if v, against := s.against("DevicePolicy", blocked, unlisted, fact("capability", "CAP_MKNOD"), fact("mount", ""), call("swapon"), terminal); against {
		return v
	}
	lines := []line{{"DevicePolicy", "closed"}}
	for _, device := range sorted(allow) {
		lines = append(lines, line{"DeviceAllow", device})
	}
	reason := "nothing that it runs, and no configuration in the image, names a device but the pseudo devices that stay"
	if len(allow) > 0 {
		reason += " and those that are listed"
	}
	return s.proposed(report.Likely, lines, reason)
}
