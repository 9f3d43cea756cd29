// SPDX-License-Identifier: MIT

// Package layer writes generated files into a layer or a tree, and is the only
// package that writes files (beside the command's --output).
//
// It writes what a Plan lists and nothing else. A file that it wrote carries a
// stamp: a line that names the generator, the report and the digest of the
// file's own content. A file without that line, or whose digest no longer
// matches, is a person's: it is kept and named. A second run of the same plan
// changes nothing. Each file appears at once or not at all, but the files of a
// plan are written one after another: a run that was interrupted is completed
// by the next.
package layer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
)

// maxFile is the largest file that can be one of ours; what we write has some
// kilobytes.
const maxFile = 1 << 20

// Plan is what a layer is to hold.
type Plan struct {
	Version string // of the generator, for the stamp
	Report  string // sha256 of the report's bytes in hexadecimal, for the stamp
	// Partial says that the plan leaves out units on purpose: then what it does
	// not list is neither stale nor pruned.
	Partial bool
	// Dirs are the directories in which files of ours can lie, relative to the
	// layer: only there are stale ones looked for.
	Dirs  []string
	Files []File // sorted by path, each path once
	// Retain are paths of files that stay as they are: neither written nor stale.
	Retain []string
}

// File is one file of a plan. Its content is Head, the stamp and Body.
type File struct {
	Path       string // relative to the layer, with slashes
	Head, Body []byte // whole lines
	// Comment stands before the stamp in its line: "# ", or nothing where text is
	// no code.
	Comment string
	Mode    fs.FileMode // permission bits; 0 is 0644
	// Once is for a file that people go on with: it is written without a stamp,
	// when nothing has its name, and not touched later.
	Once bool
}

// Action is what happens to a file.
type Action string

// The actions. Stale is a file of ours that the plan no longer lists; with
// Options.Prune it is Removed.
const (
	Created   Action = "created"
	Updated   Action = "updated"
	Unchanged Action = "unchanged"
	Kept      Action = "kept"
	Stale     Action = "stale"
	Removed   Action = "removed"
)

// Change is what was done, or with DryRun would be done, to one file.
type Change struct {
	Path     string
	Action   Action
	Why      string // for Kept: what makes it a person's file
	Old, New []byte // the contents; nil where there is no file, New also of a kept one
	mode     fs.FileMode
}

// Result lists every file of the plan, and the stale ones, sorted by path.
type Result struct {
	Changes []Change
}

// With gives the changes of one kind.
func (r Result) With(a Action) []Change {
	var out []Change
	for _, c := range r.Changes {
		if c.Action == a {
			out = append(out, c)
		}
	}
	return out
}

// Changed reports whether any file was, or would be, written or removed.
func (r Result) Changed() bool {
	return len(r.With(Created))+len(r.With(Updated))+len(r.With(Removed)) > 0
}

// Options of Apply.
type Options struct {
	DryRun bool // decide and tell, write nothing
	Prune  bool // remove unedited files of ours that the plan does not list
}

// Apply brings the directory to what the plan lists, and creates it when it is
// missing. It is an error when a path would leave the directory, also through a
// symbolic link in it, and then nothing is written; so it is when a partial plan
// is to prune.
func Apply(dir string, plan Plan, opts Options) (Result, error) {
	if opts.Prune && plan.Partial {
		return Result{}, errors.New("prune: the plan is for some units only, so it cannot tell what is stale")
	}
	result, err := decide(dir, plan, opts.Prune)
	if err != nil || opts.DryRun {
		return result, err
	}
	for _, c := range result.Changes {
		if c.Action == Created || c.Action == Updated {
			if err := write(filepath.Join(dir, c.Path), c.New, c.mode); err != nil {
				return result, fmt.Errorf("write %s: %w", c.Path, err)
			}
		}
	}
	// Backwards, so that a bbappend goes before the files that it names.
	removed := result.With(Removed)
	for i := len(removed) - 1; i >= 0; i-- {
		if err := remove(dir, removed[i].Path); err != nil {
			return result, fmt.Errorf("remove %s: %w", removed[i].Path, err)
		}
	}
	return result, nil
}

