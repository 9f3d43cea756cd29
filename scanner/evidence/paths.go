// SPDX-License-Identifier: MIT

package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

// Limits on the configuration that is read for paths.
const (
	maxConfigSize  = 1 << 20
	maxConfigFiles = 200 // of one folder
)

// guarded are the places that settings protect; a path below one of them is a fact.
var guarded = []string{"/dev", "/proc", "/sys", "/tmp", "/var/tmp", "/home", "/root", "/run/user", "/boot", "/efi", "/usr", "/etc",
	"/lib/modules", "/var", "/run", "/opt", "/srv", "/mnt", "/media"}

// randomDevices are what OpenSSL asks only after getrandom(2) and /dev/urandom,
// which always stay (crypto/rand/rand_unix.c, DEVRANDOM).
var randomDevices = []string{"/dev/hwrng", "/dev/srandom"}

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
		text := m.file.Strings[id]
		if slices.Contains(randomDevices, text) && strings.HasPrefix(m.file.SONAME, "libcrypto.so") {
			continue
		}
		if strings.HasPrefix(text, "/") && !slices.Contains(pieces, text) && !p.isPrivate(m, text) && !beginsWith(text, idle) {
			if looked[id] || m.onlyReads(path.Clean(text)) {
				c.pathRead(path.Clean(text), place{where: m.path})
			} else {
				c.path(text, place{where: m.path})
			}
		}
	}
}

func beginsWith(text string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
}

// pathRead notes a path that is only looked at.
func (c *collector) pathRead(text string, at place) {
	c.fact(FactPathRead, text, at)
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

// programsNamedBy takes every program of the image that the strings of a module name
// which can hand a name to a call that starts something unnamed: it may be any of them.
func (c *collector) programsNamedBy(p *program) {
	for _, m := range p.handing(c.startsUnnamed) {
		for _, id := range m.reached.Strings {
			at, text := place{where: m.path}, m.file.Strings[id]
			if len(text) >= maxNamingText {
				continue
			}
			if !strings.HasPrefix(text, "/") {
				c.programsInText(text, at)
				continue
			}
			c.namedProgram(text, at)
			own := m == p.modules[0] || slices.Contains(c.startsUnnamed, m.path)
			switch dir := path.Clean(text); {
			case !own || !c.isMain(p.path) && !below(programFolders, text):
			case path.Dir(dir) == dataFolders:
				for _, file := range c.inData(p, dir) {
					c.namedProgram(file, at)
				}
			default:
				c.programsIn(dir, 2, at)
			}
		}
		for _, id := range m.reached.Copied {
			c.namedProgram(m.file.Strings[id], place{where: m.path})
		}
	}
}

// maxNamingText bounds the texts that are looked at for names of programs.
const maxNamingText = 256

// programsInText takes the programs in a longer text: what a program does without
// configuration may stand in it as lines of configuration ("helper_program /usr/lib/x/helper").
func (c *collector) programsInText(text string, at place) {
	if !strings.Contains(text, "/") {
		return
	}
	for _, word := range strings.FieldsFunc(text, separates) {
		if strings.HasPrefix(word, "/") {
			c.namedProgram(word, at)
		}
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
	text = ofProcess(path.Clean(text))
	for _, g := range guarded {
		if text == g || strings.HasPrefix(text, g+"/") {
			c.fact(FactPath, text, at)
			break
		}
	}
	if strings.HasPrefix(text, "/dev/") {
		c.fact(FactDevice, text, at)
	}
	c.behindLinks(text, at)
	c.include(text)
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

// databases below /etc are read by the C library, PAM, systemd or a login, for all
// programs alike: what they name says nothing about a single service.
var databases = strings.Fields(`/etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/shells /etc/services /etc/protocols /etc/nsswitch.conf
	/etc/ld.so.conf /etc/ld.so.conf.d /etc/systemd /etc/pam.d /etc/pam.conf /etc/security /etc/init.d /etc/rc.d /etc/alternatives /etc/profile
	/etc/environment /etc/dbus-1 /etc/skel /etc/login.defs`)

func isDatabase(file string) bool {
	return slices.ContainsFunc(databases, func(d string) bool { return file == d || strings.HasPrefix(file, d+"/") })
}

// configuration reads a file below /etc, or the files of a folder there, for
// absolute paths: what a service does with them is not known, but that it may.
func (c *collector) configuration(name string) {
	info, err := c.im.fs.Stat(name)
	switch {
	case err != nil: // a pattern, as include lines have it, or nothing
		for _, file := range c.im.glob(name, "") {
			c.configFile(file)
		}
	case info.IsDir():
		entries, err := c.im.fs.ReadDir(name)
		if err != nil {
			return
		}
		if len(entries) > maxConfigFiles {
			c.unread(name)
		}
		for _, e := range entries[:min(len(entries), maxConfigFiles)] {
			if e.Type()&fs.ModeDir == 0 {
				c.configFile(name + "/" + e.Name())
			}
		}
	default:
		c.configFile(name)
	}
}

func (c *collector) configFile(name string) {
	if c.seen["config file "+name] {
		return
	}
	c.seen["config file "+name] = true
	data, err := c.im.fs.ReadFileLimit(name, maxConfigSize)
	if errors.Is(err, rootfs.ErrTooLarge) {
		c.unread(name)
	}
	if err != nil || strings.IndexByte(string(data), 0) >= 0 {
		return
	}
	armoured := false
	for n, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "-----") { // certificates and keys (RFC 7468): letters that mean nothing
			armoured = strings.HasPrefix(line, "-----BEGIN ")
		}
		if line == "" || line[0] == '#' || line[0] == ';' || armoured && isBase64(line) {
			continue
		}
		c.mentions(line)
		c.asks(line)
		at := place{where: fmt.Sprintf("%s:%d", name, n+1)}
		for _, word := range pathsIn(line) {
			c.path(word, at)
			c.namedProgram(word, at)
			c.namedPlugin(word, at)
			if strings.Contains(line, "run-parts") { // all programs of a folder
				c.startAll(word+"/*", at)
			}
		}
		for _, word := range strings.FieldsFunc(line, separates) {
			if strings.Contains(word, "/") && word[0] != '/' { // included from beside this file
				c.include(path.Join(path.Dir(name), word))
			}
			c.tilde(word, at)
		}
	}
}

func isBase64(line string) bool {
	return !strings.ContainsFunc(line, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("+/=", r)
	})
}

