// SPDX-License-Identifier: MIT

package evidence

import "strings"

// gatewayMarks are what a server tells a program that answers a request (RFC 3875, 4.1.4).
var gatewayMarks = []string{"GATEWAY_INTERFACE", "GATEWAY_INTERFACE=CGI/1.1", "GATEWAY_INTERFACE=%s"}

// isGateway tells whether a program starts others that answer requests.
func (p *program) isGateway() bool {
	for _, mark := range gatewayMarks {
		if p.refersTo(mark) {
			return true
		}
	}
	return false
}

// answering takes the programs in the folders that a server's configuration names: they may
// be what it starts for a request.
func (c *collector) answering() {
	for _, f := range c.result.Facts {
		if f.ID == FactPath && strings.HasPrefix(f.Where, "/etc/") {
			c.programsIn(f.Value, 4, nil, place{where: f.Where, why: f.Why})
		}
	}
}
