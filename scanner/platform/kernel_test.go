// SPDX-License-Identifier: MIT

package platform

import (
	"bytes"
	"compress/gzip"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// full is the head that the kernel's configuration program writes.
const full = "#\n# Automatically generated file; DO NOT EDIT.\n# Linux/arm64 5.4.12 Kernel Configuration\n#\n"

func packed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestParseKernelConfig(t *testing.T) {
	for _, test := range []struct {
		summary  string
		text     string
		version  KernelVersion
		complete bool
		options  map[string]string
	}{
		{"full", full + "CONFIG_SECCOMP=y\n# CONFIG_USER_NS is not set\nCONFIG_LSM=\"lockdown,bpf\"\nCONFIG_NR_CPUS=8\nCONFIG_X=m\n",
			KernelVersion{5, 4}, true, map[string]string{"SECCOMP": "y", "USER_NS": "", "LSM": "lockdown,bpf", "NR_CPUS": "8", "X": "m"}},
		{"a fragment", "CONFIG_FHANDLE=y\n", KernelVersion{}, false, map[string]string{"FHANDLE": "y"}},
		{"written n and spaces", "  CONFIG_A=n  \r\n\n# a comment\nnothing\n", KernelVersion{}, false, map[string]string{"A": ""}},
		{"other comments", "# CONFIG_A\n# is not set\n# Linux/x86 x.y Kernel Configuration\nCONFIG_B=y\n", KernelVersion{}, false, map[string]string{"B": "y"}},
	} {
		t.Run(test.summary, func(t *testing.T) {
			for name, data := range map[string][]byte{"plain": []byte(test.text), "gzip": packed(t, test.text)} {
				k, err := ParseKernelConfig(data)
				require.NoError(t, err, name)
				assert.Equal(t, &Kernel{Version: test.version, complete: test.complete, options: test.options}, k, name)
			}
		})
	}
}

func TestParseKernelConfigRefuses(t *testing.T) {
	truncated := packed(t, full+strings.Repeat("CONFIG_A=y\n", 1000))
	for summary, data := range map[string][]byte{
		"nothing":         nil,
		"another text":    []byte("[Unit]\nDescription=x\n"),
		"an ELF file":     []byte("\x7fELF\x02\x01\x01\x00"),
		"broken gzip":     truncated[:len(truncated)/2],
		"gzip head":       {0x1f, 0x8b},
		"an endless line": append([]byte("CONFIG_A="), bytes.Repeat([]byte("x"), maxConfigLine+1)...),
		"a gzip bomb":     packed(t, "CONFIG_A=y\n"+strings.Repeat("\n", maxConfigSize)),
	} {
		k, err := ParseKernelConfig(data)
		assert.Error(t, err, summary)
		assert.Nil(t, k, summary)
	}
}

func TestOption(t *testing.T) {
	complete, err := ParseKernelConfig([]byte(full + "CONFIG_A=y\n# CONFIG_B is not set\n"))
	require.NoError(t, err)
	fragment, err := ParseKernelConfig([]byte("CONFIG_A=y\n# CONFIG_B is not set\n"))
	require.NoError(t, err)
	for _, test := range []struct {
		summary string
		kernel  *Kernel
		option  string
		value   string
		known   bool
	}{
		{"set", complete, "A", "y", true},
		{"not set", complete, "B", "", true},
		{"absent: off", complete, "C", "", true},
		{"set in a fragment", fragment, "A", "y", true},
		{"not set in a fragment", fragment, "B", "", true},
		{"absent in a fragment: unknown", fragment, "C", "", false},
		{"only the version is known", &Kernel{Version: KernelVersion{6, 1}}, "A", "", false},
		{"nothing is known", nil, "A", "", false},
	} {
		value, known := test.kernel.Option(test.option)
		assert.Equal(t, test.value, value, test.summary)
		assert.Equal(t, test.known, known, test.summary)
	}
}

func TestFindKernel(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	six := strings.Replace(full, "5.4.12", "6.6.3", 1) + "CONFIG_A=y\n"
	for _, test := range []struct {
		summary string
		image   fstest.MapFS
		from    string
		version KernelVersion
		options bool
		problem string
	}{
		{"nothing", fstest.MapFS{}, "", KernelVersion{}, false, ""},
		{"in /boot", fstest.MapFS{"boot/config-5.4.12": file(full + "CONFIG_A=y\n")}, "/boot/config-5.4.12", KernelVersion{5, 4}, true, ""},
		{"the newest of two", fstest.MapFS{"boot/config-a": file(six), "boot/config-b": file(full + "CONFIG_A=y\n")}, "/boot/config-a", KernelVersion{6, 6}, true, ""},
		{"version by the file's name", fstest.MapFS{"boot/config-6.12.5-yocto-standard": file("CONFIG_A=y\n")}, "/boot/config-6.12.5-yocto-standard", KernelVersion{6, 12}, true, ""},
		{"beside the modules, version by their directory", fstest.MapFS{"usr/lib/modules/6.6.1-rt/config": file("CONFIG_A=y\n")}, "/usr/lib/modules/6.6.1-rt/config", KernelVersion{6, 6}, true, ""},
		{"split /usr", fstest.MapFS{"lib/modules/6.6.1/config": file("CONFIG_A=y\n")}, "/lib/modules/6.6.1/config", KernelVersion{6, 6}, true, ""},
		{"source", fstest.MapFS{"usr/src/linux-6.6/.config": file(six)}, "/usr/src/linux-6.6/.config", KernelVersion{6, 6}, true, ""},
		{"the modules' directory alone", fstest.MapFS{"lib/modules/5.15.0-yocto/modules.dep": file(""), "lib/modules/5.4.0/x": file(""), "lib/modules/none/x": file("")},
			"/lib/modules/5.15.0-yocto", KernelVersion{5, 15}, false, ""},
		{"a broken one", fstest.MapFS{"boot/config-6.1": file("\x1f\x8bxx"), "lib/modules/6.1.7/x": file("")}, "/lib/modules/6.1.7", KernelVersion{6, 1}, false, "/boot/config-6.1: parse the kernel configuration"},
	} {
		t.Run(test.summary, func(t *testing.T) {
			k, err := FindKernel(test.image)
			if test.problem != "" {
				assert.ErrorContains(t, err, test.problem)
			} else {
				require.NoError(t, err)
			}
			if test.from == "" {
				assert.Nil(t, k)
				return
			}
			assert.Equal(t, test.from, k.From)
			assert.Equal(t, test.version, k.Version)
			assert.Equal(t, test.options, k.HasOptions())
		})
	}
}

func TestSecurityModules(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	without, err := ParseKernelConfig([]byte(full + "CONFIG_SECURITY_SELINUX=y\n"))
	require.NoError(t, err)
	for _, test := range []struct {
		summary string
		image   fstest.MapFS
		kernel  *Kernel
		found   []string
	}{
		{"none", fstest.MapFS{}, nil, []string{}},
		{"all", fstest.MapFS{"etc/apparmor.d/x": file(""), "etc/selinux/config": file("#\nSELINUX=permissive\n"), "etc/smack/accesses": file("")}, nil, []string{"apparmor", "selinux", "smack"}},
		{"switched off", fstest.MapFS{"etc/selinux/config": file("SELINUX=disabled\n")}, nil, []string{}},
		{"not in the kernel", fstest.MapFS{"etc/apparmor.d/x": file(""), "etc/selinux/config": file("")}, without, []string{"selinux"}},
	} {
		assert.Equal(t, test.found, SecurityModules(test.image, test.kernel), test.summary)
	}
}

func FuzzParseKernelConfig(f *testing.F) {
	extract, err := os.ReadFile("testdata/kernel/debian-6.1-cloud.config")
	require.NoError(f, err)
	f.Add(extract)
	f.Add([]byte(full + "CONFIG_A=\"b\"\n# CONFIG_C is not set\n"))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("# Linux/x86 6. Kernel Configuration\nCONFIG_=\nCONFIG_A\n#  is not set"))
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := ParseKernelConfig(data)
		require.Equal(t, err == nil, k != nil, "error XOR value")
		if k == nil {
			return
		}
		require.NotEmpty(t, k.options)
		require.GreaterOrEqual(t, k.Version.Major, 0)
		for name, value := range k.options {
			require.NotContains(t, name, "=")
			require.NotEqual(t, "n", value)
		}
	})
}
