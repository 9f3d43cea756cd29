// SPDX-License-Identifier: MIT

package evidence

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
)

const emulatedBegin = "<!-- table of emulated daemons: make recall-emulated-test -->\n"

// emulated are the architectures of which daemons were recorded under qemu-user
// (testdata/strace/README.md), each with the variable that names its image.
var emulated = []struct {
	name, variable string
	arch           seccomp.Arch
}{
	{"arm64", "RECALL_ROOTFS_ARM64", seccomp.ARM64},
	{"armhf", "RECALL_ROOTFS_ARMHF", seccomp.ARM},
	{"riscv64", "RECALL_ROOTFS_RISCV64", seccomp.RISCV64},
}

// TestRecallEmulated is TestRecall for the daemons of other architectures.
func TestRecallEmulated(t *testing.T) {
	tables := map[string][]comparison{}
	for _, e := range emulated {
		t.Run(e.name, func(t *testing.T) {
			im := recallImage(t, e.variable, e.arch)
			tables[e.name] = recall(t, im, strings.Replace(traceFiles, "*", e.name+"/*", 1))
			assert.GreaterOrEqual(t, len(tables[e.name]), 10, "recorded daemons")
		})
	}
	if *recallTable && len(tables) == len(emulated) {
		writeTable(t, emulatedBegin, emulatedTable(tables))
	}
}

// TestRecallFixtures compares what a static program of testdata/elf did on each
// architecture with what is found in its file.
func TestRecallFixtures(t *testing.T) {
	for _, arch := range []seccomp.Arch{seccomp.X8664, seccomp.ARM64, seccomp.ARM, seccomp.RISCV64} {
		t.Run(string(arch), func(t *testing.T) {
			im := NewImage(programImage(t, "../../testdata/elf/basic."+string(arch)+".static-pie", "/usr/bin/basic"), arch)
			r := readRecording(t, "../../testdata/strace/traces/fixtures/"+string(arch)+".txt")
			result := r.collect(t, im)
			c := compare(im, r, result)
			assert.Empty(t, c.missed)
			assert.Empty(t, c.covered)
			assert.True(t, result.Complete)
			assert.Greater(t, c.traced, 10)
		})
	}
}

// TestIsLibc: musl's library has no SONAME, and one of its functions tells it.
func TestIsLibc(t *testing.T) {
	assert.True(t, isLibc(&elfcode.File{SONAME: "libc.so.6"}))
	assert.True(t, isLibc(&elfcode.File{Exports: []elfcode.Export{{Name: "__dls3"}}}))
	assert.False(t, isLibc(&elfcode.File{SONAME: "libcap.so.2", Exports: []elfcode.Export{{Name: "setuid"}}}))
	assert.Equal(t, []string{"setresuid"}, hiddenCalls["seteuid"])
}

// programImage is an image with one program.
func programImage(t *testing.T, file, as string) *rootfs.FS {
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(as)), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, as), data, 0o755))
	fs, err := rootfs.New(root)
	require.NoError(t, err)
	return fs
}

// emulatedTable has a line for each daemon and a cell for each architecture.
func emulatedTable(tables map[string][]comparison) string {
	cells := map[string]map[string]string{}
	means := "| **mean** |"
	head, rule := "| daemon |", "|---|"
	for _, e := range emulated {
		traced, static, covered, missed := 0, 0, 0, 0
		for _, c := range tables[e.name] {
			if cells[c.name] == nil {
				cells[c.name] = map[string]string{}
			}
			complete := ""
			if c.complete {
				complete = ", complete"
			}
			cells[c.name][e.name] = fmt.Sprintf("%d / %d / %d / %d%s", c.traced, c.static, len(c.covered), len(c.missed), complete)
			traced, static, covered, missed = traced+c.traced, static+c.static, covered+len(c.covered), missed+len(c.missed)
		}
		n := len(tables[e.name])
		head, rule = head+" "+e.name+" |", rule+"---|"
		means += fmt.Sprintf(" of %d: %d / %d; sum: %d / %d |", n, traced/n, static/n, covered, missed)
	}
	names := make([]string, 0, len(cells))
	for name := range cells {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", head, rule)
	for _, name := range names {
		fmt.Fprintf(&b, "| %s |", name)
		for _, e := range emulated {
			fmt.Fprintf(&b, " %s |", cells[name][e.name])
		}
		b.WriteString("\n")
	}
	return b.String() + means + "\n"
}
