// SPDX-License-Identifier: MIT

package seccomp

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNumber(t *testing.T) {
	tests := []struct {
		summary string
		release Release
		arch    Arch
		name    string
		number  int // -1: the call has none
	}{
		{"x86-64", Release{}, X8664, "read", 0},
		{"x86-64, number 1", Release{}, X8664, "write", 1},
		{"x86", Release{}, X86, "exit", 1},
		{"x86, direct socket call", Release{}, X86, "socket", 359},
		{"x32 has its bit", Release{}, X32, "read", 0x40000000},
		{"x32, own number", Release{}, X32, "execve", 0x40000000 + 520},
		{"arm", Release{}, ARM, "openat", 322},
		{"arm, private range", Release{}, ARM, "set_tls", 0x0f0005},
		{"arm64", Release{}, ARM64, "openat", 56},
		{"arm64 has no open", Release{}, ARM64, "open", -1},
		{"arm64 has no chown", Release{}, ARM64, "chown", -1},
		{"riscv64", Release{}, RISCV64, "riscv_flush_icache", 259},
		{"loongarch64", Release{}, LoongArch64, "read", 63},
		{"mips, base of the ABI", Release{}, MIPS, "read", 4003},
		{"mips-le is the same", Release{}, MIPSLE, "read", 4003},
		{"mips64, base of the ABI", Release{}, MIPS64, "read", 5000},
		{"mips64-le-n32, base of the ABI", Release{}, MIPS64LEN32, "read", 6000},
		{"ppc64-le", Release{}, PPC64LE, "subpage_prot", 310},
		{"s390x", Release{}, S390X, "s390_runtime_instr", 342},
		{"s390x's call elsewhere", Release{}, X8664, "s390_runtime_instr", -1},
		{"libseccomp does not know the architecture", Release{}, RISCV32, "read", -1},
		{"no architecture", Release{}, "", "read", -1},
		{"native is no architecture", Release{}, "native", "read", -1},
		{"no call", Release{}, X8664, "no_such_call", -1},
		{"the table's heading is no call", Release{}, X8664, "name", -1},
		{"a group is no call", Release{}, X8664, "@swap", -1},
		{"2.5.4 lacks a call of 2.5.5", Release{2, 5, 4}, X8664, "cachestat", -1},
		{"2.5.5 has it", Release{2, 5, 5}, X8664, "cachestat", 451},
		{"2.5.3 lacks a call of 2.5.4", Release{2, 5, 3}, X8664, "set_mempolicy_home_node", -1},
		{"2.5.4 has it", Release{2, 5, 4}, X8664, "set_mempolicy_home_node", 450},
		{"2.6.0 lacks a call of 2.6.1", Release{2, 6, 0}, ARM64, "open_tree_attr", -1},
		{"2.6.1 has it", Release{2, 6, 1}, ARM64, "open_tree_attr", 467},
		{"newer than known", Release{3, 0, 0}, ARM64, "open_tree_attr", 467},
		{"older than known", Release{2, 3, 1}, ARM64, "read", 63},
		{"older than known lacks what 2.5.2 brought", Release{2, 3, 1}, ARM64, "close_range", -1},
		{"came to one architecture later: before", Release{2, 5, 4}, RISCV64, "memfd_secret", -1},
		{"came to one architecture later: elsewhere", Release{2, 5, 4}, X8664, "memfd_secret", 447},
		{"came to one architecture later: after", Release{2, 5, 5}, RISCV64, "memfd_secret", 447},
	}
	for _, tt := range tests {
		t.Run(tt.summary, func(t *testing.T) {
			number, ok := tt.release.Number(tt.arch, tt.name)
			if tt.number < 0 {
				assert.False(t, ok)
				return
			}
			require.True(t, ok)
			assert.Equal(t, tt.number, number)
			name, ok := tt.release.Name(tt.arch, tt.number)
			assert.True(t, ok)
			assert.Equal(t, tt.name, name)
		})
	}
}

// multiplexed are the calls that some architectures also offer through
// socketcall and ipc; see Number for why it differs from libseccomp there.
const multiplexed = " accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmsg send" +
	" sendmmsg sendmsg sendto setsockopt shutdown socket socketpair accept" +
	" msgctl msgget msgrcv msgsnd semctl semget semop semtimedop shmat shmctl shmdt shmget "

