// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// silent are commands that print nothing.
var silent = strings.Fields(`: [ test true false cd exit return shift set unset export readonly local declare typeset read trap wait umask ulimit shopt break continue
	kill alias unalias sleep mkdir rm rmdir touch chmod chown ln cp mv install logger`)

// filters print what they read, or parts of it; sorters print whole lines of it.
var (
	filters = strings.Fields("sed tr cut awk gawk mawk nawk rev fold fmt paste nl")
	sorters = strings.Fields("cat head tail sort uniq grep egrep fgrep tac tee")
)

// printed is what statements print, as the value of $(...).
func (r *scriptReader) printed(stmts []*syntax.Stmt) value {
	cwd := r.cwd
	v := r.prints(stmts, nil)
	r.cwd = cwd
	if len(v.texts) == 0 {
		return exactly("")
	}
	return v
}

// prints is what statements print, one or the other of them; none for nothing.
func (r *scriptReader) prints(stmts []*syntax.Stmt, in *value) value {
	var v value
	for _, s := range stmts {
		v = v.or(r.stmtPrints(s, in))
	}
	return v
}

func (r *scriptReader) stmtPrints(s *syntax.Stmt, in *value) value {
	for _, redirect := range s.Redirs {
		switch redirect.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.ClbOut, syntax.RdrAll, syntax.AppAll, syntax.DplOut:
			if redirect.N == nil || redirect.N.Value == "1" {
				return value{}
			}
		case syntax.WordHdoc:
			v := r.wordValue(redirect.Word)
			in = &v
		case syntax.Hdoc, syntax.DashHdoc:
			v := r.wordValue(redirect.Hdoc)
			in = &v
		case syntax.RdrIn:
			v := fromOutside
			in = &v
		}
	}
	return r.commandPrints(s.Cmd, in)
}

func (r *scriptReader) commandPrints(cmd syntax.Command, in *value) value {
	switch x := cmd.(type) {
	case *syntax.CallExpr:
		return r.callPrints(x, in)
	case *syntax.BinaryCmd:
		first := r.stmtPrints(x.X, in)
		if x.Op == syntax.Pipe || x.Op == syntax.PipeAll {
			return r.stmtPrints(x.Y, &first)
		}
		return first.or(r.stmtPrints(x.Y, in))
	case *syntax.Block:
		return r.prints(x.Stmts, in)
	case *syntax.Subshell:
		return r.prints(x.Stmts, in)
	case *syntax.IfClause:
		v := r.prints(x.Cond, in).or(r.prints(x.Then, in))
		if x.Else != nil {
			v = v.or(r.commandPrints(x.Else, in))
		}
		return v
	case *syntax.WhileClause:
		return r.prints(x.Cond, in).or(r.prints(x.Do, in))
	case *syntax.ForClause:
		return r.prints(x.Do, in)
	case *syntax.CaseClause:
		var v value
		for _, item := range x.Items {
			v = v.or(r.prints(item.Stmts, in))
		}
		return v
	case *syntax.TestClause, *syntax.ArithmCmd, *syntax.LetClause, *syntax.DeclClause, *syntax.FuncDecl, nil:
		return value{}
	}
	return fromOutside
}

// callPrints is what a simple command prints that is one whose output the words decide
// which it gets.
func (r *scriptReader) callPrints(x *syntax.CallExpr, in *value) value {
	if len(x.Args) == 0 {
		return value{}
	}
	name, known := r.value(x.Args[0].Parts).single()
	if !known {
		return fromOutside
	}
	if functions := r.functions[name]; functions != nil {
		return r.functionPrints(name)
	}
	switch name {
	case "cd":
		v := r.wordValue(x.Args[len(x.Args)-1])
		r.cwd = &v
	case "pwd":
		if r.cwd != nil {
			return r.cwd.each(func(text string) (string, bool) { return path.Clean(text), true })
		}
		return fromOutside
	}
	if slices.Contains(silent, name) {
		return value{}
	}
	var all value
	for i, list := range r.words(x.Args[1:]) {
		v := r.programPrints(path.Base(name), list, in)
		if i == 0 {
			all = v
		} else {
			all = all.or(v)
		}
	}
	return all
}

// functionPrints is what a function prints.
func (r *scriptReader) functionPrints(name string) value {
	return r.valueOf("output of "+name, func() value {
		outer, file := r.within, r.file
		defer func() { r.within, r.file = outer, file }()
		var v value
		for _, f := range r.functions[name] {
			r.within, r.file = name, f.file
			v = v.or(r.stmtPrints(f.body, nil))
		}
		return v
	})
}

