// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// changes are what a function, or the script itself, does to its arguments.
type changes struct {
	shifts bool                      // somewhere, any number of times
	always []shift                   // one after the other, whatever happens
	sets   [][]*syntax.Word          // the arguments that it gives itself
	known  map[*syntax.CallExpr]bool // of always
}

// shift is a statement that drops arguments.
type shift struct {
	pos   uint
	count int
}

func (r *scriptReader) changesOf(within string) *changes {
	c := r.changes[within]
	if c == nil {
		c = &changes{known: map[*syntax.CallExpr]bool{}}
		r.changes[within] = c
	}
	return c
}

// at notes where the words stand that are evaluated. Those of a text that is evaluated
// stand where it is.
func (r *scriptReader) at(pos syntax.Pos) {
	if r.depth == 0 {
		r.pos = pos.Offset()
	}
}

// shiftsOf notes the statements of a function, or of the script, that always drop arguments.
func (r *scriptReader) shiftsOf(stmts []*syntax.Stmt) {
	if r.depth > 0 || r.file != "" && r.within == "" {
		return
	}
	for _, s := range stmts {
		x, ok := s.Cmd.(*syntax.CallExpr)
		if !ok || len(x.Args) == 0 || len(x.Args) > 2 || x.Args[0].Lit() != "shift" {
			continue
		}
		count := 1
		if len(x.Args) == 2 {
			n, err := strconv.Atoi(x.Args[1].Lit())
			if err != nil {
				continue
			}
			count = n
		}
		c := r.changesOf(r.within)
		c.always = append(c.always, shift{s.Pos().Offset(), count})
		c.known[x] = true
	}
}

// changesArguments notes that the script, or a function, changes its arguments.
func (r *scriptReader) changesArguments(x *syntax.CallExpr) {
	args := x.Args
	if len(args) > 1 && args[0].Lit() == "eval" && args[1].Lit() == "set" {
		args = args[1:]
	}
	if len(args) == 0 || args[0].Lit() != "set" && args[0].Lit() != "shift" {
		return
	}
	c := r.changesOf(r.within)
	if args[0].Lit() == "shift" {
		c.shifts = c.shifts || !c.known[x]
		return
	}
	if words, ok := setWords(args); ok {
		c.sets = append(c.sets, words)
		c.shifts = c.shifts || len(c.always) > 0
	}
}

// setWords are the arguments that "set" gives.
func setWords(args []*syntax.Word) ([]*syntax.Word, bool) {
	for i, w := range args[1:] {
		if w.Lit() == "--" {
			return args[i+2:], true
		}
		if !strings.HasPrefix(w.Lit(), "-") && !strings.HasPrefix(w.Lit(), "+") {
			return args[i+1:], true
		}
	}
	return nil, false
}

// changesOwnArguments tells whether a file changes the arguments of the script.
func changesOwnArguments(file *syntax.File) bool {
	found := false
	syntax.Walk(file, func(n syntax.Node) bool {
		if x, ok := n.(*syntax.CallExpr); ok && len(x.Args) > 0 {
			_, sets := setWords(x.Args)
			found = found || x.Args[0].Lit() == "shift" || x.Args[0].Lit() == "set" && sets || x.Args[0].Lit() == "eval"
		}
		_, function := n.(*syntax.FuncDecl)
		return n != nil && !function
	})
	return found
}

// dropped is how many arguments are dropped for good where the words at hand stand.
func (c *changes) dropped(pos uint) int {
	n := 0
	for _, s := range c.always {
		if s.pos < pos {
			n += s.count
		}
	}
	return n
}

// lists are what all arguments of what is visited may be.
func (r *scriptReader) lists() [][]shellWord {
	c := r.changes[r.within]
	if c == nil {
		c = &changes{}
	}
	dropped := c.dropped(r.pos)
	return r.listsOf("arguments of "+r.within+" from "+strconv.Itoa(dropped), func() [][]shellWord {
		var lists [][]shellWord
		if r.within == "" {
			lists = r.ownArguments()
		} else {
			lists = r.givenArguments()
		}
		for i, list := range lists {
			if !slices.ContainsFunc(list, shellWord.isList) {
				lists[i] = list[min(dropped, len(list)):]
			}
		}
		for _, args := range c.sets {
			lists = append(lists, r.words(args)...)
		}
		if c.shifts {
			lists = endsOf(lists)
		}
		if lists = distinctLists(lists); len(lists) > maxLists {
			return [][]shellWord{{blurredList(lists)}}
		}
		return lists
	})
}

func distinctLists(lists [][]shellWord) [][]shellWord {
	var out [][]shellWord
	for _, list := range lists {
		if !slices.ContainsFunc(out, func(other []shellWord) bool { return sameLists([][]shellWord{list}, [][]shellWord{other}) }) {
			out = append(out, list)
		}
	}
	return out
}