func TestNumberAsResolved(t *testing.T) {
	data, err := os.ReadFile("testdata/resolved-2.6.0.tsv")
	require.NoError(t, err)
	heading, rows := splitHeading(string(data))
	archs := strings.Split(heading, "\t")[1:]
	for _, row := range strings.Split(strings.TrimSpace(rows), "\n") {
		fields := strings.Split(row, "\t")
		name := fields[0]
		assert.True(t, Release{2, 6, 0}.Known(name), name)
		for i, arch := range archs {
			want, err := strconv.Atoi(fields[i+1])
			require.NoError(t, err, row)
			got, ok := Release{2, 6, 0}.Number(Arch(arch), name)
			if want < 0 && strings.Contains(multiplexed, " "+name+" ") {
				continue
			}
			assert.Equal(t, want >= 0, ok, "%s on %s", name, arch)
			if ok {
				assert.Equal(t, want, got, "%s on %s", name, arch)
			}
		}
	}
}

// The deviation of Number must not change a score.
func TestNoScoredGroupIsMultiplexed(t *testing.T) {
	scored := []string{"@clock", "@cpu-emulation", "@debug", "@module", "@mount", "@obsolete", "@privileged", "@raw-io", "@reboot", "@resources", "@swap"}
	for _, group := range scored {
		for _, call := range Groups(NewestSystemd, -1).Expand(group) {
			assert.NotContains(t, multiplexed, " "+call+" ", group)
		}
	}
}

func TestName(t *testing.T) {
	tests := []struct {
		summary string
		release Release
		arch    Arch
		number  int
	}{
		{"a gap", Release{}, X8664, 400},
		{"negative", Release{}, X8664, -1},
		{"without the base of the ABI", Release{}, MIPS, 3},
		{"not in this release", Release{2, 5, 4}, X8664, 451},
		{"libseccomp does not know the architecture", Release{}, RISCV32, 63},
	}
	for _, tt := range tests {
		t.Run(tt.summary, func(t *testing.T) {
			name, ok := tt.release.Name(tt.arch, tt.number)
			assert.False(t, ok, name)
		})
	}
}

func TestKnown(t *testing.T) {
	assert.True(t, Known("read"))
	assert.True(t, Known("riscv_flush_icache"), "on one architecture only")
	assert.False(t, Known("no_such_call"))
	assert.False(t, Known("name"))
	assert.False(t, Known(""))
	assert.True(t, Release{2, 6, 1}.Known("uprobe"))
	assert.False(t, Release{2, 6, 0}.Known("uprobe"))
}

// Every cell of the table is a number, no two calls of an architecture share
// one, and each is found both ways.
func TestTable(t *testing.T) {
	for arch, a := range architectures {
		if a.column == "" {
			assert.False(t, arch.HasSeccomp(), arch)
			continue
		}
		assert.True(t, arch.HasSeccomp(), arch)
		calls := table(arch)
		assert.Greater(t, len(calls.byName), 300, arch)
		assert.Len(t, calls.byNumber, len(calls.byName), "numbers of %s", arch)
	}
	heading, rows := splitHeading(callsTSV)
	columns := strings.Count(heading, "\t")
	eachCall(rows, func(name, since, cells string) {
		assert.Equal(t, columns, strings.Count(cells, "\t"), name)
		for _, cell := range strings.Split(cells, "\t") {
			number, _, _ := strings.Cut(cell, "@")
			if _, err := strconv.Atoi(number); cell != "" {
				assert.NoError(t, err, name)
			}
		}
	})
}

func TestParseRelease(t *testing.T) {
	tests := []struct {
		summary, in string
		want        Release
		bad         bool
	}{
		{summary: "three numbers", in: "2.5.4", want: Release{2, 5, 4}},
		{summary: "two numbers", in: "2.6", want: Release{2, 6, 0}},
		{summary: "one number", in: "2", bad: true},
		{summary: "four numbers", in: "2.5.4.1", bad: true},
		{summary: "empty", in: "", bad: true},
		{summary: "not a number", in: "2.x.4", bad: true},
		{summary: "negative", in: "2.-5.4", bad: true},
		{summary: "huge", in: "2.5.99999999999999999999", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.summary, func(t *testing.T) {
			got, err := ParseRelease(tt.in)
			assert.Equal(t, tt.bad, err != nil)
			assert.Equal(t, tt.want, got)
		})
	}
}

func BenchmarkFirstNumber(b *testing.B) {
	for i := 0; i < b.N; i++ {
		parseColumn(callsTSV, "x86-64")
	}
}

func BenchmarkNumberAgain(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Number(X8664, "openat2")
	}
}
