// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Limits on what a word may stand for.
const (
	maxWordValues = 16
	maxWordDepth  = 20 // variables whose values name variables
)

// variable is what a script gives to a variable, wherever it does: it may have any of
// the values, since the order in which a script runs is not followed.
type variable struct {
	words   []assigned
	unknown bool // it is read, computed, added to or printed into
}

// assigned is a word that a variable gets, and the function in which it stands, where
// $1 is not the script's.
type assigned struct {
	word   *syntax.Word
	within string
}

// assign notes that a variable gets a value.
func (r *scriptReader) assign(name string, value *syntax.Word, unclear bool) {
	v := r.variables[name]
	if v == nil {
		v = &variable{}
		r.variables[name] = v
	}
	v.unknown = v.unknown || unclear
	v.words = append(v.words, assigned{value, r.within})
	if name == "PATH" && value != nil {
		r.searches(value)
	}
}

// declares takes the variables that a builtin declares or sets; to the parser of POSIX
// shells all builtins are commands.
func (r *scriptReader) declares(args []*syntax.Word) {
	if len(args) == 0 {
		return
	}
	name := args[0].Lit()
	for _, a := range args[1:] {
		switch {
		case slices.Contains(setsVariables, name):
			r.assign(a.Lit(), nil, true)
		case slices.Contains(declaresVariables, name):
			variable, value, found := cutAssignment(a)
			if found {
				r.assign(variable, value, false)
			}
		}
	}
}

// cutAssignment takes a word NAME=VALUE apart.
func cutAssignment(w *syntax.Word) (name string, value *syntax.Word, found bool) {
	if len(w.Parts) == 0 {
		return "", nil, false
	}
	first, ok := w.Parts[0].(*syntax.Lit)
	if !ok {
		return "", nil, false
	}
	name, text, found := strings.Cut(first.Value, "=")
	rest := *first
	rest.Value = text
	return name, &syntax.Word{Parts: append([]syntax.WordPart{&rest}, w.Parts[1:]...)}, found
}

// known is what is literal of a word that is not as a whole: its text up to the first
// part that is not, or behind parts at its beginning that are not, and what is set
// apart from those by a blank or the like: "/proc/" of /proc/$pid/stat, "/etc/x" of
// $root/etc/x, "a  /b" of "a $x /b".
func (r *scriptReader) known(w *syntax.Word) string {
	var text string
	cut := false
	for _, part := range flat(w.Parts) {
		literal, ok := single(r.part(part))
		switch {
		case !ok:
			cut = text != ""
		case cut:
			if i := strings.IndexFunc(literal, separates); i >= 0 {
				text, cut = text+" "+literal[i:], false
			}
		default:
			text += literal
		}
	}
	return text
}

// flat takes double quotes apart.
func flat(parts []syntax.WordPart) []syntax.WordPart {
	var out []syntax.WordPart
	for _, p := range parts {
		if quoted, ok := p.(*syntax.DblQuoted); ok {
			out = append(out, flat(quoted.Parts)...)
		} else {
			out = append(out, p)
		}
	}
	return out
}

// searches takes the folders of an assignment to PATH.
func (r *scriptReader) searches(w *syntax.Word) {
	text, all := r.literal(w)
	if !all {
		text = r.known(w)
	}
	for _, dir := range strings.Split(text, ":") {
		if strings.HasPrefix(dir, "/") {
			r.out.search = append(r.out.search, dir)
		}
	}
}

// literal is a word's text when the script alone decides it, and it is one.
func (r *scriptReader) literal(w *syntax.Word) (string, bool) {
	return single(r.values(w.Parts))
}

func single(values []string, ok bool) (string, bool) {
	if !ok || len(values) != 1 {
		return "", false
	}
	return values[0], true
}

// values are the texts that a word may stand for; ok is false when the script alone
// does not decide them.
func (r *scriptReader) values(parts []syntax.WordPart) (texts []string, ok bool) {
	texts = []string{""}
	for _, part := range parts {
		values, ok := r.part(part)
		if !ok || len(values)*len(texts) > maxWordValues {
			return nil, false
		}
		var longer []string
		for _, text := range texts {
			for _, v := range values {
				longer = append(longer, text+v)
			}
		}
		texts = longer
	}
	return texts, true
}

