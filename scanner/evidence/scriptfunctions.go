// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strconv"

	"mvdan.cc/sh/v3/syntax"
)

// function is one of a script's: its arguments are what any place that calls it gives.
type function struct {
	file   string
	body   *syntax.Stmt
	unseen bool // it is called from where the text does not name it
}

// callSite is a call of a function, and the function that it stands in.
type callSite struct {
	args   []*syntax.Word
	within string
	pos    uint
}

// Limits on the calls that are looked at.
const (
	maxCallSites = 200
	maxLists     = 64 // what all arguments together may be
)

// declareFunction notes a function and, by visiting its body, what that declares.
func (r *scriptReader) declareFunction(x *syntax.FuncDecl, visit func(syntax.Node) bool) {
	name, outer := x.Name.Value, r.within
	r.functions[name] = append(r.functions[name], &function{file: r.file, body: x.Body})
	r.within = name
	if block, ok := x.Body.Cmd.(*syntax.Block); ok {
		r.shiftsOf(block.Stmts)
	}
	r.walk(x.Body, visit)
	r.within = outer
}

// calls notes a simple command as a call, in case that its name is a function's.
func (r *scriptReader) calls(args []*syntax.Word) {
	if len(args) > 0 && args[0].Lit() != "" {
		r.sites[args[0].Lit()] = append(r.sites[args[0].Lit()], callSite{args[1:], r.within, r.offset(args[0])})
	}
}

// offset is where a word stands, or the text that it is in.
func (r *scriptReader) offset(w *syntax.Word) uint {
	if r.depth > 0 {
		return r.pos
	}
	return w.Pos().Offset()
}

// callFunction notes that a function is called. A call that is not in the text under the
// function's name gives arguments that are not known.
func (r *scriptReader) callFunction(name string, unseen bool) {
	known := slices.Contains(*r.called, name)
	for _, f := range r.functions[name] {
		if unseen && !f.unseen {
			f.unseen, known = true, false // visit it again
			r.reset()
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

// argument is argument n of what is visited: of the script, or of a function from any
// place that calls it.
func (r *scriptReader) argument(n int) value {
	if n == 0 {
		if r.with.name == "" {
			return fromOutside
		}
		return exactly(r.with.name)
	}
	dropped := 0
	if c := r.changes[r.within]; c != nil {
		dropped = c.dropped(r.pos)
	}
	return r.valueOf("argument "+strconv.Itoa(n)+" of "+r.within+" from "+strconv.Itoa(dropped), func() value {
		var v value
		for _, list := range r.lists() {
			if n <= len(list) {
				v = v.or(value{list[n-1].texts, list[n-1].pieces})
			} else if !slices.ContainsFunc(list, shellWord.isList) {
				v = v.or(exactly(""))
			}
			for _, w := range list[:min(n-1, len(list))] {
				if w.isList() {
					v = v.or(value{w.texts, w.pieces})
				}
			}
		}
		return v
	})
}

// ownArguments are those of the script.
func (r *scriptReader) ownArguments() [][]shellWord {
	if r.with.args == nil {
		return [][]shellWord{{unknownList}}
	}
	return [][]shellWord{wordsOf(r.with.args, shellWord{})}
}

// givenArguments are those of the function that is visited.
func (r *scriptReader) givenArguments() [][]shellWord {
	name := r.within
	if slices.ContainsFunc(r.functions[name], func(f *function) bool { return f.unseen }) || len(r.sites[name]) > maxCallSites {
		return [][]shellWord{{unknownList}}
	}
	pos := r.pos
	defer func() { r.within, r.pos = name, pos }()
	var lists [][]shellWord
	for _, s := range r.sites[name] {
		r.within, r.pos = s.within, s.pos
		if lists = append(lists, r.words(s.args)...); len(lists) > maxCallSites {
			return [][]shellWord{{unknownList}}
		}
	}
	return lists
}

// endsOf are the ends of lists.
func endsOf(lists [][]shellWord) [][]shellWord {
	var ends [][]shellWord
	for _, list := range lists {
		for i := range list {
			ends = append(ends, list[i:])
		}
	}
	return append(ends, nil)
}

// unknownList stands for arguments of which nothing is known.
var unknownList = shellWord{texts: []string{outside}, list: true}

func blurredList(lists [][]shellWord) shellWord {
	var all value
	for _, list := range lists {
		for _, w := range list {
			all = all.blurred(value{w.texts, w.pieces})
		}
	}
	return shellWord{texts: all.texts, pieces: all.pieces, list: true}
}

// isList tells whether a word is all arguments, "$@" or $*.
func isList(w *syntax.Word) bool {
	parts := flat(w.Parts)
	if len(parts) != 1 {
		return false
	}
	x, ok := parts[0].(*syntax.ParamExp)
	return ok && x.Exp == nil && x.Slice == nil && x.Repl == nil && !x.Length && (paramName(x) == "@" || paramName(x) == "*")
}

// words are what the words of a command may be: each is one alternative for all.
func (r *scriptReader) words(args []*syntax.Word) [][]shellWord {
	out := [][]shellWord{nil}
	for _, a := range args {
		var parts [][]shellWord
		if isList(a) {
			for _, list := range r.lists() {
				parts = append(parts, placed(list, a.Pos()))
			}
		} else {
			v := r.value(a.Parts)
			parts = [][]shellWord{{{texts: v.texts, pieces: v.pieces, split: isUnquoted(a), literal: a.Lit(), pos: a.Pos()}}}
		}
		if len(out)*len(parts) > maxLists {
			parts = [][]shellWord{{blurredList(parts)}}
		}
		var longer [][]shellWord
		for _, before := range out {
			for _, p := range parts {
				longer = append(longer, append(slices.Clip(before), p...))
			}
		}
		out = longer
	}
	return out
}

// placed are words where the list stands that they are of.
func placed(list []shellWord, pos syntax.Pos) []shellWord {
	out := slices.Clone(list)
	for i := range out {
		out[i].pos, out[i].literal = pos, ""
	}
	return out
}
