// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/systemd-hardening/systemd-hardening/patcher"
	"github.com/systemd-hardening/systemd-hardening/scanner"
	"github.com/systemd-hardening/systemd-hardening/scanner/cache"
	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/pkgdata"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// target holds the options that say what an image is scanned for.
type target struct {
	systemdVersion, arch, compat, presets         string
	pkgdata, manifest, owners, kernelConfig, rows string
	all, evidence                                 bool
	progress, cache                               string
	policy                                        *exposure.Policy // of --security-policy, once the options are read
}

func (t *target) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&t.systemdVersion, "systemd-version", "", "systemd `VERSION` of the target, like 255 or 255.13 (default: found in the image)")
	f.StringVar(&t.arch, "arch", "", "`ARCHITECTURE` of the target, systemd's name or TARGET_ARCH (default: found in the image)")
	f.StringVar(&t.compat, "compat", "online", "score as the booted device prints it (`online`) or as systemd-analyze --offline does (offline)")
	f.StringVar(&t.presets, "presets", "auto", "count units as enabled that preset files enable: `auto` (when the first boot applies them), yes, no")
	f.StringVar(&t.pkgdata, "pkgdata", "", "PKGDATA_DIR of the build: which package and recipe ships a unit")
	f.StringVar(&t.manifest, "manifest", "", "`FILE`.manifest of the image: only these packages are looked up in --pkgdata")
	f.StringVar(&t.owners, "owners", "", "`FILE` with owners and modes, made under fakeroot by: find ROOTFS -printf '%m %U %G /%P\\0'")
	f.StringVar(&t.kernelConfig, "kernel-config", "", "the target kernel's .config `FILE`, plain or as /proc/config.gz has it (default: found in the image)")
	f.StringVar(&t.rows, "security-policy", "", "systemd's own JSON policy `FILE`: other weights, ranges and texts")
	f.BoolVar(&t.all, "all", false, "every service file, not only what the booted device would list")
	f.BoolVar(&t.evidence, "evidence", false, "look into the services' programs for what each setting would break")
	f.StringVar(&t.cache, "cache", "", "keep evidence in `DIR` for the next time, and use what is there")
	f.StringVar(&t.progress, "progress", "auto", "`auto` (a line on a terminal), bitbake (NN% lines), none")
}

// load returns the report of a root file system, which is scanned, or of a report file.
func (t *target) load(c *cobra.Command, path string, units []string) (*report.Report, error) {
	dir, err := isDirectory(path)
	if err != nil {
		return nil, err
	}
	if dir {
		return t.scan(c, path, units)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r, err := report.ReadJSON(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, selectUnits(r, units)
}

// selectUnits keeps the named units of a report, by any of their names.
func selectUnits(r *report.Report, names []string) error {
	if len(names) == 0 {
		return nil
	}
	var kept []report.Unit
	for _, name := range names {
		u, ok := r.Find(name)
		if !ok {
			return fmt.Errorf("%s is not in the report", name)
		}
		kept = append(kept, *u)
	}
	r.Units = kept
	return nil
}

func (t *target) scan(c *cobra.Command, path string, units []string) (*report.Report, error) {
	opts, err := t.options(units)
	if err != nil {
		return nil, err
	}
	image, err := rootfs.New(path)
	if err != nil {
		return nil, err
	}
	if opts.Cache, err = t.openCache(path); err != nil {
		return nil, err
	}
	defer t.closeCache(c, opts.Cache)
	if t.owners != "" {
		if err := withFile(t.owners, image.SetOwners); err != nil {
			return nil, err
		}
	}
	stop := t.showProgress(c.ErrOrStderr(), &opts)
	defer stop()
	r, err := scanner.Scan(image, opts)
	if err != nil || !t.evidence {
		return r, err
	}
	return r, patcher.Propose(r, report.Likely, opts.Policy)
}

// openCache opens the folder for evidence, which cannot lie in the image.
func (t *target) openCache(image string) (*cache.Dir, error) {
	if t.cache == "" || !t.evidence {
		return nil, nil
	}
	inside, err := isBelow(t.cache, image)
	if err != nil {
		return nil, err
	}
	if inside {
		return nil, usagef("--cache %s is in the image: nothing is written there", t.cache)
	}
	return cache.Open(t.cache)
}

// closeCache says what did not work; the scan is complete without it.
func (t *target) closeCache(c *cobra.Command, d *cache.Dir) {
	d.Close()
	if err := d.Problem(); err != nil {
		fmt.Fprintf(c.ErrOrStderr(), "systemd-hardening: --cache: nothing more is kept: %v\n", err)
	}
}

func withFile(path string, read func(io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := read(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (t *target) options(units []string) (scanner.Options, error) {
	opts := scanner.Options{
		Units: units, All: t.all, Evidence: t.evidence, SystemdVersion: t.systemdVersion, Architecture: t.arch,
		Compat: exposure.Compat(t.compat), Presets: unit.Presets(t.presets), Version: version,
	}
	switch opts.Compat {
	case exposure.Online, exposure.Offline:
	default:
		return opts, usagef("--compat is online or offline, not %q", t.compat)
	}
	switch opts.Presets {
	case unit.PresetsAuto, unit.PresetsYes, unit.PresetsNo:
	default:
		return opts, usagef("--presets is auto, yes or no, not %q", t.presets)
	}
	if t.systemdVersion != "" {
		if _, err := unit.ParseVersion(t.systemdVersion); err != nil {
			return opts, usageError{err}
		}
	}
	if t.rows != "" {
		data, err := os.ReadFile(t.rows)
		if err != nil {
			return opts, err
		}
		if opts.Policy, err = exposure.ParsePolicy(data); err != nil {
			return opts, fmt.Errorf("%s: %w", t.rows, err)
		}
		t.policy, opts.PolicyName = opts.Policy, "--security-policy"
	}
	if t.kernelConfig != "" {
		data, err := os.ReadFile(t.kernelConfig)
		if err != nil {
			return opts, err
		}
		opts.KernelConfig, opts.KernelConfigName = data, "--kernel-config"
	}
	return opts, t.openPkgdata(&opts)
}

func (t *target) openPkgdata(opts *scanner.Options) error {
	if t.pkgdata == "" {
		return nil
	}
	var installed []string
	if t.manifest != "" {
		data, err := os.ReadFile(t.manifest)
		if err != nil {
			return err
		}
		installed = pkgdata.Manifest(string(data))
	}
	data, err := pkgdata.Open(t.pkgdata, installed...)
	if err != nil {
		return err
	}
	opts.Pkgdata = data
	return nil
}
