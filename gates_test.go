// SPDX-License-Identifier: MIT

package systemdhardening_test

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/systemd-hardening/systemd-hardening/"

// access is what a package does to files.
type access int

const (
	none access = iota
	reads
	writes // or runs programs, reads the environment, ends the process
)

// part is a directory with the packages below it.
type part struct {
	dir     string
	imports []string // other parts that it may import, directly
	access  access
}

// parts is the architecture: a package belongs to the part whose directory is
// the longest that it lies in. The parts without imports are the leaves.
var parts = []part{
	{"cmd", []string{"scanner", "scanner/*", "patcher", "patcher/*"}, writes},

	{"scanner", []string{"scanner/*"}, none},
	{"scanner/rootfs", nil, reads},
	{"scanner/cache", nil, writes}, // below the folder that --cache names, nowhere else
	{"scanner/seccomp", nil, none},
	{"scanner/binary", []string{"scanner/seccomp"}, none},
	{"scanner/platform", nil, reads},
	{"scanner/pkgdata", nil, reads},
	{"scanner/report", nil, none},
	{"scanner/unit", []string{"scanner/rootfs", "scanner/seccomp"}, none},
	{"scanner/exposure", []string{"scanner/unit", "scanner/seccomp"}, none},
	{"scanner/evidence", []string{"scanner/unit", "scanner/binary", "scanner/cache", "scanner/rootfs", "scanner/seccomp"}, none},

	{"patcher", []string{"scanner/report", "scanner/exposure", "scanner/unit", "scanner/seccomp", "patcher/*"}, none},
	{"patcher/unidiff", nil, none},
	{"patcher/layer", nil, writes},

	{"bbclass", nil, none},
}

// partOf finds the part of a directory, or of a package without the module.
func partOf(t *testing.T, dir string) part {
	t.Helper()
	for at := dir; at != "."; at = path.Dir(at) {
		if i := slices.IndexFunc(parts, func(p part) bool { return p.dir == at }); i >= 0 {
			return parts[i]
		}
	}
	require.Fail(t, "a package without a place in the table of parts", dir)
	return part{}
}

func (p part) mayImport(other part) bool {
	return p.dir == other.dir || slices.ContainsFunc(p.imports, func(pattern string) bool {
		ok, _ := path.Match(pattern, other.dir)
		return ok
	})
}

func TestImportDirection(t *testing.T) {
	list, problems, err := run(t, ".", nil, "go", "list", "-deps", "-f", `{{if not .Standard}}{{.ImportPath}} {{join .Imports " "}}{{end}}`, "./...")
	require.NoError(t, err, problems)
	checked := 0
	for _, line := range strings.Split(list, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || !strings.HasPrefix(words[0], module) {
			continue
		}
		checked++
		name := strings.TrimPrefix(words[0], module)
		importer := partOf(t, name)
		for _, imported := range words[1:] {
			if imported, ours := strings.CutPrefix(imported, module); ours {
				assert.True(t, importer.mayImport(partOf(t, imported)), "%s must not import %s", name, imported)
			}
		}
	}
	require.NotZero(t, checked)
}

// TestReadingHalfIsAlone needs no table: whatever the tables say, nothing that
// the scanner is made of comes from the half that writes.
func TestReadingHalfIsAlone(t *testing.T) {
	list, problems, err := run(t, ".", nil, "go", "list", "-deps", "./scanner/...")
	require.NoError(t, err, problems)
	require.Contains(t, list, module+"scanner/report")
	require.NotContains(t, list, module+"patcher")
}

// TestFileAccess looks at every use of a package that reaches files. Tests and
// generators are exempt: neither is part of the tool.
func TestFileAccess(t *testing.T) {
	for _, name := range goFiles(t) {
		if strings.HasSuffix(name, "_test.go") || slices.Contains(strings.Split(name, "/"), "testdata") {
			continue
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		if isIgnored(file) {
			continue
		}
		allowed := partOf(t, filepath.Dir(name)).access
		for _, use := range uses(t, file) {
			assert.LessOrEqual(t, accessOf(use.pkg, use.name), allowed, "%s: %s.%s is for the parts that may do that",
				files.Position(use.pos), use.pkg, use.name)
		}
	}
}

// isIgnored tells a file that no build includes.
func isIgnored(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			expr, err := constraint.Parse(comment.Text)
			if err == nil && comment.Pos() < file.Package && expr.String() == "ignore" {
				return true
			}
		}
	}
	return false
}

// use is one mention of what a package exports.
type use struct {
	pkg, name string
	pos       token.Pos
}

func uses(t *testing.T, file *ast.File) []use {
	t.Helper()
	imported := map[string]string{}
	for _, spec := range file.Imports {
		pkg, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		name := path.Base(pkg)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		require.NotEqual(t, ".", name, "a dot import hides what is used")
		imported[name] = pkg
	}
	var found []use
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if left, ok := selector.X.(*ast.Ident); ok && imported[left.Name] != "" {
				found = append(found, use{imported[left.Name], selector.Sel.Name, selector.Pos()})
			}
		}
		return true
	})
	return found
}

// What the packages that reach files export, by what it does. In os, unix and
// syscall everything that is not named here counts as writing.
var (
	harmless = []string{
		"ErrInvalid", "ErrPermission", "ErrExist", "ErrNotExist", "ErrClosed", "IsNotExist", "IsExist", "PathError",
		"File", "FileInfo", "FileMode", "DirEntry", "Stat_t", "Errno", "Dirent",
	}
	reading = []string{
		"Open", "OpenFile", "ReadFile", "ReadDir", "Stat", "Lstat", "Readlink", "DirFS", "NewFile", "SameFile",
		"Openat", "Openat2", "Fstat", "Fstatat", "Fgetxattr", "Readlinkat", "Read", "Pread", "Getdents", "Mmap", "Munmap", "Close",
	}
	writing = []string{ // the flags with which reading functions write
		"O_WRONLY", "O_RDWR", "O_CREAT", "O_CREATE", "O_TRUNC", "O_APPEND", "O_EXCL", "O_TMPFILE",
	}
	pathReading = []string{"Walk", "WalkDir", "Glob", "EvalSymlinks", "Abs"}
)

func accessOf(pkg, name string) access {
	switch pkg {
	case "os", "syscall", "golang.org/x/sys/unix":
		switch {
		case slices.Contains(harmless, name), isConstant(name) && !slices.Contains(writing, name):
			return none
		case slices.Contains(reading, name):
			return reads
		}
		return writes
	case "path/filepath":
		if slices.Contains(pathReading, name) {
			return reads
		}
	case "io/ioutil", "os/exec", "net/http", "plugin":
		return writes
	}
	return none
}

// isConstant knows the constants of the system by their capital letters.
func isConstant(name string) bool { return name == strings.ToUpper(name) }

func TestAccessOf(t *testing.T) {
	for use, want := range map[string]access{
		"os.ReadFile": reads, "os.WriteFile": writes, "os.ErrNotExist": none, "os.Getenv": writes, "os.O_CREATE": writes,
		"golang.org/x/sys/unix.Openat": reads, "golang.org/x/sys/unix.O_NOFOLLOW": none, "golang.org/x/sys/unix.Unlinkat": writes,
		"path/filepath.WalkDir": reads, "path/filepath.Join": none, "io/ioutil.ReadAll": writes, "io/fs.ReadFile": none,
	} {
		i := strings.LastIndexByte(use, '.')
		assert.Equal(t, want, accessOf(use[:i], use[i+1:]), use)
	}
}
