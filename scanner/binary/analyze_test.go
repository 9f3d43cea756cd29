// SPDX-License-Identifier: MIT

package binary_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

func TestHeader(t *testing.T) {
	for _, tc := range []struct {
		summary, file string
		arch, typ     string
		bits          int
		interp        string
		soname        string
		needed        []string
		static        bool
	}{
		{"x86-64 PIE", "basic.x86-64.O2", binary.X86_64, binary.PIE, 64, "/lib64/ld-linux-x86-64.so.2", "", []string{"libc.so.6"}, false},
		{"arm64 PIE", "basic.arm64.O2", binary.ARM64, binary.PIE, 64, "/lib/ld-linux-aarch64.so.1", "", []string{"libc.so.6"}, false},
		{"arm PIE", "basic.arm.O2", binary.ARM, binary.PIE, 32, "/lib/ld-linux-armhf.so.3", "", []string{"libc.so.6"}, false},
		{"riscv64 PIE", "basic.riscv64.O2", binary.RISCV64, binary.PIE, 64, "/lib/ld-linux-riscv64-lp64d.so.1", "", []string{"libc.so.6"}, false},
		{"fixed address", "basic.arm64.fixed", binary.ARM64, binary.Executable, 64, "/lib/ld-linux-aarch64.so.1", "", []string{"libc.so.6"}, false},
		{"musl", "basic.x86-64.musl", binary.X86_64, binary.PIE, 64, "/lib/ld-musl-x86_64.so.1", "", []string{"libc.so"}, false},
		{"static", "basic.arm.static", binary.ARM, binary.Executable, 32, "", "", nil, true},
		{"static PIE", "raw.x86-64.O2", binary.X86_64, binary.PIE, 64, "", "", nil, false},
		{"static PIE of musl", "basic.riscv64.static-pie", binary.RISCV64, binary.PIE, 64, "", "", nil, false},
		{"musl of arm", "basic.arm.musl", binary.ARM, binary.PIE, 32, "/lib/ld-musl-armhf.so.1", "", []string{"libc.so"}, false},
		{"an address to load at", "modern.arm64.prelinked.so", binary.ARM64, binary.Library, 64, "", "libmodern.so.1", []string{"libc.so.6"}, false},
		{"library", "library.arm.so", binary.ARM, binary.Library, 32, "", "libexample.so.1", []string{"libc.so.6"}, false},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			f := analyze(t, filepath.Join(fixtures, tc.file))
			assert.Equal(t, tc.arch, f.Arch)
			assert.Equal(t, tc.typ, f.Type)
			assert.Equal(t, tc.bits, f.Bits)
			assert.Equal(t, tc.interp, f.Interp)
			assert.Equal(t, tc.soname, f.SONAME)
			assert.Equal(t, tc.needed, f.Needed)
			assert.Equal(t, tc.static, f.Static)
			assert.False(t, f.ExecStack)
			assert.False(t, f.TextRel)
			assert.False(t, f.RWXSegment)
		})
	}
}

// TestPlain: a result can be written and read again, and is the same each time.
func TestPlain(t *testing.T) {
	for _, name := range []string{"library.x86-64.so", "tables.arm.O2", "basic.x86-64.musl-static"} {
		t.Run(name, func(t *testing.T) {
			f := analyze(t, filepath.Join(fixtures, name))
			first, err := json.Marshal(f)
			require.NoError(t, err)
			second, err := json.Marshal(analyze(t, filepath.Join(fixtures, name)))
			require.NoError(t, err)
			assert.JSONEq(t, string(first), string(second))
			var back binary.File
			require.NoError(t, json.Unmarshal(first, &back))
			assert.Equal(t, f.Reach(start).Sites, back.Reach(start).Sites)
		})
	}
}

func TestExports(t *testing.T) {
	f := analyze(t, filepath.Join(fixtures, "library.x86-64.so"))
	byName := map[string]binary.Export{}
	for _, e := range f.Exports {
		byName[e.Name] = e
	}
	require.Contains(t, byName, "library_clock")
	assert.GreaterOrEqual(t, byName["library_clock"].Func, binary.FuncID(0))
	assert.True(t, byName["library_chosen"].IFunc)
	assert.True(t, byName["library_table"].Data)
	assert.GreaterOrEqual(t, byName["library_table"].Object, int32(0))
	assert.NotContains(t, byName, "initialise")
}

// TestPath: how something is reached can be told.
func TestPath(t *testing.T) {
	f := analyze(t, filepath.Join(fixtures, "library.x86-64.so"))
	r := f.Reach(binary.Roots{Names: []string{"library_netlink"}})
	for _, i := range r.Sites {
		path := r.Path(f.Sites[i].Func)
		require.NotEmpty(t, path)
		assert.Equal(t, "library_netlink", f.Funcs[path[0]].Name)
	}
	assert.NotEmpty(t, r.Sites)
}

