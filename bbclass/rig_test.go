// SPDX-License-Identifier: MIT

package bbclass

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rig is a build directory of one release, with real BitBake and OpenEmbedded-
// Core in it and the recipes of testdata/rig. Everything it reads is copied to
// where the unprivileged user who builds can read it.
type rig struct {
	release, bitbake, core string
	folder                 string // of all below
	layers                 []string
	base                   string // lines of local.conf that every run has
}

// Folders and files of a rig.
func (r *rig) build() string  { return filepath.Join(r.folder, "build") }
func (r *rig) layer() string  { return filepath.Join(r.folder, "repository", "meta-hardening") }
func (r *rig) tool() string   { return filepath.Join(r.folder, "systemd-hardening") }
func (r *rig) policy() string { return filepath.Join(r.folder, "policy") }
func (r *rig) deployed(suffix string) string {
	return filepath.Join(r.build(), "tmp/deploy/images/qemux86-64/rig-image-qemux86-64.rootfs."+suffix)
}

// longest is what one release may take on two busy cores.
const longest = 30 * time.Minute

// eachRelease runs a test for every release at hand, or says what is missing.
func eachRelease(t *testing.T, name string, test func(*testing.T, *rig)) {
	if deadline, ok := t.Deadline(); testing.Short() || ok && time.Until(deadline) < longest {
		t.Skip("BitBake takes minutes: make bitbake-test, or go test -timeout 2h ./bbclass")
	}
	rigs := rigsAtHand()
	if len(rigs) == 0 {
		t.Skip("no BitBake at hand: set BITBAKE_DIR and OE_CORE_DIR to checkouts of one release, " +
			"or put bitbake and openembedded-core into " + cache() + "/RELEASE")
	}
	for _, r := range rigs {
		r := r
		t.Run(r.release, func(t *testing.T) {
			r.folder = filepath.Join(r.folder, name)
			r.set(t)
			test(t, &r)
		})
	}
}

func cache() string {
	if folder := os.Getenv("OE_CACHE"); folder != "" {
		return folder
	}
	return "/var/cache/oe"
}

// rigsAtHand finds the release that the environment names, or all in the cache
// (of which RELEASES may choose).
func rigsAtHand() (rigs []rig) {
	if bitbake, core := os.Getenv("BITBAKE_DIR"), os.Getenv("OE_CORE_DIR"); bitbake != "" && core != "" {
		return []rig{{release: "checkout", bitbake: bitbake, core: core, folder: filepath.Join(os.TempDir(), "systemd-hardening-rig")}}
	}
	found, _ := filepath.Glob(filepath.Join(cache(), "*", "bitbake", "bin", "bitbake"))
	for _, program := range found {
		folder := filepath.Dir(filepath.Dir(filepath.Dir(program)))
		name := filepath.Base(folder)
		if chosen := os.Getenv("RELEASES"); chosen == "" || strings.Contains(" "+chosen+" ", " "+name+" ") {
			rigs = append(rigs, rig{release: name, bitbake: filepath.Join(folder, "bitbake"),
				core: filepath.Join(folder, "openembedded-core"), folder: filepath.Join(folder, "test")})
		}
	}
	return rigs
}

// set makes the rig anew. No state of an earlier run is left but the packages
// in sstate, which their signatures guard and which save most of the time.
func (r *rig) set(t *testing.T) {
	require.NoError(t, os.RemoveAll(r.folder))
	require.NoError(t, os.MkdirAll(r.folder, 0o755))
	repository, err := filepath.Abs("..")
	require.NoError(t, err)
	for _, name := range []string{"bbclass", "meta-hardening", "cmd", "scanner", "patcher", "go.mod", "go.sum", "LICENSE"} {
		copyTree(t, filepath.Join(repository, name), filepath.Join(r.folder, "repository", name))
	}
	r.buildTool(t)
	r.layers = []string{r.layer()}
	shared := filepath.Join(filepath.Dir(r.folder), "sstate")
	require.NoError(t, os.MkdirAll(shared, 0o777))
	require.NoError(t, os.Chmod(shared, 0o777))
	r.base = fmt.Sprintf("INHERIT += \"systemd-hardening\"\nSYSTEMD_HARDENING_TOOL = %q\nSSTATE_DIR = %q\n", r.tool(), shared)
}

