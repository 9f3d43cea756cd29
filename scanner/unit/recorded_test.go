// SPDX-License-Identifier: MIT

package unit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

const oracleDir = "../../testdata/oracle"

// recordedPoints of the releases whose manager was asked, see testdata/oracle/README.md.
var recordedPoints = map[string]unit.Version{
	"250": {Major: 250, Point: 14}, "252": {Major: 252, Point: 39}, "255": {Major: 255, Point: 13},
	"257": {Major: 257, Point: 13}, "262": {Major: 262, Point: 1},
}

// TestRecordedLoading compares what the managers of booted machines loaded:
// state, id, unit file and the drop-ins in their order.
func TestRecordedLoading(t *testing.T) {
	for _, dir := range []string{"", "type-dropin"} {
		files, err := filepath.Glob(filepath.Join(oracleDir, dir, "online/*.load.tsv"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		compared := 0
		for _, file := range files {
			version := strings.TrimSuffix(filepath.Base(file), ".load.tsv")
			image, err := rootfs.New(filepath.Join(oracleDir, dir, "rootfs"))
			require.NoError(t, err)
			tree, err := unit.Open(image, recordedPoints[version])
			require.NoError(t, err)
			t.Run(filepath.Join(dir, version), func(t *testing.T) { compared += compareLoading(t, tree, file) })
		}
		t.Logf("%d units compared", compared)
	}
}

func compareLoading(t *testing.T, tree *unit.Tree, file string) (compared int) {
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n")[1:] {
		f := strings.Split(line, "\t")
		require.Len(t, f, 5, line)
		u := tree.Load(f[0])
		got := strings.Join([]string{f[0], string(u.LoadState), u.Name, orDash(u.Fragment), orDash(strings.Join(u.DropIns, " "))}, "\t")
		if want := mergedUsr(line); mergedUsr(got) != want {
			t.Errorf("recorded\n %s\ngot\n %s", want, got)
		}
		compared++
	}
	return compared
}

// mergedUsr names a file below /lib by its place below /usr/lib: the recorded 252
// is one of Debian 12, which searches /lib/systemd/system first; on the booted
// machine /lib was a link to /usr/lib.
func mergedUsr(line string) string {
	line = strings.ReplaceAll(line, "\t/lib/", "\t/usr/lib/")
	return strings.ReplaceAll(line, " /lib/", " /usr/lib/")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
