// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

func (r *scriptReader) notNamed(w *syntax.Word, why string) {
	r.out.unresolved = append(r.out.unresolved, unresolved{r.file, "line " + w.Pos().String() + why})
}

// call notes the programs that the first word of a simple command may stand for.
func (r *scriptReader) call(args []*syntax.Word) {
	r.command(args, true)
}

// command takes words apart whose first stands for a program; inShell tells whether a
// function or builtin may be meant.
func (r *scriptReader) command(args []*syntax.Word, inShell bool) {
	if len(args) == 0 {
		return
	}
	if isList(args[0]) && len(flat(args[0].Parts)) == 1 {
		r.commandList(args[0], args[1:], inShell)
		return
	}
	names, ok := r.values(args[0].Parts)
	if !ok {
		r.notNamed(args[0], "")
		return
	}
	for _, name := range names {
		fields := []string{name}
		if isUnquoted(args[0]) {
			fields = strings.Fields(name)
		}
		switch {
		case name == "" && !isUnquoted(args[0]):
			r.notNamed(args[0], "")
		case len(fields) == 0: // nothing is left of it: the next word is the command
			r.command(args[1:], inShell)
		case len(fields) > 1:
			r.command(append(literalWords(fields, args[0].Pos()), args[1:]...), inShell)
		default:
			r.named(fields[0], args, inShell)
		}
	}
}

// isUnquoted tells whether the shell splits what a word stands for.
func isUnquoted(w *syntax.Word) bool {
	return slices.ContainsFunc(w.Parts, func(p syntax.WordPart) bool { _, ok := p.(*syntax.ParamExp); return ok })
}

func literalWords(texts []string, at syntax.Pos) []*syntax.Word {
	words := make([]*syntax.Word, len(texts))
	for i, text := range texts {
		words[i] = &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{ValuePos: at, ValueEnd: at, Value: text}}}
	}
	return words
}

// named takes a command by its name.
func (r *scriptReader) named(name string, args []*syntax.Word, inShell bool) {
	_, shell := shells[path.Base(name)]
	switch {
	case inShell && r.functions[name] != nil:
		r.callFunction(name, args[0].Lit() != name || r.expanded)
		return
	case slices.Contains(prefixes, name):
		r.command(r.skipOptions(args[1:]), inShell && name == "time")
		return
	case slices.Contains(builtins, name):
		r.builtin(name, args)
		return
	case strings.Contains(name, "/") && name[0] != '/':
		r.notNamed(args[0], " (relative)")
		return
	}
	r.out.commands = append(r.out.commands, name)
	r.gives(name, args[1:])
	switch {
	case shell:
		r.runsShell(path.Base(name), args)
	case slices.Contains(launchers, path.Base(name)):
		r.launch(args)
	}
}

// builtin takes what those builtins run that run something.
func (r *scriptReader) builtin(name string, args []*syntax.Word) {
	switch {
	case name == "kill":
		r.out.asks = append(r.out.asks, "CAP_KILL")
	case name == "ulimit":
		r.out.asks = append(r.out.asks, "CAP_SYS_RESOURCE")
	case name == "eval" && len(args) > 1 && (args[1].Lit() == "set" || strings.HasPrefix(r.known(args[1]), "set ")):
		// the words that getopt(1) has quoted become the arguments
	case name == "eval":
		r.evaluates(args)
	case len(args) < 2:
	case name == "." || name == "source":
		files, known := r.values(args[1].Parts)
		if !known || slices.ContainsFunc(files, func(f string) bool { return !strings.HasPrefix(f, "/") && !r.found[f] }) {
			r.notNamed(args[1], "")
		}
	case name == "trap":
		r.text(args[1], r.shell, true)
	}
}

// evaluates takes eval: a text that is known, or a command that is.
func (r *scriptReader) evaluates(args []*syntax.Word) {
	var text []string
	all := true
	for _, a := range args[1:] {
		word, ok := r.literal(a)
		text, all = append(text, word), all && ok
	}
	switch program, ok := r.literal(args[min(1, len(args)-1)]); {
	case all && len(text) > 0:
		r.text(literalWords([]string{strings.Join(text, " ")}, args[0].Pos())[0], r.shell, true)
	case len(args) == 2 && r.evaluatesEach(args[1]):
	case ok && strings.HasPrefix(program, "/") && !strings.ContainsAny(program, " ;|&<>$`()"):
		r.command(args[1:], true)
	default:
		r.notNamed(args[0], " (eval)")
	}
}

