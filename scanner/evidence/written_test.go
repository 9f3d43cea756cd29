// SPDX-License-Identifier: MIT

package evidence

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWritten has what a service writes below /usr, and what it only reads there.
func TestWritten(t *testing.T) {
	const headers = "#include <stdio.h>\n#include <string.h>\n#include <fcntl.h>\n#include <unistd.h>\n#include <sys/stat.h>\n#include <sys/socket.h>\n#include <sys/un.h>\n"
	base := compiled(t)
	for _, tt := range []struct {
		summary, code, script, lines string
		want                         string // empty for nothing
	}{
		{summary: "a file that is opened to append", code: `int main(void) { return !fopen("/usr/share/x/state", "a"); }`, want: "/usr/share/x/state"},
		{summary: "one that is made", code: `int main(void) { return open("/usr/lib/x/state", O_CREAT | O_WRONLY, 0600); }`, want: "/usr/lib/x/state"},
		{summary: "a folder that is made", code: `int main(void) { return mkdir("/usr/lib/x", 0700); }`, want: "/usr/lib/x"},
		{summary: "a file that gets another name", code: `int main(void) { return rename("/run/x", "/usr/lib/x.list"); }`, want: "/usr/lib/x.list"},
		{summary: "one that is read", code: `int main(void) { return open("/usr/share/x/y", O_RDONLY) + !fopen("/usr/share/x/z", "r") + !fopen("/var/log/x.log", "a"); }`},
		{summary: "a socket", code: `int main(void) { struct sockaddr_un a = { AF_UNIX, "/usr/local/x/control.sock" }; return bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof a); }`,
			want: "/usr/local/x/control.sock"},
		{summary: "a prefix before a format", code: `int main(int n, char **v) { char name[99]; snprintf(name, 99, "%s/log/x", n > 1 ? v[1] : "/usr/local/x"); return !fopen(name, "a"); }`, want: "/usr/local/x"},
		{summary: "a prefix before a path", code: `int main(int n, char **v) { char name[99]; snprintf(name, 99, "%s%s", n > 1 ? v[1] : "/usr/local", "/var/x"); return !fopen(name, "a"); }`, want: "/usr/local"},
		{summary: "a folder of its own", lines: "WorkingDirectory=/usr/local/x\n", code: `int main(void) { return !fopen("x", "a"); }`, want: "/usr/local/x"},
		{summary: "a redirection", script: "echo a >> /usr/share/x/y", want: "/usr/share/x/y"},
		{summary: "one to a file with a prefix", script: "P=/usr/local/x\necho a > $P/state", want: "/usr/local/x/state"},
		{summary: "a copy", script: "cp /etc/hostname /usr/lib/x.conf", want: "/usr/lib/x.conf"},
		{summary: "a copy of something", script: "cp /usr/share/x /run/x; cat < /usr/share/y; rm -rf /var/lib/x"},
		{summary: "an edited file", script: "sed -i s/a/b/ /usr/share/x", want: "/usr/share/x"},
		{summary: "a file that is looked through", script: "sed -n s/a/b/p /usr/share/x > /run/y"},
		{summary: "a name in the folder at hand", script: "cd /usr/local/x\ndate > now", want: "/usr/local/x"},
		{summary: "names that are read in the folder at hand", script: "cd /usr/local/x\ncat now > /run/now"},
		{summary: "a package manager", script: "dpkg -i /var/cache/x.deb", want: "/usr"},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			files := map[string]string{}
			for name, text := range base {
				files[name] = text
			}
			files["usr/bin/dpkg"], files["usr/bin/cp"] = files["bin/sh"], files["bin/sh"]
			files["usr/sbin/x"] = "#!/bin/sh\n" + tt.script + "\n"
			if tt.code != "" {
				files["usr/sbin/x"] = content(t, compileC(t, headers+tt.code))
			}
			var got []string
			for _, f := range tree(t, files).Collect(service(t, "ExecStart=/usr/sbin/x\n"+tt.lines)).Facts {
				if f.ID == FactPathWritten {
					got = append(got, f.Value)
				}
			}
			if tt.want == "" {
				assert.Empty(t, got)
			} else {
				assert.Contains(t, got, tt.want)
			}
		})
	}
}
