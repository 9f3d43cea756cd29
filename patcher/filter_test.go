// SPDX-License-Identifier: MIT

package patcher

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// TestFilterPermitsWhatIsReached: every system call that a service can reach passes
// the filter that is proposed, and of the groups that it takes back nothing does.
func TestFilterPermitsWhatIsReached(t *testing.T) {
	const rounds = 200
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			r := random{rand.New(rand.NewSource(2))}
			for range rounds {
				u := service(t, version, "", calls(r.calls(version)...))
				got := propose(t, version, u)
				require.NotEmpty(t, said(got, "SystemCallFilter"))
				written := hardened(t, version, u, got.Proposals)
				filter := evaluate(t, version, &written).SystemCallFilter
				require.True(t, filter.Allow)
				for _, name := range u.Syscalls.Reachable {
					require.True(t, filter.Permits(name), "%s with %s", name, said(got, "SystemCallFilter"))
				}
			}
		})
	}
}

// TestFilterTakesBack: a scored group of which nothing is reached is denied as a whole.
func TestFilterTakesBack(t *testing.T) {
	u := service(t, "257", "", calls("setuid", "read", "sched_setaffinity"))
	got := propose(t, "257", u)
	written := hardened(t, "257", u, got.Proposals)
	filter := evaluate(t, "257", &written).SystemCallFilter
	for name, want := range map[string]bool{"setuid": true, "sched_setaffinity": true, "setpriority": true, "read": true,
		"clock_settime": false, "mount": false, "ptrace": false, "init_module": false, "reboot": false, "execve": true} {
		assert.Equal(t, want, filter.Permits(name), name)
	}
}

// TestBoundingSetHasCapabilities: every capability that a fact names, and every
// ambient one, stays.
func TestBoundingSetHasCapabilities(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	names := unit.AllCapabilities(unit.Version{Major: 257}).Names()
	for range 300 {
		var list []func(*report.Unit)
		var want unit.CapabilitySet
		for range r.Intn(6) {
			name := names[r.Intn(len(names))]
			list = append(list, facts("capability "+name))
			want |= unit.Capability(name)
		}
		ambient := names[r.Intn(len(names))]
		u := service(t, "257", "User=daemon\nAmbientCapabilities="+ambient+"\n", list...)
		got := propose(t, "257", u)
		text, ok := strings.CutSuffix(said(got, "CapabilityBoundingSet"), " (likely)")
		require.True(t, ok)
		written := hardened(t, "257", u, []report.Proposal{{Setting: "CapabilityBoundingSet", Value: text, Confidence: report.Likely}})
		set := evaluate(t, "257", &written).CapabilityBoundingSet
		require.Equal(t, (want | unit.Capability(ambient)), set&(want|unit.Capability(ambient)))
	}
}

// TestReasonsAreShort: a service with a great many facts gives a reason that can be read.
func TestReasonsAreShort(t *testing.T) {
	var many, blocks []func(*report.Unit)
	for i := range 40 {
		many = append(many, facts("path /tmp/"+strings.Repeat("a", i+1)))
		blocks = append(blocks, unknown("odd"+strings.Repeat("a", i), "*"))
	}
	got := propose(t, "257", service(t, "257", "", many...))
	assert.True(t, strings.HasSuffix(said(got, "PrivateTmp"), "; path /tmp/aaaaa in /usr/bin/x; and more of the kind"), said(got, "PrivateTmp"))
	got = propose(t, "257", service(t, "257", "", blocks...))
	assert.True(t, strings.HasSuffix(said(got, "PrivateTmp"), "; oddaaaa in /usr/bin/x; and more unknowns"), said(got, "PrivateTmp"))
}
