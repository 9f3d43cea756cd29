// SPDX-License-Identifier: MIT

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/evidence"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// inspect walks the Go files of a package of the repository that are not tests.
func inspect(t *testing.T, dir string, visit func(ast.Node)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			visit(n)
			return true
		})
	}
}

func literal(e ast.Expr) (string, bool) {
	x, ok := e.(*ast.BasicLit)
	if !ok || x.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(x.Value)
	return s, err == nil
}

// TestFactsOfRules: the rules know facts by their IDs only, since the packages do not
// know each other. One that evidence never gives would contradict nothing.
func TestFactsOfRules(t *testing.T) {
	given := map[string]bool{report.FactListens: true}
	inspect(t, "scanner/evidence", func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return
		}
		for i, name := range spec.Names {
			if strings.HasPrefix(name.Name, "Fact") && i < len(spec.Values) {
				if id, ok := literal(spec.Values[i]); ok {
					given[id] = true
				}
			}
		}
	})
	require.True(t, given[evidence.FactClock] && given[evidence.FactPath], "the constants were not found")

	asked := map[string]bool{}
	inspect(t, "patcher", func(n ast.Node) {
		switch x := n.(type) {
		case *ast.CallExpr:
			if f, ok := x.Fun.(*ast.Ident); ok && f.Name == "fact" {
				id, ok := literal(x.Args[0])
				require.True(t, ok, "fact() with an ID that is no literal")
				asked[id] = true
			}
		case *ast.BinaryExpr:
			if f, ok := x.X.(*ast.SelectorExpr); ok && f.Sel.Name == "ID" {
				if id, ok := literal(x.Y); ok {
					asked[id] = true
				}
			}
		}
	})
	require.Greater(t, len(asked), 15)
	for id := range asked {
		assert.True(t, given[id], "the rules ask for the fact %q, which evidence does not give", id)
	}
}
