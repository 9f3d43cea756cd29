// SPDX-License-Identifier: MIT

package exposure_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

const oracleDir = "../../testdata/oracle"

// recording is what one real systemd-analyze said of a small image.
type recording struct {
	dir     string // below testdata/oracle
	version string
	point   int
	arch    seccomp.Arch
	compat  exposure.Compat
}

func (r recording) file(suffix string) string {
	return filepath.Join(oracleDir, r.dir, string(r.compat), r.version+suffix)
}

// points of the recorded releases, see testdata/oracle/README.md.
var points = map[string]int{"250": 14, "252": 39, "254": 26, "255": 13, "256": 0, "257": 13, "257-arm64": 13, "262": 1}

// difference names a unit that is recorded otherwise than we score it, and why.
type difference struct {
	unit     string
	compat   exposure.Compat
	versions string // separated by blanks; empty: all
	reason   string
}

const (
	hostLink   = "the recorded offline run follows absolute links on the host instead of inside --root"
	noDevNull  = "the recorded offline run had no /dev/null below --root"
	chased250  = "the recorded offline run of 250 looks for a relative link's target inside --root twice; the device loads it"
	masks250   = "the recorded offline run of 250 looks for /dev/null below --root and does not see the mask; the device does"
	notService = "systemd-analyze scores a unit that is no service offline only; we score services"
)

var differences = []difference{
	{"alias3-lib.service", exposure.Offline, "255 256 257 257-arm64 262", hostLink},
	{"drop-dir-link-abs.service", exposure.Offline, "", hostLink},
	{"drop-file-link-abs.service", exposure.Offline, "", hostLink},
	{"linked-vendor.service", exposure.Offline, "", hostLink},
	{"linked-other-name.service", exposure.Offline, "", hostLink},
	{"linked-to-run.service", exposure.Offline, "", hostLink},
	{"file-masked-relative.service", exposure.Offline, "", noDevNull},
	{"other.socket", exposure.Offline, "", notService},
	{"other.timer", exposure.Offline, "", notService},
	{"other.target", exposure.Offline, "", notService},
	{"typed.socket", exposure.Offline, "", notService},
	{"alias4-masked.service", exposure.Offline, "250", masks250},
	{"alias4-real.service", exposure.Offline, "250", masks250},
	{"drop-masked-unit.service", exposure.Offline, "250", masks250},
	{"file-masked-no-original.service", exposure.Offline, "250", masks250},
	{"file-masked-run.service", exposure.Offline, "250", masks250},
	{"file-masked.service", exposure.Offline, "250", masks250},
	{"linked-rel.service", exposure.Offline, "250", chased250},
	{"linked-share-rel.service", exposure.Offline, "250", chased250},
}

func (r recording) reason(unit string) string {
	for _, d := range differences {
		if d.compat == r.compat && d.unit == unit && (d.versions == "" || slices.Contains(strings.Fields(d.versions), r.version)) {
			return d.reason
		}
	}
	return ""
}

type recordedRow struct{ set, exposure, badness string }

// TestRecorded compares every row of every unit with what the real tool printed,
// online and offline, for each recorded version.
func TestRecorded(t *testing.T) {
	compared := 0
	for _, dir := range []string{"", "type-dropin"} {
		for _, compat := range []exposure.Compat{exposure.Online, exposure.Offline} {
			files, err := filepath.Glob(filepath.Join(oracleDir, dir, string(compat), "*.levels.tsv"))
			require.NoError(t, err)
			require.NotEmpty(t, files)
			for _, f := range files {
				version := strings.TrimSuffix(filepath.Base(f), ".levels.tsv")
				r := recording{dir, version, points[version], seccomp.X8664, compat}
				if strings.HasSuffix(version, "-arm64") {
					r.arch = seccomp.ARM64
				}
				t.Run(filepath.Join(dir, string(compat), version), func(t *testing.T) { compared += r.compare(t) })
			}
		}
	}
	t.Logf("%d rows compared", compared)
}

func (r recording) compare(t *testing.T) (compared int) {
	image, err := rootfs.New(filepath.Join(oracleDir, r.dir, "rootfs"))
	require.NoError(t, err)
	major, err := unit.ParseVersion(strings.TrimSuffix(r.version, "-arm64"))
	require.NoError(t, err)
	version := unit.Version{Major: major.Major, Point: r.point}
	tree, err := unit.Open(image, version)
	require.NoError(t, err)
	target := &exposure.Target{Version: version, Arch: r.arch, Compat: r.compat}

	rows := readRows(t, r.file(".tsv"))
	for _, level := range readTable(t, r.file(".levels.tsv")) {
		v := verdict{level[0], level[1], level[2], level[3], overlay(rows["bare.service"], rows[level[0]])}
		mismatches, n := r.mismatches(tree, target, v)
		compared += n
		switch reason := r.reason(v.asked); {
		case reason != "" && len(mismatches) == 0:
			t.Errorf("%s: does not differ any more; listed because %s", v.asked, reason)
		case reason != "":
			t.Logf("left out: %s: %s", v.asked, reason)
		case len(mismatches) > 0:
			t.Errorf("%s: %s", v.asked, strings.Join(mismatches, "; "))
		}
	}
	return compared
}

