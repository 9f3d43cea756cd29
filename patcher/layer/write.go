// SPDX-License-Identifier: MIT

package layer

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
)

// write puts the content under its name in one step, so that a build that runs
// at the same time reads the old file or the new one.
func write(file string, content []byte, mode fs.FileMode) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), "."+generator+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// remove deletes a file of the layer and the directories that it leaves empty.
func remove(dir, name string) error {
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		return err
	}
	for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
		err := os.Remove(filepath.Join(dir, parent))
		if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
