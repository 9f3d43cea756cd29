// SPDX-License-Identifier: MIT

package patcher

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

var versions = []string{"250", "252", "255", "257", "262"}

// hardened is the unit as a scan would show it once the proposals are written and in
// the image: its drop-in is read in the order of its name.
func hardened(t testing.TB, version string, u report.Unit, proposals []report.Proposal) report.Unit {
	t.Helper()
	file := "/usr/lib/systemd/system/x.service.d/" + DropInName
	_, text, _ := strings.Cut(string(DropIn(u, proposals)), "[Service]\n")
	ours := linesOf(t, version, file, text)
	at := slices.IndexFunc(u.Settings, func(s report.Setting) bool {
		return strings.Contains(s.File, ".service.d/") && s.File > file
	})
	if at < 0 {
		at = len(u.Settings)
	}
	out := u
	out.Settings = slices.Insert(slices.Clone(u.Settings), at, ours...)
	out.Exposure = score(t, version, &out)
	return out
}

func TestExposureAfter(t *testing.T) {
	for _, tt := range []struct {
		summary, lines string
		change         []func(*report.Unit)
	}{
		{"nothing set", "", nil},
		{"without privileges", unprivilegedLines, nil},
		{"without evidence", "", []func(*report.Unit){without}},
		{"everything unknown, one proposal", "SystemCallArchitectures=native\n" + unprivilegedLines, []func(*report.Unit){unknown("interpreter", "*")}},
		{"sockets and calls", "", []func(*report.Unit){facts("socket-family AF_INET", "capability CAP_NET_BIND_SERVICE", "namespace mnt"), calls("read", "mount")}},
		{"a drop-in before", "", []func(*report.Unit){inDropIn(t, "10-a.conf", "PrivateTmp=yes\n")}},
		{"a drop-in after takes back", "", []func(*report.Unit){inDropIn(t, "90-a.conf", "PrivateTmp=no\nProtectHome=no\nCapabilityBoundingSet=~CAP_SYS_ADMIN\n")}},
		{"drop-ins around", "", []func(*report.Unit){inDropIn(t, "10-a.conf", "PrivateTmp=yes\n"), inDropIn(t, "60-a.conf", "SystemCallFilter=~@clock\nUMask=0077\n")}},
		{"a deny list of families", "RestrictAddressFamilies=~AF_PACKET\n", []func(*report.Unit){facts("socket-family AF_INET")}},
	} {
		for _, version := range versions {
			t.Run(tt.summary+"/"+version, func(t *testing.T) {
				u := service(t, version, tt.lines, tt.change...)
				before := propose(t, version, u)
				require.NotEmpty(t, before.Proposals)
				written := hardened(t, version, u, before.Proposals)
				assert.Equal(t, written.Exposure, before.ExposureAfter, "the score of what is written")
				assert.Equal(t, written.Exposure.Rating(), before.RatingAfter)

				after := propose(t, version, written)
				assert.Equal(t, before.Proposals, after.Proposals, "a second run proposes the same")
				assert.Equal(t, before.Withheld, after.Withheld)
				assert.Equal(t, before.ExposureAfter, after.ExposureAfter)
			})
		}
	}
}

// TestExposureAfterConfidence: what is not written does not count.
func TestExposureAfterConfidence(t *testing.T) {
	u := service(t, "257", "")
	r := &report.Report{Image: image("257"), Units: []report.Unit{u}}
	require.NoError(t, Propose(r, report.Proven, nil))
	got := r.Units[0]
	proven := slices.DeleteFunc(slices.Clone(got.Proposals), func(p report.Proposal) bool { return p.Confidence != report.Proven })
	require.NotEqual(t, len(proven), len(got.Proposals))
	written := hardened(t, "257", u, proven)
	assert.Equal(t, written.Exposure, got.ExposureAfter)

	u = service(t, "257", "", without) // only likely ones
	u.ExposureAfter, u.RatingAfter = 12, "OK"
	r.Units[0] = u
	require.NoError(t, Propose(r, report.Proven, nil))
	assert.Equal(t, report.None, r.Units[0].ExposureAfter, "nothing of an earlier run is left")
	assert.Empty(t, r.Units[0].RatingAfter)
}

