// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"
)

// guarded are the places that settings protect; a path below one of them is a fact.
var guarded = []string{"/dev", "/proc", "/sys", "/tmp", "/var/tmp", "/home", "/root", "/run/user", "/boot", "/efi", "/usr", "/etc",
	"/lib/modules", "/var", "/run", "/opt", "/srv", "/mnt", "/media"}

// randomDevices are what OpenSSL asks only after getrandom(2) and /dev/urandom,
// which always stay (crypto/rand/rand_unix.c, DEVRANDOM).
var randomDevices = []string{"/dev/hwrng"}

// otherSystems are paths that Linux never has: of libbacktrace (fileline.c), which every program of some
// languages has in it, and of generators of random numbers.
var otherSystems = []string{"/proc/%ld/object/a.out", "/proc/curproc/file", "/dev/srandom", "/dev/arandom"}

// pieces are the first eight bytes of "/dev/null" and the like, with which compilers
// compare texts: such devices do not exist.
var pieces = []string{"/dev/nul", "/dev/zer", "/dev/ful", "/dev/ran", "/dev/ura", "/dev/std", "/dev/con"}

// strings takes the paths among the strings that a module's reached code refers
// to. Those of the C library are its own business: it reads its configuration.
func (c *collector) strings(p *program, m *loaded) {
	if hasOptionalPaths(m) {
		return
	}
	idle, looked := c.im.idlePaths(m), m.lookedAt()
	for _, id := range m.reached.Strings {
		text := m.continued(m.file.Strings[id])
		if slices.Contains(randomDevices, text) && strings.HasPrefix(m.file.SONAME, "libcrypto.so") {
			continue
		}
		if strings.HasPrefix(text, "/") && !slices.Contains(pieces, text) && !slices.Contains(otherSystems, text) && !p.isPrivate(m, text) && !beginsWith(text, idle) {
			if looked[id] || m.onlyReads(path.Clean(text)) {
				c.pathRead(path.Clean(text), place{where: m.path})
			} else {
				c.path(text, place{where: m.path})
			}
		}
	}
	c.copied(m)
	c.ofProcesses(m)
	c.joins(m)
	c.controlsGroups(m)
}

// ownOfProcesses are files in the folder of a process that not everybody may read (proc(5)), the
// first of which have names that stand for nothing else.
var ownOfProcesses = strings.Fields("exe fdinfo smaps smaps_rollup numa_maps pagemap map_files auxv environ cwd root fd maps mem ns io stack syscall personality timers wchan")

const distinctive = 8 // of them

// ofProcesses takes such a file for one below "/proc" when a module names both, as for
// "%s/%d/exe": the path is put together.
func (c *collector) ofProcesses(m *loaded) {
	if m.libc || m.onlyReads("/proc") || !slices.ContainsFunc(m.reached.Strings, func(id int32) bool { return path.Clean(m.file.Strings[id]) == "/proc" }) {
		return
	}
	for _, id := range m.reached.Strings {
		text := m.file.Strings[id]
		i := slices.Index(ownOfProcesses, path.Base(text))
		if i >= 0 && (text[0] == '/' && text != "/root" && strings.Count(text, "/") == 1 || strings.HasSuffix(path.Dir(text), "%d") || i < distinctive && !strings.Contains(text, "/")) {
			c.path("/proc/%d/"+ownOfProcesses[i], place{where: m.path})
		}
	}
}

// finePlaces are places that settings protect and that the first word of eight characters does
// not tell when a path is copied piece by piece.
var finePlaces = []string{"/proc/sys", "/proc/irq", "/proc/bus", "/proc/acpi", "/proc/self", "/proc/kmsg", "/proc/sysrq-trigger", "/dev/kmsg", "/sys/fs/cgroup", "/sys/class/net",
	"/var/tmp", "/run/user", "/lib/modules", "/usr/lib/modules"}

// copied takes such places from the paths that a module's reached code may put together. Only
// the place is taken: what follows it may be pieces of another text.
func (c *collector) copied(m *loaded) {
	for _, id := range m.reached.Copied {
		text := m.file.Strings[id]
		if namesState(text) {
			c.written(text, place{where: m.path})
		}
		for _, fine := range finePlaces {
			if text == fine || strings.HasPrefix(text, fine+"/") {
				c.path(fine, place{where: m.path})
			}
		}
	}
}

// continued is the template of mkstemp(3) that a text begins, when that is copied in pieces of
// which the text is the first.
func (m *loaded) continued(text string) string {
	if !strings.HasSuffix(text, "XX") {
		return text
	}
	for _, id := range m.reached.Copied {
		if whole := m.file.Strings[id]; strings.HasPrefix(whole, text+"XX") {
			return whole
		}
	}
	return text
}

