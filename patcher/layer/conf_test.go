// SPDX-License-Identifier: MIT

package layer

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDepends(t *testing.T) {
	for _, tc := range []struct {
		summary string
		conf    string
		want    []string
	}{
		{"none", "BBPATH .= \":${LAYERDIR}\"\n", nil},
		{"one line", "LAYERDEPENDS_x = \"core  acme\"\n", []string{"core", "acme"}},
		{"more lines", "LAYERDEPENDS_x = \"core\"\nLAYERDEPENDS_x += \"acme\"\n", []string{"core", "acme"}},
		{"over several lines", "LAYERDEPENDS_x = \" \\\n  core \\\n  acme \\\n\"\n", []string{"core", "acme"}},
		{"a comment", "# LAYERDEPENDS_x = \"core\"\n", nil},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "conf"), 0o777))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "conf/layer.conf"), []byte(tc.conf), 0o666))
			got, err := Depends(dir)
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
	got, err := Depends(t.TempDir())
	require.NoError(t, err)
	assert.Empty(t, got)
}
