// SPDX-License-Identifier: MIT

package scanner_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

const (
	configHead = "# Automatically generated file; DO NOT EDIT.\n# Linux/x86 6.1.9 Kernel Configuration\nCONFIG_MULTIUSER=y\n"
	features   = "\x00+PAM +AUDIT +SELINUX +APPARMOR +IMA +SMACK +SECCOMP +GCRYPT +OPENSSL +ACL -BPF_FRAMEWORK\x00"
)

// scanImage scans an image of these files for one unit, x.service.
func scanImage(t *testing.T, files map[string]string, opts scanner.Options) (*report.Report, *report.Unit) {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	image, err := rootfs.New(root)
	require.NoError(t, err)
	if opts.SystemdVersion == "" {
		opts.SystemdVersion = "257"
	}
	opts.Architecture, opts.Units = "x86-64", []string{"x.service"}
	r, err := scanner.Scan(image, opts)
	require.NoError(t, err)
	require.Len(t, r.Units, 1)
	return r, &r.Units[0]
}

func row(t *testing.T, u *report.Unit, id string) report.Assessment {
	t.Helper()
	for _, a := range u.Assessments {
		if a.ID == id {
			return a
		}
	}
	require.Fail(t, "no row", id)
	return report.Assessment{}
}

func TestEnforcement(t *testing.T) {
	const service = "[Service]\nExecStart=/bin/x\nPrivateNetwork=yes\nLockPersonality=yes\nIPAddressDeny=any\nIPAddressAllow=localhost\nNoNewPrivileges=yes\nPrivateTmp=no\n" +
		"SocketBindDeny=any\nPrivateIPC=no\n"
	const lib = "usr/lib/systemd/libsystemd-shared-257.so"
	yes, no := true, false
	for _, test := range []struct {
		summary     string
		config      string // in the image
		given       string // --kernel-config
		rows        map[string]*bool
		why         string // of PrivateNetwork=
		kernel      string
		from        string
		diagnostics []string
	}{
		{"nothing known of the kernel", "", "",
			map[string]*bool{"PrivateNetwork=": nil, "LockPersonality=": nil, "NoNewPrivileges=": &yes, "IPAddressDeny=": nil, "PrivateTmp=": nil, "UMask=": nil}, "", "", "",
			[]string{"SocketBindDeny= is set but not effective: systemd is built with -BPF_FRAMEWORK (/" + lib + "); systemd goes on and the service runs without it"}},
		{"configuration in the image", configHead + "CONFIG_SECCOMP_FILTER=y\n", "",
			map[string]*bool{"PrivateNetwork=": &no, "LockPersonality=": &yes, "NoNewPrivileges=": &yes, "IPAddressDeny=": &no, "PrivateTmp=": nil},
			"the kernel has no CONFIG_NET_NS (/boot/config-x); systemd goes on and the service runs without it", "6.1", "/boot/config-x",
			[]string{"SocketBindDeny= is set but not effective: systemd is built with -BPF_FRAMEWORK (/" + lib + "); systemd goes on and the service runs without it"}},
		{"the given one counts", configHead + "CONFIG_NET_NS=y\n", configHead,
			map[string]*bool{"PrivateNetwork=": &no, "LockPersonality=": &no},
			"the kernel has no CONFIG_NET_NS (--kernel-config); systemd goes on and the service runs without it", "6.1", "--kernel-config",
			[]string{"SocketBindDeny= is set but not effective: systemd is built with -BPF_FRAMEWORK (/" + lib + "); systemd goes on and the service runs without it"}},
	} {
		t.Run(test.summary, func(t *testing.T) {
			files := map[string]string{"usr/lib/systemd/system/x.service": service, lib: features}
			if test.config != "" {
				files["boot/config-x"] = test.config
			}
			opts := scanner.Options{}
			if test.given != "" {
				opts.KernelConfig, opts.KernelConfigName = []byte(test.given), "--kernel-config"
			}
			r, u := scanImage(t, files, opts)
			for id, effective := range test.rows {
				assert.Equal(t, effective, row(t, u, id).Effective, id)
			}
			assert.Equal(t, test.why, row(t, u, "PrivateNetwork=").Why)
			assert.Equal(t, test.kernel, r.Image.Kernel)
			assert.Equal(t, test.from, r.Image.KernelFrom)
			assert.Equal(t, []string{"BPF_FRAMEWORK"}, r.Image.BuiltWithout)
			var messages []string
			for _, d := range u.Diagnostics {
				assert.Equal(t, report.Info, d.Severity)
				messages = append(messages, d.Message)
			}
			assert.Equal(t, test.diagnostics, messages)
		})
	}
}

