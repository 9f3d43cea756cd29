// SPDX-License-Identifier: MIT

package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
)

// Limits on the configuration that is read for paths.
const (
	maxConfigSize  = 1 << 20
	maxConfigFiles = 200 // of one folder
)

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
		if line == "" || line[0] == '#' || line[0] == ';' || armoured && isBase64(line) || isMagic(line) {
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

// magicLine is a line of magic(5): where in a file to look, what for, and how such a file is called. What starts
// files of some kind, an interpreter, is no program that the reader of the line starts.
var magicLine = regexp.MustCompile(`^>*&?(\d|0x|\()\S*\s+u?(string|pstring|search|regex|byte|default|use|name|guid|[bl]e(id3|short|long|quad|float|double|date|ldate|qdate)|short|long|quad|float|double|date|ldate)\b(/\w+|&\w+|%\w+)*\s`)

func isMagic(line string) bool { return magicLine.MatchString(line) }

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
