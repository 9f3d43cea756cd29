// SPDX-License-Identifier: MIT

package platform

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	features252 = "+PAM +AUDIT +SELINUX +APPARMOR +IMA +SMACK +SECCOMP +GCRYPT -GNUTLS +OPENSSL +ACL -BPF_FRAMEWORK +SYSVINIT default-hierarchy=unified"
	features257 = "+PAM +AUDIT -SELINUX -APPARMOR +IMA +IPE -SMACK -SECCOMP +GCRYPT +OPENSSL +ACL +BPF_FRAMEWORK +BTF +LIBARCHIVE"
)

func TestFindBuild(t *testing.T) {
	program := func(list string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("\x7fELF PAM no\x00/etc/pam.d PAM \x00+PAM +A\x00" + list + "\x00more")}
	}
	for _, test := range []struct {
		summary   string
		image     fstest.MapFS
		from      string
		hierarchy string
		features  map[string]bool // absent: unknown
	}{
		{"shared library", fstest.MapFS{"usr/lib/systemd/libsystemd-shared-252.so": program(features252)}, "/usr/lib/systemd/libsystemd-shared-252.so", "unified",
			map[string]bool{"SECCOMP": true, "BPF_FRAMEWORK": false, "PAM": true, "SYSVINIT": true}},
		{"multiarch, without seccomp", fstest.MapFS{"usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.so": program(features257)}, "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.so", "",
			map[string]bool{"SECCOMP": false, "BPF_FRAMEWORK": true, "LIBARCHIVE": true}},
		{"static program", fstest.MapFS{"lib/systemd/systemd": program(features252)}, "/lib/systemd/systemd", "unified", map[string]bool{"SECCOMP": true}},
		{"without a list", fstest.MapFS{"usr/lib/systemd/libsystemd-shared-252.so": program("+PAM and other words, +A +B +C +D +E +F +G +H +I +J")}, "", "", nil},
		{"a list that does not end", fstest.MapFS{"usr/lib/systemd/systemd": {Data: []byte(features252)}}, "", "", nil},
		{"begins with the word", fstest.MapFS{"usr/lib/systemd/systemd": {Data: []byte("PAM \x00")}}, "", "", nil},
	} {
		t.Run(test.summary, func(t *testing.T) {
			b := FindBuild(test.image)
			for _, feature := range []string{"SECCOMP", "BPF_FRAMEWORK", "PAM", "SYSVINIT", "LIBARCHIVE"} {
				has, known := b.Has(feature)
				if want, listed := test.features[feature]; listed {
					assert.True(t, known, feature)
					assert.Equal(t, want, has, feature)
				}
			}
			if test.from == "" {
				assert.Nil(t, b)
				return
			}
			require.NotNil(t, b)
			assert.Equal(t, test.from, b.From)
			assert.Equal(t, test.hierarchy, b.Hierarchy)
			_, known := b.Has("NOSUCH")
			assert.False(t, known)
		})
	}
}

// debian has every option that the rules ask for, read from the kernel of Debian 12.
func debian(t *testing.T) *Kernel {
	t.Helper()
	data, err := os.ReadFile("testdata/kernel/debian-6.1-cloud.config")
	require.NoError(t, err)
	k, err := ParseKernelConfig(data)
	require.NoError(t, err)
	k.From = "config"
	return k
}

// config is a complete configuration of these options alone.
func config(version string, options ...string) *Kernel {
	text := "# Automatically generated file; DO NOT EDIT.\n# Linux/x86 " + version + " Kernel Configuration\nCONFIG_MULTIUSER=y\nCONFIG_PROC_FS=y\n"
	for _, o := range options {
		text += "CONFIG_" + o + "=y\n"
	}
	k, err := ParseKernelConfig([]byte(text))
	if err != nil {
		panic(err)
	}
	k.From = "config"
	return k
}

