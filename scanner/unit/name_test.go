// SPDX-License-Identifier: MIT

package unit

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestValidName(t *testing.T) {
	for name, want := range map[string]bool{
		"a.service": true, "a-b_c:d.e\\x2d.service": true, "a@.service": true, "a@b.service": true, "a@b@c.service": true,
		"0.timer": true, "-.slice": true, "a.socket": true, "a.target": true,
		strings.Repeat("a", 247) + ".service": true,

		"": false, "a": false, "service": false, ".service": false, "@.service": false, "@b.service": false, "a.services": false,
		"a b.service": false, "a/b.service": false, "a\n.service": false, "ä.service": false, "a%.service": false, "a.SERVICE": false,
		strings.Repeat("a", 248) + ".service": false,
	} {
		assert.Equal(t, want, ValidName(name), "%q", name)
	}
}

func TestSplitName(t *testing.T) {
	for _, c := range []struct {
		name, prefix, instance, typ string
		at, template, isInstance    bool
	}{
		{"a.service", "a", "", "service", false, false, false},
		{"a@.service", "a", "", "service", true, true, false},
		{"a@b.service", "a", "b", "service", true, false, true},
		{"a@b@c.d.service", "a", "b@c.d", "service", true, false, true},
	} {
		prefix, instance, typ, at := SplitName(c.name)
		assert.Equal(t, []any{c.prefix, c.instance, c.typ, c.at}, []any{prefix, instance, typ, at}, c.name)
		assert.Equal(t, c.template, IsTemplate(c.name), c.name)
		assert.Equal(t, c.isInstance, IsInstance(c.name), c.name)
	}
	assert.Equal(t, "a@.service", Template("a@b.service"))
	assert.Equal(t, "a@b.service", Instantiate("a@.service", "b"))
}

// TestDropInNames holds the order that was seen with real managers.
func TestDropInNames(t *testing.T) {
	for name, want := range map[string]string{
		"foo.service":      "foo.service",
		"foo-bar.service":  "foo-bar.service foo-.service",
		"a-b-c.service":    "a-b-c.service a-b-.service a-.service",
		"t@x.service":      "t@x.service t@.service",
		"a-t@x.service":    "a-t@x.service a-t@.service a-.service a-@x.service a-@.service",
		"a-b-.service":     "a-b-.service a-.service",
		"foo-.service":     "foo-.service",
		"-foo.service":     "-foo.service",
		"a-t@.service":     "a-t@.service a-.service",
		"a--b.service":     "a--b.service a--.service a-.service",
		"a-b@c-d.service":  "a-b@c-d.service a-b@.service a-.service a-@c-d.service a-@.service",
		"dash-at@-.socket": "dash-at@-.socket dash-at@.socket dash-.socket dash-@-.socket dash-@.socket",
	} {
		assert.Equal(t, want, strings.Join(dropInNames(name), " "), name)
	}
}

func TestParseVersion(t *testing.T) {
	for text, want := range map[string]Version{
		"257": {257, AnyPoint}, "255.13": {255, 13}, "v255.21": {255, 21}, "257.13-1~deb13u1": {257, 13}, "258~rc1": {258, AnyPoint},
		"255.4+git": {255, 4}, " 252 ": {252, AnyPoint}, "257.9^20250101": {257, 9}, "249.7.1": {249, 7},
	} {
		got, err := ParseVersion(text)
		assert.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "v", "abc", "-1", "257.x", "0", "10000", "257.-1", "9999999999999999999999"} {
		_, err := ParseVersion(text)
		assert.Error(t, err, text)
	}
}

func TestVersionHas(t *testing.T) {
	bpf := []Version{{252, 19}, {253, 13}, {254, 6}, {255, 0}}
	for text, want := range map[string]bool{
		"251": false, "252.18": false, "252.19": true, "252": true, "253.12": false, "254.5": false, "254.6": true, "255": true, "255.0": true, "262": true,
	} {
		v, err := ParseVersion(text)
		assert.NoError(t, err)
		assert.Equal(t, want, v.Has(bpf...), text)
	}
}

func TestVersionKnown(t *testing.T) {
	_, err := Version{249, 11}.Known()
	assert.ErrorContains(t, err, "older than 250")
	v, err := Version{400, 3}.Known()
	assert.NoError(t, err)
	assert.Equal(t, Version{NewestKnown, AnyPoint}, v)
}
