// SPDX-License-Identifier: MIT

package cache

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type small uint8

type inner struct {
	Name string
	List []string
}

type sample struct {
	Text   string
	Yes    bool
	Number int64
	Bits   uint64
	Small  small
	Nil    []string
	Empty  []string
	Inners []inner
	Some   *inner
	None   *inner
	Bytes  []byte
}

func TestRoundTrip(t *testing.T) {
	want := sample{Text: "a\x00\xff", Yes: true, Number: math.MinInt64, Bits: math.MaxUint64, Small: 255, Empty: []string{},
		Inners: []inner{{"x", nil}, {"", []string{"y", ""}}}, Some: &inner{Name: "z"}, Bytes: []byte{0, 1}}
	var got sample
	require.NoError(t, Decode(Encode(want), &got))
	assert.Equal(t, want, got)
}

func TestDecodeErrors(t *testing.T) {
	for _, test := range []struct {
		summary string
		content []byte
	}{
		{"nothing", nil},
		{"cut off", Encode("some text")[:4]},
		{"more than one value", append(Encode("x"), 0)},
		{"no number", []byte{0xff}},
		{"a long text", []byte{0xff, 0xff, 0xff, 0xff, 0x0f, 'x'}},
	} {
		t.Run(test.summary, func(t *testing.T) {
			var text string
			assert.Error(t, Decode(test.content, &text))
		})
	}
	var numbers []uint16
	assert.Error(t, Decode(Encode([]uint32{1 << 20}), &numbers), "a number that does not fit")
	assert.Error(t, Decode([]byte{0xff, 0xff, 0xff, 0xff, 0x0f}, &numbers), "a long list")
}

func TestEncodeRefuses(t *testing.T) {
	assert.Panics(t, func() { Encode(struct{ hidden int }{1}) })
	assert.Panics(t, func() { Encode(map[string]int{}) })
}

// FuzzDecode: whatever the bytes are, there is a value or an error, and a value gives
// the bytes of an equal one.
func FuzzDecode(f *testing.F) {
	f.Add(Encode(sample{Text: "x", Inners: []inner{{"a", []string{"b"}}}, Some: &inner{}}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, content []byte) {
		var v, again sample
		if Decode(content, &v) != nil {
			return
		}
		require.NoError(t, Decode(Encode(v), &again))
		require.Equal(t, v, again)
	})
}
