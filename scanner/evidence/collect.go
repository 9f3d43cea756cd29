// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// Kinds of executables.
const (
	KindELF     = "elf"
	KindScript  = "script"
	KindMissing = "missing"
	KindOther   = "other"
)

// Executable is a program that an Exec*= line runs.
type Executable struct{ Command, Path, Kind, Interpreter string }

// Fact is something that the code of a service does.
type Fact struct {
	ID, Value, Where string
	Why              []string // the calls that lead there, outermost first
}

// Unknown is something that could not be seen, with the settings that it blocks;
// "*" is all that depend on what the code does. With an Assumption it blocks
// nothing, but what is concluded is only as good as the assumption.
type Unknown struct {
	ID, Value, Where string
	Blocks           []string
	Assumption       string
}

// Result is what one service needs.
type Result struct {
	Executables []Executable
	Facts       []Fact // sorted by ID and value
	Unknowns    []Unknown
	// Syscalls that can be reached, sorted; Complete when nothing unknown could add to them.
	Syscalls []string
	Complete bool
}

// Everything is what an unknown blocks that hides code.
const Everything = "*"

// blockedBy says which settings an unknown blocks; what is not listed blocks Everything.
var blockedBy = map[string][]string{
	"socket-family-unresolved":     {"RestrictAddressFamilies", "PrivateNetwork", "IPAddressDeny"},
	"namespace-flags-unresolved":   {"RestrictNamespaces"},
	"protection-unresolved":        {"MemoryDenyWriteExecute"},
	"scheduling-policy-unresolved": {"RestrictRealtime"},
	"mode-unresolved":              {"RestrictSUIDSGID"},
	"ioctl-unresolved":             {},
	"capabilities-unresolved":      {"CapabilityBoundingSet"},
}

// collector gathers what one service needs.
type collector struct {
	im       *Image
	result   Result
	facts    map[[2]string]bool
	unknowns map[[3]string]bool
	syscalls map[string]bool
	judged   map[string]bool // those of them whose needs are noted
	// otherwise are the functions of the C library's modules that are reached otherwise than aside.
	otherwise map[asideOf][]elfcode.FuncID
	// withoutIdle are the functions that are reached without some modules, in the program idleFor.
	withoutIdle map[string][]elfcode.FuncID
	idleFor     *program
	seen        map[string]bool // programs and scripts
	queue       []target
	env         environment
	search      []string // where programs are looked up by name

	mayBind    bool
	mayBindAt  place
	readsHome  *place // where the home directory is asked for
	homeOfUser *place // where the user's entry is asked for
	embedded   []embedded
	scripted   map[string]bool // languages that configuration mentions
	waiting    []string        // modules of OpenSSL's that nothing has named
	asked      map[string]bool // words of the configuration about such
	execStack  bool
	gateway    bool // one of its programs starts others that answer requests
	// unitsByBus: the unit is a system bus, and systemd starts what it activates.
	unitsByBus bool

	looking
}

// looking is what is known of the program that is looked at.
type looking struct {
	walked        *program
	inShell       bool     // it is a shell
	sandboxes     bool     // it makes name spaces
	handsTo       string   // what it starts, whatever it is asked
	session       bool     // it runs what its users ask for
	sessions      []string // modules of it that do so by themselves
	passesText    bool     // it has the option by which a shell gets a text: one that it starts does not read its input
	activates     bool     // it starts what D-Bus service files name, for which there is no unit
	startsUnnamed []string // modules of it which start what its code does not name
}

// target is a program to look at.
type target struct {
	path string
	args []string // of a command of the unit, nil for a helper
	at   place
	// exact: the arguments are these on every start, none comes from the environment.
	exact bool
}

