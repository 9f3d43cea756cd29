// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFormats: every format is written to the standard output or a file alike, and
// the exit status does not depend on it.
func TestFormats(t *testing.T) {
	dir := t.TempDir()
	unit := filepath.Join(dir, "root/usr/lib/systemd/system/x.service")
	require.NoError(t, os.MkdirAll(filepath.Dir(unit), 0o755))
	require.NoError(t, os.WriteFile(unit, []byte("[Service]\nExecStart=/bin/x\nPrivateNetwork=yes\n"), 0o644))
	config := filepath.Join(dir, "config")
	require.NoError(t, os.WriteFile(config, []byte("# CONFIG_NET_NS is not set\n"), 0o644))
	junk := filepath.Join(dir, "junk")
	require.NoError(t, os.WriteFile(junk, []byte("nothing\n"), 0o644))
	image := []string{filepath.Join(dir, "root"), "--systemd-version", "257", "--arch", "x86-64", "--presets", "no", "--all"}

	parses := func(text []byte) error { return json.Unmarshal(text, new(any)) }
	isXML := func(text []byte) error { return xml.Unmarshal(text, new(struct{})) }
	anything := func([]byte) error { return nil }
	for _, test := range []struct {
		summary string
		args    []string
		code    int
		parse   func([]byte) error
		says    string
	}{
		{"text", []string{"scan", "--kernel-config", config}, 0, anything, "INEFFECTIVE"},
		{"JSON", []string{"scan", "--kernel-config", config, "--format", "json"}, 0, parses, `"effective": false`},
		{"page", []string{"scan", "--kernel-config", config, "--format", "html"}, 0, anything, "Not effective: the kernel has no CONFIG_NET_NS (--kernel-config)"},
		{"SARIF", []string{"scan", "--kernel-config", config, "--format", "sarif"}, 0, parses, `"ruleId": "PrivateTmp"`},
		{"JUnit", []string{"scan", "--kernel-config", config, "--format", "junit"}, 0, isXML, `<testcase name="x.service"`},
		{"gate, SARIF", []string{"check", "--threshold", "1.0", "--format", "sarif"}, 3, parses, `"ruleId": "unit-exposure"`},
		{"gate, JUnit", []string{"check", "--threshold", "1.0", "--format", "junit"}, 3, isXML, `type="unit-exposure"`},
		{"gate that is met", []string{"check", "--threshold", "10.0", "--format", "junit"}, 0, isXML, `failures="0"`},
		{"gate on settings without effect", []string{"check", "--kernel-config", config, "--threshold", "10.0", "--fail-on", "unit-not-effective", "--format", "junit"}, 3, isXML, `type="unit-not-effective"`},
		{"no page for a gate", []string{"check", "--threshold", "1.0", "--format", "html"}, 2, anything, ""},
		{"a kernel configuration that is none", []string{"scan", "--kernel-config", junk}, 1, anything, ""},
		{"a kernel configuration that is not there", []string{"scan", "--kernel-config", filepath.Join(dir, "none")}, 1, anything, ""},
	} {
		t.Run(test.summary, func(t *testing.T) {
			args := append([]string{test.args[0]}, append(image, test.args[1:]...)...)
			var out, problems bytes.Buffer
			require.Equal(t, test.code, run(args, &out, &problems), problems.String())
			require.NoError(t, test.parse(out.Bytes()))
			assert.Contains(t, out.String(), test.says)
			if out.Len() == 0 {
				return
			}
			file := filepath.Join(dir, "out")
			require.Equal(t, test.code, run(append(args, "--output", file), new(strings.Builder), &problems))
			written, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, out.String(), string(written))
		})
	}
}
