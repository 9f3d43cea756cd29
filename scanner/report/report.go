// SPDX-License-Identifier: MIT

// Package report is the contract between the scanning and the writing half of
// systemd-hardening, and with users: the report's fields, its gate and its
// output formats. docs/report.schema.json describes the same as JSON Schema.
//
// The package imports none of ours, so that every format and the gate can be
// tested from a JSON file alone. Lists are sorted, nothing depends on the host
// or the time: the same rootfs gives the same bytes.
package report

import "slices"

// SchemaVersion rises when a field changes its meaning or goes away; new
// optional fields do not raise it.
const SchemaVersion = 1

// Report is what a scan of one image found.
type Report struct {
	SchemaVersion int          `json:"schema_version"`
	Generator     Generator    `json:"generator"`
	Image         Image        `json:"image"`
	Units         []Unit       `json:"units"`       // sorted by name, in byte order
	Diagnostics   []Diagnostic `json:"diagnostics"` // of the image as a whole
}

// Generator names the program that wrote the report.
type Generator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Image is what the scores were computed for.
type Image struct {
	// SystemdVersion as found or given: "257", or with a point release "255.13".
	SystemdVersion     string `json:"systemd_version"`
	SystemdVersionFrom string `json:"systemd_version_from"` // the file that told it, or the option
	// RulesVersion is the version whose rules were applied: differs from
	// SystemdVersion when that is newer than what is known.
	RulesVersion     string `json:"rules_version"`
	Architecture     string `json:"architecture"`      // systemd's name: x86-64, arm64, arm, riscv64, ...
	ArchitectureFrom string `json:"architecture_from"` // the ELF file that told it, or the option
	// ForeignLoaders are dynamic loaders of other architectures: what runs their
	// programs, as in multilib images.
	ForeignLoaders []string `json:"foreign_loaders"`
	Compat         string   `json:"compat"` // online or offline
	SecurityPolicy string   `json:"security_policy,omitempty"`
	// Kernel is its version, "6.1", when something tells it.
	Kernel     string `json:"kernel,omitempty"`
	KernelFrom string `json:"kernel_from,omitempty"` // the file that told it, or the option
	// BuiltWithout are features that the image's systemd lacks for certain: SECCOMP,
	// BPF_FRAMEWORK.
	BuiltWithout []string `json:"built_without,omitempty"`
	// SecurityModules are those of apparmor, selinux and smack that the image configures.
	SecurityModules []string `json:"security_modules,omitempty"`
	// AbsentFamilies are address families that the kernel lacks: a socket of one is
	// refused with EAFNOSUPPORT, whoever makes it.
	AbsentFamilies []string `json:"absent_families,omitempty"`
	// AbsentSyscalls are system calls that the kernel was built without: they give
	// ENOSYS, whoever makes them.
	AbsentSyscalls []string `json:"absent_syscalls,omitempty"`
	// Effects is what is known of settings: whether this target enforces them.
	Effects []Effect `json:"effects,omitempty"`
}

// Effect tells whether the target enforces a setting, and why not.
type Effect struct {
	Setting   string `json:"setting"`
	Effective bool   `json:"effective"`
	Why       string `json:"why_not_effective,omitempty"`
}

// Load states, as PID 1 has them.
const (
	Loaded     = "loaded"
	Masked     = "masked"
	NotFound   = "not-found"
	BadSetting = "bad-setting"
	LoadError  = "error"
)

// Unit is one service. Only a loaded one has an exposure and assessments.
type Unit struct {
	Name      string   `json:"name"`       // the unit's id
	Aliases   []string `json:"aliases"`    // its other names, sorted
	LoadState string   `json:"load_state"` // loaded, masked, not-found, bad-setting, error
	Fragment  string   `json:"fragment"`   // image path, empty when there is none
	DropIns   []string `json:"drop_ins"`   // image paths in the order PID 1 reads them
	// DropInLink is the vendor's folder for drop-ins of the unit when that is a
	// symbolic link or a file: no folder can be laid over it.
	DropInLink string `json:"drop_in_link,omitempty"`
	// State is the unit file state as systemctl is-enabled has it: enabled,
	// disabled, static, masked, alias, indirect, ...
	State string `json:"state"`
	// PulledInBy says what would start or reference the unit on the device:
	// "multi-user.target wants", "dbus.socket triggers", "D-Bus name org.x".
	PulledInBy []string `json:"pulled_in_by"`
	// AfterFileSystems: whenever it starts, the file systems are mounted as on the
	// running device; false where that is not certain.
	AfterFileSystems bool   `json:"after_file_systems,omitempty"`
	Package          string `json:"package,omitempty"`
	Recipe           string `json:"recipe,omitempty"`

	Exposure Level  `json:"exposure"` // null unless loaded
	Rating   string `json:"rating,omitempty"`
	// After the proposals; null when nothing was proposed for or computed.
	ExposureAfter Level  `json:"exposure_after"`
	RatingAfter   string `json:"rating_after,omitempty"`

	Settings    []Setting    `json:"settings"` // every assignment that is in force or was overridden, in parse order
	Assessments []Assessment `json:"assessments"`

	Executables []Executable `json:"executables"`
	Facts       []Fact       `json:"facts"`
	Syscalls    *Syscalls    `json:"syscalls,omitempty"`
	Unknowns    []Unknown    `json:"unknowns"`
	Proposals   []Proposal   `json:"proposals"`
	Withheld    []Withheld   `json:"withheld"`
	Diagnostics []Diagnostic `json:"diagnostics"`
}

