// SPDX-License-Identifier: MIT

package evidence

import (
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// evaluated is a call of eval, and the function that it stands in.
type evaluated struct {
	args         []*syntax.Word
	within, file string
	pos          uint
}

// anyAssigned is a value for variables whose names are not known.
type anyAssigned struct {
	name *regexp.Regexp
	assigned
}

// In a text that is evaluated, names stand for what is not known, so that it can be parsed.
var (
	toNames = strings.NewReplacer(inFiles, "__in_files__", outside, "__outside__", unsetVar, "__unset__")
	ofNames = strings.NewReplacer("__in_files__", inFiles, "__outside__", outside, "__unset__", unsetVar)
)

const maxEvaluated = 4 // rounds of declarations in texts that depend on each other

// declareEvaluated notes what texts declare that the script evaluates.
func (r *scriptReader) declareEvaluated() {
	for round, changed := 0, true; changed && round < maxEvaluated; round++ {
		changed = false
		r.reset()
		for i := 0; i < len(r.evals); i++ {
			e := r.evals[i]
			r.within, r.file, r.pos = e.within, e.file, e.pos
			for _, text := range r.evaluatedTexts(e.args).texts {
				if key := e.within + "\x00" + text; !r.declared[key] {
					r.declared[key] = true
					if file, err := r.parse(toNames.Replace(text)); err == nil {
						r.depth++
						r.declarations(file)
						r.depth--
						changed = true
					}
				}
			}
		}
	}
	r.within, r.file = "", ""
	r.reset()
}

// evaluatedTexts are the texts that eval's arguments make together. A variable that they
// name more than once has the same value at each place.
func (r *scriptReader) evaluatedTexts(args []*syntax.Word) value {
	count, repeated := map[string]int{}, ""
	for _, a := range args {
		for _, part := range flat(a.Parts) {
			if x, ok := part.(*syntax.ParamExp); ok {
				if count[paramName(x)]++; count[paramName(x)] == 2 && repeated == "" {
					repeated = paramName(x)
				}
			}
		}
	}
	if repeated == "" {
		return r.joined(args)
	}
	var v value
	values := r.variable(repeated)
	r.bound, r.boundAt = repeated, len(r.busy)
	defer func() { r.bound = "" }()
	for _, text := range values.texts {
		r.boundTo = value{[]string{text}, values.pieces}
		v = v.or(r.joined(args))
	}
	return v
}

func (r *scriptReader) joined(args []*syntax.Word) value {
	v := exactly("")
	for i, a := range args {
		if i > 0 {
			v = v.then(exactly(" "))
		}
		v = v.then(r.value(a.Parts))
	}
	return v
}

// evaluates takes eval: a text that is known but for words that the files hold, or a
// command that is.
func (r *scriptReader) evaluates(args []*syntax.Word, pos syntax.Pos) {
	at := shellWord{pos: pos}
	if len(args) == 0 {
		return
	}
	if args[0].Lit() == "set" { // the words that getopt(1) has quoted become the arguments
		return
	}
	v := r.evaluatedTexts(args)
	r.mayNothing(shellWord{texts: v.texts, pos: pos})
	if program, ok := r.value(args[0].Parts).single(); ok && strings.HasPrefix(program, "/") && !strings.ContainsAny(program, " ;|&<>$`()") && !v.isKnown() {
		for _, list := range r.words(args) {
			r.command(list, true)
		}
		return
	}
	for _, text := range v.texts {
		if strings.HasPrefix(text, "set ") {
			continue
		}
		if !isShipped(onlyAssigned(r, text)) {
			r.notNamed(at, " (eval)")
			continue
		}
		r.text(shellWord{texts: []string{text}, pieces: v.pieces, pos: pos}, r.shell, true, " (eval)")
	}
}

// onlyAssigned is a text without what the shell may only assign or pass: where its
// unknown parts come from an environment that nobody is seen to set, they are empty.
func onlyAssigned(r *scriptReader, text string) string {
	if r.with.bySystemd {
		return strings.ReplaceAll(text, unsetVar, "")
	}
	return text
}