// verdict is what a real tool said of one unit: its figure and rows, or instead of
// the figure "-", and as word the class of the failure.
type verdict struct {
	asked, overall, word, id string
	rows                     map[string]recordedRow // all of them, by JSON name
}

// mismatches says in what our result differs, and how many rows were compared.
func (r recording) mismatches(tree *unit.Tree, target *exposure.Target, v verdict) (list []string, compared int) {
	name := v.asked
	if unit.ValidName(name) && unit.IsTemplate(name) {
		name = unit.Instantiate(name, r.instance(tree, v.id))
	}
	u := tree.Load(name)
	if v.overall == "-" {
		if got := r.loadClass(v.asked, u); got != v.word {
			list = append(list, fmt.Sprintf("recorded %s, got %s", v.word, got))
		}
		return list, 1
	}
	if u.Service == nil {
		return []string{fmt.Sprintf("recorded %s %s, got %s %v", v.overall, v.word, u.LoadState, u.Diagnostics)}, 1
	}
	result := exposure.Assess(target, u.Service)
	if got := fmt.Sprintf("%d.%d %s", result.Exposure/10, result.Exposure%10, u.Name); got != v.overall+" "+v.id {
		list = append(list, fmt.Sprintf("recorded %s %s, got %s", v.overall, v.id, got))
	}
	for _, row := range result.Rows {
		if got, want := asRecorded(row), v.rows[row.JSONField]; got != want {
			list = append(list, fmt.Sprintf("%s: recorded %v, got %v", row.JSONField, want, got))
		}
	}
	if len(result.Rows) != len(v.rows) {
		list = append(list, fmt.Sprintf("%d rows recorded, got %d", len(v.rows), len(result.Rows)))
	}
	return list, len(result.Rows)
}

func overlay(rows, over map[string]recordedRow) map[string]recordedRow {
	merged := map[string]recordedRow{}
	for name, row := range rows {
		merged[name] = row
	}
	for name, row := range over {
		merged[name] = row
	}
	return merged
}

// instance is the one that the recorded tool made up for a template.
func (r recording) instance(tree *unit.Tree, id string) string {
	if id == "-" {
		return tree.MadeUpInstance()
	}
	_, instance, _, _ := unit.SplitName(id)
	return instance
}

// loadClass is the recorded class of a unit that is not scored. Online a name
// that is no unit's is escaped first; of a template only the tool's message is
// recorded, which does not tell a refused setting from a broken file.
func (r recording) loadClass(asked string, u *unit.Unit) string {
	switch online := r.compat == exposure.Online; {
	case !unit.ValidName(asked) && !online:
		return "invalid-name"
	case unit.ValidName(asked) && unit.Type(asked) != "service":
		return "not-a-service"
	case u.LoadState == unit.LoadError, online && unit.ValidName(asked) && unit.IsTemplate(asked) && u.LoadState == unit.BadSetting:
		return "load-error"
	}
	return string(u.LoadState)
}

func asRecorded(r exposure.Row) recordedRow {
	if !r.Applies {
		return recordedRow{"null", "null", "null"}
	}
	text := "null"
	if r.Badness > 0 {
		text = fmt.Sprintf("%d.%d", r.Exposure/10, r.Exposure%10)
	}
	return recordedRow{fmt.Sprint(r.Good()), text, fmt.Sprint(r.Badness)}
}

// readRows reads V.tsv: rows by unit and JSON name; only those that differ from
// bare.service are in it.
func readRows(t *testing.T, file string) map[string]map[string]recordedRow {
	rows := map[string]map[string]recordedRow{}
	for _, f := range readTable(t, file) {
		if rows[f[0]] == nil {
			rows[f[0]] = map[string]recordedRow{}
		}
		rows[f[0]][f[1]] = recordedRow{f[2], f[3], f[4]}
	}
	return rows
}

func readTable(t *testing.T, file string) (table [][]string) {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if line := lines.Text(); line != "" && line[0] != '#' {
			table = append(table, strings.Split(line, "\t"))
		}
	}
	require.NoError(t, lines.Err())
	require.NotEmpty(t, table, file)
	return table
}
