// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestKernelReads(t *testing.T) {
	for text, want := range map[string]bool{
		"/sys/class/dmi/id/product_name":       true,
		"/sys/class/dmi/id/uevent":             false, // takes events
		"/sys/class/dmi/id/%s":                 false,
		"/sys/class/dmi/id":                    false, // a folder: anything below it
		"/sys/class/net/%s/address":            true,
		"/sys/class/net/eth0/statistics/%s":    true,
		"/sys/class/net/eth0/statistics":       true,
		"/sys/class/net/%s/mtu":                false,
		"/sys/class/net/%s/device/type":        false,
		"/sys/class/net//address":              false,
		"/sys/class/net/../address":            false,
		"/sys/class/net/%s/typeset":            false,
		"/sys/firmware/devicetree/base/model":  true,
		"/proc/sys/kernel/random/uuid":         true,
		"/proc/sys/kernel/random/write_wakeup": false,
		"/proc/sys/kernel/hostname":            false,
		"/class/net/eth0/address":              false,
	} {
		assert.Equal(t, want, isKernelRead(text), text)
	}
}

func BenchmarkKernelReads(b *testing.B) {
	for i := 0; i < b.N; i++ {
		isKernelRead("/sys/devices/system/node/node0/vmstat")
	}
}
