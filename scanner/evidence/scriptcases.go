// SPDX-License-Identifier: MIT

package evidence

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

// branches are those of a case over the script's name, or over an argument that it never
// changes, which its patterns leave.
func (r *scriptReader) branches(x *syntax.CaseClause) (items []*syntax.CaseItem, known bool) {
	parts := flat(x.Word.Parts)
	if len(parts) != 1 || r.within != "" {
		return nil, false
	}
	parameter, ok := parts[0].(*syntax.ParamExp)
	if !ok || parameter.Exp != nil && parameter.Exp.Op != syntax.DefaultUnsetOrNull || parameter.Slice != nil || parameter.Repl != nil || parameter.Length {
		return nil, false
	}
	text, ok := r.constant(paramName(parameter))
	if !ok || text == "" && parameter.Exp != nil {
		return nil, false
	}
	for _, item := range x.Items {
		if item.Op != syntax.Break {
			return nil, false
		}
		for _, w := range item.Patterns {
			source, err := pattern.Regexp(casePattern(w), pattern.EntireString)
			if err != nil || !isConstant(w) {
				return nil, false
			}
			if regexp.MustCompile("(?s)" + source).MatchString(text) {
				return []*syntax.CaseItem{item}, true
			}
		}
	}
	return nil, true
}

// constant is the script's name, or an argument of it.
func (r *scriptReader) constant(name string) (string, bool) {
	n, err := strconv.Atoi(name)
	switch {
	case err != nil || n > 0 && (r.with.args == nil || r.shiftsArguments):
		return "", false
	case n == 0:
		return r.with.name, r.with.name != ""
	case n > len(r.with.args):
		return "", true
	}
	return r.with.args[n-1], true
}

func isConstant(w *syntax.Word) bool {
	return !slices.ContainsFunc(flat(w.Parts), func(p syntax.WordPart) bool {
		switch p.(type) {
		case *syntax.Lit, *syntax.SglQuoted:
			return false
		}
		return true
	})
}

// casePattern is a pattern in which what is quoted stands for itself.
func casePattern(w *syntax.Word) string {
	var b strings.Builder
	for _, p := range w.Parts {
		switch x := p.(type) {
		case *syntax.Lit:
			b.WriteString(x.Value)
		case *syntax.SglQuoted:
			b.WriteString(pattern.QuoteMeta(x.Value, 0))
		case *syntax.DblQuoted:
			for _, q := range x.Parts {
				if lit, ok := q.(*syntax.Lit); ok {
					b.WriteString(pattern.QuoteMeta(quoted.Replace(lit.Value), 0))
				}
			}
		}
	}
	return b.String()
}