func TestKernelConfigProblems(t *testing.T) {
	unit := map[string]string{"usr/lib/systemd/system/x.service": "[Service]\nExecStart=/bin/x\n", "boot/config-6.1": "no option\n"}
	r, _ := scanImage(t, unit, scanner.Options{})
	require.Len(t, r.Diagnostics, 1)
	assert.Equal(t, "the kernel's configuration is not used: /boot/config-6.1: parse the kernel configuration: there is no CONFIG_ line", r.Diagnostics[0].Message)

	image, err := rootfs.New(t.TempDir())
	require.NoError(t, err)
	_, err = scanner.Scan(image, scanner.Options{KernelConfig: []byte("x"), KernelConfigName: "file"})
	require.NoError(t, err, "an image without systemd has no use for it")
}

// TestWithoutSeccomp: rows about system calls are absent, and settings that are
// nothing but filters are ignored with a diagnostic each.
func TestWithoutSeccomp(t *testing.T) {
	const settings = "LockPersonality=yes\nRestrictRealtime=yes\nSystemCallFilter=@swap\nSystemCallArchitectures=native\nMemoryDenyWriteExecute=yes\nProtectClock=yes\n"
	with := map[string]string{"usr/lib/systemd/system/x.service": "[Service]\nExecStart=/bin/x\n" + settings, "usr/lib/systemd/libsystemd-shared-257.so": features}
	without := map[string]string{"usr/lib/systemd/system/x.service": with["usr/lib/systemd/system/x.service"],
		"usr/lib/systemd/libsystemd-shared-257.so": "\x00+PAM +AUDIT +SELINUX +APPARMOR +IMA +SMACK -SECCOMP +GCRYPT +OPENSSL +ACL +BPF_FRAMEWORK\x00"}

	r, u := scanImage(t, with, scanner.Options{})
	assert.Len(t, u.Assessments, 81)
	assert.True(t, *row(t, u, "LockPersonality=").Set)
	assert.Empty(t, u.Diagnostics)
	assert.Equal(t, []string{"BPF_FRAMEWORK"}, r.Image.BuiltWithout)

	r, u = scanImage(t, without, scanner.Options{})
	assert.Len(t, u.Assessments, 81-12)
	assert.Equal(t, []string{"SECCOMP"}, r.Image.BuiltWithout)
	assert.False(t, *row(t, u, "LockPersonality=").Set)
	assert.Nil(t, row(t, u, "LockPersonality=").Effective)
	assert.True(t, *row(t, u, "ProtectClock=").Set)
	require.Len(t, u.Diagnostics, 5)
	assert.Equal(t, report.Diagnostic{Severity: report.Warning, File: "/usr/lib/systemd/system/x.service", Line: 3,
		Message: "LockPersonality= is ignored: this systemd is built without seccomp"}, u.Diagnostics[0])
}

func TestListensFact(t *testing.T) {
	_, u := scanImage(t, map[string]string{
		"usr/lib/systemd/system/default.target": "[Unit]\nWants=x.socket\n",
		"usr/lib/systemd/system/x.socket":       "[Socket]\nListenStream=/run/x\nListenStream=22\n",
		"usr/lib/systemd/system/x.service":      "[Service]\nExecStart=/bin/x\n",
	}, scanner.Options{})
	assert.Equal(t, []report.Fact{{ID: report.FactListens, Value: "ListenStream=22", Where: "/usr/lib/systemd/system/x.socket", Why: []string{}}}, u.Facts)
}