// TestGain: the gain of a setting is what it alone brings, by all of its lines.
func TestGain(t *testing.T) {
	u := service(t, "257", "RestrictAddressFamilies=~AF_PACKET\n", facts("socket-family AF_UNIX"))
	got := propose(t, "257", u)
	for _, lines := range settings(got.Proposals) {
		alone := hardened(t, "257", u, lines)
		for _, p := range lines {
			if p.Setting == leader(p.Setting) {
				assert.Equal(t, u.Exposure-alone.Exposure, p.Gain, p.Setting)
			} else {
				assert.Zero(t, p.Gain, p.Setting)
			}
		}
	}
}

func TestLaterDropIn(t *testing.T) {
	got := propose(t, "257", service(t, "257", "", inDropIn(t, "90-a.conf", "PrivateTmp=no\n")))
	assert.Equal(t, "withheld: /usr/lib/systemd/system/x.service.d/90-a.conf:2 sets it, and is read after what would be written", said(got, "PrivateTmp"))
	got = propose(t, "257", service(t, "257", "PrivateTmp=no\n", inDropIn(t, "10-a.conf", "PrivateTmp=no\n")))
	assert.Equal(t, "yes (likely)", said(got, "PrivateTmp"), "an earlier one is overridden")
}

// withRule puts one rule into the place of the table.
func withRule(t *testing.T, r rule) {
	t.Helper()
	saved := rules
	rules = []rule{r}
	t.Cleanup(func() { rules = saved })
}

func TestSince(t *testing.T) {
	withRule(t, rule{"PrivatePIDs", 257, func(s *unit.Service) bool { return s.PrivatePIDs }, unless("PrivatePIDs", report.Proven, "why")})
	assert.Empty(t, propose(t, "256", service(t, "256", "")).Proposals)
	assert.Equal(t, "yes (proven)", said(propose(t, "257", service(t, "257", "")), "PrivatePIDs"))
	assert.Equal(t, 257, propose(t, "257", service(t, "257", "")).Proposals[0].Since)
}

// TestRefused: what PID 1 would refuse is withheld, and the rest stays.
func TestRefused(t *testing.T) {
	withRule(t, rule{"PrivatePIDs", 257, func(s *unit.Service) bool { return s.PrivatePIDs }, func(*subject) verdict {
		return proposed(report.Proven, []line{{"UMask", "0077"}, {"PrivatePIDs", "yes"}}, "why")
	}})
	u := service(t, "257", "Type=forking\n")
	got := propose(t, "257", u)
	assert.Equal(t, "withheld: PID 1 would refuse the service: x.service: PrivatePIDs=yes is not allowed for Type=forking", said(got, "PrivatePIDs"))
	require.Len(t, got.Proposals, 1)
	assert.Equal(t, "0077 (proven)", said(got, "UMask"))
	assert.Equal(t, hardened(t, "257", u, got.Proposals).Exposure, got.ExposureAfter)
}

// TestRefusedTogether: settings that only together are refused are all withheld.
func TestRefusedTogether(t *testing.T) {
	withRule(t, rule{"DynamicUser", 235, func(s *unit.Service) bool { return s.DynamicUser }, func(*subject) verdict {
		return proposed(report.Proven, []line{{"DynamicUser", "yes"}, {"PrivateTmp", "yes"}, {"WorkingDirectory", "~"}}, "why")
	}})
	got := propose(t, "257", service(t, "257", ""))
	assert.Empty(t, got.Proposals)
	assert.Equal(t, report.None, got.ExposureAfter)
	assert.Contains(t, said(got, "all"), "PID 1 would refuse the service")
}

func TestProposeErrors(t *testing.T) {
	for _, tt := range []struct {
		summary string
		change  func(*report.Report)
		want    string
	}{
		{"no version", func(r *report.Report) { r.Image.RulesVersion = "" }, "rules_version"},
		{"no architecture", func(r *report.Report) { r.Image.Architecture = "z80" }, `architecture "z80" is unknown`},
		{"settings that do not load", func(r *report.Report) { r.Units[0].Settings = nil }, "evaluate the settings of the report"},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			r := &report.Report{Image: image("257"), Units: []report.Unit{service(t, "257", "")}}
			tt.change(r)
			assert.ErrorContains(t, Propose(r, report.Likely, nil), tt.want)
		})
	}
	empty := &report.Report{}
	require.NoError(t, Propose(empty, report.Likely, nil), "a report without services needs no version")
	masked := &report.Report{Image: image("257"), Units: []report.Unit{{Name: "m.service", LoadState: report.Masked, Exposure: report.None}}}
	require.NoError(t, Propose(masked, report.Likely, nil))
	assert.Empty(t, masked.Units[0].Proposals)
}