// buildTool builds the tool, or takes the one that SYSTEMD_HARDENING_TOOL names.
func (r *rig) buildTool(t *testing.T) {
	if prebuilt := os.Getenv("SYSTEMD_HARDENING_TOOL"); prebuilt != "" {
		copyTree(t, prebuilt, r.tool())
		return
	}
	build := exec.Command("go", "build", "-trimpath", "-o", r.tool(), "../cmd/systemd-hardening")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
}

// copyTree copies files and folders, keeps symlinks, and lets everybody read.
func copyTree(t *testing.T, from, to string) {
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
	out, err := exec.Command("cp", "-rP", from, to).CombinedOutput()
	require.NoError(t, err, string(out))
	out, err = exec.Command("chmod", "-R", "a+rX", to).CombinedOutput()
	require.NoError(t, err, string(out))
}

func (r *rig) write(t *testing.T, name, content string) string {
	path := filepath.Join(r.folder, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

// run is one command in the build directory.
type run struct {
	output string
	err    error
	took   time.Duration
}

// run runs a command with lines appended to local.conf after the base.
func (r *rig) run(t *testing.T, conf string, command ...string) run {
	t.Helper()
	return r.runIn(t, []string{"EXTRA_LAYERS=" + strings.Join(r.layers, " "),
		"EXTRA_CONF=" + r.write(t, "extra.conf", r.base+conf)}, command...)
}

// runOn runs a command in the configuration of the last run, on another day.
func (r *rig) runOn(t *testing.T, day string, command ...string) run {
	t.Helper()
	return r.runIn(t, []string{"AS_IT_IS=yes", "BB_ENV_PASSTHROUGH_ADDITIONS=SYSTEMD_HARDENING_TODAY",
		"SYSTEMD_HARDENING_TODAY=" + day}, command...)
}

func (r *rig) runIn(t *testing.T, environment []string, command ...string) run {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.Command("../testdata/rig/run-bitbake", command...)
	cmd.Env = append(os.Environ(), "RELEASE=", "BITBAKE_DIR="+r.bitbake, "OE_CORE_DIR="+r.core, "BUILD_DIR="+r.build())
	cmd.Env = append(cmd.Env, environment...)
	cmd.Stdout, cmd.Stderr = &output, &output
	begin := time.Now()
	err := cmd.Run()
	result := run{output: output.String(), err: err, took: time.Since(begin)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s: %s\n%s", strings.Join(environment, " "), strings.Join(command, " "), result.output)
		}
	})
	return result
}

// image builds rig-image.
func (r *rig) image(t *testing.T, conf string) run {
	t.Helper()
	return r.run(t, conf, "bitbake", "rig-image")
}

var runningTask = regexp.MustCompile(`Running task \d+ of \d+ \((?:mc:\w+:)?\S*/([^/]+)\.bb:do_(\w+)\)`)

// tasks names the tasks of one recipe that ran, sorted.
func (r run) tasks(recipe string) []string {
	tasks := []string{}
	for _, match := range runningTask.FindAllStringSubmatch(r.output, -1) {
		if match[1] == recipe {
			tasks = append(tasks, match[2])
		}
	}
	sort.Strings(tasks)
	return tasks
}

// issues are the QA issues that were printed, warnings and errors, of one class.
func (r run) issues(class string) (issues []string) {
	for _, line := range strings.Split(r.output, "\n") {
		if strings.Contains(line, "QA Issue") && strings.HasSuffix(line, "["+class+"]") {
			issues = append(issues, line)
		}
	}
	return issues
}
