// SPDX-License-Identifier: MIT

package patcher

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

func TestFindSource(t *testing.T) {
	tree := fstest.MapFS{
		"foo.service.in":             {},
		"contrib/foo.service":        {},
		"foo.service.bak":            {},
		"xfoo.service":               {},
		"units/bar.service":          {},
		"units/bar.service.d/x.conf": {},
	}
	for unit, want := range map[string][]string{
		"foo.service":  {"contrib/foo.service", "foo.service.in"},
		"bar.service":  {"units/bar.service"},
		"none.service": nil,
	} {
		got, err := FindSource(tree, unit)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := FindSource(os.DirFS(filepath.Join(t.TempDir(), "missing")), "foo.service")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestReadSource(t *testing.T) {
	for _, tc := range []struct {
		summary string
		tree    fstest.MapFS
		want    Source
		why     string
	}{
		{
			summary: "a source tree",
			tree:    fstest.MapFS{"src/foo.service": file("x")},
			want:    Source{Path: "src/foo.service", Content: []byte("x")},
		},
		{
			summary: "what is made of a template is not patched",
			tree:    fstest.MapFS{"src/foo.service": file("made"), "src/foo.service.in": file("@x@")},
			want:    Source{Path: "src/foo.service.in", Content: []byte("@x@")},
		},
		{
			summary: "two files are for a person to decide",
			tree:    fstest.MapFS{"a/foo.service": file(""), "b/foo.service.in": file("")},
			why:     "more than one file can be its source: a/foo.service, b/foo.service.in",
		},
		{
			summary: "nothing", tree: fstest.MapFS{"foo.socket": file("")},
			why: "there is no file of its name, nor a template of it",
		},
		{
			summary: "the folder of a layer",
			tree:    fstest.MapFS{"foo_1.0.bb": file(`SRC_URI = "file://foo.service;subdir=x"`), "files/foo.service": file("x")},
			want:    Source{Path: "foo.service", Content: []byte("x"), Local: true},
		},
		{
			summary: "below a folder, and with the recipe's name",
			tree:    fstest.MapFS{"foo.bb": file("SRC_URI += \"\\\nfile://init/${BPN}.service \\\n\""), "foo/init/foo.service": file("x")},
			want:    Source{Path: "init/foo.service", Content: []byte("x"), Local: true},
		},
		{
			summary: "named by what recipes share",
			tree:    fstest.MapFS{"foo_1.bb": file("require foo.inc"), "foo.inc": file("'file://foo.service'"), "foo-1/foo.service": file("x")},
			want:    Source{Path: "foo.service", Content: []byte("x"), Local: true},
		},
		{
			summary: "another recipe's file",
			tree:    fstest.MapFS{"foo_1.bb": file(""), "bar_1.bb": file("file://foo.service"), "files/foo.service": file("x")},
			why:     "SRC_URI of the recipe does not name files/foo.service",
		},
		{
			summary: "a file that is in another form for a machine",
			tree:    fstest.MapFS{"foo_1.bb": file("file://foo.service"), "files/foo.service": file("x"), "files/qemuarm/foo.service": file("y")},
			why:     "more than one file can be its source: files/foo.service, files/qemuarm/foo.service",
		},
		{
			summary: "a recipe whose file has another name",
			tree:    fstest.MapFS{"other_1.bb": file("file://foo.service"), "files/foo.service": file("x")},
			want:    Source{Path: "foo.service", Content: []byte("x"), Local: true},
		},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			src, why, err := ReadSource(tc.tree, "foo", "foo.service")
			require.NoError(t, err)
			assert.Equal(t, tc.why, why)
			assert.Equal(t, tc.want, src)
		})
	}
}

// A plan looks for sources in the folders of the recipes, also of a multilib variant's.
func TestPlanReadsSources(t *testing.T) {
	opts := options()
	opts.Form = Patches
	opts.Trees = map[string]fs.FS{
		"foo": fstest.MapFS{"foo.service": file("[Service]\nExecStart=/foo\n")},
		"bar": fstest.MapFS{"bar.socket": file("[Socket]\n")},
	}
	plan, diags, err := Plan(&report.Report{Units: []report.Unit{
		loaded("foo.service", "lib32-foo", "lib32-foo", umask...), loaded("bar.service", "bar", "bar", umask...),
	}}, opts)
	require.NoError(t, err)
	assert.Equal(t, []string{"bar.service: nothing is written: there is no file of its name, nor a template of it"}, messages(diags))
	dir := t.TempDir()
	apply(t, dir, plan)
	assert.Contains(t, files(t, dir)["recipes-hardening/foo/files/harden-foo.service.patch"], "+UMask=0077\n")

	opts.Trees["foo"] = os.DirFS(filepath.Join(dir, "missing"))
	_, _, err = Plan(&report.Report{Units: []report.Unit{loaded("foo.service", "foo", "foo", umask...)}}, opts)
	require.ErrorIs(t, err, fs.ErrNotExist)
}
