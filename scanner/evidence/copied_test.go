// SPDX-License-Identifier: MIT

package evidence

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
)

// TestCopiedPaths: compilers put the text of an array into the instructions that fill it,
// or copy it by vectors, so that nothing has its address.
func TestCopiedPaths(t *testing.T) {
	const headers = "#include <stdlib.h>\n#include <string.h>\n#include <fcntl.h>\n#include <dlfcn.h>\n#include <unistd.h>\n#include <sys/socket.h>\n#include <sys/un.h>\n"
	for _, tt := range []struct {
		summary, source string
		want            string // the beginning of a path among the facts
		not             string
	}{
		{"an address of a socket", `int main(void) { struct sockaddr_un a = { AF_UNIX, "/tmp/server-socket" }; return bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof a); }`,
			"/tmp/server-sock", ""},
		{"one that is copied there", `int main(void) { struct sockaddr_un a = { AF_UNIX }; strcpy(a.sun_path, "/tmp/a-server-socket-with-a-longer-name"); return bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof a); }`,
			"/tmp/a-server-so", ""},
		{"an array that is longer than its text", `int main(int n, char **v) { char name[64] = "/dev/ttyS"; return open(strcat(name, v[1]), O_RDWR); }`, "/dev/ttyS", ""},
		{"a place that its first word does not tell", `int main(int n, char **v) { char name[64]; strcpy(name, "/proc/sys/vm/"); return open(strcat(name, v[1]), O_WRONLY); }`, "/proc/sys", ""},
		{"a template", `int main(void) { char name[] = "/tmp/template.XXXXXXXXXX"; return mkstemp(name); }`, "/tmp/template.XXXXXXXXXX", "/tmp/template.XX"},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			files := compiled(t)
			files["usr/sbin/copies"] = content(t, compileC(t, headers+tt.source))
			got := tree(t, files).Collect(service(t, "ExecStart=/usr/sbin/copies\n"))
			var paths []string
			for _, f := range got.Facts {
				if f.ID == FactPath {
					paths = append(paths, f.Value)
				}
			}
			assert.Contains(t, paths, tt.want)
			assert.NotContains(t, paths, tt.not)
		})
	}
	t.Run("a plug-in", func(t *testing.T) {
		files := compiled(t)
		files["usr/sbin/copies"] = content(t, compileC(t, headers+`int main(int n, char **v) { char name[96] = "/opt/modules-of-it/libx.so"; if (n > 1) strcpy(name, v[1]); return dlopen(name, 1) != 0; }`))
		files["opt/modules-of-it/libx.so"] = files["usr/lib/x86_64-linux-gnu/lx/libjoined.so"]
		got := tree(t, files).Collect(service(t, "ExecStart=/usr/sbin/copies\n"))
		assert.NotNil(t, got.fact(FactHostname, ""))
	})
}

// TestFilesOfProcesses: a file in the folder of a process that is not known counts in scripts, and
// in code that puts it together.
func TestFilesOfProcesses(t *testing.T) {
	files := compiled(t)
	files["opt/script"] = "#!/bin/sh\nfor p in $(cat /run/pids); do readlink /proc/$p/exe; done\ncd /proc/$(cat /run/pid)/ns\n"
	files["opt/joins"] = content(t, compileC(t, `#include <dirent.h>
	#include <fcntl.h>
	#include <unistd.h>
	int main(int n, char **v) { char to[99]; return readlinkat(openat(dirfd(opendir("/proc")), v[1], O_PATH), "exe", to, 99); }`))
	files["opt/lists"] = content(t, compileC(t, `#include <dirent.h>
	#include <pwd.h>
	int main(int n, char **v) { return opendir("/proc") && getpwnam("root"); }`))
	im := tree(t, files)
	got := im.Collect(service(t, "ExecStart=/opt/script\n"))
	assert.NotNil(t, got.fact(FactPath, "/proc/%s/exe"))
	assert.NotNil(t, got.fact(FactPath, "/proc/%s/ns"))
	assert.NotNil(t, im.Collect(service(t, "ExecStart=/opt/joins\n")).fact(FactPath, "/proc/%d/exe"))
	assert.Nil(t, im.Collect(service(t, "ExecStart=/opt/lists\n")).fact(FactPath, "/proc/%d/root"))
}

// TestControlGroups: who names a file by which a group is controlled may have found the place of
// control groups among the mounted file systems.
func TestControlGroups(t *testing.T) {
	files := compiled(t)
	const source = `#include <stdio.h>
	#include <mntent.h>
	int main(void) {
		char name[99];
		FILE *mounts = setmntent("/proc/mounts", "r");
		for (struct mntent *m; (m = getmntent(mounts)); fopen(name, "w"))
			snprintf(name, sizeof name, "%s/x/NAME", m->mnt_dir);
	}`
	files["usr/sbin/moves"] = content(t, compileC(t, strings.Replace(source, "NAME", "cgroup.procs", 1)))
	files["usr/sbin/reads"] = content(t, compileC(t, strings.Replace(source, "NAME", "memory.max", 1)))
	im := tree(t, files)
	assert.NotNil(t, im.Collect(service(t, "ExecStart=/usr/sbin/moves\n")).fact(FactPath, "/sys/fs/cgroup/%s/cgroup.procs"))
	assert.Empty(t, facts(im.Collect(service(t, "ExecStart=/usr/sbin/reads\n")), "/sys/"))
}

// facts are the values of facts that begin alike.
func facts(r *Result, prefix string) []string {
	var list []string
	for _, f := range r.Facts {
		if strings.HasPrefix(f.Value, prefix) {
			list = append(list, f.Value)
		}
	}
	return list
}

// TestCopiedModes: set-ID bits of what the image has are copied with it.
func TestCopiedModes(t *testing.T) {
	for _, tt := range []struct {
		summary, script string
		want            string
	}{
		{"a tree", "cp -a /var/x /run/y", "cp /var/x/group"},
		{"one in a variable", "S=/var/x\ncp --archive \"$S\" /run/y", "cp /var/x/group"},
		{"what a pattern stands for", "cp -r /var/x/* /run/y", "cp /var/x/group"},
		{"a file alone", "cp /var/x/group/file /run/y", ""},
		{"a tree without such a bit", "cp -a /var/x/plain /run/y", ""},
		{"a folder that is moved", "mv /var/x/group /run/y", "mv /var/x/group"},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			files := compiled(t)
			for _, name := range []string{"cp", "mv"} {
				files["usr/bin/"+name] = files["bin/sh"]
			}
			files["opt/script"] = "#!/bin/sh\n" + tt.script + "\n"
			files["var/x/group/file"], files["var/x/plain/file"] = "", ""
			root := written(t, files)
			require.NoError(t, os.Chmod(filepath.Join(root, "var/x/group"), 0o755|os.ModeSetgid))
			tree, err := rootfs.New(root)
			require.NoError(t, err)
			got := NewImage(tree, seccomp.X8664).Collect(service(t, "ExecStart=/opt/script\n"))
			if tt.want == "" {
				assert.NotContains(t, ids(got), FactSetIDBits)
			} else {
				assert.NotNil(t, got.fact(FactSetIDBits, tt.want))
			}
		})
	}
}

func ids(r *Result) []string {
	var list []string
	for _, f := range r.Facts {
		list = append(list, f.ID)
	}
	return list
}
