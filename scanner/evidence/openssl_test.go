// SPDX-License-Identifier: MIT

package evidence

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestEngines: an engine of OpenSSL is loaded where the program, openssl.cnf or other
// configuration names it.
func TestEngines(t *testing.T) {
	library := compileC(t, `
#include <dlfcn.h>
#include <sys/shm.h>
const char *const folders[] = { "/usr/lib/engines-3", "/usr/lib/ssl" };
char file[64];
void *ENGINE_by_id(const char *id) { shmget(1, 2, 3); file[0] = *folders[id[0]]; return dlopen(file, RTLD_NOW); }`,
		"-shared", "-fPIC", "-Wl,-soname,libcrypto.so.3")
	engine := compileC(t, `#include <unistd.h>
void bind_engine(void) { chroot("/"); }`, "-shared", "-fPIC")
	program := func(main string) string {
		return content(t, compileC(t, `#include <fcntl.h>
void *ENGINE_by_id(const char *);
int main(int argc, char **argv) { `+main+` }`, "-x", "none", library))
	}
	any := program(`return ENGINE_by_id(argv[1]) != 0;`)
	configured := program(`open("/etc/program.conf", O_RDONLY); return ENGINE_by_id(argv[1]) != 0;`)
	files := compiled(t)
	maps.Copy(files, map[string]string{"usr/lib/x86_64-linux-gnu/libcrypto.so.3": content(t, library), "usr/lib/engines-3/afalg.so": content(t, engine)})
	const assumption, unknown = "dlopen-unresolved /usr/lib/engines-3", "dlopen-unresolved /usr/lib/engines-3/afalg.so"
	for _, tt := range []struct {
		summary, program string
		files            map[string]string
		loaded           bool
		assumed, unknown string
	}{
		{"nobody names it", any, nil, false, assumption, ""},
		{"the program names it", program(`return ENGINE_by_id("afalg") != 0;`), nil, true, "", ""},
		{"the library's configuration names it", any, map[string]string{"usr/lib/ssl/openssl.cnf": "engine_id = afalg\n"}, true, "", ""},
		{"a comment there", any, map[string]string{"usr/lib/ssl/openssl.cnf": "# engine_id = afalg\n"}, false, assumption, ""},
		{"the program's configuration names it", configured, map[string]string{"etc/program.conf": "ssl_engine afalg;\n"}, false, "", unknown},
		{"its configuration names something else", configured, map[string]string{"etc/program.conf": "ssl_engine none;\nafalg\n"}, false, assumption, ""},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			image := maps.Clone(files)
			maps.Copy(image, tt.files)
			image["usr/bin/program"] = tt.program
			got := tree(t, image).Collect(service(t, "ExecStart=/usr/bin/program\n"))
			assert.Equal(t, tt.loaded, got.hasFact(FactCapability, "CAP_SYS_CHROOT"))
			if tt.assumed != "" {
				assert.Contains(t, got.unknowns(true), tt.assumed)
			}
			if tt.unknown != "" {
				assert.Contains(t, got.unknowns(false), tt.unknown)
			}
			assert.Equal(t, tt.unknown == "", got.Complete)
			assert.NotContains(t, got.Syscalls, "shmget") // only for kernels of long ago
		})
	}
}
