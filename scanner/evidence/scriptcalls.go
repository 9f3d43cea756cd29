// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// shellWord is what a word of a command may stand for.
type shellWord struct {
	texts   []string
	pieces  *wordSet
	split   bool   // the shell splits it
	list    bool   // it stands for any number of words
	literal string // as it is written, empty where it is put together
	pos     syntax.Pos
}

func (w shellWord) isList() bool { return w.list }

func (w shellWord) value() value { return value{w.texts, w.pieces} }

// fields are the words that a word may become.
func (w shellWord) fields() []string {
	if !w.split && !w.list {
		return w.texts
	}
	return w.value().fields().texts
}

// isOption tells whether a word is an option or an assignment, whatever it stands for.
func (w shellWord) isOption() bool {
	return len(w.texts) > 0 && !slices.ContainsFunc(w.texts, func(text string) bool { return !strings.HasPrefix(text, "-") && !strings.Contains(text, "=") })
}

func wordsOf(texts []string, like shellWord) []shellWord {
	words := make([]shellWord, len(texts))
	for i, text := range texts {
		words[i] = shellWord{texts: []string{text}, pieces: like.pieces, pos: like.pos}
	}
	return words
}

// computed is a command whose name the script puts together of parts that are not all
// known.
type computed struct {
	unresolved
	name   string   // with what is not known in it
	pieces *wordSet // the words of which parts inFiles are made
}

func (r *scriptReader) notNamed(w shellWord, why string) {
	r.out.unresolved = append(r.out.unresolved, unresolved{r.file, "line " + w.pos.String() + why})
}

// call notes the programs that a simple command may start.
func (r *scriptReader) call(x *syntax.CallExpr) {
	r.at(x.Pos())
	if len(x.Args) > 0 && x.Args[0].Lit() == "eval" && r.functions["eval"] == nil {
		r.evaluates(x.Args[1:], x.Args[0].Pos())
		return
	}
	lists := r.words(x.Args)
	r.expanded = len(x.Args) > 0 && isList(x.Args[0])
	for _, list := range lists {
		r.command(list, true)
	}
	r.expanded = false
}

// command takes words apart whose first stands for a program; inShell tells whether a
// function or builtin may be meant.
func (r *scriptReader) command(args []shellWord, inShell bool) {
	if len(args) == 0 {
		return
	}
	w := args[0]
	r.mayNothing(w)
	for _, text := range w.texts {
		fields := []string{text}
		if w.split || w.list {
			fields = strings.Fields(text)
		}
		switch {
		case text == "" && !w.split:
			if len(w.texts) == 1 {
				r.notNamed(w, "")
			}
		case len(fields) == 0: // nothing is left of it: the next word is the command
			r.command(args[1:], inShell)
		case fields[0] == unsetVar && r.with.bySystemd && len(fields)+len(args) > 2:
			r.out.assumed = append(r.out.assumed, unresolved{r.file, "line " + w.pos.String() + " (environment)"})
			r.command(append(wordsOf(fields[1:], w), args[1:]...), inShell)
		case len(fields) > 1:
			r.command(append(wordsOf(fields, w), args[1:]...), inShell)
		default:
			r.named(fields[0], args, inShell)
		}
	}
}

// mayNothing takes a word for not known for which no value was found at all.
func (r *scriptReader) mayNothing(w shellWord) {
	if len(w.texts) == 0 {
		r.notNamed(w, " (no value)")
	}
}

// named takes a command by its name.
func (r *scriptReader) named(name string, args []shellWord, inShell bool) {
	_, shell := shells[path.Base(name)]
	switch {
	case !isKnown(name):
		r.compute(name, args[0], inShell)
		return
	case inShell && r.functions[name] != nil:
		r.callFunction(name, args[0].literal != name || r.expanded)
		return
	case slices.Contains(prefixes, name):
		r.command(skipOptions(args[1:]), inShell && name == "time")
		return
	case slices.Contains(builtins, name):
		r.writesOperands(name, args[1:])
		r.builtin(name, args)
		return
	case strings.Contains(name, "/") && name[0] != '/':
		r.compute(outside+"/"+strings.TrimPrefix(name, "./"), args[0], false)
		return
	}
	r.out.commands = append(r.out.commands, name)
	r.gives(name, args[1:])
	r.writesOperands(name, args[1:])
	switch {
	case shell:
		r.runsShell(path.Base(name), args)
	case path.Base(name) == "start-stop-daemon":
		r.startsDaemon(args[1:])
	case path.Base(name) == "find":
		r.finds(args[1:])
	case slices.Contains(launchers, path.Base(name)):
		r.launch(args)
	}
}

// compute notes a command whose name is not known as a whole: functions that it may
// call, and what is left to the image to tell.
func (r *scriptReader) compute(name string, w shellWord, inShell bool) {
	if name == outside || name == unsetVar {
		r.notNamed(w, "")
		return
	}
	if inShell {
		r.computedFunctions(name, w.pieces)
	}
	r.out.computed = append(r.out.computed, computed{unresolved{r.file, "line " + w.pos.String()}, name, w.pieces})
}

func (r *scriptReader) computedFunctions(name string, from *wordSet) {
	match := matching(name).MatchString
	if name == inFiles {
		words := from.all()
		match = func(function string) bool { return slices.Contains(words, function) }
	}
	var names []string
	for function := range r.functions {
		if match(function) {
			names = append(names, function)
		}
	}
	for _, function := range sorted(names) {
		r.callFunction(function, true)
	}
}

