// SPDX-License-Identifier: MIT

package unit

import (
	"net/netip"
	"slices"
	"strings"
)

// namedPrefixes are the words of IPAddressAllow= and IPAddressDeny=
// (systemd.resource-control(5)).
var namedPrefixes = map[string][]netip.Prefix{
	"any":        prefixes("0.0.0.0/0", "::/0"),
	"localhost":  prefixes("127.0.0.0/8", "::1/128"),
	"link-local": prefixes("169.254.0.0/16", "fe80::/64"),
	"multicast":  prefixes("224.0.0.0/4", "ff00::/8"),
}

func prefixes(texts ...string) []netip.Prefix {
	var list []netip.Prefix
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// mergeAddresses applies one IPAddressAllow= or IPAddressDeny= value: adds to the
// set, empty clears it; words that are no address are returned.
func mergeAddresses(now []netip.Prefix, value string) ([]netip.Prefix, []string) {
	if value == "" {
		return nil, nil
	}
	words, err := splitWords(value, false, false)
	var invalid []string
	if err != nil {
		invalid = append(invalid, err.Error())
	}
	for _, w := range words {
		if named, ok := namedPrefixes[w]; ok {
			now = append(now, named...)
		} else if p, ok := parsePrefix(w); ok {
			now = append(now, p)
		} else {
			invalid = append(invalid, w)
		}
	}
	return reduce(now), invalid
}

// parsePrefix reads ADDRESS or ADDRESS/LENGTH; host bits are cleared.
func parsePrefix(word string) (netip.Prefix, bool) {
	if strings.ContainsRune(word, '%') {
		return netip.Prefix{}, false
	}
	if a, err := netip.ParseAddr(word); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(word)
	return p.Masked(), err == nil
}

// reduce drops repeated entries and those that a wider one covers, as PID 1 does.
func reduce(list []netip.Prefix) []netip.Prefix {
	var kept []netip.Prefix
	for _, p := range list {
		covered := slices.ContainsFunc(list, func(q netip.Prefix) bool {
			return q.Addr().Is4() == p.Addr().Is4() && q.Bits() < p.Bits() && q.Contains(p.Addr())
		})
		if !covered && !slices.Contains(kept, p) {
			kept = append(kept, p)
		}
	}
	return kept
}
