// SPDX-License-Identifier: MIT

package bbclass

import (
	"crypto/md5"
	"crypto/sha256"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the generated files anew")

// sourcesInc is generated: what BitBake has to fetch to build the tool.
const sourcesInc = "../meta-hardening/recipes-devtools/systemd-hardening/systemd-hardening-sources.inc"

// TestRecipeSources says when the recipe fetches other modules than go.mod and
// the imports ask for: go test ./bbclass -run TestRecipeSources -update.
func TestRecipeSources(t *testing.T) {
	golden(t, sourcesInc, recipeSources(t))
}

// golden compares a generated text with a file of the repository, or writes it.
func golden(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(want), 0o644))
	}
	have, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, want, string(have), "%s is stale: go test ./bbclass -run %s -update", path, t.Name())
}

// module is one module whose packages are compiled into the tool.
type module struct{ path, version, dir string }

func recipeSources(t *testing.T) string {
	modules, folders := imported(t)
	licences := map[string]bool{}
	var uris, sums []string
	for _, m := range modules {
		uris = append(uris, fmt.Sprintf("gomod://%s;version=%s;sha256sum=%s", m.path, m.version, archiveSum(t, m)))
		name, file, sum := licence(t, m)
		licences[name] = true
		sums = append(sums, fmt.Sprintf("file://pkg/mod/%s@%s/%s;md5=%s;spdx=%s", escape(m.path), m.version, file, sum, url.QueryEscape(name)))
	}
	return "# SPDX-License-Identifier: MIT\n" +
		"# Generated from go.mod and the imports: go test ./bbclass -run TestRecipeSources -update\n\n" +
		variable("SYSTEMD_HARDENING_SOURCES =", append(folders, "LICENSE", "go.mod", "go.sum")) +
		variable("SYSTEMD_HARDENING_MODULES =", uris) +
		fmt.Sprintf("LICENSE += \"& %s\"\n\n", strings.Join(sorted(licences), " & ")) +
		variable("LIC_FILES_CHKSUM +=", sums)
}

// variable prints an assignment with one word a line.
func variable(assignment string, words []string) string {
	return assignment + " \"\\\n    " + strings.Join(words, " \\\n    ") + " \\\n\"\n\n"
}

// imported lists the modules and this module's top folders that are compiled
// into the tool on any build host.
func imported(t *testing.T) (modules []module, folders []string) {
	found, tops := map[string]bool{}, map[string]bool{}
	for _, arch := range []string{"amd64", "arm64"} {
		for _, line := range goList(t, arch) {
			fields := strings.Split(line, "\t")
			if version := fields[1]; version != "" {
				found[line] = true
			} else if top := strings.Split(strings.TrimPrefix(fields[3], fields[0]+"/"), "/")[0]; fields[0] != "" {
				tops[top] = true
			}
		}
	}
	for _, line := range sorted(found) {
		fields := strings.Split(line, "\t")
		modules = append(modules, module{fields[0], fields[1], fields[2]})
	}
	return modules, sorted(tops)
}

// goList prints module, version, folder and, of our own packages, import path
// of each package that the tool needs on one architecture.
func goList(t *testing.T, arch string) []string {
	list := exec.Command("go", "list", "-deps", "-f",
		"{{with .Module}}{{.Path}}\t{{.Version}}\t{{.Dir}}\t{{if .Main}}{{$.ImportPath}}{{end}}{{end}}", "./cmd/systemd-hardening")
	list.Dir = ".."
	list.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
	list.Stderr = os.Stderr
	out, err := list.Output()
	require.NoError(t, err)
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}

// archiveSum is the SHA-256 of the module's archive as the proxy serves it.
func archiveSum(t *testing.T, m module) string {
	archive := filepath.Join(moduleCache(t), "cache", "download", filepath.FromSlash(escape(m.path)), "@v", m.version+".zip")
	content, err := os.ReadFile(archive)
	require.NoError(t, err)
	return fmt.Sprintf("%x", sha256.Sum256(content))
}

func moduleCache(t *testing.T) string {
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// licence finds a module's licence file: its SPDX name, its name, its MD5.
func licence(t *testing.T, m module) (name, file, sum string) {
	for _, file := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING"} {
		content, err := os.ReadFile(filepath.Join(m.dir, file))
		if err != nil {
			continue
		}
		return spdx(t, m, string(content)), file, fmt.Sprintf("%x", md5.Sum(content))
	}
	t.Fatalf("%s has no licence file", m.path)
	return "", "", ""
}

// spdx names a licence by a sentence that no other has.
func spdx(t *testing.T, m module, text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, known := range []struct{ sentence, name string }{
		{"Apache License Version 2.0", "Apache-2.0"},
		{"may be used to endorse or promote products", "BSD-3-Clause"},
		{"Permission is hereby granted, free of charge", "MIT"},
	} {
		if strings.Contains(text, known.sentence) {
			return known.name
		}
	}
	t.Fatalf("the licence of %s is not known here: see spdx", m.path)
	return ""
}

// escape writes a module path as the module cache does: !x for X.
func escape(path string) string {
	var b strings.Builder
	for _, r := range path {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('!')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func sorted(set map[string]bool) []string {
	var words []string
	for word := range set {
		words = append(words, word)
	}
	sort.Strings(words)
	return words
}
