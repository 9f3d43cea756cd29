// SPDX-License-Identifier: MIT

package layer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Conf gives the text of the layer's conf/layer.conf when it is a person's: one
// that we did not write or that was edited. It is empty where there is none or
// ours, so where a plan may bring its own.
func Conf(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "conf", "layer.conf"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the layer's configuration: %w", err)
	}
	if s, ours := unstamp(data); ours && s.intact() {
		return "", nil
	}
	return string(data), nil
}

var dependsLine = regexp.MustCompile(`(?m)^\s*LAYERDEPENDS_\S+\s*[?:+.]*=[+.]?\s*"([^"]*)"`)

// Depends lists the collections that the layer's conf/layer.conf, ours or a
// person's, says it depends on; none where there is no such file.
func Depends(dir string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "conf", "layer.conf"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the layer's configuration: %w", err)
	}
	var collections []string
	for _, m := range dependsLine.FindAllSubmatch(data, -1) {
		collections = append(collections, strings.Fields(strings.ReplaceAll(string(m[1]), "\\\n", " "))...)
	}
	return collections, nil
}