// evaluatesEach takes the texts that a word may be.
func (r *scriptReader) evaluatesEach(w *syntax.Word) bool {
	texts, ok := r.values(w.Parts)
	for _, text := range texts {
		r.text(literalWords([]string{text}, w.Pos())[0], r.shell, true)
	}
	return ok
}

// runsShell takes the text or file that a shell is given.
func (r *scriptReader) runsShell(shell string, args []*syntax.Word) {
	words := make([]string, 0, len(args))
	for _, a := range args[1:] {
		text, ok := r.literal(a)
		if !ok {
			text = unresolvedWord
		}
		words = append(words, text)
	}
	i, isText := shellOperand(words)
	switch {
	case i < 0:
		r.notNamed(args[0], " (reads commands)")
	case isText:
		r.text(args[i+1], shell, false)
	case !strings.HasPrefix(words[i], "/"):
		r.notNamed(args[i+1], "")
	default:
		r.out.scripts = append(r.out.scripts, words[i])
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

const maxTexts = 10 // a text in a text in a ...

// text reads a word that is a script: one of the same shell, as trap has it, knows its
// functions.
func (r *scriptReader) text(w *syntax.Word, shell string, same bool) {
	text, ok := r.literal(w)
	if !ok || r.depth == maxTexts {
		r.notNamed(w, "")
		return
	}
	sub := newScriptReader(shell, surroundings{env: r.with.env})
	sub.depth, sub.file = r.depth+1, r.file
	if same {
		sub.functions, sub.variables, sub.sites, sub.called, sub.within = r.functions, r.variables, r.sites, r.called, r.within
	}
	file, err := sub.parse(text)
	if err != nil {
		r.notNamed(w, "")
		return
	}
	sub.declarations(file)
	sub.walk(file, sub.visit)
	if !same {
		sub.visitCalled()
	}
	r.out.commands = append(r.out.commands, sub.out.commands...)
	r.out.words = append(r.out.words, sub.out.words...)
	r.out.scripts = append(r.out.scripts, sub.out.scripts...)
	r.out.search = append(r.out.search, sub.out.search...)
	r.out.given = append(r.out.given, sub.out.given...)
	r.out.asks = append(r.out.asks, sub.out.asks...)
	for range sub.out.unresolved {
		r.notNamed(w, "")
	}
}

// launch takes every argument of a launcher that may be the command: which one is
// depends on options of the launcher. The command is not named when a word is not
// literal before one that is no option, no value of one and no number.
func (r *scriptReader) launch(args []*syntax.Word) {
	named, before := false, ""
	folder := path.Base(args[0].Lit()) == "run-parts"
	for _, a := range args[1:] {
		text, ok := r.literal(a)
		if !ok {
			text = r.known(a)
		}
		option := strings.HasPrefix(text, "-") || strings.Contains(text, "=")
		switch {
		case before == "-c":
			r.text(a, "sh", false)
		case option:
		case !ok && !named:
			r.notNamed(a, "")
			return
		case ok && folder && strings.HasPrefix(text, "/"): // all programs of a folder
			r.out.commands = append(r.out.commands, text+"/*")
			named = true
		case ok:
			r.out.commands = append(r.out.commands, text)
			r.out.given = append(r.out.given, given{name: text})
			named = named || !strings.HasPrefix(before, "-") && strings.Trim(text, "0123456789.smhd") != ""
		}
		folder = folder || ok && path.Base(text) == "run-parts"
		before = text
	}
}

// skipOptions drops options and assignments before a wrapped command.
func (r *scriptReader) skipOptions(args []*syntax.Word) []*syntax.Word {
	for len(args) > 0 {
		text, ok := r.literal(args[0])
		if !ok || !strings.HasPrefix(text, "-") && !strings.Contains(text, "=") {
			break
		}
		if text == "-a" && len(args) > 1 { // exec's name for the program
			args = args[1:]
		}
		args = args[1:]
	}
	return args
}
