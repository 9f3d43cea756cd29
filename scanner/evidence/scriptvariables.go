// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

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
	if x, ok := r.ofLoop[name]; ok {
		return r.loopValue(name, x)
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
