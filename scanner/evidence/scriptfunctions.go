// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"
)

// function is one of a script's: its arguments are what any place that calls it gives.
type function struct {
	file   string
	body   *syntax.Stmt
	shifts bool // it changes its arguments
}

// callSite is a call of a function, and the function that it stands in.
type callSite struct {
	args   []*syntax.Word
	within string
}

// maxCallSites of one function; with more its arguments are not known.
const maxCallSites = 100

// declareFunction notes a function and, by visiting its body, what that declares.
func (r *scriptReader) declareFunction(x *syntax.FuncDecl, visit func(syntax.Node) bool) {
	name, outer := x.Name.Value, r.within
	r.functions[name] = append(r.functions[name], &function{file: r.file, body: x.Body})
	r.within = name
	r.walk(x.Body, visit)
	r.within = outer
}

// calls notes a simple command as a call, in case that its name is a function's.
func (r *scriptReader) calls(args []*syntax.Word) {
	if len(args) > 0 && args[0].Lit() != "" {
		r.sites[args[0].Lit()] = append(r.sites[args[0].Lit()], callSite{args[1:], r.within})
	}
}

// callFunction notes that a function is called. A call that is not in the text under the
// function's name gives arguments that are not known.
func (r *scriptReader) callFunction(name string, unseen bool) {
	known := slices.Contains(*r.called, name)
	for _, f := range r.functions[name] {
		if unseen && !f.shifts {
			f.shifts, known = true, false // visit it again
			clear(r.cache)
		}
	}
	if !known {
		*r.called = append(*r.called, name)
	}
}

// visitCalled visits the bodies of the functions that are called.
func (r *scriptReader) visitCalled() {
	for i := 0; i < len(*r.called); i++ {
		name := (*r.called)[i]
		for _, f := range r.functions[name] {
			r.file, r.within = f.file, name
			r.walk(f.body, r.visit)
		}
	}
	r.within = ""
}

// argument are the values of argument n of what is visited: of the script, or of a
// function from any place that calls it.
func (r *scriptReader) argument(n int) ([]string, bool) {
	if r.within == "" {
		switch {
		case r.with.args == nil || n < 1:
			return nil, false
		case n > len(r.with.args):
			return []string{""}, true
		}
		return r.with.args[n-1 : n], true
	}
	sites, ok := r.callsOf(r.within)
	if !ok || n < 1 {
		return nil, false
	}
	var values []string
	for _, s := range sites {
		texts, ok := []string{""}, true
		if n <= len(s.args) {
			texts, ok = r.valuesWithin(s.args[n-1], s.within)
		} else if slices.ContainsFunc(s.args, isList) {
			ok = false
		}
		if !ok {
			return nil, false
		}
		values = append(values, texts...)
	}
	slices.Sort(values)
	values = slices.Compact(values)
	return values, len(values) <= maxWordValues
}

// callsOf are the places that call a function, when its arguments are what they give.
func (r *scriptReader) callsOf(name string) ([]callSite, bool) {
	if slices.ContainsFunc(r.functions[name], func(f *function) bool { return f.shifts }) || len(r.sites[name]) > maxCallSites {
		return nil, false
	}
	return r.sites[name], true
}

// valuesWithin evaluates a word where it stands.
func (r *scriptReader) valuesWithin(w *syntax.Word, within string) ([]string, bool) {
	if isList(w) || len(r.open) >= maxWordDepth {
		return nil, false
	}
	outer := r.within
	r.within, r.open = within, append(r.open, "")
	defer func() { r.within, r.open = outer, r.open[:len(r.open)-1] }()
	return r.values(w.Parts)
}

// isList tells whether a word is all arguments, "$@" or $*.
func isList(w *syntax.Word) bool {
	return slices.ContainsFunc(flat(w.Parts), func(p syntax.WordPart) bool {
		x, ok := p.(*syntax.ParamExp)
		return ok && (paramName(x) == "@" || paramName(x) == "*")
	})
}

// commandList runs all arguments as a command: those of the script, or those that the
// callers of a function give.
func (r *scriptReader) commandList(w *syntax.Word, rest []*syntax.Word, inShell bool) {
	if r.within == "" {
		if len(r.with.args) == 0 {
			r.notNamed(w, "")
			return
		}
		expanded := r.expanded
		r.expanded = true
		r.command(append(literalWords(r.with.args, w.Pos()), rest...), inShell)
		r.expanded = expanded
		return
	}
	sites, ok := r.callsOf(r.within)
	if !ok || len(r.open) >= maxWordDepth {
		r.notNamed(w, "")
		return
	}
	outer, expanded := r.within, r.expanded
	r.open, r.expanded = append(r.open, ""), true
	for _, s := range sites {
		r.within = s.within
		if len(s.args) > 0 {
			r.command(append(slices.Clone(s.args), rest...), inShell)
		}
	}
	r.within, r.expanded, r.open = outer, expanded, r.open[:len(r.open)-1]
}
