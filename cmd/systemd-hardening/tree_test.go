// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

const unitDir = "usr/lib/systemd/system"

// service is a unit file that loads.
const service = "[Service]\nExecStart=/usr/bin/true\n"

// put writes a file of an image, its folders too.
func put(t testing.TB, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

func symlink(t testing.TB, root, name, target string) {
	t.Helper()
	file := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.Symlink(target, file))
}

// snapshot is what a tree holds: a line for each file, with type, mode, size and
// time of change, and for a link where it points to.
func snapshot(t testing.TB, root string) string {
	t.Helper()
	var lines strings.Builder
	require.NoError(t, filepath.WalkDir(root, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		target, _ := os.Readlink(file)
		_, err = fmt.Fprintf(&lines, "%q %s %d %d %s\n", file, info.Mode(), info.Size(), info.ModTime().UnixNano(), target)
		return err
	}))
	return lines.String()
}

// result is what one call of the program gave.
type result struct {
	code           int
	stdout, stderr string
}

// bound is how long any call of these tests may take, on a slow machine too.
const bound = 60 * time.Second

// call runs the program in this process, and fails when it does not end.
func call(t testing.TB, args ...string) result {
	t.Helper()
	var out, err bytes.Buffer
	done := make(chan int, 1)
	go func() { done <- run(args, &out, &err) }()
	select {
	case code := <-done:
		return result{code, out.String(), err.String()}
	case <-time.After(bound):
		require.Fail(t, "the program does not end", "%q", args)
		return result{}
	}
}

// scanned is the report of a scan of everything in an image, and its text.
func scanned(t testing.TB, root string, args ...string) (*report.Report, string) {
	t.Helper()
	r := call(t, append([]string{"scan", root, "--format", "json", "--all", "--arch", "x86-64", "--systemd-version", "257"}, args...)...)
	require.Equal(t, 0, r.code, r.stderr)
	parsed, err := report.ReadJSON([]byte(r.stdout))
	require.NoError(t, err)
	return parsed, r.stdout
}
