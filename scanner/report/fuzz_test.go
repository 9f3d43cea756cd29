// SPDX-License-Identifier: MIT

package report_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

// FuzzParsePolicy: any text gives a policy or an error that says where, never both.
func FuzzParsePolicy(f *testing.F) {
	for _, seed := range []string{"", "[Policy]\nThreshold=5.0\n", "[Unit a*]\nRequire=NoNewPrivileges=\n[Waiver x]\nReason=r\nUntil=2027-06-30\n", "[Waiver x]\n", "[Unit [\n", "Threshold=1", "[Exclude]\nUnit=[\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := report.ParsePolicy(data, "policy.conf")
		require.Equal(t, p == nil, err != nil)
		if err != nil {
			require.Contains(t, err.Error(), "policy.conf:")
			return
		}
		p.Threshold(&report.Unit{Name: "a@b.service", Recipe: "r", Package: "p"})
	})
}

// FuzzParseBaseline: what was read and written again reads the same.
func FuzzParseBaseline(f *testing.F) {
	for _, seed := range []string{"", "a.service 9.6 PrivateTmp,UMask\n", "a.service 9.6 # accepted: why\n", "a 11\n", "a 1 b c\n", "a.service 1.0 b,a\na.service 1.0\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := report.ParseBaseline(data, "baseline.txt")
		require.Equal(t, b == nil, err != nil)
		if err != nil {
			return
		}
		text := b.String()
		again, err := report.ParseBaseline([]byte(text), "baseline.txt")
		require.NoError(t, err)
		require.Equal(t, text, again.String())
	})
}