func TestEffect(t *testing.T) {
	build := parseFeatures(strings.Replace(features252, "-BPF_FRAMEWORK", "+BPF_FRAMEWORK", 1))
	noSeccomp := parseFeatures(features257)
	noSeccomp.From = "library"
	noBPF := parseFeatures(features252)
	noBPF.From = "library"
	const (
		enforced = "yes"
		open     = "unknown"
	)
	for _, test := range []struct {
		summary        string
		target         Target
		setting, value string
		want           string // enforced, open, or the reason
	}{
		{"not in the table", Target{"x86-64", 257, build, debian(t), ""}, "Nice", "", open},
		{"needs nothing", Target{}, "NoNewPrivileges", "yes", enforced},
		{"mounts need nothing", Target{}, "ProtectSystem", "strict", enforced},

		{"filter, all there", Target{"x86-64", 252, build, debian(t), ""}, "SystemCallFilter", "@swap", enforced},
		{"filter, kernel unknown", Target{"x86-64", 252, build, nil, ""}, "SystemCallFilter", "@swap", open},
		{"filter, only the version known", Target{"x86-64", 252, build, &Kernel{Version: KernelVersion{6, 1}}, ""}, "SystemCallFilter", "", open},
		{"filter, build unknown", Target{"x86-64", 252, nil, debian(t), ""}, "SystemCallFilter", "", open},
		{"filter, kernel without", Target{"x86-64", 252, build, config("6.1.0"), ""}, "SystemCallFilter", "",
			"the kernel has no CONFIG_SECCOMP_FILTER (config); systemd skips it without a word and the service runs without it"},
		{"filter, kernel without and build unknown", Target{"x86-64", 252, nil, config("6.1.0"), ""}, "LockPersonality", "",
			"the kernel has no CONFIG_SECCOMP_FILTER (config); systemd skips it without a word and the service runs without it"},
		{"filter, build without", Target{"x86-64", 257, noSeccomp, nil, ""}, "RestrictRealtime", "",
			"systemd is built with -SECCOMP (library); systemd skips it without a word and the service runs without it"},

		{"users, all there", Target{"x86-64", 252, build, debian(t), ""}, "PrivateUsers", "", enforced},
		{"users, kernel unknown", Target{"x86-64", 252, build, nil, ""}, "PrivateUsers", "", open},
		{"users, forbidden", Target{"x86-64", 252, build, debian(t), "/etc/sysctl.d/x.conf"}, "PrivateUsers", "",
			"user.max_user_namespaces is 0 (/etc/sysctl.d/x.conf); the service fails to start with status 217/USER"},

		{"families on x86-64", Target{"x86-64", 252, build, debian(t), ""}, "RestrictAddressFamilies", "", enforced},
		{"families on arm", Target{"arm", 252, build, debian(t), ""}, "RestrictAddressFamilies", "", enforced},
		{"families on x86", Target{"x86", 257, nil, nil, ""}, "RestrictAddressFamilies", "AF_UNIX",
			"it has no effect on x86; systemd skips it without a word and the service runs without it"},
		{"families on s390x", Target{"s390x", 252, build, debian(t), ""}, "RestrictAddressFamilies", "",
			"it has no effect on s390x; systemd skips it without a word and the service runs without it"},
		{"families on mips", Target{"mips-le", 252, build, debian(t), ""}, "RestrictAddressFamilies", "",
			"it has no effect on mips-le; systemd skips it without a word and the service runs without it"},
		{"families on ppc", Target{"ppc64-le", 252, build, debian(t), ""}, "RestrictAddressFamilies", "",
			"it has no effect on ppc64-le; systemd skips it without a word and the service runs without it"},
		{"families on loongarch64", Target{"loongarch64", 255, build, debian(t), ""}, "RestrictAddressFamilies", "", enforced},
		{"families on loongarch64, before", Target{"loongarch64", 254, build, debian(t), ""}, "RestrictAddressFamilies", "", open},
		{"families on parisc", Target{"parisc", 257, build, debian(t), ""}, "RestrictAddressFamilies", "", open},
		{"name spaces on x86-64", Target{"x86-64", 252, build, debian(t), ""}, "RestrictNamespaces", "yes", enforced},
		{"name spaces on arm64: the page and the program disagree", Target{"arm64", 252, build, debian(t), ""}, "RestrictNamespaces", "yes", open},

		{"memory, by filters", Target{"arm", 252, build, debian(t), ""}, "MemoryDenyWriteExecute", "", enforced},
		{"memory, by the kernel", Target{"mips", 257, build, config("6.6.0"), ""}, "MemoryDenyWriteExecute", "", enforced},
		{"memory, neither", Target{"mips", 257, build, debian(t), ""}, "MemoryDenyWriteExecute", "",
			"it needs Linux 6.3, the kernel is 6.1 (config), and it has no effect on mips; systemd skips it without a word and the service runs without it"},
		{"memory, kernel new enough, systemd not", Target{"x86-64", 252, build, config("6.6.0"), ""}, "MemoryDenyWriteExecute", "",
			"it needs systemd 254, and the kernel has no CONFIG_SECCOMP_FILTER (config); systemd skips it without a word and the service runs without it"},
		{"memory, kernel unknown", Target{"x86-64", 257, build, nil, ""}, "MemoryDenyWriteExecute", "", open},

		{"proc on 6.1", Target{Kernel: debian(t)}, "ProtectProc", "invisible", enforced},
		{"proc on 5.4", Target{Kernel: &Kernel{From: "modules", Version: KernelVersion{5, 4}}}, "ProtectProc", "invisible",
			"it needs Linux 5.8, the kernel is 5.4 (modules); systemd skips it without a word and the service runs without it"},
		{"proc on 5.10 without a configuration", Target{Kernel: &Kernel{Version: KernelVersion{5, 10}}}, "ProcSubset", "pid", open},

		{"network", Target{Kernel: debian(t)}, "PrivateNetwork", "yes", enforced},
		{"network, kernel without", Target{Kernel: config("6.1.0")}, "PrivateNetwork", "yes",
			"the kernel has no CONFIG_NET_NS (config); systemd goes on and the service runs without it"},
		{"users, kernel without", Target{Kernel: config("6.1.0")}, "PrivateUsers", "yes",
			"the kernel has no CONFIG_USER_NS (config); the service fails to start with status 217/USER"},
		{"host name, by the name space", Target{Kernel: config("6.1.0", "UTS_NS")}, "ProtectHostname", "yes", enforced},
		{"host name, by a filter", Target{Build: build, Kernel: config("6.1.0", "SECCOMP_FILTER")}, "ProtectHostname", "yes", enforced},
		{"host name, private", Target{Build: build, Kernel: config("6.1.0", "SECCOMP_FILTER")}, "ProtectHostname", "private:x",
			"the kernel has no CONFIG_UTS_NS (config); systemd goes on and the service runs without it"},
		{"host name, nothing", Target{Build: build, Kernel: config("6.1.0")}, "ProtectHostname", "yes",
			"the kernel has no CONFIG_SECCOMP_FILTER (config), and the kernel has no CONFIG_UTS_NS (config); systemd goes on and the service runs without it"},
		{"control groups", Target{Systemd: 255}, "ProtectControlGroups", "yes", enforced},
		{"control groups, strict", Target{Systemd: 257}, "ProtectControlGroups", "strict", enforced},
		{"user", Target{}, "User", "nobody", enforced},
		{"user, single user kernel", Target{Kernel: mustParse("# CONFIG_MULTIUSER is not set\n")}, "User", "nobody",
			"the kernel has no CONFIG_MULTIUSER (config); the service cannot change to its user"},

		{"devices", Target{"x86-64", 252, build, debian(t), ""}, "DeviceAllow", "", enforced},
		{"devices, old hierarchy only", Target{"x86-64", 258, build, config("6.1.0", "CGROUP_DEVICE"), ""}, "DevicePolicy", "closed",
			"the kernel has no CONFIG_BPF_SYSCALL (config); systemd skips it without a word and the service runs without it"},
		{"devices, hierarchy unknown, both ways there", Target{"x86-64", 254, nil, debian(t), ""}, "DeviceAllow", "", enforced},
		{"devices, hierarchy unknown, one way there", Target{"x86-64", 254, nil, config("6.1.0", "CGROUP_DEVICE"), ""}, "DeviceAllow", "", open},
		{"devices, no way", Target{"x86-64", 254, nil, config("6.1.0", "BPF_SYSCALL"), ""}, "DeviceAllow", "",
			"the kernel has no CONFIG_CGROUP_BPF (config), and the kernel has no CONFIG_CGROUP_DEVICE (config); systemd skips it without a word and the service runs without it"},
		{"addresses", Target{"x86-64", 257, build, debian(t), ""}, "IPAddressDeny", "any", enforced},
		{"addresses, kernel without", Target{"x86-64", 257, build, config("6.1.0", "BPF_SYSCALL"), ""}, "IPAddressDeny", "any",
			"the kernel has no CONFIG_CGROUP_BPF (config); systemd goes on and the service runs without it"},
		{"ports", Target{"x86-64", 257, build, debian(t), ""}, "SocketBindDeny", "any", enforced},
		{"ports, build without", Target{"x86-64", 257, noBPF, debian(t), ""}, "SocketBindDeny", "any",
			"systemd is built with -BPF_FRAMEWORK (library); systemd goes on and the service runs without it"},
		{"file systems", Target{"x86-64", 257, build, debian(t), ""}, "RestrictFileSystems", "ext4", enforced},
		{"file systems, module not started by itself", Target{"x86-64", 257, build, config("6.1.0", "BPF_SYSCALL", "CGROUP_BPF", "BPF_LSM", "DEBUG_INFO_BTF"), ""}, "RestrictFileSystems", "ext4", open},
		{"label, kernel without", Target{"x86-64", 252, build, debian(t), ""}, "SmackProcessLabel", "x",
			"the kernel has no CONFIG_SECURITY_SMACK (config); systemd skips it without a word and the service runs without it"},
	} {
		t.Run(test.summary, func(t *testing.T) {
			effective, why := test.target.Effect(test.setting, test.value)
			switch {
			case effective == nil:
				assert.Equal(t, test.want, open)
			case *effective:
				assert.Equal(t, test.want, enforced)
			default:
				assert.Equal(t, test.want, why)
				return
			}
			assert.Empty(t, why)
		})
	}
}

