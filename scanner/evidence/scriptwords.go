// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

// literals are the texts of a word, or what is literal of it: its text up to the first
// part that is not, or behind parts at its beginning that are not, and what is set
// apart from those by a blank or the like: "/proc/" of /proc/$pid/stat, "/etc/x" of
// $root/etc/x, "a  /b" of "a $x /b".
func (r *scriptReader) literals(w *syntax.Word) []string {
	if v := r.value(w.Parts); v.isKnown() {
		return v.texts
	}
	var text string
	cut := false
	for _, part := range flat(w.Parts) {
		literal, ok := r.part(part).single()
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
	return []string{text}
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
	for _, text := range r.literals(w) {
		for _, dir := range strings.Split(text, ":") {
			if strings.HasPrefix(dir, "/") {
				r.out.search = append(r.out.search, dir)
			}
		}
	}
}

// value is what a word may stand for.
func (r *scriptReader) value(parts []syntax.WordPart) value {
	if len(parts) == 1 {
		return r.part(parts[0])
	}
	v := exactly("")
	for _, part := range parts {
		v = v.then(r.unlessUnset(r.part(part)))
	}
	return v
}

// unlessUnset is a value without what the environment might give: the service manager
// starts the script, which gives nothing that is not seen.
func (r *scriptReader) unlessUnset(v value) value {
	if !r.with.bySystemd || !slices.Contains(v.texts, unsetVar) {
		return v
	}
	r.assumeUnset(nil)
	return v.without(unsetVar).or(exactly(""))
}

func (r *scriptReader) wordValue(w *syntax.Word) value {
	if w == nil {
		return exactly("")
	}
	return r.value(w.Parts)
}

func (r *scriptReader) part(part syntax.WordPart) value {
	if r.steps++; r.steps > maxSteps {
		return fromOutside
	}
	switch x := part.(type) {
	case *syntax.Lit:
		return r.literal(strings.ReplaceAll(strings.ReplaceAll(x.Value, "\\\n", ""), `\`, ""))
	case *syntax.SglQuoted:
		return r.literal(x.Value)
	case *syntax.DblQuoted:
		v := exactly("")
		for _, p := range x.Parts {
			if lit, ok := p.(*syntax.Lit); ok {
				v = v.then(r.literal(quoted.Replace(lit.Value)))
			} else {
				v = v.then(r.inQuotes(p, len(x.Parts)))
			}
		}
		return v
	case *syntax.ParamExp:
		return r.expansion(x)
	case *syntax.CmdSubst:
		return r.printed(x.Stmts)
	case *syntax.ArithmExp:
		return number
	}
	return fromOutside
}

// inQuotes is a part of some in double quotes.
func (r *scriptReader) inQuotes(p syntax.WordPart, parts int) value {
	if parts > 1 {
		return r.unlessUnset(r.part(p))
	}
	return r.part(p)
}

// quoted removes the backslashes that have a meaning in double quotes.
var quoted = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\$`, `$`, "\\`", "`", "\\\n", "")

// literal is a text that the script has. In one that it evaluates names stand for what is
// not known.
func (r *scriptReader) literal(text string) value {
	if text = ofNames.Replace(text); isKnown(text) {
		return exactly(text)
	}
	return value{[]string{text}, r.pieces}
}

// expansion is a variable's value, or what stands in its place.
func (r *scriptReader) expansion(x *syntax.ParamExp) value {
	name := paramName(x)
	if x.Length {
		return number
	}
	v := r.boundTo
	if name != r.bound || r.bound == "" || len(r.busy) != r.boundAt {
		v = r.variable(name)
	}
	switch {
	case x.Excl:
		return r.indirect(v)
	case x.Names != 0:
		return fromOutside
	case x.Slice != nil:
		return v.blurred()
	case x.Repl != nil:
		return r.replaced(v, x.Repl)
	case x.Exp != nil:
		return r.changed(name, v, x.Exp)
	}
	return v
}

// indirect is the value of the variable whose name is a value.
func (r *scriptReader) indirect(names value) value {
	var v value
	for _, name := range names.texts {
		v = v.or(r.variable(name))
	}
	return v
}

// changed is a value with an operator behind the variable's name.
func (r *scriptReader) changed(name string, v value, x *syntax.Expansion) value {
	other := r.wordValue(x.Word)
	switch x.Op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if v = r.unlessUnset(v); len(v.texts) == 1 && v.texts[0] == "" {
			return v
		}
		return other.or(exactly(""))
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if slices.Contains(v.texts, unsetVar) || r.busy["variable "+name] {
			r.assumeUnset(x.Word)
		}
		return v.without(unsetVar).without("").or(other)
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		return v
	case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix:
		return r.trimmed(v, other, x.Op)
	case syntax.UpperAll, syntax.LowerAll:
		return v.each(func(text string) (string, bool) {
			if x.Op == syntax.UpperAll {
				return strings.ToUpper(text), true
			}
			return strings.ToLower(text), true
		})
	}
	return v.blurred(other)
}

// trimmed is a value without a beginning or end.
func (r *scriptReader) trimmed(v, globs value, op syntax.ParExpOperator) value {
	var out value
	for _, text := range globs.texts {
		rest, ok := v.removed(text, op == syntax.RemSmallPrefix || op == syntax.RemLargePrefix, op == syntax.RemLargePrefix || op == syntax.RemLargeSuffix)
		if !ok || !isKnown(text) {
			return v.blurred()
		}
		out = out.or(rest)
	}
	return out
}

// replaced is a value in which a text is replaced by another.
func (r *scriptReader) replaced(v value, x *syntax.Replace) value {
	orig, ok := r.wordValue(x.Orig).single()
	with, ok2 := r.wordValue(x.With).single()
	if !ok || !ok2 || pattern.HasMeta(orig, 0) || strings.HasPrefix(orig, "#") || strings.HasPrefix(orig, "%") {
		return v.blurred(r.wordValue(x.With))
	}
	count := 1
	if x.All {
		count = -1
	}
	return v.each(func(text string) (string, bool) { return strings.Replace(text, orig, with, count), true })
}

func (v value) without(text string) value {
	out := value{pieces: v.pieces}
	for _, t := range v.texts {
		if t != text {
			out.texts = append(out.texts, t)
		}
	}
	return out
}

// assumeUnset notes that the environment is taken not to have a variable.
func (r *scriptReader) assumeUnset(at *syntax.Word) {
	text := "environment"
	if at != nil {
		text = "line " + at.Pos().String() + " (environment)"
	}
	r.out.assumed = append(r.out.assumed, unresolved{r.file, text})
}

// variable is the value of a variable, or of an argument, by its name.
func (r *scriptReader) variable(name string) value {
	if n, err := strconv.Atoi(name); err == nil {
		return r.argument(n)
	}
	switch name {
	case "@", "*":
		return blurredAll(r.lists())
	case "#", "?", "$", "!", "-", "RANDOM", "LINENO", "OPTIND", "PPID", "UID", "EUID", "SECONDS":
		return number
	case "BASH_SOURCE":
		return r.argument(0)
	}
	if pattern := ofNames.Replace(name); !isKnown(pattern) {
		return r.anyOf(pattern)
	}
	v := r.variables[name]
	if v == nil && len(r.anyVariable) == 0 {
		if given, ok := r.with.env[name]; ok {
			return exactly(given)
		}
		return exactly(unsetVar)
	}
	return r.valueOf("variable "+name, func() value { return r.given(name) })
}

// anyArgument is any of the arguments.
func (r *scriptReader) anyArgument() value {
	return r.valueOf("any argument of "+r.within+" at "+strconv.Itoa(int(r.pos)), func() value {
		var v value
		for _, list := range r.lists() {
			for _, w := range list {
				v = v.or(w.value())
			}
		}
		return v
	})
}

func blurredAll(lists [][]shellWord) value {
	w := blurredList(lists)
	return value{w.texts, w.pieces}
}

// anyOf are the values of all variables that a name with unknown parts may mean, and of
// one that nobody sets.
func (r *scriptReader) anyOf(pattern string) value {
	var words []string
	if pattern == inFiles {
		words = r.pieces.all()
	}
	return r.valueOf("variables "+pattern+strings.Join(words, " "), func() value {
		v, match := r.unlessUnset(exactly(unsetVar)), matching(pattern)
		for _, name := range r.variableNames() {
			if pattern == inFiles && slices.Contains(words, name) || pattern != inFiles && match.MatchString(name) {
				v = v.or(r.variable(name))
			}
		}
		return v
	})
}

func (r *scriptReader) variableNames() []string {
	names := make([]string, 0, len(r.variables))
	for name := range r.variables {
		names = append(names, name)
	}
	return sorted(names)
}

// given are the values that a variable gets. Where one is that of a variable which
// nobody is seen to set, it is assumed that nobody does.
func (r *scriptReader) given(name string) value {
	var v value
	list := slices.Clone(r.variables[name])
	for _, any := range r.anyVariable {
		if any.name.MatchString(name) {
			list = append(list, any.assigned)
		}
	}
	outer, pos := r.within, r.pos
	defer func() { r.within, r.pos = outer, pos }()
	var foreign *syntax.Word
	for _, a := range list {
		r.within, r.pos = a.within, a.pos
		got := r.assignedValue(name, a)
		if slices.Contains(got.texts, unsetVar) {
			foreign = a.word
		}
		v = v.or(got)
	}
	if env, ok := r.with.env[name]; ok {
		v = v.or(exactly(env))
	}
	if len(v.texts) == 0 { // each value that it gets is made of the one before
		v = r.unlessUnset(exactly(unsetVar))
	}
	if r.with.bySystemd && len(v.texts) > 1 {
		return r.unlessUnset(v)
	}
	if rest := v.without(unsetVar); len(rest.texts) < len(v.texts) && slices.ContainsFunc(rest.texts, func(text string) bool { return text != "" }) {
		r.assumeUnset(foreign)
		return rest
	}
	return v
}

// assignedValue is one of the values that a variable gets.
func (r *scriptReader) assignedValue(name string, a assigned) value {
	if a.how == notKnown {
		return fromOutside
	}
	v := r.wordValue(a.word)
	if a.output != nil {
		v = r.printed(a.output)
	}
	switch a.how {
	case added:
		return r.variable(name).then(v)
	case inTurn:
		return r.unlessUnset(v).fields()
	case eachArgument:
		return r.anyArgument()
	case read:
		return v.parts()
	case ifUnset:
		r.assumeUnset(a.word)
	}
	return v
}

// parts are the lines, fields and the like that read(1) makes of a text.
func (v value) parts() value {
	out := value{pieces: v.pieces}
	for _, text := range v.texts {
		out = out.or(exactly(text))
		for _, part := range strings.FieldsFunc(text, separates) {
			out = out.or(exactly(part))
		}
	}
	out.pieces = v.pieces
	return out
}

func paramName(x *syntax.ParamExp) string {
	if x.Param == nil {
		return ""
	}
	return x.Param.Value
}

// isUnquoted tells whether the shell splits what a word stands for.
func isUnquoted(w *syntax.Word) bool {
	return slices.ContainsFunc(w.Parts, func(p syntax.WordPart) bool {
		switch p.(type) {
		case *syntax.ParamExp, *syntax.CmdSubst:
			return true
		}
		return false
	})
}
