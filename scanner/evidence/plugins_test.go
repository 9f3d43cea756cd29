// SPDX-License-Identifier: MIT

package evidence

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestNamesakes: the plug-ins of an executable that has their names from its clients are the
// libraries that are called after one that it needs.
func TestNamesakes(t *testing.T) {
	host := compileC(t, `int host(void) { return 1; }`, "-shared", "-fPIC", "-Wl,-soname,libhost.so.1")
	needs := func(source string) string {
		return content(t, compileC(t, "#include <dlfcn.h>\n#include <unistd.h>\nint host(void);\nchar name[99];\n"+source, "-x", "none", host))
	}
	files := compiled(t)
	files["usr/lib/x86_64-linux-gnu/libhost.so.1"] = content(t, host)
	joined := files["usr/lib/x86_64-linux-gnu/lx/libjoined.so"]
	files["usr/sbin/asked"] = needs(`int main(int n, char **v) { read(0, name, 98); return host() && dlopen(name, RTLD_NOW); }`)
	files["usr/sbin/named"] = needs(`int main(int n, char **v) { read(0, name, 98); return host() && dlopen(n > 1 ? name : "libown.so", RTLD_NOW); }`)
	files["usr/sbin/plain"] = needs(`int main(int n, char **v) { return host(); }`)
	for _, tt := range []struct {
		summary, command, file string
		want                   bool
	}{
		{summary: "called after what it needs", command: "/usr/sbin/asked", file: "libhost-mirror.so", want: true},
		{summary: "with a version", command: "/usr/sbin/asked", file: "libhost-mirror.so.2", want: true},
		{summary: "of another name", command: "/usr/sbin/asked", file: "libhostess.so"},
		{summary: "of a folder below", command: "/usr/sbin/asked", file: "other/libhost-mirror.so"},
		{summary: "of one that names its own", command: "/usr/sbin/named", file: "libhost-mirror.so"},
		{summary: "of one that loads nothing", command: "/usr/sbin/plain", file: "libhost-mirror.so"},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			files := maps.Clone(files)
			files["usr/lib/x86_64-linux-gnu/"+tt.file] = joined
			got := collect(t, files, "ExecStart="+tt.command+"\n")
			assert.Equal(t, tt.want, got.fact(FactHostname, "") != nil)
		})
	}
}
