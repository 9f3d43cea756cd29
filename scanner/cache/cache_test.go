// SPDX-License-Identifier: MIT

package cache

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func openDir(t *testing.T) *Dir {
	t.Helper()
	d, err := Open(filepath.Join(t.TempDir(), "made", "here"))
	require.NoError(t, err)
	require.NoError(t, d.Problem())
	return d
}

// contents are those of a key's entries, as they are offered.
func contents(d *Dir, key Key) []string {
	var list []string
	d.Find(key, func(content []byte) bool {
		list = append(list, string(content))
		return false
	})
	return list
}

// fileOf is the only file of the folder's entries.
func fileOf(t *testing.T, d *Dir) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(d.path, "*", "*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	return files[0]
}

func TestFindWhatWasPut(t *testing.T) {
	d := openDir(t)
	key, other := d.Key([]byte("a"), []byte("b")), d.Key([]byte("ab"))
	require.NotEqual(t, key, other, "where one input ends counts")
	require.NotEqual(t, key, (*Dir)(nil).Key([]byte("a"), []byte("b")), "the program counts")
	assert.Empty(t, contents(d, key))
	d.Put(key, []byte("first"))
	d.Put(key, []byte("first"))
	assert.Equal(t, []string{"first"}, contents(d, key))
	assert.Empty(t, contents(d, other))

	past := time.Now().Add(-time.Minute)
	require.NoError(t, os.Chtimes(fileOf(t, d), past, past))
	d.Put(key, []byte("second"))
	assert.Equal(t, []string{"second", "first"}, contents(d, key), "the latest first")
	assert.True(t, d.Find(key, func(content []byte) bool { return string(content) == "first" }))
}

func TestNoDir(t *testing.T) {
	var d *Dir
	d.Put(d.Key(), []byte("x"))
	assert.Empty(t, contents(d, d.Key()))
	assert.NoError(t, d.Problem())
	d.Close()
}

// TestWrongEntries: what was not written completely by this program is missing.
func TestWrongEntries(t *testing.T) {
	for _, test := range []struct {
		summary string
		spoil   func(file string, data []byte) error
	}{
		{"empty", func(file string, _ []byte) error { return os.WriteFile(file, nil, 0o644) }},
		{"cut off", func(file string, data []byte) error { return os.WriteFile(file, data[:len(data)-1], 0o644) }},
		{"longer", func(file string, data []byte) error { return os.WriteFile(file, append(data, 0), 0o644) }},
		{"a changed byte", func(file string, data []byte) error {
			data[len(data)-1] ^= 1
			return os.WriteFile(file, data, 0o644)
		}},
		{"foreign", func(file string, _ []byte) error { return os.WriteFile(file, bytes.Repeat([]byte("x"), 100), 0o644) }},
		{"a folder", func(file string, _ []byte) error {
			return errors.Join(os.Remove(file), os.Mkdir(file, 0o755))
		}},
		{"a link", func(file string, data []byte) error {
			return errors.Join(os.Rename(file, file+".moved"), os.Symlink(file+".moved", file))
		}},
	} {
		t.Run(test.summary, func(t *testing.T) {
			d := openDir(t)
			key := d.Key([]byte("x"))
			d.Put(key, []byte("content"))
			file := fileOf(t, d)
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, test.spoil(file, data))
			assert.Empty(t, contents(d, key))
		})
	}
}

// TestCannotWrite: the first failure is told, and nothing is tried again.
func TestCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	d, err := Open(file)
	require.NoError(t, err)
	require.Error(t, d.Problem())
	d.Put(d.Key(), []byte("x"))
	assert.Empty(t, contents(d, d.Key()))
	d.Close()
}

// TestManyProcesses writes and reads the same entries from many sides.
func TestManyProcesses(t *testing.T) {
	path := t.TempDir()
	want := strings.Repeat("content", 10_000)
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			d, err := Open(path)
			if !assert.NoError(t, err) {
				return
			}
			for n := byte(0); n < 20; n++ {
				key := d.Key([]byte{n})
				for _, content := range contents(d, key) {
					assert.Equal(t, want, content)
				}
				d.Put(key, []byte(want))
				d.shrink(int64(5*len(want)), int64(3*len(want)))
			}
			assert.NoError(t, d.Problem())
		}()
	}
	wg.Wait()
}

func TestShrink(t *testing.T) {
	d := openDir(t)
	now := time.Now()
	age := map[string]time.Duration{"old": 3 * time.Hour, "middle": 2 * time.Hour, "new": 0}
	for content, age := range age {
		key := d.Key([]byte(content))
		d.Put(key, []byte(content))
		folder, name := d.place(key)
		files, err := filepath.Glob(filepath.Join(folder, name+"*"))
		require.NoError(t, err)
		require.Len(t, files, 1)
		require.NoError(t, os.Chtimes(files[0], now.Add(-age), now.Add(-age)))
	}
	left := filepath.Join(d.path, "00")
	require.NoError(t, os.MkdirAll(left, 0o755))
	for name, age := range map[string]time.Duration{".new-1": 2 * time.Hour, ".new-2": 0, "README": 9 * time.Hour} {
		require.NoError(t, os.WriteFile(filepath.Join(left, name), make([]byte, 1000), 0o644))
		require.NoError(t, os.Chtimes(filepath.Join(left, name), now.Add(-age), now.Add(-age)))
	}
	entry := int64(len(magic) + 32 + 6)
	d.shrink(10*entry, entry)
	assert.Equal(t, []string{"old"}, contents(d, d.Key([]byte("old"))), "it was not too much")
	d.shrink(2*entry, entry+1)
	assert.Empty(t, contents(d, d.Key([]byte("old"))))
	assert.Empty(t, contents(d, d.Key([]byte("middle"))))
	assert.Equal(t, []string{"new"}, contents(d, d.Key([]byte("new"))))
	assert.NoFileExists(t, filepath.Join(left, ".new-1"))
	assert.FileExists(t, filepath.Join(left, ".new-2"), "somebody may be writing it")
	assert.FileExists(t, filepath.Join(left, "README"), "it is not ours")
}

// TestUseKeepsAlive: an entry that is used does not grow old.
func TestUseKeepsAlive(t *testing.T) {
	d := openDir(t)
	key := d.Key()
	d.Put(key, []byte("x"))
	past := time.Now().Add(-48 * time.Hour)
	require.NoError(t, os.Chtimes(fileOf(t, d), past, past))
	require.True(t, d.Find(key, func([]byte) bool { return true }))
	info, err := os.Stat(fileOf(t, d))
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), info.ModTime(), time.Minute)
	assert.Equal(t, fs.FileMode(0o644), info.Mode())
}
