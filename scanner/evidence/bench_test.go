// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkProgram walks one program and its libraries, whose files were analysed.
func BenchmarkProgram(b *testing.B) {
	im := tree(b, compiled(b))
	require.Len(b, im.program("/usr/sbin/daemon", "").modules, 4)
	b.ResetTimer()
	for range b.N {
		im.walkProgram("/usr/sbin/daemon", "", nil)
	}
}

// BenchmarkCollect is one service with its programs, whose walks are over.
func BenchmarkCollect(b *testing.B) {
	im, u := tree(b, compiled(b)), service(b, "ExecStart=/usr/sbin/daemon\n")
	require.NotEmpty(b, im.Collect(u).Syscalls)
	b.ResetTimer()
	for range b.N {
		im.Collect(u)
	}
}