// include reads a file or pattern that configuration names, once.
func (c *collector) include(name string) {
	if c.seen["config "+name] || isDatabase(name) || !strings.HasPrefix(name, "/etc/") && !(below(applicationFolders, name) || isConfiguration(name)) {
		return
	}
	c.seen["config "+name] = true
	c.configuration(name)
}

// applicationFolders are where programs that are not of a distribution, and their
// users, keep configuration (hier(7)).
var applicationFolders = []string{"/opt", "/srv", "/usr/local", "/home", "/root", "/data", "/mnt", "/media", "/persist", "/boot"}

// isConfiguration tells whether a name is one that files of configuration have.
func isConfiguration(name string) bool {
	return slices.Contains(strings.Fields(".conf .cfg .cnf .config .ini .json .yaml .yml .toml .properties .rc .env"), path.Ext(name)) &&
		!below([]string{"/proc", "/sys", "/dev"}, name)
}

// unread notes configuration that is more than what is read.
func (c *collector) unread(name string) {
	c.assume("configuration-unread", name, "what was not read of it names nothing that a setting keeps away", place{where: name})
}

// namedProgram takes a program of the image that configuration names as one that
// the service may start.
func (c *collector) namedProgram(file string, at place) {
	info, err := c.im.fs.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 || isDatabase(path.Clean(file)) {
		return
	}
	kind, _ := c.im.kind(file)
	if kind != KindELF && kind != KindScript {
		return
	}
	c.start(file, nil, at)
	if _, shell := shells[path.Base(file)]; shell {
		c.assume("exec-unresolved", file, namedByConfiguration, at)
	}
}

// namedPlugin takes a plug-in that configuration names: all that it exports may be called.
func (c *collector) namedPlugin(file string, at place) {
	if strings.Contains(path.Base(file), ".so") && below([]string{"/usr", "/lib", "/lib64", "/opt"}, file) && c.im.isNative(file) && !c.seen["start "+file] {
		c.seen["start "+file] = true
		c.queue = append(c.queue, target{path: file, at: at})
	}
}

// sharedFolders hold programs of everybody: that a program names one does not tell
// what it starts there.
var sharedFolders = strings.Fields("/ /bin /sbin /usr /usr/bin /usr/sbin /usr/local /usr/local/bin /usr/local/sbin /etc /var /lib /usr/lib /usr/share /usr/libexec /proc /sys /dev /run /tmp /home /root /opt")

// programFolders are where packages put programs that other programs start
// (hier(7)). A helper starts those of its own; what else it names is data, which the
// unit's own programs may run as well: hooks and filters.
var programFolders = strings.Fields("/usr/lib /usr/libexec /lib /usr/local/lib /usr/local/libexec /opt")

func below(folders []string, file string) bool {
	return slices.ContainsFunc(folders, func(dir string) bool { return strings.HasPrefix(file, dir+"/") })
}

const maxPrograms = 400 // of the folders that one program names

// programsIn takes the programs in a folder of a service's own, and in the folders
// below it: filters, back ends, hooks and the like.
func (c *collector) programsIn(dir string, depth int, at place) {
	if slices.Contains(sharedFolders, dir) || slices.Contains(c.im.libraryDirs, dir) || c.seen["folder "+dir] {
		return
	}
	info, err := c.im.fs.Stat(dir)
	if err != nil || !info.IsDir() {
		return
	}
	c.seen["folder "+dir] = true
	entries, err := c.im.fs.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries[:min(len(entries), maxPrograms)] {
		switch file := dir + "/" + e.Name(); {
		case e.IsDir() && depth > 1:
			c.programsIn(file, depth-1, at)
		case !e.IsDir() && !strings.Contains(e.Name(), ".so"):
			c.namedProgram(file, at)
		}
	}
}
