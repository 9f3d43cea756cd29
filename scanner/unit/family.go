// SPDX-License-Identifier: MIT

package unit

import "strings"

// AddressFamilies is RestrictAddressFamilies=: without Names no restriction
// unless Allow is set, then an allow list of nothing ("none").
type AddressFamilies struct {
	Allow bool
	Names map[string]bool // canonical names; nil when nothing was listed
}

// Lists tells whether the list names the family, by its canonical name.
func (a AddressFamilies) Lists(name string) bool { return a.Names[name] }

// addressFamilies are the names of socket(2)'s families in sys/socket.h of glibc;
// the second of a pair is another name of the first.
var addressFamilies = func() map[string]string {
	canonical := map[string]string{"AF_LOCAL": "AF_UNIX", "AF_FILE": "AF_UNIX", "AF_ROUTE": "AF_NETLINK"}
	for _, name := range strings.Fields(`AF_UNIX AF_INET AF_AX25 AF_IPX AF_APPLETALK AF_NETROM AF_BRIDGE AF_ATMPVC AF_X25
		AF_INET6 AF_ROSE AF_DECnet AF_NETBEUI AF_SECURITY AF_KEY AF_NETLINK AF_PACKET AF_ASH AF_ECONET AF_ATMSVC AF_RDS
		AF_SNA AF_IRDA AF_PPPOX AF_WANPIPE AF_LLC AF_IB AF_MPLS AF_CAN AF_TIPC AF_BLUETOOTH AF_IUCV AF_RXRPC AF_ISDN
		AF_PHONET AF_IEEE802154 AF_CAIF AF_ALG AF_NFC AF_VSOCK AF_KCM AF_QIPCRTR AF_SMC AF_XDP AF_MCTP`) {
		canonical[strings.ToUpper(name)] = name
	}
	return canonical
}()

// mergeAddressFamilies applies one RestrictAddressFamilies= value and returns
// the words that name no family.
func mergeAddressFamilies(now AddressFamilies, value string, v Version) (AddressFamilies, []string) {
	switch value {
	case "":
		return AddressFamilies{}, nil
	case "none":
		return AddressFamilies{Allow: true}, nil
	}
	list, invert := cutTilde(value)
	if now.Names == nil {
		now = AddressFamilies{Allow: !invert, Names: map[string]bool{}}
	}
	words, err := splitWords(list, true, false)
	var unknown []string
	if err != nil {
		unknown = append(unknown, err.Error())
	}
	for _, w := range words {
		name, known := addressFamilies[strings.ToUpper(w)]
		switch {
		case !known:
			unknown = append(unknown, w)
			if v.Major >= 261 { // the rest of the line is dropped
				return now, unknown
			}
		case invert != now.Allow:
			now.Names[name] = true
		default:
			delete(now.Names, name)
		}
	}
	return now, unknown
}

func cutTilde(value string) (string, bool) { return strings.CutPrefix(value, "~") }
