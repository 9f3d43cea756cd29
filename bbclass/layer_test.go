// SPDX-License-Identifier: MIT

package bbclass

import (
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	imageClass  = "classes-recipe/systemd-hardening-image.bbclass"
	globalClass = "classes-global/systemd-hardening.bbclass"
	layer       = "../meta-hardening"
	manual      = "../docs/bitbake.md"
)

// TestLayerLinks holds the layer and this folder together: one text of each class.
func TestLayerLinks(t *testing.T) {
	for _, class := range []string{imageClass, globalClass} {
		target, err := os.Readlink(filepath.Join(layer, class))
		require.NoError(t, err)
		assert.Equal(t, "../../bbclass/"+class, target)
		assert.FileExists(t, filepath.Join(layer, class))
	}
}

func read(t *testing.T, path string) string {
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

var (
	defaulted  = regexp.MustCompile(`(?m)^(SYSTEMD_HARDENING_\w+) \?= "(.*)"$`)
	documented = regexp.MustCompile(`(?m)^(SYSTEMD_HARDENING_\w+)\[doc\] = "(.*)"$`)
	recipe     = filepath.Join(layer, "recipes-devtools/systemd-hardening/systemd-hardening-native_git.bb")
)

// variables finds what a file sets with ?= and documents: name -> default, text.
func variables(t *testing.T, path string) (defaults, docs map[string]string) {
	defaults, docs = map[string]string{}, map[string]string{}
	for _, match := range defaulted.FindAllStringSubmatch(read(t, path), -1) {
		defaults[match[1]] = match[2]
	}
	for _, match := range documented.FindAllStringSubmatch(read(t, path), -1) {
		docs[match[1]] = strings.ReplaceAll(match[2], `\"`, `"`)
	}
	return defaults, docs
}

// TestEveryVariableIsDocumented: a variable that users may set has a [doc] flag,
// which is what docs/bitbake.md and bitbake-getvar show.
func TestEveryVariableIsDocumented(t *testing.T) {
	for _, path := range []string{imageClass, recipe} {
		defaults, docs := variables(t, path)
		require.NotEmpty(t, defaults)
		for name := range defaults {
			assert.NotEmpty(t, docs[name], "%s: %s[doc]", path, name)
		}
		for name := range docs {
			assert.Contains(t, defaults, name, "%s: [doc] of a variable without ?=", path)
		}
	}
}

// TestManualVariables says when the table of variables in docs/bitbake.md is
// stale: go test ./bbclass -run TestManualVariables -update.
func TestManualVariables(t *testing.T) {
	text := read(t, manual)
	const begin, end = "<!-- variables: generated from the [doc] flags -->\n", "<!-- end of the variables -->"
	from, to := strings.Index(text, begin), strings.Index(text, end)
	require.True(t, from >= 0 && to > from, "%s has no place for the table", manual)
	golden(t, manual, text[:from+len(begin)]+table(t)+text[to:])
}

// table has a row for each variable, sorted.
func table(t *testing.T) string {
	rows := []string{}
	for _, path := range []string{imageClass, recipe} {
		defaults, docs := variables(t, path)
		for name, value := range defaults {
			if strings.Contains(value, "${@") {
				value = "(today)"
			}
			rows = append(rows, "| `"+name+"` | "+code(value)+" | "+strings.ReplaceAll(docs[name], "|", `\|`)+" |\n")
		}
	}
	sort.Strings(rows)
	return "| Variable | Default | Meaning |\n|---|---|---|\n" + strings.Join(rows, "")
}

func code(value string) string {
	if value == "" {
		return "empty"
	}
	return "`" + value + "`"
}