// builtin takes what those builtins run that run something.
func (r *scriptReader) builtin(name string, args []shellWord) {
	switch {
	case name == "kill":
		r.out.asks = append(r.out.asks, "CAP_KILL")
	case name == "ulimit":
		r.out.asks = append(r.out.asks, "CAP_SYS_RESOURCE")
	case name == "eval": // by "command", or in a text that is put together
		r.notNamed(args[0], " (eval)")
	case len(args) < 2:
	case name == "." || name == "source":
		r.reads(args[1])
	case name == "trap":
		if !args[1].isOption() {
			r.text(args[1], r.shell, true, "")
		}
	}
}

// reads takes a file that is read as further script.
func (r *scriptReader) reads(w shellWord) {
	r.mayNothing(w)
	found := slices.ContainsFunc(w.texts, func(text string) bool { return r.found[text] })
	for _, text := range w.texts {
		switch {
		case !isKnown(text) && isShipped(text) && found:
			r.out.assumed = append(r.out.assumed, unresolved{r.file, "line " + w.pos.String() + " (" + glob(text) + ")"})
		case text == unsetVar && r.with.bySystemd:
			r.out.assumed = append(r.out.assumed, unresolved{r.file, "line " + w.pos.String() + " (environment)"})
		case isKnown(text) && (strings.HasPrefix(text, "/") || r.found[text]), text == "" && w.split:
		case !isKnown(text) && r.found[sourcePattern(text)]:
			r.out.assumed = append(r.out.assumed, unresolved{r.file, "line " + w.pos.String() + " (" + sourcePattern(text) + ")"})
		default:
			r.notNamed(w, "")
		}
	}
}

// sourcePattern is the pattern of the files of a folder that a text may name.
func sourcePattern(text string) string {
	if i := strings.LastIndex(text, "/"); i > 0 && isKnown(text[:i]) && !isShared(text[:i]) {
		return glob(text)
	}
	return ""
}

// runsShell takes the text or file that a shell is given.
func (r *scriptReader) runsShell(shell string, args []shellWord) {
	words := make([]string, 0, len(args))
	for _, a := range args[1:] {
		text, ok := a.value().single()
		if !ok {
			text = unresolvedWord
			if a.isOption() && isKnown(a.texts[0]) {
				text = a.texts[0]
			}
		}
		words = append(words, text)
	}
	i, isText := shellOperand(words)
	switch {
	case i < 0:
		r.notNamed(args[0], " (reads commands)")
	case isText:
		r.text(args[i+1], shell, false, "")
	default:
		for _, text := range args[i+1].texts {
			if strings.HasPrefix(text, "/") && isKnown(text) {
				r.out.scripts = append(r.out.scripts, text)
			} else {
				r.notNamed(args[i+1], "")
			}
		}
	}
}

// unresolvedWord stands for a word that is not literal: no file has this name.
const unresolvedWord = "\x00"

// shellOperand finds the operand of a shell's arguments, without argv[0]: a text behind
// an option c, or the name of a file. It is -1 when the shell reads its input.
func shellOperand(args []string) (index int, isText bool) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			i++
		} else if len(a) > 1 && (a[0] == '-' || a[0] == '+') {
			short := a[1] != '-'
			isText = isText || short && strings.Contains(a, "c")
			if short && strings.HasSuffix(strings.ToLower(a), "o") || a == "--rcfile" || a == "--init-file" {
				i++ // its value
			}
			continue
		}
		if i < len(args) {
			return i, isText
		}
	}
	return -1, false
}

const maxNested = 10 // a text in a text in a ...

// text reads a word that is a script: one of the same shell, as trap has it, knows its
// functions.
func (r *scriptReader) text(w shellWord, shell string, same bool, why string) {
	r.mayNothing(w)
	for _, text := range w.texts {
		if !isShipped(text) && !same || text == outside || text == unsetVar || r.depth == maxNested {
			r.notNamed(w, why)
			continue
		}
		sub := newScriptReader(shell, surroundings{env: r.with.env})
		sub.depth, sub.file, sub.pieces = r.depth+1, r.file, w.pieces
		if same {
			sub.scriptState, sub.within, sub.with, sub.pos = r.scriptState, r.within, r.with, r.pos
		}
		file, err := sub.parse(toNames.Replace(text))
		if err != nil {
			r.notNamed(w, why)
			continue
		}
		sub.declarations(file)
		if !same {
			sub.declareEvaluated()
		}
		sub.walk(file, sub.visit)
		if !same {
			sub.visitCalled()
		}
		r.takes(sub, w, why)
	}
}

// takes adds what a text in the script shows.
func (r *scriptReader) takes(sub *scriptReader, at shellWord, why string) {
	r.out.commands = append(r.out.commands, sub.out.commands...)
	r.out.words = append(r.out.words, sub.out.words...)
	r.out.scripts = append(r.out.scripts, sub.out.scripts...)
	r.out.search = append(r.out.search, sub.out.search...)
	r.out.given = append(r.out.given, sub.out.given...)
	r.out.asks = append(r.out.asks, sub.out.asks...)
	r.out.assumed = append(r.out.assumed, sub.out.assumed...)
	for range sub.out.unresolved {
		r.notNamed(at, why)
	}
	for _, x := range sub.out.computed {
		x.text = "line " + at.pos.String() + why
		r.out.computed = append(r.out.computed, x)
	}
}
