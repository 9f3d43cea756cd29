// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"
)

// launch takes every argument of a launcher that may be the command: which one is
// depends on options of the launcher. The command is not named when a word is not
// known before one that is no option, no value of one and no number.
func (r *scriptReader) launch(args []shellWord) {
	named, before := false, ""
	folder := slices.Contains(args[0].fields(), "run-parts") || path.Base(args[0].texts[0]) == "run-parts"
	for _, w := range args[1:] {
		if before == "-c" {
			r.text(w, "sh", false, "")
			before = ""
			continue
		}
		r.mayNothing(w)
		if w.isOption() {
			before, _ = w.value().single()
			continue
		}
		for _, text := range w.fields() {
			switch {
			case text == "", strings.HasPrefix(text, "-"):
			case text == unsetVar && w.split && r.with.bySystemd:
				r.out.assumed = append(r.out.assumed, unresolved{r.file, "line " + w.pos.String() + " (environment)"})
			case !isKnown(text) && !named:
				if folder {
					r.notNamed(w, "")
				} else {
					r.compute(text, w, false)
				}
			case !isKnown(text):
			case folder && strings.HasPrefix(text, "/"): // all programs of a folder
				r.out.commands = append(r.out.commands, text+"/*")
			default:
				r.runs(text)
			}
		}
		text, known := w.value().single()
		named = named || w.value().isKnown() && !strings.HasPrefix(before, "-") && (!known || strings.Trim(text, "0123456789.smhd") != "")
		folder = folder || known && path.Base(text) == "run-parts"
		before = text
	}
}

// skipOptions drops options and assignments before a wrapped command.
func skipOptions(args []shellWord) []shellWord {
	for len(args) > 0 {
		if !args[0].isOption() {
			break
		}
		if args[0].texts[0] == "-a" && len(args) > 1 { // exec's name for the program
			args = args[1:]
		}
		args = args[1:]
	}
	return args
}

// valueOptions are options of start-stop-daemon(8) whose values name no program to start.
var valueOptions = strings.Fields(`-p --pidfile --ppid -u --user -n --name -s --signal -R --retry -c --chuid -g --group -r --chroot -d --chdir
	-N --nicelevel -P --procsched -I --iosched -k --umask -O --output --notify-timeout`)

// startsDaemon takes the program behind the options --exec and --startas.
func (r *scriptReader) startsDaemon(args []shellWord) {
	for i := 0; i < len(args); i++ {
		w := args[i]
		text, known := w.value().single()
		switch {
		case text == "--":
			return
		case known && slices.Contains(valueOptions, text):
			i++
		case known && (text == "--exec" || text == "--startas" || strings.HasPrefix(text, "-") && len(text) > 1 && text[1] != '-' && strings.ContainsAny(text[len(text)-1:], "xa")) && i+1 < len(args):
			i++
			r.starts(args[i])
		default:
			r.daemonOptions(w)
		}
	}
}

// daemonOptions takes a word that may be several options of start-stop-daemon.
func (r *scriptReader) daemonOptions(w shellWord) {
	for _, text := range w.texts {
		list := []string{text}
		if w.split || w.list {
			list = strings.Fields(text)
		}
		for i := 0; i < len(list); i++ {
			name, value, _ := strings.Cut(list[i], "=")
			switch {
			case slices.Contains(valueOptions, name):
				i++
			case name == "--exec" || name == "--startas":
				if value == "" && i+1 < len(list) {
					i++
					value = list[i]
				}
				r.starts(shellWord{texts: []string{value}, pieces: w.pieces, pos: w.pos})
			case list[i] == unsetVar && r.with.bySystemd:
				r.out.assumed = append(r.out.assumed, unresolved{r.file, "line " + w.pos.String() + " (environment)"})
			case list[i] == outside || list[i] == unsetVar || list[i] == inFiles && w.pieces != nil:
				r.starts(shellWord{texts: []string{list[i]}, pieces: w.pieces, pos: w.pos})
			}
		}
	}
}

// starts takes a word that names a program.
func (r *scriptReader) starts(w shellWord) {
	r.mayNothing(w)
	for _, text := range w.fields() {
		switch {
		case text == "":
		case !isKnown(text):
			r.compute(text, w, false)
		default:
			r.runs(text)
		}
	}
}

// runs notes a program whose arguments are not looked at.
func (r *scriptReader) runs(name string) {
	r.out.commands = append(r.out.commands, name)
	r.out.given = append(r.out.given, given{name: name})
}

// finds takes the commands of find(1).
func (r *scriptReader) finds(args []shellWord) {
	operands := true
	for i := 0; i < len(args); i++ {
		w := args[i]
		text, _ := w.value().single()
		switch {
		case slices.Contains([]string{"-exec", "-execdir", "-ok", "-okdir"}, text):
			r.command(args[i+1:], false)
			operands = false
		case strings.HasPrefix(text, "-"), text == "(", text == "!":
			operands = false
		case !operands && (w.split || w.list) && slices.ContainsFunc(w.texts, func(text string) bool { return !isShipped(text) }):
			r.notNamed(w, "")
		}
	}
}
