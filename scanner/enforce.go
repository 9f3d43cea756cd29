// SPDX-License-Identifier: MIT

package scanner

import (
	"fmt"
	"slices"

	"github.com/systemd-hardening/systemd-hardening/scanner/exposure"
	"github.com/systemd-hardening/systemd-hardening/scanner/platform"
	"github.com/systemd-hardening/systemd-hardening/scanner/report"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// findPlatform finds what decides whether the target enforces a setting, and tells
// the image and the scoring target what they have to know of it.
func findPlatform(image *rootfs.FS, opts Options, target *exposure.Target, img *report.Image) (*platform.Target, []report.Diagnostic, error) {
	kernel, problem, err := findKernel(image, opts)
	if err != nil {
		return nil, nil, err
	}
	build := platform.FindBuild(image)
	for _, feature := range []string{"SECCOMP", "BPF_FRAMEWORK"} {
		if has, known := build.Has(feature); known && !has {
			img.BuiltWithout = append(img.BuiltWithout, feature)
		}
	}
	target.WithoutSeccomp = slices.Contains(img.BuiltWithout, "SECCOMP")
	img.SecurityModules = platform.SecurityModules(image, kernel)
	if kernel != nil {
		img.KernelFrom = kernel.From
		if kernel.Version.Known() {
			img.Kernel = kernel.Version.String()
		}
	}
	img.AbsentFamilies, img.AbsentSyscalls = kernel.AbsentFamilies(), kernel.AbsentCalls()
	t := &platform.Target{Architecture: string(target.Arch), Systemd: target.Version.Major, Build: build, Kernel: kernel, UsersForbidden: platform.UsersForbidden(image)}
	for _, e := range t.Effects() {
		img.Effects = append(img.Effects, report.Effect(e))
	}
	return t, problem, nil
}

// findKernel takes the configuration that the user gave, or looks for one in the image.
func findKernel(image *rootfs.FS, opts Options) (*platform.Kernel, []report.Diagnostic, error) {
	if opts.KernelConfig != nil {
		k, err := platform.ParseKernelConfig(opts.KernelConfig)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", opts.KernelConfigName, err)
		}
		k.From = opts.KernelConfigName
		return k, nil, nil
	}
	k, err := platform.FindKernel(image)
	if err != nil {
		return k, []report.Diagnostic{{Severity: report.Info, File: "/", Message: fmt.Sprintf("the kernel's configuration is not used: %v", err)}}, nil
	}
	return k, nil, nil
}

// addEnforcement says for each setting of a unit that is set whether the target
// would enforce it: in the rows that it decides, or for a setting without a row in
// a diagnostic.
func addEnforcement(u *report.Unit, l *unit.Unit, target *platform.Target) {
	for i := range u.Assessments {
		a := &u.Assessments[i]
		if a.Source == nil || a.Badness == nil || *a.Badness >= a.Range {
			continue // the default, or a line that gains nothing
		}
		a.Effective, a.Why = target.Effect(a.Setting(), valueAt(l, a.Setting(), *a.Source))
	}
	for _, a := range lastOfEach(l) {
		if hasRow(u, a.Key) || isIgnored(l, a) {
			continue
		}
		if effective, why := target.Effect(a.Key, a.Value); effective != nil && !*effective {
			u.Diagnostics = append(u.Diagnostics, report.Diagnostic{Severity: report.Info, File: a.File, Line: a.Line,
				Message: fmt.Sprintf("%s= is set but not effective: %s", a.Key, why)})
		}
	}
}

func hasRow(u *report.Unit, setting string) bool {
	return slices.ContainsFunc(u.Assessments, func(a report.Assessment) bool { return a.Setting() == setting })
}

// isIgnored tells whether systemd stumbles over the line, which was said already.
func isIgnored(l *unit.Unit, a unit.Assignment) bool {
	return slices.ContainsFunc(l.Diagnostics, func(d unit.Diagnostic) bool { return d.Source == a.Source })
}

// valueAt is the value that a line gives to a setting; empty when the line is of
// another setting that implies this one.
func valueAt(l *unit.Unit, setting string, at report.Source) string {
	for _, a := range l.Assignments {
		if a.Key == setting && a.File == at.File && a.Line == at.Line {
			return a.Value
		}
	}
	return ""
}

// off are the values that switch a setting off.
var off = []string{"", "0", "no", "n", "false", "f", "off"}

// lastOfEach returns the last assignment of each setting of a service, in the order
// of the files, without those that switch it off.
func lastOfEach(l *unit.Unit) []unit.Assignment {
	var list []unit.Assignment
	seen := map[string]bool{}
	for i := len(l.Assignments) - 1; i >= 0; i-- {
		a := l.Assignments[i]
		if a.Section != "Service" || seen[a.Key] {
			continue
		}
		seen[a.Key] = true
		if !slices.Contains(off, a.Value) {
			list = append(list, a)
		}
	}
	slices.Reverse(list)
	return list
}

// addListeners adds a fact for each Internet address on which a socket listens for
// the unit.
func addListeners(u *report.Unit, listeners []unit.Listener) {
	for _, l := range listeners {
		u.Facts = append(u.Facts, report.Fact{ID: report.FactListens, Value: l.Setting, Where: l.File, Why: []string{}})
	}
}
