// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/patcher"
)

// readRecipes reads what a build says about its recipes: a line each with PN, the
// path of the .bb file and the collection of its layer, separated by tabs. The
// sources of a recipe's units are looked for in the folder that the user names for
// its PN, else in that of its .bb file. No file knows no recipes.
func readRecipes(file string, folders map[string]string) (map[string]patcher.Recipe, map[string]fs.FS, error) {
	recipes, trees := map[string]patcher.Recipe{}, map[string]fs.FS{}
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, fmt.Errorf("read the list of recipes: %w", err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			fields := strings.Split(line, "\t")
			if line == "" {
				continue
			}
			if len(fields) != 3 {
				return nil, nil, fmt.Errorf("%s:%d: not a PN, a .bb file and a collection with tabs between them", file, i+1)
			}
			recipes[fields[0]] = patcher.Recipe{File: filepath.Base(fields[1]), Layer: fields[2]}
			trees[fields[0]] = os.DirFS(filepath.Dir(fields[1]))
		}
	}
	for pn, folder := range folders {
		if ok, err := isDirectory(folder); err != nil || !ok {
			return nil, nil, usagef("--source %s=%s: not a folder", pn, folder)
		}
		trees[pn] = os.DirFS(folder)
	}
	return recipes, trees, nil
}