func decide(dir string, plan Plan, prune bool) (Result, error) {
	var result Result
	planned := map[string]bool{}
	for _, f := range plan.Files {
		if planned[f.Path] {
			return Result{}, fmt.Errorf("plan %s: the path is there twice", f.Path)
		}
		planned[f.Path] = true
		if err := inside(dir, f.Path); err != nil {
			return Result{}, fmt.Errorf("plan %s: %w", f.Path, err)
		}
		c, err := change(dir, plan, f)
		if err != nil {
			return Result{}, err
		}
		result.Changes = append(result.Changes, c)
	}
	for _, name := range plan.Retain {
		planned[name] = true
	}
	if !plan.Partial {
		stale, err := leftover(dir, plan.Dirs, planned, prune)
		if err != nil {
			return Result{}, err
		}
		result.Changes = append(result.Changes, stale...)
	}
	sort.Slice(result.Changes, func(i, j int) bool { return result.Changes[i].Path < result.Changes[j].Path })
	return result, nil
}

// change decides about one file of the plan.
func change(dir string, plan Plan, f File) (Change, error) {
	c := Change{Path: f.Path, mode: f.Mode}
	if c.mode == 0 {
		c.mode = 0o644
	}
	content := f.content(plan)
	info, err := os.Lstat(filepath.Join(dir, f.Path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Action, c.New = Created, content
		return c, nil
	case err != nil:
		return c, fmt.Errorf("look at %s: %w", f.Path, err)
	case f.Once:
		c.Action = Unchanged
		return c, nil
	case !info.Mode().IsRegular():
		c.Action, c.Why = Kept, "it is not a regular file"
		return c, nil
	}
	if c.Old, err = read(dir, f.Path, info); err != nil {
		return c, err
	}
	c.Action, c.Why = judge(c.Old, content)
	if c.Action == Updated {
		c.New = content
	}
	return c, nil
}

// judge compares a file with what would be written. Where only the stamp
// differs nothing changes: a new report or version alone is no reason for a
// diff in everybody's layer.
func judge(old, content []byte) (Action, string) {
	was, ours := unstamp(old)
	now, _ := unstamp(content)
	switch {
	case bytes.Equal(old, content):
		return Unchanged, ""
	case !ours:
		return Kept, "it does not come from " + generator
	case !was.intact():
		return Kept, "it was edited"
	case bytes.Equal(was.rest, now.rest):
		return Unchanged, ""
	}
	return Updated, ""
}

// leftover finds the files of ours that the plan does not list.
func leftover(dir string, under []string, planned map[string]bool, prune bool) ([]Change, error) {
	files, err := Files(dir, under...)
	if err != nil {
		return nil, err
	}
	var out []Change
	for _, name := range files {
		if planned[name] {
			continue
		}
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("look at %s: %w", name, err)
		}
		old, err := read(dir, name, info)
		if err != nil {
			return nil, err
		}
		s, ours := unstamp(old)
		switch {
		case !ours:
		case !s.intact():
			out = append(out, Change{Path: name, Action: Kept, Why: "it was edited, and the plan no longer lists it", Old: old})
		case prune:
			out = append(out, Change{Path: name, Action: Removed, Old: old})
		default:
			out = append(out, Change{Path: name, Action: Stale, Old: old})
		}
	}
	return out, nil
}

// read gives the content of a regular file; of one that is too large to be ours
// nothing, so that it counts as a person's.
func read(dir, name string, info fs.FileInfo) ([]byte, error) {
	if info.Size() > maxFile {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return data, nil
}

// Files lists the regular files below the given directories of a layer as
// sorted relative paths, without following links; a directory that does not
// exist has none.
func Files(dir string, under ...string) ([]string, error) {
	var files []string
	for _, top := range under {
		err := filepath.WalkDir(filepath.Join(dir, top), func(p string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			name, err := filepath.Rel(dir, p)
			files = append(files, filepath.ToSlash(name))
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list the layer: %w", err)
		}
	}
	sort.Strings(files)
	return files, nil
}

// inside reports as an error what would make a path leave the directory.
func inside(dir, name string) error {
	if !filepath.IsLocal(name) || path.Clean(name) != name || name == "." {
		return errors.New("the path leaves the layer or is not clean")
	}
	root, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
		real, err := filepath.EvalSymlinks(filepath.Join(dir, parent))
		if errors.Is(err, fs.ErrNotExist) {
			if _, err := os.Lstat(filepath.Join(dir, parent)); err == nil {
				return fmt.Errorf("%s is a link to nothing", parent)
			}
			continue
		}
		if err != nil {
			return err
		}
		if rel, err := filepath.Rel(root, real); err != nil || !filepath.IsLocal(rel) {
			return fmt.Errorf("%s is a link that leaves the layer", parent)
		}
	}
	return nil
}