// Source is a line of a file of the image; Line counts from 1, 0 is unknown.
type Source struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Setting is one assignment, as PID 1 read it (continuation lines joined).
type Setting struct {
	Section string `json:"section"`
	Key     string `json:"key"`
	Value   string `json:"value"`
	Source
}

// Assessment is one row of systemd-analyze security's table.
type Assessment struct {
	ID        string `json:"id"`         // as systemd prints it: PrivateTmp=
	JSONField string `json:"json_field"` // as systemd's JSON names it: PrivateTmp
	// Set as in systemd's own JSON: true holds, false does not, null does not apply.
	Set      *bool  `json:"set"`
	Exposure Level  `json:"exposure"` // null where systemd prints none
	Weight   uint64 `json:"weight"`
	// Badness is the assessor's integer, from 0 to Range; null when the row does not apply.
	Badness     *uint64 `json:"badness"`
	Range       uint64  `json:"range"`
	Description string  `json:"description"`
	Source      *Source `json:"source,omitempty"` // the line that decided the row
	// Effective is false when the setting is set but the target would not
	// enforce it; null when that is not known.
	Effective *bool  `json:"effective,omitempty"`
	Why       string `json:"why_not_effective,omitempty"`
}

// Setting is the setting of the row, without "=": of a row about two settings the first.
func (a Assessment) Setting() string { return settingOf(a) }

// Executable is a program that an Exec*= line runs.
type Executable struct {
	Command      string `json:"command"` // ExecStart, ExecStartPre, ...
	Path         string `json:"path"`
	Kind         string `json:"kind"` // elf, script, missing, other
	Architecture string `json:"architecture,omitempty"`
	Interpreter  string `json:"interpreter,omitempty"` // of a script
}

// FactListens marks a unit that listens on the network: its value is the address or port.
const FactListens = "listens"

// Fact is something that the code of a service does, with its provenance.
type Fact struct {
	ID    string   `json:"id"`
	Value string   `json:"value"`
	Where string   `json:"where"`
	Why   []string `json:"why"` // the call path that leads there
}

// Unknown is something that could not be seen; it blocks settings.
type Unknown struct {
	ID     string   `json:"id"`
	Value  string   `json:"value,omitempty"`
	Where  string   `json:"where"`
	Blocks []string `json:"blocks"` // settings; "*" is all that depend on what the code does
	// Assumption is what is taken to hold instead; then it blocks nothing, and what
	// is concluded is likely at most.
	Assumption string `json:"assumption,omitempty"`
}

// Syscalls that the closure of the service can reach, by name, sorted.
type Syscalls struct {
	Reachable []string `json:"reachable"`
	Complete  bool     `json:"complete"`
}

// Confidence of a proposal.
const (
	Proven = "proven" // the closure is complete and nothing in it contradicts
	Likely = "likely" // a heuristic was used; the reasons name it
	Manual = "manual" // shown, never written
)

// Proposal is a setting with its reasons and the expected gain.
type Proposal struct {
	Setting    string   `json:"setting"` // without "="
	Value      string   `json:"value"`
	Confidence string   `json:"confidence"`
	Gain       Level    `json:"gain"` // of this setting alone, on the exposure scale
	Reasons    []string `json:"reasons"`
	Since      int      `json:"since"` // systemd version
}

// Withheld is a setting that was not proposed.
type Withheld struct {
	Setting string   `json:"setting"`
	Because []string `json:"because"`
}

// Severities of a diagnostic.
const (
	Warning = "warning" // the line or file has no effect
	Error   = "error"   // the unit does not load because of it
	Info    = "info"
)

// Diagnostic is something odd in the image: where, and what systemd does with it.
type Diagnostic struct {
	Severity string `json:"severity"`
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Message  string `json:"message"`
}

// Find returns a unit of the report by its name or an alias.
func (r *Report) Find(name string) (*Unit, bool) {
	for i := range r.Units {
		if u := &r.Units[i]; u.Name == name || slices.Contains(u.Aliases, name) {
			return u, true
		}
	}
	return nil, false
}
