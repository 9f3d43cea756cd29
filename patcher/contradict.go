// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// contradiction finds facts of a service that speak against a setting, in words.
type contradiction func(*subject) []string

// fact contradicts by its ID, and by its value unless that is empty.
func fact(id, value string) contradiction {
	return func(s *subject) []string {
		return s.facts(func(f report.Fact) bool { return f.ID == id && (value == "" || f.Value == value) })
	}
}

// call contradicts when a system call is reached.
func call(name string) contradiction {
	return func(s *subject) []string {
		if s.Syscalls != nil && slices.Contains(s.Syscalls.Reachable, name) {
			return []string{name + "(2) is reached"}
		}
		return nil
	}
}

// below contradicts with every path that lies at or below one of the places.
func below(places ...string) contradiction {
	return func(s *subject) []string {
		return s.facts(func(f report.Fact) bool {
			return isPath(f) && slices.ContainsFunc(places, func(p string) bool { return f.Value == p || strings.HasPrefix(f.Value, p+"/") })
		})
	}
}

// exactly contradicts with the paths themselves, as a program names that walks them.
func exactly(paths ...string) contradiction {
	return func(s *subject) []string {
		return s.facts(func(f report.Fact) bool { return isPath(f) && slices.Contains(paths, f.Value) })
	}
}

func isPath(f report.Fact) bool { return f.ID == "path" || f.ID == "device" }

// asks contradicts when the unit itself has the setting.
func asks(setting string) contradiction {
	return func(s *subject) []string {
		if i := slices.IndexFunc(s.own, func(x unit.Assignment) bool { return x.Key == setting }); i >= 0 {
			return []string{fmt.Sprintf("%s= is set (%s)", setting, s.own[i].Source)}
		}
		return nil
	}
}

func delegated(s *subject) []string {
	if s.service.Delegate {
		return []string{"Delegate= hands a control group subtree to the service"}
	}
	return nil
}

// hostNetwork are the paths by which the host's network is read and set up without a
// socket: in a network name space of its own a service would see and set another one.
func hostNetwork(s *subject) []string {
	return append(below("/proc/net", "/proc/self/net", "/proc/sys/net", "/sys/class/net", "/sys/devices/virtual/net")(s),
		exactly("/proc", "/proc/self", "/proc/sys", "/sys", "/sys/class")(s)...)
}

func socketActivated(s *subject) []string {
	for _, by := range s.PulledInBy {
		if strings.HasSuffix(by, ".socket triggers") {
			return []string{by + " it: its sockets are of the host's network"}
		}
	}
	return nil
}

// selinux: the policy has to allow nnp_transition for every change of domain, that
// of PID 1 to the service's included (kernel, security/selinux/hooks.c).
func selinux(s *subject) []string {
	if slices.Contains(s.image.SecurityModules, "selinux") {
		return []string{"the image has SELinux, whose policy has to allow changes of domain under NoNewPrivileges="}
	}
	return nil
}