// random gives services with arbitrary facts, unknowns and settings.
type random struct{ *rand.Rand }

func (r random) of(list []string) string { return list[r.Intn(len(list))] }

var (
	someFacts = strings.Split(`socket-family AF_INET;socket-family AF_UNIX;socket-family AF_NETLINK;socket-family AF_PACKET;capability CAP_SYS_ADMIN;
capability CAP_MKNOD;capability CAP_WAKE_ALARM;namespace mnt;namespace user;namespace net;namespace all;namespace time;path /dev/rtc;path /tmp;path /home/a;
path /proc;path /sys/class;path /boot;exec /bin/sh;set-id-program /bin/su;wx-memory mmap;realtime x;set-id-bits chmod;hostname;clock;kernel-log;module;
personality;mount;user-change;raw-io;ptrace;session SHELL;listens *:1`, ";")
	someLines = strings.Split(`User=daemon;NoNewPrivileges=yes;DynamicUser=yes;CapabilityBoundingSet=CAP_CHOWN;CapabilityBoundingSet=~CAP_SYS_ADMIN;
AmbientCapabilities=CAP_NET_RAW;PrivateDevices=yes;DeviceAllow=/dev/rtc r;PrivateTmp=yes;PrivateMounts=no;ProtectSystem=strict;ProtectHome=tmpfs;ProtectClock=yes;
ProtectProc=ptraceable;ProtectProc=noaccess;RestrictNamespaces=user;RestrictNamespaces=~user mnt;RestrictNamespaces=no;RestrictAddressFamilies=~AF_INET;
RestrictAddressFamilies=AF_UNIX;RestrictAddressFamilies=none;SystemCallFilter=~@clock;SystemCallFilter=@system-service;SystemCallErrorNumber=ENOSYS;
SystemCallArchitectures=native x86;IPAddressAllow=localhost;DevicePolicy=closed;IPAddressDeny=any;Delegate=yes;ProtectControlGroups=yes;UMask=0077;PrivateNetwork=yes;
ExecStartPre=+/bin/true;LimitRTPRIO=3;ProtectHostname=yes;KeyringMode=shared;RestrictRealtime=yes`, ";")
	someUnknowns = []string{"*", "RestrictNamespaces", "MemoryDenyWriteExecute", "SystemCallFilter"}
)

func (r random) lines(n int) string {
	var b strings.Builder
	for range r.Intn(n) {
		fmt.Fprintln(&b, strings.TrimSpace(r.of(someLines)))
	}
	return b.String()
}

