// SPDX-License-Identifier: MIT

package evidence

import (
	"regexp"
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// A process can keep only capabilities that its bounding set has, and is refused all
// when it asks for one more: those that it sets for itself count as needed. capset(2) itself
// asks for CAP_SETPCAP only of who makes inheritable what he may not use himself
// (cap_capset() of security/commoncap.c).

// handsOnCapabilities are libraries that set what their callers gave, who are seen.
var handsOnCapabilities = []string{"libcap.so", "libcap-ng.so"}

// onlyBounded are libraries that take away what the bounding set lacks before they set
// capabilities: systemd's, as a library or a part of its PAM module
// (capability_ambient_set_apply() of src/basic/capability-util.c).
var onlyBounded = []string{"pam_systemd.so"}

func (x *call) from(sonames []string) bool {
	return slices.ContainsFunc(sonames, func(name string) bool {
		return strings.HasPrefix(x.soname, name) || strings.HasSuffix(x.module, "/"+name)
	})
}

// namedByUser are libraries that keep capabilities which their user lists in a structure that is not
// followed, and with the rare exception nobody does: libwebsockets' lws_context_creation_info
// (lib/plat/unix/unix-caps.c).
var namedByUser = []string{"libwebsockets.so"}

func (c *collector) capabilitiesUnresolved(x *call) {
	if x.from(namedByUser) {
		c.assume("capabilities-of-library", x.name, "it asks libwebsockets to keep no capability", x.at)
		return
	}
	if !x.from(onlyBounded) && !c.forgone(x.at, "capset") {
		c.unknown("capabilities-unresolved", x.name, x.at)
	}
}

// words are the values of what an argument points to, in order.
func (x *call) words(index int8) []elfcode.Values {
	var words []elfcode.Values
	for _, a := range x.args {
		if a.Index == index && a.Deref {
			words = append(words, a.Values)
		}
	}
	return words
}

// capabilityVersion1 is the version of capset's header whose data are three words:
// effective, permitted, inheritable. The others have them twice, for the capabilities
// from 32 on (capset(2)).
const capabilityVersion1 = 0x19980330

func judgeCapset(c *collector, x *call) {
	if x.libc || x.from(handsOnCapabilities) {
		return
	}
	words := x.words(1)
	version := x.words(0)
	if len(version) == 1 && version[0].Complete() && len(version[0].Ints) == 1 && version[0].Ints[0] == capabilityVersion1 {
		words = words[:min(2, len(words))]
	} else if len(words) != 4 {
		words = nil
	}
	complete := len(words) > 0
	for i, w := range words {
		complete = complete && w.Complete()
		for _, bits := range w.Ints {
			c.capabilityBits(bits&0xffffffff<<(32*(i/2)), x.at)
		}
	}
	if !complete {
		c.capabilitiesUnresolved(x)
	}
}

func (c *collector) capabilityBits(bits uint64, at place) {
	if bits&(1<<41-1) == 1<<41-1 {
		return // all: no more than what there is
	}
	c.capability(at, unit.CapabilitySet(bits).Names()...)
}

// capabilityNumbers takes those that are numbers of capabilities.
func (c *collector) capabilityNumbers(numbers []uint64, at place) {
	for _, n := range numbers {
		if n &= 0xffffffff; n <= 40 {
			c.capabilityBits(1<<n, at)
		}
	}
}

// judgeCapngUpdate: libcap-ng keeps the capabilities that its callers name
// (capng_update(3)); the list of capng_updatev ends in -1.
func judgeCapngUpdate(c *collector, x *call) {
	const drop = 0
	if actions, all := x.ints(0); x.from(handsOnCapabilities) || all && onlyInts(actions, drop) {
		return
	}
	for i := 2; ; i++ {
		numbers, all := x.ints(i)
		if !all || len(numbers) == 0 {
			c.capabilitiesUnresolved(x)
			return
		}
		c.capabilityNumbers(numbers, x.at)
		if x.name == "capng_update" || slices.Contains(numbers, 0xffffffff) || slices.Contains(numbers, 1<<64-1) {
			return
		}
	}
}

func onlyInts(values []uint64, only uint64) bool {
	return len(values) > 0 && !slices.ContainsFunc(values, func(v uint64) bool { return v&0xffffffff != only })
}

// judgeCapFlags: libcap keeps the capabilities in the list that its callers hand
// over (cap_set_flag(3)): a number of entries, the entries, and whether they are
// set or cleared.
func judgeCapFlags(c *collector, x *call) {
	const clear = 0
	if values, all := x.ints(4); all && onlyInts(values, clear) {
		return
	}
	counts, all := x.ints(2)
	words := x.words(3)
	for _, n := range counts {
		for i := range min(n&0xffffffff, 64) {
			if i >= uint64(len(words)) || !words[i].Complete() {
				all = false
				break
			}
			c.capabilityNumbers(words[i].Ints, x.at)
		}
	}
	if !all {
		c.capabilitiesUnresolved(x)
	}
}

// judgeCapText: the text form names the capabilities (cap_text_formats(7)). Text that
// only the running program has is made of the names that the code holds, or a person
// wrote it into a configuration.
func judgeCapText(c *collector, x *call) {
	v, ok := x.arg(0)
	for _, text := range v.Strings {
		c.namedCapabilities(text, x.at)
		ok = ok && !everyCapability.MatchString(text)
	}
	if ok && v.Complete() {
		return
	}
	named := false
	for _, id := range x.of.reached.Strings {
		named = c.namedCapabilities(x.of.file.Strings[id], x.at) || named
	}
	if !named || !ok {
		c.capabilitiesUnresolved(x)
		return
	}
	c.assume("capabilities-from-text", x.name, "it keeps no capability but those that its code names", x.at)
}

// everyCapability is a clause without names that raises all.
var everyCapability = regexp.MustCompile(`(?i)(^|\s)(all)?[=+][eip]+`)

// namedCapabilities takes the capabilities that a text names.
func (c *collector) namedCapabilities(text string, at place) bool {
	found := false
	for _, word := range strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') }) {
		if unit.Capability(word) != 0 {
			c.capability(at, word)
			found = true
		}
	}
	return found
}

// judgeAmbient: a capability can be raised in the ambient set when the process has it
// (prctl(2), PR_CAP_AMBIENT_RAISE).
func judgeAmbient(c *collector, x *call) {
	const raise = 2
	if x.from(handsOnCapabilities) {
		return
	}
	actions, all := x.ints(1)
	if all && !slices.ContainsFunc(actions, func(a uint64) bool { return a&0xffffffff == raise }) {
		return
	}
	numbers, all := x.ints(2)
	c.capabilityNumbers(numbers, x.at)
	if !all {
		c.capabilitiesUnresolved(x)
	}
}
