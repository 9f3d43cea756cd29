// SPDX-License-Identifier: MIT

package exposure_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// What the recorded builds had otherwise than the images that we score.
var (
	casesSeccomp = seccomp.Release{Major: 2, Minor: 5, Patch: 4}
	caseReasons  = map[string]string{
		"237 261.0": "the recorded build has no PAM and ignores PAMName=; with PAM systemd refuses it beside PrivatePIDs=",
	}
)

// recordedCase is a line of cases.tsv: what one version said of one small unit.
type recordedCase struct {
	number, unitSection, serviceSection, version string
	loadState, overall, rating                   string
	rows                                         map[string]string // all of them: badness or NA
	offline                                      map[string]string // those that differ offline
}

func (c recordedCase) name() string { return "case" + c.number + ".service" }

// text is the unit file as it was recorded.
func (c recordedCase) text() string {
	text := ""
	if c.unitSection != "-" {
		text = "[Unit]\n" + strings.ReplaceAll(c.unitSection, " ;; ", "\n") + "\n"
	}
	text += "[Service]\n"
	if c.serviceSection != "-" {
		text += strings.ReplaceAll(c.serviceSection, " ;; ", "\n") + "\n"
	}
	return text + "ExecStart=/bin/true\n"
}

// readCases reads the table; rows that a case does not list are those of case 0
// of the same version.
func readCases(t *testing.T) (cases []recordedCase) {
	empty := map[string]map[string]string{}
	for _, f := range readTable(t, filepath.Join(oracleDir, "cases.tsv"))[1:] {
		require.Len(t, f, 9)
		c := recordedCase{f[0], f[1], f[2], f[3], f[4], f[5], f[6], map[string]string{}, map[string]string{}}
		for _, cell := range cells(f[8]) {
			_, offline, _ := strings.Cut(cell[1], "/")
			c.offline[cell[0]] = offline
		}
		if c.number == "0" {
			empty[c.version] = map[string]string{}
			for _, cell := range cells(f[7]) {
				empty[c.version][cell[0]] = cell[1]
			}
		}
		for row, badness := range empty[c.version] {
			c.rows[row] = badness
		}
		for _, cell := range cells(f[7]) {
			c.rows[cell[0]] = cell[1]
		}
		cases = append(cases, c)
	}
	return cases
}

// cells splits "A=1 B=0", or "-" for nothing.
func cells(text string) (list [][2]string) {
	for _, word := range strings.Fields(text) {
		if row, badness, ok := strings.Cut(word, "="); ok {
			list = append(list, [2]string{row, badness})
		}
	}
	return list
}

// TestCases compares the second recording, made independently of the first:
// small units, each loaded by a real PID 1, and the rows where --offline differs.
func TestCases(t *testing.T) {
	cases := readCases(t)
	units := filepath.Join(t.TempDir(), "usr/lib/systemd/system")
	require.NoError(t, os.MkdirAll(units, 0o755))
	for _, c := range cases {
		require.NoError(t, os.WriteFile(filepath.Join(units, c.name()), []byte(c.text()), 0o644))
	}
	image, err := rootfs.New(filepath.Join(units, "../../../.."))
	require.NoError(t, err)

	trees := map[string]*unit.Tree{}
	compared := 0
	for _, c := range cases {
		if trees[c.version] == nil {
			version, err := unit.ParseVersion(c.version)
			require.NoError(t, err)
			trees[c.version], err = unit.Open(image, version)
			require.NoError(t, err)
			trees[c.version].Rules = trees[c.version].WithSeccomp(casesSeccomp)
		}
		if reason := caseReasons[c.number+" "+c.version]; reason != "" {
			t.Logf("left out: case %s of %s: %s", c.number, c.version, reason)
			continue
		}
		compared += c.compare(t, trees[c.version])
	}
	t.Logf("%d cases, %d rows compared", len(cases), compared)
}

func (c recordedCase) compare(t *testing.T, tree *unit.Tree) (compared int) {
	where := fmt.Sprintf("case %s (%s | %s) of %s", c.number, c.unitSection, c.serviceSection, c.version)
	u := tree.Load(c.name())
	if string(u.LoadState) != c.loadState {
		t.Errorf("%s: recorded %s, got %s: %v", where, c.loadState, u.LoadState, u.Diagnostics)
	}
	if c.loadState != "loaded" || u.Service == nil {
		return 1
	}
	version, err := unit.ParseVersion(c.version)
	require.NoError(t, err)
	for _, compat := range []exposure.Compat{exposure.Online, exposure.Offline} {
		result := exposure.Assess(&exposure.Target{Version: version, Arch: seccomp.X8664, Compat: compat, Seccomp: casesSeccomp}, u.Service)
		if got := fmt.Sprintf("%d.%d", result.Exposure/10, result.Exposure%10); compat == exposure.Online && got != c.overall {
			t.Errorf("%s: recorded %s %s, got %s", where, c.overall, c.rating, got)
		}
		if len(result.Rows) != len(c.rows) {
			t.Errorf("%s: recorded %d rows, got %d", where, len(c.rows), len(result.Rows))
		}
		for _, row := range result.Rows {
			want := c.rows[row.JSONField]
			if offline, differs := c.offline[row.JSONField]; differs && compat == exposure.Offline {
				want = offline
			}
			got := "NA"
			if row.Applies {
				got = strconv.FormatUint(row.Badness, 10)
			}
			if got != want {
				t.Errorf("%s: %s: %s recorded %s, got %s", where, compat, row.JSONField, want, got)
			}
			compared++
		}
	}
	return compared
}