func (r random) calls(version string) []string {
	v, _ := unit.ParseVersion(version)
	groups := seccomp.Groups(v.Major, v.Point)
	var names []string
	for range r.Intn(6) {
		group := groups.Expand(r.of(groups.Names()))
		for range r.Intn(8) {
			if name := r.of(group); seccomp.Known(name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func (r random) service(t testing.TB, version string) report.Unit {
	change := []func(*report.Unit){calls(r.calls(version)...)}
	for range r.Intn(6) {
		change = append(change, facts(strings.TrimSpace(r.of(someFacts))))
	}
	if r.Intn(4) == 0 {
		change = append(change, unknown("odd", r.of(someUnknowns)))
	}
	if r.Intn(8) == 0 {
		change = append(change, without)
	}
	if r.Intn(3) == 0 {
		change = append(change, inDropIn(t, "10-a.conf", r.lines(3)))
	}
	if r.Intn(3) == 0 {
		change = append(change, inDropIn(t, "90-a.conf", r.lines(3)))
	}
	return service(t, version, r.lines(6), change...)
}

// TestProposalsNeverWorsen: of no service does what is proposed make any row worse,
// the score that is promised comes true, and a second run says the same.
func TestProposalsNeverWorsen(t *testing.T) {
	const rounds = 400
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			r := random{rand.New(rand.NewSource(1))}
			for range rounds {
				u := r.service(t, version)
				got := propose(t, version, u)
				if len(got.Proposals) == 0 {
					continue
				}
				written := hardened(t, version, u, got.Proposals)
				require.Equal(t, written.Exposure, got.ExposureAfter, "%+v", u.Settings)
				again := propose(t, version, written)
				require.Equal(t, got.Proposals, again.Proposals, "%+v", u.Settings)
				notWorse(t, version, u, written, got)
			}
		})
	}
}

func notWorse(t *testing.T, version string, u, written report.Unit, got report.Unit) {
	t.Helper()
	before, after := evaluate(t, version, &u), evaluate(t, version, &written)
	clockInDevices := before.PrivateDevices && !before.ProtectClock // ProtectClock= lists the clock, PrivateDevices= keeps it out of /dev
	rows := assess(t, version, after).Rows
	for i, row := range assess(t, version, before).Rows {
		if row.Applies && rows[i].Applies && !(row.ID == "DeviceAllow=" && clockInDevices) {
			require.LessOrEqual(t, rows[i].Badness, row.Badness, "%s of %+v with %s", row.ID, u.Settings, said(got, strings.TrimSuffix(row.ID, "=")))
		}
	}
	require.LessOrEqual(t, written.Exposure, u.Exposure)
	require.Zero(t, after.CapabilityBoundingSet&^before.CapabilityBoundingSet, "%+v", u.Settings)
	require.Zero(t, after.RestrictNamespaces&^before.RestrictNamespaces, "%+v", u.Settings)
	for family := range before.RestrictAddressFamilies.Names {
		if !before.RestrictAddressFamilies.Allow {
			require.False(t, after.RestrictAddressFamilies.Allow && after.RestrictAddressFamilies.Lists(family), "%s of %+v", family, u.Settings)
		}
	}
}

// TestInstancesAgree: the instances of a template get what is right for all of them,
// and the figure that each will have with that.
func TestInstancesAgree(t *testing.T) {
	instance := func(name string, change ...func(*report.Unit)) report.Unit {
		u := service(t, "257", "", change...)
		u.Name, u.Fragment = name, "/usr/lib/systemd/system/x@.service"
		return u
	}
	alone := propose(t, "257", instance("x@a.service"))
	r := &report.Report{Image: image("257"), Units: []report.Unit{
		instance("x@a.service"), instance("x@b.service", facts("clock", "socket-family AF_UNIX"), assumed("exec-unresolved"))}}
	require.NoError(t, Propose(r, report.Likely, nil))
	a, b := r.Units[0], r.Units[1]
	const withheld = "withheld: it is not right for all instances of x@.service"
	assert.Equal(t, "yes (proven)", said(alone, "LockPersonality"))
	assert.Equal(t, "yes (likely)", said(a, "LockPersonality"), "the least of their confidences")
	assert.Equal(t, withheld, said(a, "ProtectClock"))
	assert.Equal(t, "withheld: clock in /usr/bin/x", said(b, "ProtectClock"))
	assert.Equal(t, withheld, said(a, "RestrictAddressFamilies"), "other values")
	assert.Equal(t, withheld, said(b, "RestrictAddressFamilies"))
	assert.Equal(t, hardened(t, "257", instance("x@a.service"), a.Proposals).Exposure, a.ExposureAfter)
	assert.Greater(t, a.ExposureAfter, alone.ExposureAfter)
}

// TestInstancesAgreeOnPrivileges: what stands on NoNewPrivileges= goes with it.
func TestInstancesAgreeOnPrivileges(t *testing.T) {
	instance := func(name, lines string) report.Unit {
		u := service(t, "257", "User=daemon\n"+lines)
		u.Name, u.Fragment = name, "/usr/lib/systemd/system/x@.service"
		return u
	}
	r := &report.Report{Image: image("257"), Units: []report.Unit{instance("x@a.service", ""), instance("x@b.service", "NoNewPrivileges=yes\n")}}
	require.NoError(t, Propose(r, report.Likely, nil))
	assert.Contains(t, said(propose(t, "257", instance("x@a.service", "")), "CapabilityBoundingSet"), "(proven)")
	assert.Empty(t, r.Units[0].Proposals)
	assert.Empty(t, r.Units[1].Proposals)
}
