// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"strings"
)

// given are the arguments of a program, none known when they are not. A word of which a script
// alone does not decide the end has its beginning and undecided.
type given struct {
	name  string
	args  []string
	known bool
}

const undecided = "\x00"

// byArguments are programs whose arguments tell what they need of what their code could do:
// each gets the arguments of one start, or nil with known false.
var byArguments = map[string]func(c *collector, args []string, known bool, at place){
	"mkdir":   (*collector).mkdirGiven,
	"chmod":   (*collector).chmodGiven,
	"date":    (*collector).dateGiven,
	"setpriv": (*collector).setprivGiven,
	"cp":      copiedBy("cp"), "mv": copiedBy("mv"), "sed": copiedBy("sed"),
	"dash": (*collector).shellGiven, "bash": (*collector).shellGiven, "sh": (*collector).shellGiven,
}

// asGiven takes what a program needs when it is started with some arguments. What a variable of
// a script stands for is taken for no option.
func (c *collector) asGiven(file string, args []string, known bool, at place) {
	if judge := byArguments[path.Base(file)]; judge != nil {
		judge(c, args, known, at)
	}
}

// shellGiven: of a shell whose text is not known, its builtins may do what the others do.
func (c *collector) shellGiven(_ []string, known bool, at place) {
	if !known {
		c.capability(at, "CAP_KILL", "CAP_SYS_RESOURCE")
	}
}

// modeGiven takes a mode in the words of chmod(1).
func (c *collector) modeGiven(program, mode string, known bool, at place) {
	switch {
	case !known || strings.Contains(mode, undecided):
		c.unknown("mode-unresolved", program, at)
	case setsIDs(mode):
		c.fact(FactSetIDBits, program+" "+mode, at)
	default:
		return
	}
	c.capability(at, "CAP_FSETID")
}

// setsIDs tells whether a mode has set-ID bits: those of an octal number above the lowest
// four digits, or an s that is added or set.
func setsIDs(mode string) bool {
	if strings.Trim(mode, "01234567") == "" {
		mode = strings.TrimLeft(mode, "0")
		return len(mode) > 4 || len(mode) == 4 && mode[0] >= '2'
	}
	return strings.Contains(afterOperators(mode), "s")
}

// afterOperators is what a symbolic mode adds or sets; what it takes away does not count.
func afterOperators(mode string) string {
	var out strings.Builder
	for _, clause := range strings.Split(mode, ",") {
		at := strings.IndexAny(clause, "+-=")
		for at >= 0 {
			rest := clause[at+1:]
			end := strings.IndexAny(rest, "+-=")
			if end < 0 {
				end = len(rest)
			}
			if clause[at] != '-' {
				out.WriteString(rest[:end])
			}
			if at += 1 + end; at >= len(clause) {
				break
			}
		}
	}
	return out.String()
}

// mkdirGiven: without a mode of its own, a folder gets none with set-ID bits (mkdir(1)).
func (c *collector) mkdirGiven(args []string, known bool, at place) {
	if !known {
		c.modeGiven("mkdir", "", false, at)
	}
	for i, a := range args {
		switch {
		case strings.HasPrefix(a, "--mode="):
			c.modeGiven("mkdir", strings.TrimPrefix(a, "--mode="), true, at)
		case isShort(a, 'm'):
			mode := a[strings.IndexByte(a, 'm')+1:]
			if mode == "" && i+1 < len(args) {
				mode = args[i+1]
			}
			c.modeGiven("mkdir", mode, true, at)
		case strings.HasPrefix(a, "--m"):
			c.modeGiven("mkdir", undecided, true, at)
		}
	}
}

// isShort tells whether a word is a group of short options with one of them.
func isShort(word string, option byte) bool {
	return len(word) > 1 && word[0] == '-' && word[1] != '-' && strings.IndexByte(word, option) > 0
}

// chmodGiven: the first word that is no option is the mode; it may begin as one does.
func (c *collector) chmodGiven(args []string, known bool, at place) {
	if !known {
		c.modeGiven("chmod", "", false, at)
		return
	}
	for _, a := range args {
		switch {
		case strings.HasPrefix(a, "--reference"):
			c.modeGiven("chmod", undecided, true, at)
			return
		case strings.HasPrefix(a, "--"), len(a) > 1 && a[0] == '-' && strings.Trim(a[1:], "RfvcHLP") == "":
		default:
			c.modeGiven("chmod", a, true, at)
			return
		}
	}
}

// dateGiven: date(1) sets the time with -s, or by an operand that is no format.
func (c *collector) dateGiven(args []string, known bool, at place) {
	sets, value := !known, false
	for _, a := range args {
		switch {
		case value:
			value = false
		case strings.HasPrefix(a, "--s"), isShort(a, 's'):
			sets = true
		case a == "-d", a == "-r", a == "-f", a == "--date", a == "--reference", a == "--file":
			value = true
		case !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "+") && a != "":
			sets = true
		}
	}
	if sets {
		c.fact(FactClock, "date", at)
		c.capability(at, "CAP_SYS_TIME")
	}
}

// setprivGiven: setpriv(1) sets capabilities with options that name them.
func (c *collector) setprivGiven(args []string, known bool, at place) {
	for _, a := range args {
		if a == "--" || !strings.HasPrefix(a, "-") && known {
			continue
		}
		known = known && !strings.Contains(a, "cap") && !strings.Contains(a, "bounding") && !strings.Contains(a, undecided)
	}
	if !known {
		c.unknown("capabilities-unresolved", "setpriv", at)
	}
}

// gives notes a program of byArguments with the words that follow its name.
func (r *scriptReader) gives(name string, words []shellWord) {
	if byArguments[path.Base(name)] == nil {
		return
	}
	g := given{name: name, known: true}
	for _, w := range words {
		if w.list || len(w.texts) == 0 {
			g.known = false
		}
		for _, text := range w.fields() {
			if i := strings.IndexAny(text, holes); i >= 0 {
				text = text[:i] + undecided
			}
			g.args = append(g.args, text)
		}
	}
	r.out.given = append(r.out.given, g)
}
