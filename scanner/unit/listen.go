// SPDX-License-Identifier: MIT

package unit

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Listener is an Internet address that a socket unit listens on for its service.
type Listener struct {
	Setting string // as written, specifiers filled in: "ListenStream=22"
	Source
}

// Listeners returns the Internet addresses of a loaded socket unit, in their order;
// paths, abstract names and vsock are none. Source: systemd.socket(5).
func Listeners(u *Unit) []Listener {
	var list []Listener
	for _, a := range u.Assignments {
		switch {
		case a.Section != "Socket" || !strings.HasPrefix(a.Key, "Listen"):
		case a.Value == "": // resets all addresses, of whatever kind
			list = nil
		case a.Key == "ListenStream" || a.Key == "ListenDatagram" || a.Key == "ListenSequentialPacket":
			address, err := (specifiers{u.Name, u.Fragment}).expand(a.Value)
			if err == nil && isInternet(address) {
				list = append(list, Listener{a.Key + "=" + address, a.Source})
			}
		}
	}
	return list
}

// isInternet tells whether an address is a port, IPv4:PORT or [IPv6]:PORT, which may
// have a scope as in [IPv6]:PORT%eth0.
func isInternet(address string) bool {
	if isPort(address) {
		return true
	}
	end := strings.LastIndexByte(address, ':')
	if end < 0 {
		return false
	}
	host, port := address[:end], address[end+1:]
	bracketed := len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']'
	if bracketed {
		host = host[1 : len(host)-1]
		port, _, _ = strings.Cut(port, "%")
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Is4() != bracketed && isPort(port)
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// serviceOf is what a socket unit starts: Service=, or the service of its name, with
// Accept=yes the template of its name; empty when it names none (systemd.socket(5)).
func serviceOf(socket *Unit) (name string, accept bool) {
	base, _ := cutLast(socket.Name)
	if accept, _ = parseBool(socket.Value("Socket", "Accept")); accept {
		prefix, _, _ := strings.Cut(base, "@")
		return prefix + "@.service", true
	}
	name = socket.Value("Socket", "Service")
	if name == "" {
		return base + ".service", false
	}
	if name, err := (specifiers{socket.Name, socket.Fragment}).expand(name); err == nil {
		return name, false
	}
	return "", false
}

// Listeners returns the Internet addresses on which the booted device listens for a
// service: those of the sockets that something starts and that trigger it, or that
// it asks for by Sockets=. Sorted by file and line.
func (b *Boot) Listeners(service *Unit) []Listener {
	var list []Listener
	for _, socket := range b.w.units {
		if Type(socket.Name) == "socket" && socket.LoadState == Loaded && b.w.started(socket) && passesTo(socket, service) {
			list = append(list, Listeners(socket)...)
		}
	}
	slices.SortStableFunc(list, func(a, b Listener) int {
		if order := strings.Compare(a.File, b.File); order != 0 {
			return order
		}
		return a.Line - b.Line
	})
	return list
}

// started tells whether a unit is there because something starts it.
func (w *walk) started(u *Unit) bool {
	return slices.ContainsFunc(w.refs[u.Name], func(r reference) bool { return r.starts && r.from != u.Name })
}

// passesTo tells whether a socket's descriptors are given to a service.
func passesTo(socket, service *Unit) bool {
	names := append([]string{service.Name}, service.Aliases...)
	if IsInstance(service.Name) {
		names = append(names, Template(service.Name))
	}
	triggered, _ := serviceOf(socket)
	return slices.Contains(names, triggered) || slices.Contains(service.List("Service", "Sockets"), socket.Name)
}
