// SPDX-License-Identifier: MIT

package platform

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

func TestUsersForbidden(t *testing.T) {
	for _, test := range []struct{ summary, file, text, want string }{
		{"nothing", "etc/sysctl.conf", "", ""},
		{"none allowed", "usr/lib/sysctl.d/10-x.conf", "# x\nkernel.x = 1\nuser.max_user_namespaces = 0\n", "/usr/lib/sysctl.d/10-x.conf"},
		{"with slashes", "etc/sysctl.d/x.conf", "-user/max_user_namespaces=0", "/etc/sysctl.d/x.conf"},
		{"some allowed", "etc/sysctl.d/x.conf", "user.max_user_namespaces=10", ""},
		{"a comment", "etc/sysctl.conf", "#user.max_user_namespaces=0", ""},
		{"another variable", "etc/sysctl.conf", "user.max_mnt_namespaces=0", ""},
		{"another file", "etc/sysctl.d/x.bak", "user.max_user_namespaces=0", ""},
	} {
		t.Run(test.summary, func(t *testing.T) {
			assert.Equal(t, test.want, UsersForbidden(fstest.MapFS{test.file: {Data: []byte(test.text)}}))
		})
	}
}
