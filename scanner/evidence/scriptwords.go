// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

// literals are the texts of a word, or what is literal of it: its text up to the first
// part that is not, or behind parts at its beginning that are not, and what is set
// apart from those by a blank or the like: "/run/" of /run/$pid/stat, "/etc/x" of
// $root/etc/x, "a  /b" of "a $x /b". Of the folder of a process the file counts, too.
func (r *scriptReader) literals(w *syntax.Word) []string {
	v := r.value(w.Parts)
	if v.isKnown() {
		return v.texts
	}
	if slices.ContainsFunc(v.texts, inProcess) && !slices.ContainsFunc(v.texts, func(text string) bool { return !isKnown(text) && !inProcess(text) }) {
		texts := slices.Clone(v.texts)
		for i, text := range texts {
			texts[i] = ofHoles.Replace(text)
		}
		return texts
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

// inProcess tells whether a text is a path below the folder of a process that is not known.
func inProcess(text string) bool {
	rest, ok := strings.CutPrefix(text, "/proc/")
	return ok && rest != "" && strings.Contains(holes, rest[:1]) && !strings.ContainsFunc(rest, separates)
}

// ofHoles puts what stands in code for what is not known in the place of the holes.
var ofHoles = strings.NewReplacer(inFiles, "%s", outside, "%s", unsetVar, "%s")

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
