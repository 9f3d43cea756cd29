// SPDX-License-Identifier: MIT

package exposure_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// FuzzParsePolicy: any bytes give a policy or an error, never both, and with any
// policy the exposure stays on its scale.
func FuzzParsePolicy(f *testing.F) {
	for _, seed := range []string{`{}`, `{"PrivateTmp":{"weight":0}}`, `{"UMask":{"range":1,"weight":18446744073709551615}}`, `{"X":1}`, `[]`, `{"PrivateTmp":{"range":0}}`, "{\n\"PrivateTmp\": {\"weight\": -1}}"} {
		f.Add([]byte(seed))
	}
	s, err := unit.NewRules(unit.Version{Major: 257, Point: 13}).Evaluate("x.service", "/x.service", []unit.Assignment{{Section: "Service", Key: "ExecStart", Value: "/bin/true"}})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := exposure.ParsePolicy(data)
		require.Equal(t, p == nil, err != nil)
		if err != nil {
			return
		}
		result := exposure.Assess(&exposure.Target{Version: unit.Version{Major: 257, Point: 13}, Arch: seccomp.X8664, Compat: exposure.Online, Policy: p}, s)
		require.Len(t, result.Rows, 81)
		require.LessOrEqual(t, result.Exposure, 100)
	})
}