func mustParse(text string) *Kernel {
	k, err := ParseKernelConfig([]byte(text))
	if err != nil {
		panic(err)
	}
	k.From = "config"
	return k
}

// TestRules holds the table to its form: one row for a setting without values, after
// those with values, and words for what systemd does in place of it.
func TestRules(t *testing.T) {
	last := map[string]bool{}
	for _, r := range rules {
		assert.Regexp(t, regexp.MustCompile(`^[A-Z][A-Za-z]+$`), r.setting)
		assert.False(t, last[r.setting], "%s: a row after the one for all values", r.setting)
		last[r.setting] = r.values == ""
		assert.NotEmpty(t, r.source, r.setting)
		if a, _ := r.needs(&Target{Kernel: config("3.15.0"), Build: &Build{features: map[string]bool{}}}); a == no {
			assert.NotEmpty(t, r.missing, r.setting)
		}
	}
	for setting, all := range last {
		assert.True(t, all, "%s: no row for all values", setting)
	}
}

func FuzzParseBuild(f *testing.F) {
	f.Add([]byte("x\x00" + features252 + "\x00"))
	f.Add([]byte("+PAM " + features257 + "\x00PAM \x00+PAM "))
	f.Add([]byte("-PAM  + - default-hierarchy= \x00"))
	f.Fuzz(func(t *testing.T, program []byte) {
		b := parseBuild(program)
		if b == nil {
			return
		}
		require.GreaterOrEqual(t, len(b.features), leastOfFeatures)
		for name := range b.features {
			require.NotContains(t, name, " ")
		}
	})
}

func TestEffects(t *testing.T) {
	target := Target{"x86", 257, nil, config("6.1.0"), ""}
	got := map[string]Effect{}
	for _, e := range target.Effects() {
		require.NotContains(t, got, e.Setting, "one row for a setting")
		got[e.Setting] = e
	}
	assert.Equal(t, Effect{"NoNewPrivileges", true, ""}, got["NoNewPrivileges"])
	assert.Contains(t, got["SystemCallFilter"].Why, "CONFIG_SECCOMP_FILTER")
	assert.False(t, got["PrivateUsers"].Effective)
	for _, e := range (&Target{Architecture: "x86-64", Systemd: 257}).Effects() {
		assert.NotEqual(t, "SystemCallFilter", e.Setting, "nothing is known of build and kernel")
	}
}
