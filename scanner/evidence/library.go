// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
)

// multiarch is the folder of an architecture below /usr/lib in Debian's layout,
// which its dynamic loader searches by itself.
var multiarch = map[seccomp.Arch]string{
	seccomp.X8664: "x86_64-linux-gnu", seccomp.ARM64: "aarch64-linux-gnu", seccomp.ARM: "arm-linux-gnueabihf",
	seccomp.RISCV64: "riscv64-linux-gnu", seccomp.X86: "i386-linux-gnu",
}

const maxIncludes = 100 // files that one configuration may include

// librarySearchPath is where the dynamic loader looks besides RPATH, RUNPATH and
// LD_LIBRARY_PATH: ld.so.conf (glibc) or ld-musl-*.path (musl), then its own
// folders (ld.so(8)).
func (im *Image) librarySearchPath() []string {
	dirs := im.ldSoConf("/etc/ld.so.conf", map[string]bool{})
	if entries, err := im.fs.ReadDir("/etc"); err == nil {
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), "ld-musl-") && strings.HasSuffix(e.Name(), ".path") {
				data, _ := im.fs.ReadFile("/etc/" + e.Name())
				dirs = append(dirs, strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' || r == ':' })...)
			}
		}
	}
	if triplet := multiarch[im.arch]; triplet != "" {
		dirs = append(dirs, "/lib/"+triplet, "/usr/lib/"+triplet)
	}
	dirs = append(dirs, "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib")
	return dirs
}

// ldSoConf reads folders and "include GLOB" lines, each file once.
func (im *Image) ldSoConf(file string, seen map[string]bool) []string {
	if seen[file] || len(seen) >= maxIncludes {
		return nil
	}
	seen[file] = true
	data, err := im.fs.ReadFile(file)
	if err != nil {
		return nil
	}
	var dirs []string
	for _, line := range strings.Split(string(data), "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		switch {
		case len(words) > 1 && words[0] == "include":
			for _, pattern := range words[1:] {
				for _, f := range im.glob(path.Join(path.Dir(file), pattern), pattern) {
					dirs = append(dirs, im.ldSoConf(f, seen)...)
				}
			}
		case len(words) > 0 && strings.HasPrefix(words[0], "/"):
			dirs = append(dirs, strings.TrimSpace(line))
		}
	}
	return dirs
}

// glob matches the last component of a pattern in the image; absolute is taken
// when it is an absolute path itself.
func (im *Image) glob(pattern, absolute string) []string {
	if strings.HasPrefix(absolute, "/") {
		pattern = absolute
	}
	entries, err := im.fs.ReadDir(path.Dir(pattern))
	if err != nil {
		return nil
	}
	var files []string
	for _, e := range entries {
		if ok, _ := path.Match(path.Base(pattern), e.Name()); ok {
			files = append(files, path.Join(path.Dir(pattern), e.Name()))
		}
	}
	return files
}

// library finds a shared object by the name that DT_NEEDED or dlopen gives, for
// an object with the given run paths. Files of another architecture are passed over.
func (im *Image) library(name, origin string, runPaths []string) (file string, ok bool) {
	if strings.Contains(name, "/") {
		name = expandOrigin(name, origin)
		return name, strings.HasPrefix(name, "/") && im.isNative(name)
	}
	dirs := make([]string, 0, len(runPaths)+len(im.libraryDirs))
	for _, p := range runPaths {
		for _, dir := range strings.Split(p, ":") {
			if dir = expandOrigin(dir, origin); strings.HasPrefix(dir, "/") {
				dirs = append(dirs, dir)
			}
		}
	}
	for _, dir := range append(dirs, im.libraryDirs...) {
		if file := path.Join(dir, name); im.isNative(file) {
			return file, true
		}
	}
	return "", false
}

func expandOrigin(dir, origin string) string {
	for _, token := range []string{"$ORIGIN", "${ORIGIN}"} {
		dir = strings.ReplaceAll(dir, token, origin)
	}
	return dir
}

// nameServices are the modules of nsswitch.conf, without those that are part of
// the C library (nsswitch.conf(5); glibc 2.34 and later have files and dns inside).
func (im *Image) nameServices() []string {
	data, err := im.fs.ReadFile("/etc/nsswitch.conf")
	if err != nil {
		return nil
	}
	var modules []string
	for _, line := range strings.Split(string(data), "\n") {
		line, _, _ = strings.Cut(line, "#")
		_, list, found := strings.Cut(line, ":")
		if !found {
			continue
		}
		for _, word := range strings.Fields(list) {
			if !strings.ContainsAny(word, "[]=!") && !slices.Contains(modules, word) {
				modules = append(modules, word)
			}
		}
	}
	slices.Sort(modules)
	return modules
}

// pamModules are the modules that a PAM service loads, with its includes
// (pam.conf(5)); ok is false when the service has no configuration.
func (im *Image) pamModules(service string) (modules []string, ok bool) {
	seen := map[string]bool{}
	var read func(name string) bool
	read = func(name string) bool {
		if seen[name] || len(seen) > maxIncludes {
			return true
		}
		seen[name] = true
		for _, dir := range []string{"/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d"} {
			data, err := im.fs.ReadFile(path.Join(dir, name))
			if err == nil {
				for _, line := range strings.Split(strings.ReplaceAll(string(data), "\\\n", " "), "\n") {
					included, module := pamLine(line)
					if included != "" {
						read(included)
					}
					if module != "" && !slices.Contains(modules, module) {
						modules = append(modules, module)
					}
				}
				return true
			}
		}
		return false
	}
	ok = read(service) || read("other")
	slices.Sort(modules)
	return modules, ok
}

// pamLine takes one line apart: another service that it includes, or a module.
func pamLine(line string) (included, module string) {
	line, _, _ = strings.Cut(line, "#")
	if before, after, ok := strings.Cut(line, "["); ok { // [success=1 default=ignore] is one word
		_, rest, _ := strings.Cut(after, "]")
		line = before + " [] " + rest
	}
	f := strings.Fields(line)
	switch {
	case len(f) == 2 && strings.HasPrefix(f[0], "@include"):
		return f[1], ""
	case len(f) >= 3 && (f[1] == "include" || f[1] == "substack"):
		return f[2], ""
	case len(f) >= 3:
		return "", f[2]
	}
	return "", ""
}