// programPrints is what a program prints that does with words what is known.
func (r *scriptReader) programPrints(name string, args []shellWord, in *value) value {
	operands := operandsOf(args)
	if option := map[string]string{"command": "-v", "type": "-p"}[name]; option != "" {
		if len(args) != 2 || !strings.EqualFold(args[0].literal, option) || args[0].literal == "-V" {
			return fromOutside
		}
		name = "which"
	}
	switch {
	case name == "echo":
		return spaced(operands)
	case name == "printf" && len(operands) > 0:
		if format, ok := operands[0].value().single(); ok && slices.Contains([]string{"%s", `%s\n`, "%q"}, format) {
			return spaced(operands[1:])
		}
		return operands[0].value().blurred(spaced(operands[1:]))
	case name == "expr":
		return matched(args)
	case name == "getopt":
		return spaced(args).blurred()
	case len(operands) == 0 && !(in != nil && slices.Contains(sorters, name)):
		return fromOutside
	case name == "which" && len(operands) == 1:
		return operands[0].value()
	case name == "dirname" && len(operands) == 1:
		return operands[0].value().folder()
	case name == "basename":
		suffix := ""
		if len(operands) > 1 {
			suffix, _ = operands[1].value().single()
		}
		return operands[0].value().base(suffix)
	case name == "readlink" || name == "realpath":
		return r.resolved(operands[0].value())
	case name == "run-parts" && slices.ContainsFunc(args, func(w shellWord) bool { return w.literal == "--list" || w.literal == "--test" }):
		return operands[len(operands)-1].value().then(exactly("/*"))
	case name == "ls" && len(operands) == 1 && slices.ContainsFunc(operands[0].texts, isPattern):
		return operands[0].value()
	case name == "stat" || name == "date":
		return r.formatted(args)
	case in != nil && slices.Contains(filters, name):
		return r.filtered(name, args, operands, *in)
	case in != nil && slices.Contains(sorters, name):
		return lines(name, operands, *in)
	}
	return fromOutside
}

// matched is what expr(1) prints: of TEXT : EXPRESSION the part between \( and \).
func matched(args []shellWord) value {
	if len(args) == 3 && args[1].literal == ":" {
		source, ok := args[2].value().single()
		if inner := strings.NewReplacer(`\(`, "", `\)`, "").Replace(source); ok && strings.Count(source, `\(`) == 1 && simpleExpression.MatchString(inner) {
			if expression, err := regexp.CompilePOSIX("^" + strings.NewReplacer(`\(`, "(", `\)`, ")").Replace(source)); err == nil {
				v := args[0].value().each(func(text string) (string, bool) {
					if found := expression.FindStringSubmatch(text); found != nil {
						return found[1], true
					}
					return "", true
				})
				if len(v.texts) > 1 { // where nothing matches the script has no use for it
					v = v.without("")
				}
				return v
			}
		}
	}
	return spaced(args).blurred()
}

// operandsOf are the words of a command that are no options.
func operandsOf(args []shellWord) []shellWord {
	var list []shellWord
	for i, w := range args {
		if w.literal == "--" {
			return append(list, args[i+1:]...)
		}
		if !strings.HasPrefix(w.literal, "-") || w.literal == "-" {
			list = append(list, w)
		}
	}
	return list
}

// spaced are words with blanks between.
func spaced(words []shellWord) value {
	v := exactly("")
	for i, w := range words {
		if i > 0 {
			v = v.then(exactly(" "))
		}
		v = v.then(w.value())
	}
	return v
}

// resolved is a path, or where its links lead to.
func (r *scriptReader) resolved(v value) value {
	out := v
	for _, text := range v.texts {
		if strings.HasPrefix(text, "/") && isKnown(text) && r.with.resolve != nil {
			out = out.or(exactly(r.with.resolve(text)))
		}
	}
	return out
}

// formatted is the output of a program that fills numbers and dates into a format.
func (r *scriptReader) formatted(args []shellWord) value {
	v := value{}
	for _, w := range args {
		if text, ok := w.value().single(); ok && strings.Contains(text, "%") && !strings.Contains(text, "%n") && !strings.Contains(text, "%N") {
			v = exactly(directive.ReplaceAllString(strings.TrimPrefix(text, "+"), inFiles))
		}
	}
	if len(v.texts) == 0 {
		return fromOutside
	}
	return v
}

var directive = regexp.MustCompile(`%[-_0^#:]*[0-9]*[A-Za-z]`)
