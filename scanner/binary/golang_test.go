// SPDX-License-Identifier: MIT

package binary_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goProgram makes system calls through the package syscall's functions, through
// numbers of its own, and through the runtime.
const goProgram = `package main

import (
	"os"
	"syscall"
)

func open(family int) int { fd, _ := syscall.Socket(family, syscall.SOCK_DGRAM, 0); return fd }

func main() {
	fd := open(syscall.AF_NETLINK) + open(syscall.AF_INET6)
	if len(os.Args) > 1 {
		syscall.Chroot("/srv/example")
		syscall.Sethostname([]byte("example"))
		syscall.RawSyscall(syscall.SYS_SETSID, 0, 0, 0)
	}
	os.Exit(fd)
}
`

// TestGo: what a Go program does is known on all architectures, without symbols.
func TestGo(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles Go's library for four architectures")
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(goProgram), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example\n\ngo 1.22\n"), 0o644))
	for _, arch := range []string{"amd64", "arm64", "arm", "riscv64"} {
		t.Run(arch, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "example")
			build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, ".")
			build.Dir = dir
			build.Env = append(os.Environ(), "GOARCH="+arch, "GOOS=linux", "CGO_ENABLED=0", "GOFLAGS=")
			text, err := build.CombinedOutput()
			require.NoError(t, err, string(text))
			f := analyze(t, out)
			require.NotNil(t, f.Go)
			assert.Contains(t, f.Go.Version, "go1.")
			assert.Equal(t, "example", f.Go.Path)
			got := facts(f, f.Reach(start))
			for _, fact := range []string{"socket 0=0x10", "socket 0=0xa", "syscall chroot", "syscall sethostname", "syscall setsid", "syscall futex", "syscall exit_group"} {
				assert.Contains(t, got, fact)
			}
			for _, fact := range []string{"syscall ?", "syscall mount", "syscall reboot", "socket 0=?0xffffffff"} {
				assert.NotContains(t, got, fact)
			}
			assert.Empty(t, f.Unknowns)
		})
	}
}
