// SPDX-License-Identifier: MIT

// Package systemdhardening_test holds the repository to what every part of it
// promises, whatever the part does.
package systemdhardening_test

import (
	"bytes"
	"go/format"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	licence = "// SPDX-License-Identifier: MIT\n"

	// oldestGo builds the module too: it is the Go of the oldest
	// OpenEmbedded release that the recipe is for.
	oldestGo        = "go1.22.12"
	oldestGoVersion = "go 1.22\n"
)

func TestGoFiles(t *testing.T) {
	for _, name := range goFiles(t) {
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(string(source), licence), "%s does not begin with %q", name, licence)
		formatted, err := format.Source(source)
		require.NoError(t, err, name)
		assert.True(t, bytes.Equal(formatted, source), "%s: run gofmt -w", name)
	}
}

func TestVet(t *testing.T) {
	_, problems, err := run(t, ".", nil, "go", "vet", "./...")
	require.NoError(t, err, problems)
}

func TestBuildsWithOldestGo(t *testing.T) {
	declared, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	require.Contains(t, string(declared), "\n"+oldestGoVersion)
	require.NotContains(t, string(declared), "\ntoolchain ")

	toolchain := []string{"GOTOOLCHAIN=" + oldestGo}
	if _, problems, err := run(t, ".", toolchain, "go", "version"); err != nil {
		t.Skipf("%s cannot be had: %s", oldestGo, problems)
	}
	_, problems, err := run(t, ".", toolchain, "go", "build", "-o", os.DevNull, "./...")
	require.NoError(t, err, problems)
	_, problems, err = run(t, ".", toolchain, "go", "vet", "./...")
	require.NoError(t, err, problems)
}

// offline is how Go says that a module cannot be fetched from here.
var offline = regexp.MustCompile(`dial tcp|module lookup disabled|proxyconnect`)

// TestModuleIsTidy runs go mod tidy in a copy, because Go 1.22 has no -diff.
func TestModuleIsTidy(t *testing.T) {
	copied := t.TempDir()
	declarations := []string{"go.mod", "go.sum"}
	for _, name := range append(goFiles(t), declarations...) {
		to := filepath.Join(copied, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, data, 0o644))
	}
	_, problems, err := run(t, copied, nil, "go", "mod", "tidy")
	if offline.MatchString(problems) {
		t.Skip("go mod tidy reads more modules than the build needs: ", problems)
	}
	require.NoError(t, err, problems)
	for _, name := range declarations {
		have, err := os.ReadFile(name)
		require.NoError(t, err)
		want, err := os.ReadFile(filepath.Join(copied, name))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(want, have), "%s: run go mod tidy", name)
	}
}

// TestLayerLinks keeps one copy of each class: the layer has links to it, which
// are relative so that they work in every checkout.
func TestLayerLinks(t *testing.T) {
	classes, err := filepath.Glob("bbclass/classes-*/*.bbclass")
	require.NoError(t, err)
	require.NotEmpty(t, classes)
	for _, class := range classes {
		below := strings.TrimPrefix(class, "bbclass/")
		target, err := os.Readlink(filepath.Join("meta-hardening", below))
		require.NoError(t, err)
		assert.Equal(t, path.Join("../../bbclass", below), target)
	}
	links, err := filepath.Glob("meta-hardening/classes-*/*")
	require.NoError(t, err)
	assert.Len(t, links, len(classes), "a class of the layer that is not in bbclass")
}

// places are true on one machine or in one network only: a directory of the
// builder, and registries that a user may have chosen to go around.
var places = regexp.MustCompile(`(^|[\s"'=:(])/w[o]rk/|\b(proxy|sum)[.]golang\.org|\bpypi[.]org|registry[.]npmjs|index[.]crates`)

func TestNoPlaces(t *testing.T) {
	for _, name := range files(t) {
		data, err := os.ReadFile(name)
		if err != nil { // a link, which may lead nowhere, or a deleted file
			continue
		}
		assert.Empty(t, string(places.Find(data)), name)
	}
}

// TestEveryMakeTargetIsHelped: what make help does not list nobody finds.
func TestEveryMakeTargetIsHelped(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	require.NoError(t, err)
	help, problems, err := run(t, ".", nil, "make", "--no-print-directory", "help")
	require.NoError(t, err, problems)
	targets := regexp.MustCompile(`(?m)^\.PHONY: (\S+)\n(\S+):`).FindAllStringSubmatch(string(makefile), -1)
	require.NotEmpty(t, targets)
	for _, target := range targets {
		assert.Equal(t, target[1], target[2])
		assert.Regexp(t, `(?m)^  `+target[1]+` +\S`, help)
	}
}

// files are the files of the repository, and those about to be added to it.
func files(t *testing.T) []string {
	t.Helper()
	list, problems, err := run(t, ".", nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		t.Skip("not a git checkout: ", problems)
	}
	return strings.Split(strings.TrimSuffix(list, "\x00"), "\x00")
}

// goFiles are the Go files below here, except what no build of ours sees.
func goFiles(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(name string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case entry.Type().IsRegular() && filepath.Ext(name) == ".go":
			names = append(names, name)
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, names)
	return names
}

// run runs a program in dir with additions to the environment.
func run(t *testing.T, dir string, env []string, program string, args ...string) (out, problems string, err error) {
	t.Helper()
	command := exec.Command(program, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err = command.Run()
	return stdout.String(), stderr.String(), err
}
