// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// assigned is what a variable gets, and the function in which it stands, where $1 is not
// the script's. It may have any of what it gets, since the order in which a script runs is
// not followed.
type assigned struct {
	word   *syntax.Word
	output []*syntax.Stmt // instead: what is read of what these print
	within string
	pos    uint
	how    how
}

// how a variable gets a word.
type how int

const (
	asItIs how = iota
	added      // behind what it has
	inTurn     // the fields of it, one after the other
	read       // lines or fields of it
	ifUnset
	eachArgument
	notKnown // it is read, or printed into
)

// assign notes that a variable gets a value.
func (r *scriptReader) assign(name string, a assigned) {
	a.within = r.within
	if a.word != nil {
		a.pos = r.offset(a.word)
	}
	if name = ofNames.Replace(name); !isKnown(name) {
		r.anyVariable = append(r.anyVariable, anyAssigned{matching(name), a})
		return
	}
	r.variables[name] = append(r.variables[name], a)
	if name == "PATH" && a.word != nil {
		r.searches(a.word)
	}
}

// declares takes the variables that a builtin declares or sets; to the parser of POSIX
// shells all builtins are commands.
func (r *scriptReader) declares(call *syntax.CallExpr) {
	if len(call.Args) == 0 {
		return
	}
	name := call.Args[0].Lit()
	for i, a := range call.Args[1:] {
		switch {
		case name == "read" && r.fed[call] != nil:
			if text := a.Lit(); isName(text) {
				fed := *r.fed[call]
				r.assign(text, fed)
			}
		case name == "getopts":
			if i == 1 {
				r.assign(a.Lit(), assigned{how: notKnown})
				r.assign("OPTARG", assigned{word: allArguments})
			}
		case name == "unset":
			r.assign(a.Lit(), assigned{})
		case slices.Contains(setsVariables, name):
			r.assign(a.Lit(), assigned{how: notKnown})
		case slices.Contains(declaresVariables, name):
			variable, value, found := cutAssignment(a)
			switch {
			case found:
				r.assign(variable, assigned{word: value})
			case name == "local" && isName(a.Lit()):
				r.assign(a.Lit(), assigned{})
			}
		}
	}
}

// allArguments is "$*".
var allArguments = &syntax.Word{Parts: []syntax.WordPart{&syntax.ParamExp{Short: true, Param: &syntax.Lit{Value: "*"}}}}

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

// declarations notes functions, and the values of variables.
func (r *scriptReader) declarations(file *syntax.File) {
	var visit func(node syntax.Node) bool
	visit = func(node syntax.Node) bool {
		switch x := node.(type) {
		case *syntax.FuncDecl:
			r.declareFunction(x, visit)
		case *syntax.Stmt:
			r.feeds(x)
		case *syntax.Assign:
			r.assigns(x)
		case *syntax.CallExpr:
			r.declares(x)
			r.changesArguments(x)
			r.calls(x.Args)
			if len(x.Args) > 1 && x.Args[0].Lit() == "eval" {
				r.evals = append(r.evals, evaluated{x.Args[1:], r.within, r.file, r.offset(x.Args[0])})
			}
		case *syntax.ParamExp:
			if x.Exp != nil && (x.Exp.Op == syntax.AssignUnset || x.Exp.Op == syntax.AssignUnsetOrNull) {
				r.assign(paramName(x), assigned{word: x.Exp.Word, how: ifUnset})
			}
		case *syntax.ForClause:
			r.loop(x)
		}
		return true
	}
	r.shiftsOf(file.Stmts)
	r.walk(file, visit)
}

// assigns takes an assignment.
func (r *scriptReader) assigns(x *syntax.Assign) {
	if x.Name == nil || x.Naked {
		return
	}
	name := x.Name.Value
	a := assigned{word: x.Value}
	if x.Append && x.Index == nil {
		a.how = added
	}
	if x.Array == nil {
		r.assign(name, a)
		return
	}
	for _, e := range x.Array.Elems {
		if e.Value != nil {
			r.assign(name, assigned{word: e.Value})
		}
	}
}

// feeds notes what "read" reads in a statement: a text, or what is printed before a pipe.
func (r *scriptReader) feeds(s *syntax.Stmt) {
	for _, redirect := range s.Redirs {
		switch redirect.Op {
		case syntax.WordHdoc:
			r.feed(s.Cmd, assigned{word: redirect.Word, how: read})
		case syntax.Hdoc, syntax.DashHdoc:
			r.feed(s.Cmd, assigned{word: redirect.Hdoc, how: read})
		}
	}
	if x, ok := s.Cmd.(*syntax.BinaryCmd); ok && x.Op == syntax.Pipe {
		r.feed(x.Y, assigned{output: []*syntax.Stmt{x.X}, how: read})
	}
}

func (r *scriptReader) feed(node syntax.Node, from assigned) {
	if node == nil {
		return
	}
	r.walk(node, func(n syntax.Node) bool {
		if s, ok := n.(*syntax.Stmt); ok && n != node && slices.ContainsFunc(s.Redirs, func(x *syntax.Redirect) bool { return x.Op == syntax.RdrIn || x.Op == syntax.DplIn }) {
			return false
		}
		if x, ok := n.(*syntax.CallExpr); ok && len(x.Args) > 0 && x.Args[0].Lit() == "read" {
			r.fed[x] = &from
		}
		return true
	})
}
