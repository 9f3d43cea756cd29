// SPDX-License-Identifier: MIT

package scanner

import (
	"fmt"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/pkgdata"
	"github.com/systemd-hardening/systemd-hardening/scanner/platform"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// findTarget settles version, architecture and reader.
func findTarget(image *rootfs.FS, opts Options) (*exposure.Target, report.Image, []report.Diagnostic, error) {
	img := report.Image{Compat: string(opts.Compat), SecurityPolicy: opts.PolicyName}
	if img.Compat == "" {
		img.Compat = string(exposure.Online)
	}
	var diagnostics []report.Diagnostic
	found, rules, err := findVersion(image, opts, &img)
	if err != nil {
		return nil, img, nil, err
	}
	img.SystemdVersion, img.RulesVersion = found.String(), rules.String()
	if rules.Major != found.Major {
		diagnostics = append(diagnostics, report.Diagnostic{Severity: report.Warning, File: img.SystemdVersionFrom,
			Message: fmt.Sprintf("systemd %s is newer than the newest release whose rules are known; those of %s are applied", found, rules)})
	}
	if invertedFilter(found) {
		diagnostics = append(diagnostics, report.Diagnostic{Severity: report.Warning, File: img.SystemdVersionFrom,
			Message: fmt.Sprintf("systemd-analyze of %s scores SystemCallFilter= the wrong way round; here it is scored by the right rule of later point releases", found)})
	}
	arch, err := findArchitecture(image, opts, &img)
	if err != nil {
		return nil, img, nil, err
	}
	img.Architecture = string(arch)
	img.ForeignLoaders = foreignLoaders(image, arch)
	t := &exposure.Target{Version: rules, Arch: arch, Compat: exposure.Compat(img.Compat), Policy: opts.Policy}
	return t, img, diagnostics, nil
}

func findVersion(image *rootfs.FS, opts Options, img *report.Image) (found, rules unit.Version, err error) {
	text := opts.SystemdVersion
	img.SystemdVersionFrom = "--systemd-version"
	if text == "" {
		if text, img.SystemdVersionFrom, err = versionOf(image, opts.Pkgdata); err != nil {
			return found, rules, err
		}
	}
	if found, err = unit.ParseVersion(text); err != nil {
		return found, rules, err
	}
	rules, err = found.Known()
	return found, rules, err
}

// versionOf finds systemd's version: its shared library in the image, then the
// package databases; pkgdata adds the point release that an older library lacks.
func versionOf(image *rootfs.FS, data *pkgdata.Data) (text, from string, err error) {
	text, from, _ = platform.SystemdVersion(image) // unknown is no error yet
	packaged := ""
	if data != nil {
		if packaged, err = data.Version("systemd"); err != nil {
			return "", "", err
		}
	}
	switch {
	case text == "" && packaged == "":
		return "", "", fmt.Errorf("systemd version %w: neither libsystemd-shared-*.so nor a package database tells; give --systemd-version", platform.ErrUnknown)
	case text == "", strings.HasPrefix(packaged, text+"."):
		return packaged, "pkgdata", nil
	}
	return text, from, nil
}

// invertedFilter names the releases whose own tool has the rows of
// SystemCallFilter= inverted (250.5 was run; fixed in 250.8 and 251.3).
func invertedFilter(v unit.Version) bool {
	return v.Major == 250 && v.Point >= 5 && v.Point <= 7 || v.Major == 251 && v.Point >= 0 && v.Point <= 2
}

func findArchitecture(image *rootfs.FS, opts Options, img *report.Image) (seccomp.Arch, error) {
	if opts.Architecture != "" {
		img.ArchitectureFrom = "--arch"
		arch, ok := seccomp.ParseArch(opts.Architecture)
		if !ok {
			return "", fmt.Errorf("unknown architecture %q: give systemd's name (x86-64, arm64, arm, riscv64, ...) or OpenEmbedded's TARGET_ARCH", opts.Architecture)
		}
		return arch, nil
	}
	machine, from, err := platform.Architecture(image)
	if err != nil {
		return "", fmt.Errorf("architecture %w: there is no ELF program; give --arch", err)
	}
	arch, ok := seccomp.ArchOfELF(machine.Machine, machine.Class, machine.Data)
	if !ok {
		return "", fmt.Errorf("%s is of an architecture that systemd does not name (%s); give --arch", from, machine.Machine)
	}
	img.ArchitectureFrom = from
	return arch, nil
}

// foreignLoaders are the image's dynamic loaders of other architectures, sorted.
func foreignLoaders(image *rootfs.FS, native seccomp.Arch) []string {
	foreign := []string{}
	for _, l := range platform.Loaders(image) {
		if arch, ok := seccomp.ArchOfELF(l.Machine.Machine, l.Class, l.Data); !ok || arch != native {
			foreign = append(foreign, l.Path)
		}
	}
	return foreign
}
