// SPDX-License-Identifier: MIT

package seccomp

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recordedSets reads what `systemd-analyze syscall-filter` of one release printed.
func recordedSets(t *testing.T, name string) map[string][]string {
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "oracle", "syscall-sets", name+".tsv"))
	require.NoError(t, err)
	sets := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		set, member, ok := strings.Cut(line, "\t")
		require.True(t, ok, line)
		sets[set] = append(sets[set], member)
	}
	for _, members := range sets {
		slices.Sort(members)
	}
	return sets
}

func TestGroupsAsRecorded(t *testing.T) {
	// In 250 these members are compiled in for s390 only; 250 was recorded on x86-64.
	onlyS390 := map[string][]string{
		"@debug":  {"s390_runtime_instr"},
		"@raw-io": {"s390_pci_mmio_read", "s390_pci_mmio_write"},
	}
	tests := []struct {
		summary      string
		file         string
		major, point int
		extra        map[string][]string
	}{
		{"250.14", "250", 250, 14, onlyS390},
		{"252.39", "252", 252, 39, nil},
		{"254.26", "254", 254, 26, nil},
		{"255.13", "255", 255, 13, nil},
		{"256.0", "256", 256, 0, nil},
		{"257.13", "257", 257, 13, nil},
		{"262.1", "262", 262, 1, nil},
	}
	for _, tt := range tests {
		t.Run(tt.summary, func(t *testing.T) {
			recorded := recordedSets(t, tt.file)
			groups := Groups(tt.major, tt.point)
			assert.Len(t, groups.Names(), len(recorded))
			for set, want := range recorded {
				want = append(want, tt.extra[set]...)
				slices.Sort(want)
				got, ok := groups.Members(set)
				assert.True(t, ok, set)
				assert.Equal(t, want, got, set)
			}
		})
	}
}

func TestMembersBetweenPointReleases(t *testing.T) {
	tests := []struct {
		summary       string
		major, point  int
		group, member string
		want          bool
	}{
		{"backport: the release before", 252, 7, "@privileged", "quotactl_fd", false},
		{"backport: the release with it", 252, 8, "@privileged", "quotactl_fd", true},
		{"backport: a branch that never got it", 250, -1, "@privileged", "quotactl_fd", false},
		{"backport: first major version with it", 254, 0, "@privileged", "quotactl_fd", true},
		{"backport: an older branch got it later", 251, 13, "@privileged", "quotactl_fd", false},
		{"newest point release", 251, -1, "@privileged", "quotactl_fd", true},
		{"moved: before", 257, -1, "@mount", "open_tree", true},
		{"moved: before, new place", 257, -1, "@file-system", "open_tree", false},
		{"moved: after", 258, 0, "@mount", "open_tree", false},
		{"moved: after, new place", 258, 0, "@file-system", "open_tree", true},
		{"moved within a branch: before", 250, 1, "@process", "arch_prctl", true},
		{"moved within a branch: after", 250, 2, "@process", "arch_prctl", false},
		{"moved within a branch: next major version", 251, 0, "@process", "arch_prctl", false},
		{"nested group", 255, 13, "@default", "@sandbox", true},
		{"nested group: the release before", 255, 12, "@default", "@sandbox", false},
		{"newer than known", 300, 0, "@file-system", "open_tree", true},
		{"older than known", 240, 99, "@default", "arch_prctl", false},
		{"list of all calls, between two recorded", 253, 0, "@known", "cachestat", false},
		{"list of all calls, recorded", 254, 0, "@known", "cachestat", true},
		{"list of all calls, dropped", 252, 0, "@known", "nfsservctl", false},
	}
	for _, tt := range tests {
		t.Run(tt.summary, func(t *testing.T) {
			members, ok := Groups(tt.major, tt.point).Members(tt.group)
			require.True(t, ok)
			assert.Equal(t, tt.want, slices.Contains(members, tt.member))
		})
	}
}

func TestExpand(t *testing.T) {
	groups := Groups(257, -1)
	for _, name := range groups.Names() {
		calls := groups.Expand(name)
		assert.NotEmpty(t, calls, name)
		assert.True(t, slices.IsSorted(calls), name)
		assert.Equal(t, slices.Compact(slices.Clone(calls)), calls, name)
		for _, call := range calls {
			assert.False(t, strings.HasPrefix(call, "@"), "%s holds %s", name, call)
		}
	}
	service := groups.Expand("@system-service")
	assert.Contains(t, service, "read", "@basic-io is nested")
	assert.Contains(t, service, "landlock_add_rule", "@sandbox is nested in @default")
	assert.NotContains(t, service, "reboot")
	assert.Equal(t, []string{"swapoff", "swapon"}, groups.Expand("@swap"))
	assert.Empty(t, groups.Expand("@no-such-group"))
	assert.Empty(t, groups.Expand("read"))
}

func TestNestedGroupsExist(t *testing.T) {
	for major := OldestSystemd; major <= NewestSystemd; major++ {
		for _, point := range []int{0, -1} {
			groups := Groups(major, point)
			for _, name := range groups.Names() {
				members, _ := groups.Members(name)
				for _, m := range members {
					_, ok := groups.Members(m)
					assert.Equal(t, strings.HasPrefix(m, "@"), ok, "%d.%d: %s in %s", major, point, m, name)
				}
			}
		}
	}
}

func TestMembersOfNoGroup(t *testing.T) {
	_, ok := Groups(257, 0).Members("@no-such-group")
	assert.False(t, ok)
}

func TestGroupsLoop(t *testing.T) {
	g := parseGroups("@a\t@b\n@a\tread\n@b\t@a\n@b\twrite\n", systemdRelease{257, 0})
	assert.Equal(t, []string{"read", "write"}, g.Expand("@a"))
}

func BenchmarkFirstGroups(b *testing.B) {
	for i := 0; i < b.N; i++ {
		parseGroups(groupsTSV, systemdRelease{257, 13}).Expand("@system-service")
	}
}

func BenchmarkExpandAgain(b *testing.B) {
	for i := 0; i < b.N; i++ {
		Groups(257, 13).Expand("@system-service")
	}
}
