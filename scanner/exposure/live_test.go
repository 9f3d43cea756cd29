// SPDX-License-Identifier: MIT

package exposure_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// liveArch are the architectures of hosts that the tool is asked on.
var liveArch = map[string]seccomp.Arch{"amd64": seccomp.X8664, "arm64": seccomp.ARM64}

// TestLive compares with the systemd-analyze of this host, when it has one: the
// recorded units in a copy of their own, so that nothing was tuned to a recording.
func TestLive(t *testing.T) {
	tool, version := findTool(t)
	root := filepath.Join(t.TempDir(), "rootfs")
	require.NoError(t, exec.Command("cp", "-a", filepath.Join(oracleDir, "rootfs"), root).Run())
	image, err := rootfs.New(root)
	require.NoError(t, err)
	tree, err := unit.Open(image, version)
	require.NoError(t, err)
	r := recording{version: fmt.Sprint(version.Major), point: version.Point, arch: liveArch[runtime.GOARCH], compat: exposure.Offline}
	target := &exposure.Target{Version: version, Arch: r.arch, Compat: r.compat}

	compare := func(target *exposure.Target, verdicts []verdict) {
		compared := 0
		for _, v := range verdicts {
			mismatches, n := r.mismatches(tree, target, v)
			compared += n
			if reason := r.reason(v.asked); reason != "" {
				t.Logf("left out: %s: %s", v.asked, reason)
			} else if len(mismatches) > 0 {
				t.Errorf("%s: %s", v.asked, strings.Join(mismatches, "; "))
			}
		}
		t.Logf("systemd %s: %d rows compared", version, compared)
	}
	compare(target, askTool(t, tool, root))

	policy := filepath.Join(t.TempDir(), "policy.json")
	require.NoError(t, os.WriteFile(policy, []byte(livePolicy), 0o644))
	rows, err := exposure.ParsePolicy([]byte(livePolicy))
	require.NoError(t, err)
	target = &exposure.Target{Version: version, Arch: r.arch, Compat: r.compat, Policy: rows}
	compare(target, askTool(t, tool, root, "--security-policy="+policy))
}

// livePolicy changes weights and ranges, leaves rows out, and names one that is none.
const livePolicy = `{"PrivateNetwork": {"weight": 1}, "ProtectSystem": {"range": 77}, "UMask": {"weight": 0}, "KeyringMode": {"weight": 0, "range": 9},
 "SystemCallFilter_clock": {"weight": 12345, "range": 11, "description_good": "x", "description_bad": "y"},
 "CapabilityBoundingSet_CAP_KILL": {"description_na": "z"}, "Bogus": {"weight": 5}}`

// findTool finds a systemd-analyze whose rules are known.
func findTool(t *testing.T) (path string, version unit.Version) {
	path, err := exec.LookPath("systemd-analyze")
	if err != nil || liveArch[runtime.GOARCH] == "" {
		t.Skip("no systemd-analyze here, or of an architecture that is not compared: nothing to compare with")
	}
	out, err := exec.Command(path, "--version").Output()
	require.NoError(t, err)
	fields := regexp.MustCompile(`\((\S+)\)`).FindSubmatch(out)
	require.NotNil(t, fields, "%s", out)
	version, err = unit.ParseVersion(string(fields[1]))
	require.NoError(t, err)
	if version.Major < unit.OldestKnown || version.Major > unit.NewestKnown {
		t.Skipf("systemd-analyze %s is no release whose rules are known", version)
	}
	return path, version
}

var liveLevel = regexp.MustCompile(`Overall exposure level for (\S+): (\d+\.\d+) (\w+)`)

// askTool asks for all units in one call for the figures and one for the rows: both
// give the units that load in the order of the call. What does not load is left to
// the recordings: the call does not tell apart why.
func askTool(t *testing.T, tool, root string, args ...string) (verdicts []verdict) {
	data, err := os.ReadFile(filepath.Join(oracleDir, "units.txt"))
	require.NoError(t, err)
	names := append(args, strings.Fields(string(data))...)
	levels := liveLevel.FindAllStringSubmatch(string(callTool(tool, root, names)), -1)
	require.NotEmpty(t, levels)
	rows := json.NewDecoder(bytes.NewReader(callTool(tool, root, append([]string{"--json=short"}, names...))))
	for _, l := range levels {
		var list []liveRow
		require.NoError(t, rows.Decode(&list))
		v := verdict{asked: l[1], overall: l[2], word: l[3], id: l[1], rows: map[string]recordedRow{}}
		for _, row := range list {
			v.rows[row.JSONField] = row.recorded()
		}
		verdicts = append(verdicts, v)
	}
	require.False(t, rows.More())
	return verdicts
}

func callTool(tool, root string, args []string) []byte {
	c := exec.Command(tool, append([]string{"security", "--offline=yes", "--no-pager", "--root=" + root}, args...)...)
	c.Dir = "/"
	c.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "SYSTEMD_COLORS=0", "COLUMNS=400", "SYSTEMD_ANALYZE_DEBUG=1")
	out, _ := c.Output() // fails when any unit does not load
	return out
}

type liveRow struct {
	JSONField string  `json:"json_field"`
	Set       *bool   `json:"set"`
	Exposure  *string `json:"exposure"`
	Badness   uint64  `json:"badness"`
}

func (r liveRow) recorded() recordedRow {
	if r.Set == nil {
		return recordedRow{"null", "null", "null"}
	}
	text := "null"
	if r.Exposure != nil {
		text = *r.Exposure
	}
	return recordedRow{fmt.Sprint(*r.Set), text, fmt.Sprint(r.Badness)}
}
