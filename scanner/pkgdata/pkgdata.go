// SPDX-License-Identifier: MIT

// Package pkgdata answers which OpenEmbedded package and recipe a path of an
// image comes from, out of the PKGDATA_DIR of the build.
//
// Each file runtime/PACKAGE there has lines of "KEY: value", written by
// emit_pkgdata of OE-core's meta/lib/oe/packagedata.py: PN is the recipe,
// FILES_INFO a JSON object from path to size, PKG the name that the package has
// in the image. The links of runtime-reverse lead from that name to the file.
package pkgdata

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"

	"golang.org/x/sync/errgroup"
)

// maxFile is the largest runtime file that is read. The longest of real builds,
// of packages with tens of thousands of files, have some 10 MiB.
const maxFile = 64 << 20

// Data is the package data of one build.
type Data struct {
	dir       string
	installed []string // names in the image; nil: every package of the build counts
}

// Owner is what ships a path.
type Owner struct {
	// Package is the name that the recipe knows, so the one that FILES:PACKAGE
	// takes; in the image it may be another (debian.bbclass renames libraries).
	Package string
	Recipe  string // PN
}

// Open takes the PKGDATA_DIR of a build. When the names of the packages that
// are installed in the image are given, as its manifest lists them, only these
// are considered: it is quicker, and decides between packages of the build that
// ship the same path. A directory without runtime/ is an error.
func Open(dir string, installed ...string) (*Data, error) {
	info, err := os.Stat(filepath.Join(dir, "runtime"))
	if err != nil {
		return nil, fmt.Errorf("open package data: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("open package data: %s/runtime is not a directory", dir)
	}
	return &Data{dir, installed}, nil
}

// Manifest reads the names of the installed packages from the text of an
// image's .manifest, which has a line "NAME ARCH VERSION" for each.
func Manifest(text string) []string {
	var names []string
	for _, line := range strings.Split(text, "\n") {
		if fields := strings.Fields(line); len(fields) > 0 {
			names = append(names, fields[0])
		}
	}
	return names
}

// Owner gives what ships a path of the image; false when nothing does, or when
// several packages do and no list of installed ones tells which.
func (d *Data) Owner(path string) (Owner, bool, error) {
	owners, err := d.Owners([]string{path})
	if err != nil || len(owners[path]) != 1 {
		return Owner{}, false, err
	}
	return owners[path][0], true, nil
}

// Owners gives for each path every package that ships it, sorted, and nothing
// for a path without one. One call for all paths reads each file once. A path
// is found in a build with merged /usr and without: /lib/x and /usr/lib/x are
// one, but where both exist, the one asked for counts. An unreadable or
// malformed file is an error.
func (d *Data) Owners(paths []string) (map[string][]Owner, error) {
	files, err := d.files()
	if err != nil {
		return nil, err
	}
	want := index(paths)
	found := make([][]shipped, len(files))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range files {
		group.Go(func() error {
			text, err := read(file)
			if err != nil {
				return err
			}
			found[i], err = want.in(text, filepath.Base(file))
			if err != nil {
				return fmt.Errorf("parse %s: %w", file, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return collect(found), nil
}

// Version gives the PV of the recipe that a package comes from, "255.21" for
// systemd; "" when the build has no such package.
func (d *Data) Version(pkg string) (string, error) {
	file, ok := d.file(pkg)
	if !ok {
		return "", nil
	}
	text, err := read(file)
	if err != nil {
		return "", err
	}
	return field(text, "PV"), nil
}

// files lists what is to be read, sorted.
func (d *Data) files() ([]string, error) {
	if d.installed == nil {
		return d.all()
	}
	var files []string
	for _, name := range d.installed {
		if file, ok := d.file(name); ok {
			files = append(files, file)
		}
	}
	sort.Strings(files)
	return files, nil
}

// all lists the packages of the build. Beside each lies an empty NAME.packaged.
func (d *Data) all() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(d.dir, "runtime"))
	if err != nil {
		return nil, fmt.Errorf("list package data: %w", err)
	}
	var files []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasSuffix(e.Name(), ".packaged") {
			files = append(files, filepath.Join(d.dir, "runtime", e.Name()))
		}
	}
	return files, nil
}

// file finds the data of a package by its name in the image or in the recipe.
// Of a link only the last name counts, so nothing leads out of the directory.
func (d *Data) file(name string) (string, bool) {
	if name == "" || name != filepath.Base(name) || name == ".." {
		return "", false
	}
	reverse := filepath.Join(d.dir, "runtime-reverse", name)
	if target, err := os.Readlink(reverse); err == nil {
		name = filepath.Base(target)
	} else if regular(reverse) { // the links are files when pkgdata was copied with cp -L
		return reverse, true
	}
	file := filepath.Join(d.dir, "runtime", name)
	return file, regular(file)
}

func regular(file string) bool {
	info, err := os.Lstat(file)
	return err == nil && info.Mode().IsRegular()
}

func read(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read package data: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errors.New("the file is too large")
	}
	if err != nil {
		return nil, fmt.Errorf("read package data: %s: %w", file, err)
	}
	return text, nil
}