func beginsWith(text string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
}

// pathRead notes a path that is only looked at.
func (c *collector) pathRead(text string, at place) {
	c.fact(FactPathRead, text, at)
}

// controlFiles are those of control groups that nobody reads but to write to them (cgroups(7)): a
// program that names one may have found the file system's place by its type.
var controlFiles = strings.Fields("cgroup.procs cgroup.threads cgroup.subtree_control cgroup.freeze cgroup.kill devices.allow devices.deny freezer.state release_agent")

// controlsGroups notes a module that names one.
func (c *collector) controlsGroups(m *loaded) {
	if m.onlyReads("/sys/fs/cgroup") {
		return
	}
	for _, id := range m.reached.Strings {
		if text := m.file.Strings[id]; slices.Contains(controlFiles, path.Base(text)) && !strings.ContainsAny(text, " \n") {
			c.path("/sys/fs/cgroup/%s/"+path.Base(text), place{where: m.path})
		}
	}
}

// priorities notes a module that asks for priorities of threads or mutexes.
func (c *collector) priorities(m *loaded) {
	for _, id := range m.reached.Imports {
		if !m.libc && slices.Contains(asksForPriority, m.file.Imports[id].Name) {
			c.capability(place{where: m.path}, "CAP_SYS_NICE")
		}
	}
}

// mountTable notes a module that walks over the mounted file systems and asks about
// each: what is hidden from it is missing in what it tells.
func (c *collector) mountTable(m *loaded) {
	var table, asks bool
	for _, id := range m.reached.Imports {
		switch m.file.Imports[id].Name {
		case "getmntent", "getmntent_r":
			table = true
		case "statfs", "statfs64", "statvfs", "statvfs64":
			asks = true
		}
	}
	if table && asks && !m.libc {
		c.fact(FactMountTable, "", place{where: m.path})
	}
}

// paths takes the words of a script or a command line that are paths.
func (c *collector) paths(words []string, at place) {
	for _, w := range words {
		for _, part := range pathsIn(w) {
			c.path(part, at)
		}
	}
}

// pathsIn are the paths in a text, those behind a sign that no path begins with included,
// as in "speed@/dev/ttyS0", and those of JSON with escaped slashes.
func pathsIn(text string) []string {
	var list []string
	for _, word := range strings.FieldsFunc(strings.ReplaceAll(text, `\/`, "/"), separates) {
		for i := 0; i < len(word); i++ {
			if word[i] == '/' && (i == 0 || strings.IndexByte("@&!+[^~#`-", word[i-1]) >= 0) {
				list = append(list, word[i:])
			}
			if i == 0 && word[0] == '/' {
				break
			}
		}
	}
	return list
}

// separates tells what stands between paths in texts and configuration.
func separates(r rune) bool { return strings.ContainsRune(" \t\r\n\"'=:;,(){}<>|", r) }

// path notes a path below a guarded place, and reads it for further paths when it
// is configuration of the image.
func (c *collector) path(text string, at place) {
	if len(text) > 255 || strings.ContainsAny(text, "\n\r\t\x00") {
		return
	}
	if text = ofProcess(path.Clean(beforeWords(text))); isKernelRead(text) {
		c.pathRead(text, at)
		return
	}
	for _, g := range guarded {
		if text == g || strings.HasPrefix(text, g+"/") {
			c.fact(FactPath, text, at)
			break
		}
	}
	if strings.HasPrefix(text, "/dev/") {
		c.fact(FactDevice, text, at)
	}
	if namesState(text) {
		c.written(text, at)
	}
	c.behindLinks(text, at)
	c.include(text)
}

// beforeWords is the path that a message begins with ("/dev/urandom not found"): no name that the kernel or
// udev gives has a blank.
func beforeWords(text string) string {
	if name, _, found := strings.Cut(text, " "); found && below([]string{"/dev", "/proc", "/sys"}, text) {
		return strings.TrimRight(name, ":,;")
	}
	return text
}

// ofProcess gives the folder of a process that a pattern or a variable stands for, as
// "/proc/[0-9]*/exe" or "/proc/$pid/exe", the form that it has in code.
func ofProcess(text string) string {
	rest, ok := strings.CutPrefix(text, "/proc/")
	if !ok || rest == "" || strings.IndexByte("[*?$", rest[0]) < 0 {
		return text
	}
	_, file, _ := strings.Cut(rest, "/")
	return path.Join("/proc/%d", file)
}
