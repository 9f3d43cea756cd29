// SPDX-License-Identifier: MIT

package platform

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func kernelOf(t *testing.T, config string) *Kernel {
	t.Helper()
	k, err := ParseKernelConfig([]byte(config))
	require.NoError(t, err)
	return k
}

func TestAbsentFamilies(t *testing.T) {
	all := make([]string, 0, len(families))
	for _, f := range families {
		all = append(all, f.name)
	}
	require.True(t, slices.IsSorted(all))
	dropped := []string{"AF_DECnet", "AF_ECONET", "AF_IPX", "AF_IRDA"}
	for _, test := range []struct {
		summary string
		kernel  *Kernel
		want    []string
	}{
		{"nothing is known", nil, nil},
		{"an old release", &Kernel{Version: KernelVersion{4, 17}}, []string{"AF_ECONET", "AF_IRDA"}},
		{"a release that dropped four", &Kernel{Version: KernelVersion{6, 12}}, dropped},
		{"a fragment tells what it names", kernelOf(t, "CONFIG_PACKET=y\n# CONFIG_CAN is not set\n"), []string{"AF_CAN"}},
		{"a whole configuration of almost nothing", kernelOf(t, full+"CONFIG_PACKET=y\nCONFIG_CAN=m\n"),
			slices.DeleteFunc(slices.Clone(all), func(f string) bool { return f == "AF_PACKET" || f == "AF_CAN" })},
	} {
		t.Run(test.summary, func(t *testing.T) { assert.Equal(t, test.want, test.kernel.AbsentFamilies()) })
	}
}

func TestAbsentCalls(t *testing.T) {
	for _, test := range []struct {
		summary string
		kernel  *Kernel
		want    []string
	}{
		{"nothing is known", nil, nil},
		{"a release alone", &Kernel{Version: KernelVersion{6, 12}}, nil},
		{"a fragment", kernelOf(t, "# CONFIG_SWAP is not set\nCONFIG_MODULES=y\n"), []string{"swapoff", "swapon"}},
		{"an option that the release may not have had yet", kernelOf(t, "# CONFIG_X86_IOPL_IOPERM is not set\n"), nil},
		{"Linux 5.4, which had no option for iopl", kernelOf(t, full+"CONFIG_SWAP=y\nCONFIG_MODULES=y\n"), []string{"modify_ldt"}},
		{"without modules", kernelOf(t, full+"CONFIG_SWAP=y\nCONFIG_MODIFY_LDT_SYSCALL=y\n"), []string{"delete_module", "finit_module", "init_module"}},
	} {
		t.Run(test.summary, func(t *testing.T) { assert.Equal(t, test.want, test.kernel.AbsentCalls()) })
	}
}

// TestAbsentInAll: of several kernels in the image any may be booted.
func TestAbsentInAll(t *testing.T) {
	k, err := FindKernel(fstest.MapFS{
		"boot/config-6.12.1-small": {Data: []byte(full + "CONFIG_MODULES=y\nCONFIG_PACKET=y\nCONFIG_RDS=m\n")},
		"boot/config-6.1.9-large":  {Data: []byte(full + "CONFIG_SWAP=y\nCONFIG_MODULES=y\nCONFIG_MODIFY_LDT_SYSCALL=y\nCONFIG_PACKET=y\nCONFIG_CAN=m\n")},
	})
	require.NoError(t, err)
	assert.NotContains(t, k.AbsentFamilies(), "AF_CAN")
	assert.NotContains(t, k.AbsentFamilies(), "AF_RDS")
	assert.Contains(t, k.AbsentFamilies(), "AF_X25")
	assert.NotContains(t, k.AbsentCalls(), "swapon")
}