// TestOpen: what depends on callers in other files is told apart.
func TestOpen(t *testing.T) {
	f := analyze(t, filepath.Join(fixtures, "library.x86-64.so"))
	assert.NotEmpty(t, f.Reach(binary.Roots{Names: []string{"library_socket"}}).Open)
	assert.Empty(t, f.Reach(binary.Roots{Names: []string{"library_netlink"}}).Open)
}

func TestDamaged(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(fixtures, "basic.arm64.O2"))
	require.NoError(t, err)
	patch := func(at int, b ...byte) []byte {
		out := append([]byte(nil), whole...)
		copy(out[at:], b)
		return out
	}
	for _, tc := range []struct {
		summary string
		data    []byte
		err     string
	}{
		{"empty", nil, "not an ELF file"},
		{"text", []byte("#!/bin/sh\nexec true\n"), "not an ELF file"},
		{"nothing but the magic", whole[:16], "read ELF header: range 0x0+0x40 is outside of the file"},
		{"class 9", patch(4, 9), "read ELF header: class 9"},
		{"byte order 9", patch(5, 9), "read ELF header: byte order 9"},
		{"cut behind the header", whole[:64], "read ELF header: program headers: range 0x40+0x1f8 is outside of the file"},
		{"program headers behind the end", patch(32, 0xff, 0xff, 0xff, 0xff), "read ELF header: program headers: range 0xffffffff+0x1f8 is outside of the file"},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			f, err := binary.Analyze(bytes.NewReader(tc.data), int64(len(tc.data)))
			require.EqualError(t, err, tc.err)
			assert.Nil(t, f)
		})
	}
}

// TestCut: every shorter file is an error or a result.
func TestCut(t *testing.T) {
	for _, name := range []string{"basic.x86-64.O0", "tables.arm.O2", "library.riscv64.so"} {
		whole, err := os.ReadFile(filepath.Join(fixtures, name))
		require.NoError(t, err)
		for n := 0; n < len(whole); n += 97 {
			f, err := binary.Analyze(bytes.NewReader(whole[:n]), int64(n))
			require.True(t, (f == nil) == (err != nil), "%s cut at %d", name, n)
		}
	}
}

// TestOtherMachine: of a machine whose code is not analysed, the header and the
// symbols are known and an unknown says the rest.
func TestOtherMachine(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(fixtures, "library.riscv64.so"))
	require.NoError(t, err)
	data[18] = 0x02 // EM_LOONGARCH
	data[19] = 0x01
	f, err := binary.Analyze(bytes.NewReader(data), int64(len(data)))
	require.NoError(t, err)
	assert.Equal(t, "loongarch", f.Arch)
	assert.Equal(t, []string{"libc.so.6"}, f.Needed)
	assert.NotEmpty(t, f.Exports)
	assert.Empty(t, f.Funcs)
	require.Len(t, f.Unknowns, 1)
	assert.Equal(t, binary.UnknownArch, f.Unknowns[0].ID)
}

// TestPacked: a file that UPX packed is an unknown.
func TestPacked(t *testing.T) {
	paths := fixtureFiles(t, `\.upx$`)
	require.Len(t, paths, 3)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f := analyze(t, path)
			assert.Equal(t, "UPX", f.Packed)
			assert.Contains(t, f.Unknowns, binary.Unknown{ID: binary.UnknownPacked, Text: "the code is compressed by UPX"})
		})
	}
}

func FuzzAnalyze(f *testing.F) {
	for _, path := range fixtureFiles(f, `^(raw|library|basic\..*\.(O0|O2|musl.*))`) {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		if len(data) < 16<<10 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := binary.Analyze(bytes.NewReader(data), int64(len(data)))
		require.True(t, (file == nil) == (err != nil))
		if file != nil {
			r := file.Reach(start)
			for _, id := range r.Funcs {
				require.NotEmpty(t, r.Path(id))
			}
		}
	})
}

func BenchmarkAnalyze(b *testing.B) {
	self, err := os.Executable()
	require.NoError(b, err)
	for _, bc := range []struct{ name, path string }{
		{"x86-64", filepath.Join(fixtures, "tables.x86-64.O2")},
		{"arm64", filepath.Join(fixtures, "tables.arm64.O2")},
		{"arm", filepath.Join(fixtures, "tables.arm.O2")},
		{"riscv64", filepath.Join(fixtures, "tables.riscv64.O2")},
		{"arm-static", filepath.Join(fixtures, "basic.arm.static")},
		{"go", self},
	} {
		b.Run(bc.name, func(b *testing.B) {
			data, err := os.ReadFile(bc.path)
			require.NoError(b, err)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				if _, err := binary.Analyze(bytes.NewReader(data), int64(len(data))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
