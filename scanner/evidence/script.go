// SPDX-License-Identifier: MIT

package evidence

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// script is what a shell script shows to a reader that does not run it.
type script struct {
	commands   []string // names or paths of programs that it runs, sorted
	unresolved []string // places where the program is not named in the text
	words      []string // literal words with a slash: paths that it may touch
	sources    []string // files that it reads as further script
	err        error    // it cannot be parsed
}

// shells whose scripts are parsed; busybox's and dash's are POSIX.
var shells = map[string]syntax.LangVariant{
	"sh": syntax.LangPOSIX, "dash": syntax.LangPOSIX, "ash": syntax.LangPOSIX, "bash": syntax.LangBash, "rbash": syntax.LangBash,
	"ksh": syntax.LangMirBSDKorn, "mksh": syntax.LangMirBSDKorn,
}

// builtins run no program; those that run their arguments are in wrappers.
var builtins = strings.Fields(`. : [ [[ ]] alias bg break cd continue declare echo eval exit export false fc fg getopts hash help history jobs
	kill let local mapfile popd printf pushd pwd read readarray readonly return set shift shopt source suspend test times trap true
	type typeset ulimit umask unalias unset wait disown dirs enable compgen complete caller logout`)

// wrappers run the command that follows their options.
var wrappers = map[string]bool{"exec": true, "command": true, "builtin": true, "time": true, "nohup": true, "nice": true, "env": true, "setsid": true}

// parseScript reads a shell script, or the text behind sh -c.
func parseScript(text []byte, shell string) script {
	variant, ok := shells[shell]
	if !ok {
		variant = syntax.LangBash
	}
	file, err := syntax.NewParser(syntax.Variant(variant)).Parse(bytes.NewReader(text), "")
	if err != nil && variant == syntax.LangPOSIX { // many scripts say sh and mean bash
		file, err = syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(text), "")
	}
	if err != nil {
		return script{err: err}
	}
	r := scriptReader{functions: map[string]bool{}, variables: map[string]string{}}
	r.declarations(file)
	syntax.Walk(file, r.visit)
	slices.Sort(r.out.commands)
	r.out.commands = slices.Compact(r.out.commands)
	slices.Sort(r.out.words)
	r.out.words = slices.Compact(r.out.words)
	return r.out
}

type scriptReader struct {
	out       script
	functions map[string]bool
	variables map[string]string // assigned once, with a literal; "" when not
}

// declarations notes functions, and variables that always have one literal value.
func (r *scriptReader) declarations(file *syntax.File) {
	assigned := map[string]int{}
	syntax.Walk(file, func(node syntax.Node) bool {
		switch x := node.(type) {
		case *syntax.FuncDecl:
			r.functions[x.Name.Value] = true
		case *syntax.Assign:
			if x.Name == nil {
				break
			}
			name := x.Name.Value
			assigned[name]++
			if x.Value != nil {
				r.variables[name], _ = r.literal(x.Value)
			}
			if assigned[name] > 1 || x.Append {
				r.variables[name] = ""
			}
		case *syntax.ForClause:
			if it, ok := x.Loop.(*syntax.WordIter); ok {
				assigned[it.Name.Value] += 2
				r.variables[it.Name.Value] = ""
			}
		}
		return true
	})
}

func (r *scriptReader) visit(node syntax.Node) bool {
	switch x := node.(type) {
	case *syntax.CallExpr:
		r.call(x.Args)
	case *syntax.Word:
		if text, ok := r.literal(x); ok && strings.Contains(text, "/") {
			r.out.words = append(r.out.words, text)
		}
	}
	return true
}

// call notes the program of a simple command.
func (r *scriptReader) call(args []*syntax.Word) {
	for len(args) > 0 {
		name, ok := r.literal(args[0])
		switch {
		case !ok || name == "":
			r.out.unresolved = append(r.out.unresolved, "line "+args[0].Pos().String())
			return
		case r.functions[name]:
			return
		case name == "." || name == "source":
			if len(args) > 1 {
				file, literal := r.literal(args[1])
				if !literal {
					r.out.unresolved = append(r.out.unresolved, "line "+args[1].Pos().String())
				} else {
					r.out.sources = append(r.out.sources, file)
				}
			}
			return
		case name == "eval":
			r.out.unresolved = append(r.out.unresolved, "line "+args[0].Pos().String()+" (eval)")
			return
		case wrappers[path.Base(name)]:
			if !slices.Contains([]string{"exec", "command", "builtin", "time"}, name) {
				r.out.commands = append(r.out.commands, name)
			}
			args = r.skipOptions(args[1:])
			continue
		case slices.Contains(builtins, name):
			return
		}
		r.out.commands = append(r.out.commands, name)
		return
	}
}

// skipOptions drops options and assignments before a wrapped command.
func (r *scriptReader) skipOptions(args []*syntax.Word) []*syntax.Word {
	for len(args) > 0 {
		text, ok := r.literal(args[0])
		if !ok || !strings.HasPrefix(text, "-") && !strings.Contains(text, "=") {
			break
		}
		args = args[1:]
	}
	return args
}

// literal is a word's text when the script alone decides it: without expansions
// but those of variables that have one literal value.
func (r *scriptReader) literal(w *syntax.Word) (string, bool) {
	return r.parts(w.Parts)
}

func (r *scriptReader) parts(parts []syntax.WordPart) (string, bool) {
	var b strings.Builder
	for _, part := range parts {
		switch x := part.(type) {
		case *syntax.Lit:
			b.WriteString(strings.ReplaceAll(x.Value, `\`, ""))
		case *syntax.SglQuoted:
			b.WriteString(x.Value)
		case *syntax.DblQuoted:
			text, ok := r.parts(x.Parts)
			if !ok {
				return "", false
			}
			b.WriteString(text)
		case *syntax.ParamExp:
			value := r.variables[paramName(x)]
			if value == "" || x.Exp != nil || x.Slice != nil || x.Repl != nil || x.Length {
				return "", false
			}
			b.WriteString(value)
		default:
			return "", false
		}
	}
	return b.String(), true
}

func paramName(x *syntax.ParamExp) string {
	if x.Param == nil {
		return ""
	}
	return x.Param.Value
}
