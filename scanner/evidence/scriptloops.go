// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strconv"

	"mvdan.cc/sh/v3/syntax"
)

// loop gives a loop's variable each of its words.
func (r *scriptReader) loop(x *syntax.ForClause) {
	it, ok := x.Loop.(*syntax.WordIter)
	if !ok {
		return
	}
	items, own := it.Items, r.ownVariable(x, it.Name)
	if !it.InPos.IsValid() { // over the arguments
		items = []*syntax.Word{allArguments}
	}
	for _, w := range items {
		a := assigned{word: w}
		switch {
		case isList(w):
			a.how = eachArgument
		case isUnquoted(w):
			a.how = inTurn
		}
		r.assign(it.Name.Value, a)
		r.assign(own, a)
	}
}

// ownVariable returns a name for a loop's variable by which the commands of the loop get what the loop gives it,
// and not what the script gives it elsewhere. They get all of it when they set it themselves.
func (r *scriptReader) ownVariable(loop *syntax.ForClause, variable *syntax.Lit) string {
	name := variable.Value
	if len(loop.Do) == 0 || setsIn(loop.Do, name) {
		return name
	}
	own := name + "@" + strconv.Itoa(len(r.ofLoop))
	r.ofLoop[own] = loopVariable{name, r.within}
	for _, s := range loop.Do {
		r.walk(s, func(node syntax.Node) bool {
			if x, ok := node.(*syntax.ParamExp); ok && paramName(x) == name {
				x.Param.Value = own
			}
			return true
		})
	}
	return own
}

// loopVariable is the variable of a loop, and the function that the loop stands in.
type loopVariable struct{ name, within string }

// setsIn tells whether commands may set a variable: by anything that has its name, but for what stands for its value.
func setsIn(commands []*syntax.Stmt, name string) bool {
	found := false
	for _, s := range commands {
		syntax.Walk(s, func(node syntax.Node) bool {
			switch x := node.(type) {
			case *syntax.Assign:
				found = found || x.Name != nil && x.Name.Value == name
			case *syntax.Lit:
				found = found || x.Value == name
			case *syntax.ParamExp:
				if paramName(x) == name {
					found = found || x.Exp != nil && (x.Exp.Op == syntax.AssignUnset || x.Exp.Op == syntax.AssignUnsetOrNull)
					return false
				}
			}
			return !found
		})
	}
	return found
}

// loopValue is the value of a loop's variable in the loop: also what a function sets that the loop may call.
func (r *scriptReader) loopValue(own string, x loopVariable) value {
	set := slices.ContainsFunc(r.variables[x.name], func(a assigned) bool { return a.within != "" && a.within != x.within }) ||
		slices.ContainsFunc(r.anyVariable, func(a anyAssigned) bool { return a.name.MatchString(x.name) })
	if set {
		return r.variable(x.name)
	}
	return r.valueOf("variable "+own, func() value { return r.given(own) })
}