func (r *scriptReader) part(part syntax.WordPart) ([]string, bool) {
	switch x := part.(type) {
	case *syntax.Lit:
		return []string{strings.ReplaceAll(x.Value, `\`, "")}, true
	case *syntax.SglQuoted:
		return []string{x.Value}, true
	case *syntax.DblQuoted:
		return r.values(x.Parts)
	case *syntax.ParamExp:
		return r.expansion(x)
	case *syntax.CmdSubst:
		return r.substitution(x)
	}
	return nil, false
}

// expansion is a variable's value, or what stands in its place.
func (r *scriptReader) expansion(x *syntax.ParamExp) ([]string, bool) {
	if x.Slice != nil || x.Repl != nil || x.Length || x.Excl || x.Index != nil || x.Names != 0 {
		return nil, false
	}
	if x.Exp == nil {
		return r.variable(paramName(x))
	}
	var other []string
	otherKnown := true
	if x.Exp.Word != nil {
		other, otherKnown = r.values(x.Exp.Word.Parts)
	}
	switch x.Exp.Op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		return append(slices.Clone(other), ""), otherKnown
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		value, ok := r.variable(paramName(x))
		return append(slices.Clone(value), other...), ok && otherKnown
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		return r.variable(paramName(x))
	}
	return nil, false
}

// variable are the values that a script gives to a variable, or an argument of it.
func (r *scriptReader) variable(name string) ([]string, bool) {
	if n, err := strconv.Atoi(name); err == nil {
		return r.argument(n)
	}
	v := r.variables[name]
	if value, given := r.with.env[name]; v == nil && given {
		return []string{value}, true
	}
	if v == nil || v.unknown || len(r.open) >= maxWordDepth || slices.Contains(r.open, name) {
		return nil, false
	}
	if cached, ok := r.cache[name]; ok {
		return cached, cached != nil
	}
	values := r.valuesOf(name, v)
	if len(r.open) == 0 { // else it may be less than all, for a variable that names itself
		r.cache[name] = values
	}
	return values, values != nil
}

// valuesOf is nil when a value is not known. Where one is that of a variable which
// nobody is seen to set, it is assumed that nobody does.
func (r *scriptReader) valuesOf(name string, v *variable) []string {
	r.open = append(r.open, name)
	outer := r.within
	defer func() { r.open, r.within = r.open[:len(r.open)-1], outer }()
	values := []string{}
	var foreign *syntax.Word
	for _, a := range v.words {
		r.within = a.within
		texts := []string{""}
		if a.word != nil {
			var ok bool
			texts, ok = r.values(a.word.Parts)
			switch {
			case !ok && r.isForeign(a.word):
				foreign = a.word
			case !ok:
				return nil
			}
		}
		for _, text := range texts {
			if !slices.Contains(values, text) {
				values = append(values, text)
			}
		}
	}
	if len(values) > maxWordValues || foreign != nil && !slices.ContainsFunc(values, func(text string) bool { return text != "" }) {
		return nil
	}
	if foreign != nil {
		r.out.assumed = append(r.out.assumed, unresolved{r.file, "line " + foreign.Pos().String() + " (environment)"})
	}
	return values
}

// isForeign tells whether a word is a variable that no script sets.
func (r *scriptReader) isForeign(w *syntax.Word) bool {
	parts := flat(w.Parts)
	if len(parts) != 1 {
		return false
	}
	x, ok := parts[0].(*syntax.ParamExp)
	return ok && x.Exp == nil && isName(paramName(x)) && r.variables[paramName(x)] == nil
}

// substitution knows $(command -v NAME) and $(which NAME): a program by its path.
func (r *scriptReader) substitution(x *syntax.CmdSubst) ([]string, bool) {
	if len(x.Stmts) != 1 {
		return nil, false
	}
	call, ok := x.Stmts[0].Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) < 2 || len(call.Assigns) > 0 {
		return nil, false
	}
	name := path.Base(call.Args[0].Lit())
	operand := call.Args[len(call.Args)-1]
	if name == "which" && len(call.Args) == 2 || name == "command" && len(call.Args) == 3 && call.Args[1].Lit() == "-v" {
		return r.values(operand.Parts)
	}
	return nil, false
}

func paramName(x *syntax.ParamExp) string {
	if x.Param == nil {
		return ""
	}
	return x.Param.Value
}
