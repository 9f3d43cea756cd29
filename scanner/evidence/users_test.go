// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

func TestUserCalls(t *testing.T) {
	assert.Subset(t, userCalls, []string{"setuid", "setgid", "setresuid32", "setgroups"})
	assert.NotContains(t, userCalls, "capset")
}

func TestSpawnFlags(t *testing.T) {
	for _, tc := range []struct {
		summary string
		args    []elfcode.Arg
		want    bool
	}{
		{"signals only", []elfcode.Arg{known(1, 4, 8)}, false},
		{"the user back", []elfcode.Arg{known(1, 5)}, true},
		{"flags that are not known", nil, true},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			c := &collector{facts: map[[2]string]bool{}, unknowns: map[[3]string]bool{}}
			judges["posix_spawnattr_setflags"](c, &call{name: "posix_spawnattr_setflags", args: tc.args})
			assert.Equal(t, tc.want, c.facts[[2]string{FactUserChange, ""}])
		})
	}
}

// TestLeavesUsers: libcap changes users only for who asks it to.
func TestLeavesUsers(t *testing.T) {
	for _, tc := range []struct {
		summary, function, soname, name string
		plugin                          bool
		want                            bool
	}{
		{"capabilities alone", "cap_set_proc", "libcap.so.2", "setuid", false, true},
		{"another call", "cap_set_proc", "libcap.so.2", "capset", false, false},
		{"a user", "cap_setuid", "libcap.so.2", "setuid", false, false},
		{"another library", "cap_set_proc", "libpsx.so.2", "setuid", false, false},
		{"any function, at run time", "cap_set_proc", "libcap.so.2", "setuid", true, false},
	} {
		t.Run(tc.summary, func(t *testing.T) {
			exe := &loaded{file: &module{File: &elfcode.File{Imports: []elfcode.Import{{Name: tc.function}}}}, reached: &elfcode.Reached{Imports: []int32{0}}}
			p := &program{modules: []*loaded{exe}}
			assert.Equal(t, tc.want, p.leavesUsers(&call{soname: tc.soname, of: &loaded{plugin: tc.plugin}}, tc.name))
		})
	}
}
