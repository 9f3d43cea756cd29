// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// TestReportsFollowTheSchema validates the reports of images of every kind.
func TestReportsFollowTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../docs/report.schema.json")
	require.NoError(t, err)

	programs := plain(t)
	self, err := os.Executable()
	require.NoError(t, err)
	data, err := os.ReadFile(self)
	require.NoError(t, err)
	put(t, programs, "usr/bin/elf", string(data[:4096])) // begins like a program, and breaks off
	put(t, programs, "usr/bin/script", "#!/bin/sh\nexec /usr/bin/elf\n")
	put(t, programs, unitDir+"/elf.service", "[Service]\nExecStart=/usr/bin/elf\nExecStartPre=/usr/bin/script\nUser=x\nPrivateTpm=1\n")
	put(t, programs, unitDir+"/bad.service", "[Service]\n")
	symlink(t, programs, unitDir+"/masked.service", "/dev/null")

	empty := t.TempDir()
	for _, c := range []struct {
		summary string
		args    []string
	}{
		{"the recorded units", []string{"../../testdata/oracle/rootfs", "--all"}},
		{"the recorded units, offline, of 252", []string{"../../testdata/oracle/rootfs", "--all", "--compat", "offline", "--systemd-version", "252.39"}},
		{"the demonstration", []string{"../../testdata/demo/rootfs", "--all", "--evidence"}},
		{"programs", []string{programs, "--all", "--evidence"}},
		{"names that no unit has", []string{programs, "gone.service", "a b.service"}},
		{"no systemd", []string{empty}},
		{"a later systemd", []string{programs, "--all", "--systemd-version", "999"}},
	} {
		t.Run(c.summary, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "report.json")
			args := []string{"scan", "--format", "json", "--output", file, "--arch", "x86-64"}
			if !strings.Contains(strings.Join(c.args, " "), "--systemd-version") {
				args = append(args, "--systemd-version", "257")
			}
			r := call(t, append(args, c.args...)...)
			require.Equal(t, 0, r.code, r.stderr)
			f, err := os.Open(file)
			require.NoError(t, err)
			defer f.Close()
			parsed, err := jsonschema.UnmarshalJSON(f)
			require.NoError(t, err)
			require.NoError(t, schema.Validate(parsed))
		})
	}
}