// Collect finds what a loaded service needs.
func (im *Image) Collect(u *unit.Unit) *Result {
	c := &collector{im: im, facts: map[[2]string]bool{}, unknowns: map[[3]string]bool{}, syscalls: map[string]bool{}, judged: map[string]bool{}, otherwise: map[asideOf][]elfcode.FuncID{}, seen: map[string]bool{}, scripted: map[string]bool{}, asked: map[string]bool{}}
	at := place{where: u.Fragment}
	env := im.readEnvironment(u)
	c.env = env
	c.environment(env, at)
	c.unitPaths(u)
	for _, setting := range commandSettings {
		for _, command := range u.Service.Commands[setting] {
			c.command(command, env)
		}
	}
	if u.Service.PAMName != "" {
		c.unknown("pam-session", u.Service.PAMName, at)
	}
	if root := u.Service.RootDirectory + u.Service.RootImage; root != "" {
		c.unknown("root-directory", root, at)
	}
	for answered := false; len(c.queue) > 0; {
		t := c.queue[0]
		if c.queue = c.queue[1:]; len(c.queue) > 0 {
			c.im.walkAhead(c.queue[0])
		}
		if c.run(t); len(c.queue) == 0 && c.gateway && !answered {
			answered = true
			c.answering()
		}
	}
	c.home(u.Service.User, at)
	c.interpreters()
	c.engines()
	c.finish()
	return &c.result
}

// commandSettings in the order in which systemd runs them.
var commandSettings = []string{"ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecReloadPost", "ExecStop", "ExecStopPost"}

func (c *collector) command(command unit.Command, env environment) {
	file, found := c.im.lookUp(command.Path, c.search)
	e := Executable{Command: command.Setting, Path: file, Kind: KindMissing}
	if found {
		e.Kind, e.Interpreter = c.im.kind(file)
	}
	c.result.Executables = append(c.result.Executables, e)
	at := place{where: command.Source.String(), why: []string{command.Setting + "="}}
	if e.Kind == KindMissing {
		c.unknown("missing-file", file, at)
		return
	}
	args := command.Args[min(1, len(command.Args)):]
	exact := !slices.ContainsFunc(args, func(a string) bool { return strings.Contains(a, "$") })
	if !strings.Contains(command.Prefixes, ":") {
		args = append([]string{}, env.expand(args)...)
	}
	c.unitsByBus = c.unitsByBus || activatesUnits(args)
	c.queue = append(c.queue, target{file, args, at, exact})
	c.asGiven(file, args, exact, at)
}

// walk takes everything that a program reaches.
func (c *collector) walk(file, applet string) {
	if c.seen["walk "+file+" "+applet] {
		return
	}
	c.seen["walk "+file+" "+applet] = true
	name := path.Base(file)
	if applet != "" {
		name = applet
	}
	c.take(c.im.program(file, applet), file, name)
}

// take takes everything that a program reaches which is started under a name.
func (c *collector) take(p *program, file, name string) {
	if c.controls(file, name) {
		c.control(p)
		return
	}
	for _, x := range p.problem {
		c.unknown(x.id, x.value, place{where: x.where})
	}
	for _, x := range p.assumed {
		c.assume(x.id, x.value, "it loads no plug-in but those in the folders that its files name", place{where: x.where})
	}
	c.waiting = append(c.waiting, p.waiting...)
	c.looking = c.lookAt(p, name)
	if !isInterpreter(name) { // else it is said already
		c.embeds(p)
	}
	for _, m := range p.modules {
		if m.file.ExecStack || m.file.TextRel || m.file.RWXSegment {
			c.execStack = true
			c.fact(FactWX, "stack or segment", place{where: m.path})
		}
	}
	for _, m := range p.modules {
		open := map[int32]bool{}
		for _, i := range m.reached.Open {
			open[i] = true
		}
		for _, i := range m.reached.Sites {
			c.site(m, &m.file.Sites[i], open[i])
		}
		c.strings(p, m)
		c.mountTable(m)
		c.answersDatagrams(m)
		c.priorities(m)
		c.asksForHome(m)
		c.throughLibraries(m)
		c.privatePath(m.path, place{where: m.path})
		if m.libc {
			c.hiddenIn(m)
		}
	}
	if len(c.startsUnnamed) > 0 {
		c.gateway = c.gateway || p.isGateway()
		c.programsNamedBy(p)
	}
}

