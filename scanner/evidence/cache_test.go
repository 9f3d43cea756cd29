// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
	"github.com/systemd-hardening/systemd-hardening/scanner/cache"
)

// TestKeptAsItIs: an entry of the cache has every part of what is kept; a new field
// that is not exported would be lost.
func TestKeptAsItIs(t *testing.T) {
	value := elfcode.Values{Ints: []uint64{1}, Strings: []string{"\xff"}, Mask: 2}
	file := &elfcode.File{
		SONAME: "x", Dlopen: []elfcode.DlopenNote{{SONAME: []string{"y"}}}, Go: &elfcode.GoInfo{Version: "go1"},
		Imports: []elfcode.Import{{Name: "i", Weak: true}}, Exports: []elfcode.Export{{Name: "e", Object: -1}},
		Funcs: []elfcode.Func{{Addr: 1 << 63, Refs: []elfcode.Ref{3}, NoReturn: true}}, Objects: []elfcode.Object{{Name: "o", Refs: []elfcode.Ref{}}},
		Sites: []elfcode.Site{{Func: elfcode.NoFunc, Number: value, Args: []elfcode.Arg{{Index: -1, Values: value}}, Via: []elfcode.FuncID{1}}},
		Start: elfcode.NoFunc, Always: []elfcode.Ref{1}, Unknowns: []elfcode.Unknown{{ID: "u"}},
	}
	var keptFile *elfcode.File
	require.NoError(t, cache.Decode(cache.Encode(file), &keptFile))
	assert.Equal(t, file, keptFile)

	result := &Result{Executables: []Executable{{Path: "p"}}, Facts: []Fact{{ID: "f", Why: []string{"w"}}}, Unknowns: []Unknown{{ID: "u", Blocks: []string{}}}, Complete: true}
	var kept *Result
	require.NoError(t, cache.Decode(cache.Encode(result), &kept))
	assert.Equal(t, result, kept)
}
