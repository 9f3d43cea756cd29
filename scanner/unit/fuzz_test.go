// SPDX-License-Identifier: MIT

package unit_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

var fuzzVersions = []unit.Version{{Major: 250, Point: 14}, {Major: 252, Point: 39}, {Major: 255, Point: 13}, {Major: 257, Point: 13}, {Major: 262, Point: 1}}

// FuzzParse: any bytes give assignments that know their line, without a panic;
// what was read can be written and read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "[Service]\nExecStart=/bin/true\n", "[Unit]\r\nDescription=x\\\r\n# comment\r\n y\n[Service]\nUser=a:b", "\ufeff[Service]\nA=b\\", "[Service\nX=1",
		"[Service]\n\\\n=x\nkey only\n[X-Foo]\na=b\n[]\n", "[Service]\nA=\xff\n", "[Service]\x00PrivateTmp=yes\x00", "[\x01]\n",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, pick uint8) {
		version := fuzzVersions[int(pick)%len(fuzzVersions)]
		assignments, diagnostics, _ := unit.Parse(data, "/x.service", "service", version)
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + strings.Count(string(data), "\x00") + 1
		var text strings.Builder
		for _, a := range assignments {
			require.NotEmpty(t, a.Section)
			require.True(t, a.Line >= 1 && a.Line <= lines, "line %d of %d", a.Line, lines)
			text.WriteString("[" + a.Section + "]\n" + a.Key + "=" + a.Value + "\n")
		}
		for _, d := range diagnostics {
			require.NotEmpty(t, d.Message)
		}
		again, _, err := unit.Parse([]byte(text.String()), "/x.service", "service", version)
		if strings.ContainsRune(text.String(), '\\') || strings.ContainsRune(text.String(), '\ufeff') {
			return // a final backslash would continue the line, a byte order mark vanish
		}
		require.NoError(t, err)
		require.Len(t, again, len(assignments))
		for i := range again {
			require.Equal(t, [3]string{assignments[i].Section, assignments[i].Key, assignments[i].Value}, [3]string{again[i].Section, again[i].Key, again[i].Value})
		}
	})
}

// evaluateLines applies lines of one setting.
func evaluateLines(t *testing.T, version unit.Version, setting string, values ...string) (*unit.Service, error) {
	t.Helper()
	list := []unit.Assignment{{Section: "Service", Key: "ExecStart", Value: "/bin/true"}}
	for _, v := range values {
		list = append(list, unit.Assignment{Section: "Service", Key: setting, Value: v})
	}
	return unit.NewRules(version).Evaluate("x.service", "/x.service", list)
}

// FuzzSystemCallFilter: an allow list permits nothing that no line allowed, whatever
// the words; an empty line takes everything back.
func FuzzSystemCallFilter(f *testing.F) {
	for _, seed := range [][2]string{{"@system-service", "~@privileged:EPERM"}, {"~@swap", "swapon"}, {"@bogus", "~read:kill"}, {"~@known", ""}, {`"@clock"`, `a\`}, {"read:EPERM", "~"}} {
		f.Add(seed[0], seed[1], uint8(2))
	}
	f.Fuzz(func(t *testing.T, first, second string, pick uint8) {
		version := fuzzVersions[int(pick)%len(fuzzVersions)]
		s, err := evaluateLines(t, version, "SystemCallFilter", first, second)
		require.NoError(t, err, "no filter refuses a unit")
		if s.SystemCallFilter.Allow {
			require.True(t, s.SystemCallFilter.Active())
		}
		s, err = evaluateLines(t, version, "SystemCallFilter", first, second, "")
		require.NoError(t, err)
		require.False(t, s.SystemCallFilter.Active())
		require.True(t, s.SystemCallFilter.Permits("read"))
	})
}

// FuzzCapabilities: any words give a set; the empty line drops all, and ~ alone
// brings all back.
func FuzzCapabilities(f *testing.F) {
	for _, seed := range [][2]string{{"CAP_KILL", "~CAP_KILL"}, {"~cap_sys_admin 12", "CAP_CHOWN"}, {"=", "63"}, {`"CAP_KILL`, `CAP_KILL\`}, {"", "~"}} {
		f.Add(seed[0], seed[1], uint8(1))
	}
	f.Fuzz(func(t *testing.T, first, second string, pick uint8) {
		version := fuzzVersions[int(pick)%len(fuzzVersions)]
		s, err := evaluateLines(t, version, "CapabilityBoundingSet", first, second, "")
		require.NoError(t, err, "no capability set refuses a unit")
		require.Empty(t, s.CapabilityBoundingSet.Names())
		s, err = evaluateLines(t, version, "CapabilityBoundingSet", first, second, "~")
		require.NoError(t, err)
		require.Len(t, s.CapabilityBoundingSet.Names(), 41)
	})
}

// FuzzEvaluate: lines of any setting give a service or an error, never both.
func FuzzEvaluate(f *testing.F) {
	for _, seed := range [][2]string{{"User", "a:b"}, {"ExecStart", "/bin/sh -c 'x"}, {"RootDirectory", "../x"}, {"IPAddressDeny", "any ::1/64"}, {"DeviceAllow", "/dev/x rwz"},
		{"RestrictNamespaces", "~mnt user"}, {"RestrictAddressFamilies", "~AF_INET none"}, {"UMask", "08"}, {"Type", "notify"}, {"WorkingDirectory", "/proc/x"}, {"User", "%i%q%Z"}} {
		f.Add(seed[0], seed[1], uint8(3))
	}
	f.Fuzz(func(t *testing.T, setting, value string, pick uint8) {
		s, err := evaluateLines(t, fuzzVersions[int(pick)%len(fuzzVersions)], setting, value)
		require.Equal(t, s == nil, err != nil)
	})
}
