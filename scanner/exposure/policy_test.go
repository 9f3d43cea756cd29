// SPDX-License-Identifier: MIT

package exposure_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
)

func TestParsePolicy(t *testing.T) {
	for _, c := range []struct{ summary, text, fails string }{
		{"nothing", `{}`, ""},
		{"all fields", `{"UMask": {"weight": 1, "range": 10, "description_good": "a", "description_bad": "b", "description_na": "c"}}`, ""},
		{"fields that nobody knows", `{"UMask": {"bogus": []}}`, ""},
		{"no JSON", "{\n\"UMask\": {,}}", "line 2: invalid character"},
		{"no object", `[]`, "cannot unmarshal array"},
		{"another type", `{"UMask": {"weight": "1"}}`, "UMask: json: cannot unmarshal string"},
		{"a negative weight", `{"UMask": {"weight": -1}}`, "UMask: json: cannot unmarshal number -1"},
		{"a range of nothing", `{"UMask": {"range": 0}}`, "UMask: range must not be 0"},
		{"a range that makes systemd-analyze abort", `{"UMask": {"range": 9}}`, "UMask: range 9 is less than the badness that the row can have, 10"},
		{"a weight that no sum can hold", `{"UMask": {"weight": 18446744073709551615}}`, "UMask: weight 18446744073709551615 is over"},
		{"the first of several mistakes", `{"B": {"range": 0}, "A": {"range": 0}}`, "policy: A: range"},
	} {
		p, err := exposure.ParsePolicy([]byte(c.text))
		if c.fails == "" {
			assert.NoError(t, err, c.summary)
		} else {
			assert.ErrorContains(t, err, c.fails, c.summary)
			assert.Nil(t, p, c.summary)
		}
	}
	p, err := exposure.ParsePolicy([]byte(`{"Foo": {}, "UMask": {}, "Bar": {}}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"Bar", "Foo"}, p.Unknown)
}
