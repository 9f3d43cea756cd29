// SPDX-License-Identifier: MIT

package platform

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Kernel is what is known of the kernel that the image runs on.
type Kernel struct {
	From    string        // the image's file, or the option that named one
	Version KernelVersion // zero when nothing tells

	// options by name without "CONFIG_": "y", "m", a text or a number; "" for one
	// that is not set. Nil when only the version is known.
	options map[string]string
	// complete says that an option which does not stand there is off: the file was
	// written by the kernel's configuration program, not by a person.
	complete bool
	// others are further kernels of the image, any of which may be booted.
	others []*Kernel
}

// KernelVersion is a kernel release by its first two numbers.
type KernelVersion struct{ Major, Minor int }

// Known tells whether there is a version.
func (v KernelVersion) Known() bool { return v.Major > 0 }

// String gives "6.1".
func (v KernelVersion) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

func (v KernelVersion) before(o KernelVersion) bool {
	return v.Major < o.Major || v.Major == o.Major && v.Minor < o.Minor
}

// parseKernelVersion reads "6.1.176", "6.12.5-yocto-standard" and the like.
func parseKernelVersion(s string) (KernelVersion, bool) {
	major, rest, _ := strings.Cut(s, ".")
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	v := KernelVersion{}
	var err [2]error
	v.Major, err[0] = strconv.Atoi(major)
	v.Minor, err[1] = strconv.Atoi(rest[:end])
	return v, errors.Join(err[:]...) == nil && v.Major > 0 && v.Minor >= 0
}

// Limits on a kernel configuration.
const (
	maxConfigs    = 16       // files of an image that are read
	maxConfigSize = 16 << 20 // bytes, unpacked
	maxConfigLine = 64 << 10
)

// generatedConfig stands in the head of every file that the kernel's
// configuration program writes, but not in a defconfig or a fragment.
const generatedConfig = "Automatically generated file; DO NOT EDIT."

// ParseKernelConfig reads a .config file, plain or packed as /proc/config.gz is.
// It fails for a text without any option.
func ParseKernelConfig(data []byte) (*Kernel, error) {
	data, err := unpack(data)
	if err != nil {
		return nil, fmt.Errorf("parse the kernel configuration: %w", err)
	}
	k := &Kernel{options: map[string]string{}}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxConfigLine)
	for lines.Scan() {
		k.parseLine(strings.TrimSpace(lines.Text()))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("parse the kernel configuration: %w", err)
	}
	if len(k.options) == 0 {
		return nil, errors.New("parse the kernel configuration: there is no CONFIG_ line")
	}
	return k, nil
}

func unpack(data []byte) ([]byte, error) {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, nil
	}
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	data, err = io.ReadAll(io.LimitReader(packed, maxConfigSize+1))
	if err == nil && len(data) > maxConfigSize {
		err = fmt.Errorf("more than %d bytes", maxConfigSize)
	}
	return data, err
}

// parseLine takes one line: an option, one that is not set, or a part of the head.
func (k *Kernel) parseLine(line string) {
	if comment, ok := strings.CutPrefix(line, "#"); ok {
		comment = strings.TrimSpace(comment)
		name, unset := strings.CutSuffix(comment, " is not set")
		switch name, option := strings.CutPrefix(name, "CONFIG_"); {
		case unset && option:
			k.options[name] = ""
		case comment == generatedConfig:
			k.complete = true
		case strings.HasPrefix(comment, "Linux/") && strings.HasSuffix(comment, " Kernel Configuration"):
			if fields := strings.Fields(comment); len(fields) == 4 {
				k.setVersion(fields[1])
			}
		}
		return
	}
	name, value, ok := strings.Cut(line, "=")
	if name, option := strings.CutPrefix(name, "CONFIG_"); ok && option {
		if value == "n" {
			value = ""
		}
		k.options[name] = strings.Trim(value, `"`)
	}
}

func (k *Kernel) setVersion(text string) {
	if v, ok := parseKernelVersion(text); ok {
		k.Version = v
	}
}

// Option returns the value of an option by its name without "CONFIG_", "" when it
// is off; known is false when nothing tells.
func (k *Kernel) Option(name string) (value string, known bool) {
	if k == nil || k.options == nil {
		return "", false
	}
	value, known = k.options[name]
	return value, known || k.complete
}

// HasOptions tells whether more than the version is known.
func (k *Kernel) HasOptions() bool { return k != nil && k.options != nil }

// kernelConfigs are where images keep the configuration of their kernel.
var kernelConfigs = []string{"boot/config-*", "usr/lib/modules/*/config", "lib/modules/*/config", "usr/src/linux*/.config"}

// FindKernel finds a kernel's configuration in the image, or failing that its
// version by the name of its modules' directory: nil when there is neither. Of
// several kernels the newest counts, because it is what boots by default. An error
// says that a configuration is there and cannot be read.
func FindKernel(image fs.FS) (*Kernel, error) {
	var newest *Kernel
	var found []*Kernel
	var failed error
	for _, pattern := range kernelConfigs {
		names, _ := fs.Glob(image, pattern)
		for _, name := range names[max(0, len(names)-maxConfigs):] {
			k, err := readKernelConfig(image, name)
			if err != nil {
				failed = fmt.Errorf("/%s: %w", name, err)
				continue
			}
			found = append(found, k)
			if newest == nil || newest.Version.before(k.Version) {
				newest = k
			}
		}
		if newest != nil {
			newest.others = slices.DeleteFunc(found, func(k *Kernel) bool { return k == newest })
			return newest, nil
		}
	}
	return kernelOfModules(image), failed
}

func readKernelConfig(image fs.FS, name string) (*Kernel, error) {
	data, err := fs.ReadFile(image, name)
	if err != nil {
		return nil, err
	}
	k, err := ParseKernelConfig(data)
	if err != nil {
		return nil, err
	}
	k.From = "/" + name
	if !k.Version.Known() {
		k.setVersion(strings.TrimPrefix(path.Base(name), "config-"))
	}
	if !k.Version.Known() {
		k.setVersion(path.Base(path.Dir(name)))
	}
	return k, nil
}

func kernelOfModules(image fs.FS) *Kernel {
	var newest *Kernel
	for _, dir := range []string{"usr/lib/modules", "lib/modules"} {
		entries, _ := fs.ReadDir(image, dir)
		for _, e := range entries {
			v, ok := parseKernelVersion(e.Name())
			if ok && (newest == nil || newest.Version.before(v)) {
				newest = &Kernel{From: "/" + dir + "/" + e.Name(), Version: v}
			}
		}
	}
	return newest
}
