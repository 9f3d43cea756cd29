// SPDX-License-Identifier: MIT

package patcher

import (
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

func restrictAddressFamilies(s *subject) verdict {
	if v, against := s.against("RestrictAddressFamilies"); against {
		return v
	}
	denied := s.service.RestrictAddressFamilies // a deny list: holds() passed an allow list over
	var families []string
	for _, f := range s.Facts {
		if f.ID == "socket-family" && f.Value != "AF_UNSPEC" && !denied.Lists(f.Value) {
			families = append(families, f.Value)
		}
	}
	if len(families) == 0 {
		return s.proposed(report.Proven, []line{{"RestrictAddressFamilies", "none"}}, "it makes no socket")
	}
	var lines []line
	if len(denied.Names) > 0 { // an allow list cannot be merged into it
		lines = []line{{"RestrictAddressFamilies", ""}}
	}
	return s.proposed(report.Proven, append(lines, line{"RestrictAddressFamilies", strings.Join(families, " ")}), "it makes sockets of no other family")
}

func ipAddressDeny(s *subject) verdict {
	internet := func(s *subject) []string {
		return s.facts(func(f report.Fact) bool {
			return f.ID == "socket-family" && (f.Value == "AF_INET" || f.Value == "AF_INET6" || f.Value == "AF_PACKET")
		})
	}
	if v, against := s.against("IPAddressDeny", internet, fact("listens", ""), socketActivated, asks("IPAddressAllow")); against {
		return v
	}
	return s.proposed(report.Proven, []line{{"IPAddressDeny", "any"}}, "it makes no Internet socket and is handed none")
}

// socketBindDeny is for clients. It is enforced by programs that systemd attaches to
// the control group, which many builds of systemd and kernels lack: proposed only
// where it is known to work.
func socketBindDeny(s *subject) verdict {
	if effective, known := s.effective("SocketBindDeny"); !known || !effective {
		return withheld()
	}
	if len(asks("SocketBindDeny")(s)) > 0 || len(asks("SocketBindAllow")(s)) > 0 {
		return withheld("the unit has a list of its own, which stays")
	}
	if v, against := s.against("SocketBindDeny", call("bind")); against {
		return v
	}
	return s.proposed(report.Proven, []line{{"SocketBindDeny", "any"}}, "bind(2) is not reached")
}