// lookAt finds what a program is, which is started under a name.
func (c *collector) lookAt(p *program, name string) looking {
	l := looking{walked: p, handsTo: c.handedTo(p), sandboxes: p.sandboxes()}
	_, l.inShell = shells[name]
	l.activates = c.unitsByBus && p.readsBusServices() && !c.im.hasServiceFolders()
	if !l.inShell && !l.activates && !runsItsArguments(name) {
		l.session, l.sessions = p.startsSessions()
	}
	l.passesText = p.refersTo("-c") || p.refersTo("-lc") || p.refersTo("-ec")
	return l
}

func (c *collector) fact(id, value string, at place) {
	key := [2]string{id, value}
	if c.facts[key] {
		return
	}
	c.facts[key] = true
	at = at.named()
	c.result.Facts = append(c.result.Facts, Fact{id, value, at.where, at.why})
}

func (c *collector) capability(at place, names ...string) {
	for _, n := range names {
		if !c.forgone(at, n) {
			c.fact(FactCapability, n, at)
		}
	}
}

func (c *collector) unknown(id, value string, at place) {
	at = at.named()
	key := [3]string{id, value, at.where}
	if c.unknowns[key] {
		return
	}
	c.unknowns[key] = true
	blocks := blockedBy[id]
	if blocks == nil {
		blocks = []string{Everything}
	}
	c.result.Unknowns = append(c.result.Unknowns, Unknown{id, value, at.where, blocks, ""})
}

// assume notes something that was not seen, and what is taken to hold instead.
func (c *collector) assume(id, value, assumption string, at place) {
	at = at.named()
	key := [3]string{id, value, at.where}
	if c.unknowns[key] {
		return
	}
	c.unknowns[key] = true
	c.result.Unknowns = append(c.result.Unknowns, Unknown{id, value, at.where, []string{}, assumption})
}

// finish derives what takes all of the service to know, and sorts.
func (c *collector) finish() {
	hasPorts := func(family string) bool { return c.facts[[2]string{FactSocketFamily, family}] }
	if c.mayBind && (slices.ContainsFunc(familiesWithPorts, hasPorts) || c.hasUnknown("socket-family-unresolved")) {
		c.fact(FactCapability, "CAP_NET_BIND_SERVICE", c.mayBindAt)
		c.fact(FactPrivilegedPort, "", c.mayBindAt)
	}
	if c.hasUnknown("socket-family-unresolved") {
		for _, f := range addressFamilies {
			c.fact(FactSocketFamily, f, place{where: "assumed"})
		}
	}
	c.syscalls["execve"] = true // the manager starts the program with the filter in force
	// A handler returns through code of the kernel's own on arm, arm64 and riscv64.
	for _, name := range []string{"rt_sigreturn", "sigreturn"} {
		if c.syscalls["rt_sigaction"] && c.im.hasSyscall(name) {
			c.syscalls[name] = true
		}
	}
	for name := range c.syscalls {
		c.result.Syscalls = append(c.result.Syscalls, name)
	}
	slices.Sort(c.result.Syscalls)
	slices.SortFunc(c.result.Facts, func(a, b Fact) int {
		return strings.Compare(a.ID+"\x00"+a.Value, b.ID+"\x00"+b.Value)
	})
	slices.SortFunc(c.result.Unknowns, func(a, b Unknown) int {
		return strings.Compare(a.ID+"\x00"+a.Value+"\x00"+a.Where, b.ID+"\x00"+b.Value+"\x00"+b.Where)
	})
	c.result.Complete = !slices.ContainsFunc(c.result.Unknowns, func(u Unknown) bool { return slices.Contains(u.Blocks, Everything) })
}

func (c *collector) hasUnknown(id string) bool {
	return slices.ContainsFunc(c.result.Unknowns, func(u Unknown) bool { return u.ID == id })
}
