// SPDX-License-Identifier: MIT

// Package platform finds out what the image's system is: its systemd version and
// what that was built with, its architecture, its kernel's configuration, and so
// which settings it would enforce. What it cannot find the user has to say, or it
// stays unknown.
package platform

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ErrUnknown is returned when nothing in the image tells.
var ErrUnknown = errors.New("not found in the image")

// libraryDirs hold libsystemd-shared-VERSION.so, with and without a merged /usr,
// with multilib and Debian's multiarch.
var libraryDirs = []string{
	"usr/lib/systemd", "lib/systemd", "usr/lib64/systemd", "lib64/systemd", "usr/lib/*/systemd", "lib/*/systemd", "usr/lib32/systemd", "usr/libx32/systemd",
}

// packageDatabases list installed packages with their versions: dpkg's and opkg's.
var packageDatabases = []string{"var/lib/dpkg/status", "usr/lib/opkg/status", "var/lib/opkg/status"}

// SystemdVersion returns the version of the systemd in an image, as its files
// write it ("255", "257.13-1~deb13u1"), and which file told. The shared library
// names what will run; where it says only the major version, the package
// database may add the point release.
func SystemdVersion(image fs.FS) (version, from string, err error) {
	for _, dir := range libraryDirs {
		matches, _ := fs.Glob(image, dir+"/libsystemd-shared-*.so")
		if len(matches) == 0 {
			continue
		}
		library := slices.Max(matches)
		version = strings.TrimSuffix(strings.TrimPrefix(path.Base(library), "libsystemd-shared-"), ".so")
		if full, file := packageVersion(image); !strings.ContainsRune(version, '.') && strings.HasPrefix(full, version+".") {
			return full, file, nil
		}
		return version, "/" + library, nil
	}
	if version, from = packageVersion(image); version != "" {
		return version, from, nil
	}
	return "", "", ErrUnknown
}

// packageVersion looks the package systemd up in the image's package database.
func packageVersion(image fs.FS) (version, file string) {
	for _, db := range packageDatabases {
		data, err := fs.ReadFile(image, db)
		if err != nil {
			continue
		}
		if v := packageField(data, "systemd"); v != "" {
			return v, "/" + db
		}
	}
	return "", ""
}

// packageField finds "Version:" in the paragraph of a package.
func packageField(db []byte, name string) string {
	header := []byte("Package: " + name + "\n")
	at := bytes.Index(db, header)
	if at < 0 || at > 0 && db[at-1] != '\n' {
		return ""
	}
	paragraph, _, _ := bytes.Cut(db[at:], []byte("\n\n"))
	_, rest, found := bytes.Cut(paragraph, []byte("\nVersion: "))
	if !found {
		return ""
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	_, upstream, epoch := bytes.Cut(line, []byte(":"))
	if !epoch {
		upstream = line
	}
	return string(bytes.TrimSpace(upstream))
}

// Machine is what an ELF header says of the architecture.
type Machine struct {
	Machine elf.Machine
	Class   elf.Class
	Data    elf.Data
}

// programs whose architecture is the system's, and folders to try after them.
var (
	programs       = []string{"usr/lib/systemd/systemd", "lib/systemd/systemd", "sbin/init", "usr/sbin/init", "bin/busybox", "bin/sh"}
	programFolders = []string{"usr/lib/systemd", "lib/systemd", "bin", "usr/bin", "sbin", "usr/sbin"}
)

const maxProgramsTried = 200 // of a folder

// Architecture returns the architecture of an image by the ELF header of its
// systemd, or failing that of another program, and which file told.
func Architecture(image fs.FS) (m Machine, from string, err error) {
	for _, p := range programs {
		if m, ok := readMachine(image, p); ok {
			return m, "/" + p, nil
		}
	}
	for _, dir := range programFolders {
		entries, err := fs.ReadDir(image, dir)
		if err != nil {
			continue
		}
		for _, e := range entries[:min(len(entries), maxProgramsTried)] {
			if m, ok := readMachine(image, dir+"/"+e.Name()); ok {
				return m, "/" + dir + "/" + e.Name(), nil
			}
		}
	}
	return Machine{}, "", ErrUnknown
}

// readMachine reads the fields of an ELF identification and header; ok is false
// for anything else (System V ABI, "ELF Header").
func readMachine(image fs.FS, name string) (m Machine, ok bool) {
	f, err := image.Open(name)
	if err != nil {
		return m, false
	}
	defer f.Close()
	var head [20]byte
	if _, err := io.ReadFull(f, head[:]); err != nil || string(head[:4]) != elf.ELFMAG {
		return m, false
	}
	m.Class, m.Data = elf.Class(head[elf.EI_CLASS]), elf.Data(head[elf.EI_DATA])
	order := binary.ByteOrder(binary.LittleEndian)
	if m.Data == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	m.Machine = elf.Machine(order.Uint16(head[18:]))
	return m, true
}

// Loader is a dynamic loader in the image.
type Loader struct {
	Path string
	Machine
}

// loaderPatterns are where C libraries put their dynamic loader (glibc's ld-*.so*,
// musl's ld-musl-ARCH.so.1).
var loaderPatterns = []string{"lib*/ld-*.so*", "usr/lib*/ld-*.so*"}

// Loaders returns the dynamic loaders of an image, sorted by path.
func Loaders(image fs.FS) []Loader {
	var list []Loader
	for _, pattern := range loaderPatterns {
		matches, _ := fs.Glob(image, pattern)
		for _, name := range matches {
			if m, ok := readMachine(image, name); ok {
				list = append(list, Loader{"/" + name, m})
			}
		}
	}
	slices.SortFunc(list, func(a, b Loader) int { return strings.Compare(a.Path, b.Path) })
	return list
}
