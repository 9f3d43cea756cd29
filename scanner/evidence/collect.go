// SPDX-License-Identifier: MIT

package evidence

import (
	"fmt"
	"io/fs"
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
	seen     map[string]bool // programs and scripts
	queue    []target
	search   []string // where programs are looked up by name

	mayBind       bool
	mayBindAt     place
	execStack     bool
	startsUnnamed []string // modules of the program that is looked at which start what its code does not name
	session       bool     // the program that is looked at runs what its users ask for
}

// target is a program to look at.
type target struct {
	path string
	args []string // of a script, when they are known
	at   place
}

// Collect finds what a loaded service needs.
func (im *Image) Collect(u *unit.Unit) *Result {
	c := &collector{im: im, facts: map[[2]string]bool{}, unknowns: map[[3]string]bool{}, syscalls: map[string]bool{}, seen: map[string]bool{}}
	at := place{where: u.Fragment}
	env := im.readEnvironment(u)
	c.environment(env, at)
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
	for len(c.queue) > 0 {
		t := c.queue[0]
		c.queue = c.queue[1:]
		c.run(t)
	}
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
	if !strings.Contains(command.Prefixes, ":") {
		args = env.expand(args)
	}
	c.queue = append(c.queue, target{file, args, at})
}

// kind looks at the first bytes of a program.
func (im *Image) kind(file string) (kind, interpreter string) {
	if _, err := im.fs.Stat(file); err != nil {
		return KindMissing, ""
	}
	if _, ok := im.elfArch(file); ok {
		return KindELF, ""
	}
	if line, ok := im.shebang(file); ok {
		return KindScript, line[0]
	}
	return KindOther, ""
}

// shebang returns the interpreter and its argument of a script.
func (im *Image) shebang(file string) ([]string, bool) {
	f, err := im.fs.OpenFile(file)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	head := make([]byte, min(f.Size(), 256))
	if n, _ := f.ReadAt(head, 0); n < 2 || string(head[:2]) != "#!" {
		return nil, false
	}
	line, _, _ := strings.Cut(string(head[2:]), "\n")
	words := strings.Fields(line)
	if len(words) > 1 && path.Base(words[0]) == "env" {
		words = slices.DeleteFunc(words[1:], func(w string) bool { return strings.HasPrefix(w, "-") || strings.Contains(w, "=") })
	}
	return words, len(words) > 0
}

// run looks at one program: code, or a script through its interpreter.
func (c *collector) run(t target) {
	resolved, err := c.im.fs.Resolve(t.path)
	if err != nil {
		return // a helper that the image lacks cannot run
	}
	c.setID(resolved, t.at)
	kind, _ := c.im.kind(resolved)
	switch kind {
	case KindELF:
		c.arguments(t)
		if _, isShell := shells[path.Base(t.path)]; isShell {
			c.shell(t, path.Base(t.path))
		}
		if isInterpreter(path.Base(resolved)) {
			c.unknown("interpreter", path.Base(resolved), t.at)
		}
		c.walk(resolved)
	case KindScript:
		c.script(resolved, t)
	default:
		if info, err := c.im.fs.Stat(resolved); err == nil && info.Mode()&0o111 != 0 {
			c.unknown("unreadable-program", resolved, t.at)
		} // what is not executable cannot be started
	}
}

// arguments takes the paths and programs among a command's arguments. Those of a
// launcher may be named without a folder.
func (c *collector) arguments(t target) {
	c.paths(t.args, t.at)
	launcher := slices.Contains(launchers, path.Base(t.path))
	for i, a := range t.args {
		switch file, found := c.im.lookUp(a, c.search); {
		case strings.HasPrefix(a, "/"):
			c.namedProgram(a, t.at)
		case launcher && i > 0 && t.args[i-1] == "-c":
			c.shellText([]byte(a), "sh", t.at)
		case launcher && found:
			c.namedProgram(file, t.at)
		}
	}
}

// interpreters run programs in languages that are not read, by the beginnings of
// the names of their executables or libraries.
var interpreters = strings.Fields("python perl ruby lua node php tclsh wish java guile gjs mono erl beam R qjs luajit ocamlrun")

var interpreterLibraries = strings.Fields("libpython libperl libruby liblua libjvm libmozjs libv8 libnode libguile libtcl libmono libluajit libphp")

func isInterpreter(name string) bool {
	return slices.ContainsFunc(interpreters, func(i string) bool {
		rest, found := strings.CutPrefix(name, i)
		return found && strings.Trim(rest, "0123456789.-") == ""
	})
}

func isInterpreterLibrary(soname string) bool {
	return slices.ContainsFunc(interpreterLibraries, func(i string) bool {
		rest, found := strings.CutPrefix(soname, i)
		return found && (rest == "" || strings.IndexByte("0123456789.-_", rest[0]) >= 0)
	})
}

// shell handles a shell that is started with "-c TEXT" or a script file.
func (c *collector) shell(t target, shell string) {
	i, isText := shellOperand(t.args)
	if i >= 0 && isText {
		c.shellText([]byte(t.args[i]), shell, t.at)
		return
	}
	if i >= 0 {
		if data, err := c.im.fs.ReadFile(t.args[i]); err == nil {
			c.shellText(data, shell, place{where: t.args[i], why: t.at.why})
			return
		}
	}
	c.unknown("exec-unresolved", t.path, t.at)
}

// script reads a script: a shell's is parsed, of another language only the
// interpreter is seen.
func (c *collector) script(file string, t target) {
	if c.seen["script "+file] {
		return
	}
	c.seen["script "+file] = true
	interpreter, _ := c.im.shebang(file)
	program, found := c.im.lookUp(interpreter[0], c.search)
	if !found {
		c.unknown("missing-file", interpreter[0], place{where: file})
		return
	}
	if resolved, err := c.im.fs.Resolve(program); err == nil {
		c.walk(resolved)
	} else {
		c.unknown("missing-file", program, place{where: file})
	}
	name := path.Base(program)
	if _, isShell := shells[name]; !isShell {
		c.unknown("interpreter", name, place{where: file, why: t.at.why})
		return
	}
	data, err := c.im.fs.ReadFile(file)
	if err != nil {
		c.unknown("unreadable-file", file, t.at)
		return
	}
	c.shellText(data, name, place{where: file, why: t.at.why})
	c.paths(t.args, t.at)
}

// shellText takes what a shell script runs and touches.
func (c *collector) shellText(text []byte, shell string, at place) {
	s := parseScript(text, shell)
	if s.err != nil {
		c.unknown("unreadable-script", s.err.Error(), at)
		return
	}
	for _, line := range s.unresolved {
		c.unknown("exec-unresolved", line, at)
	}
	for _, file := range s.sources {
		if data, err := c.im.fs.ReadFile(file); err == nil && !c.seen["script "+file] {
			c.seen["script "+file] = true
			c.shellText(data, shell, place{where: file, why: at.why})
		}
	}
	for _, name := range s.commands {
		if file, ok := c.im.lookUp(name, append(s.search, c.search...)); ok {
			c.start(file, nil, at)
		}
	}
	c.paths(s.words, at)
	for _, w := range s.words {
		if strings.HasPrefix(w, "/") {
			c.namedProgram(w, at)
		}
	}
}

// start queues a helper program.
func (c *collector) start(file string, args []string, at place) {
	c.fact(FactExec, file, at)
	if !c.seen["start "+file] {
		c.seen["start "+file] = true
		if _, shell := shells[path.Base(file)]; shell && args == nil {
			if resolved, err := c.im.fs.Resolve(file); err == nil {
				c.walk(resolved)
			}
			return
		}
		c.queue = append(c.queue, target{file, args, at})
	}
}

// setID notes a program whose start changes the user or gives capabilities.
func (c *collector) setID(file string, at place) {
	mode := fs.FileMode(0)
	if info, err := c.im.fs.Stat(file); err == nil {
		mode = info.Mode()
	}
	owner, known := c.im.fs.Owner(file)
	if mode&(fs.ModeSetuid|fs.ModeSetgid) != 0 || known && owner.Mode&0o6000 != 0 {
		c.fact(FactSetID, file, at)
	}
}

// walk takes everything that a program reaches.
func (c *collector) walk(file string) {
	if c.seen["walk "+file] {
		return
	}
	c.seen["walk "+file] = true
	p := c.im.program(file)
	if slices.Contains(controlPrograms, path.Base(file)) && !c.isMain(file) {
		c.control(p)
		return
	}
	for _, x := range p.problem {
		c.unknown(x.id, x.value, place{where: x.where})
	}
	for _, x := range p.assumed {
		c.assume(x.id, x.value, "it loads no plug-in but those in the folders that its files name", place{where: x.where})
	}
	c.session, c.startsUnnamed = p.startsSessions(), nil
	for _, m := range p.modules {
		if m.file.ExecStack || m.file.TextRel || m.file.RWXSegment {
			c.execStack = true
			c.fact(FactWX, "stack or segment", place{where: m.path})
		}
	}
	for _, m := range p.modules {
		if isInterpreterLibrary(m.file.SONAME) {
			c.unknown("interpreter", m.file.SONAME, place{where: m.path})
		}
		open := map[int32]bool{}
		for _, i := range m.reached.Open {
			open[i] = true
		}
		for _, i := range m.reached.Sites {
			c.site(m, &m.file.Sites[i], open[i])
		}
		c.strings(m)
		if m.libc {
			c.cancellable(m)
		}
	}
	if len(c.startsUnnamed) > 0 {
		c.programsNamedBy(p)
	}
}

// isMain tells whether a file is one that the unit itself runs.
func (c *collector) isMain(file string) bool {
	return slices.ContainsFunc(c.result.Executables, func(e Executable) bool {
		resolved, err := c.im.fs.Resolve(e.Path)
		return err == nil && resolved == file
	})
}

// control takes a program that asks the service manager: its system calls, and the
// local socket that it asks over.
func (c *collector) control(p *program) {
	at := place{where: p.path}
	c.fact(FactSocketFamily, "AF_UNIX", at)
	for _, m := range p.modules {
		for _, i := range m.reached.Sites {
			if s := &m.file.Sites[i]; s.Kind == elfcode.SyscallSite {
				for _, n := range s.Number.Ints {
					if name, ok := elfcode.SyscallName(m.file.Arch, n&0xffffffff); ok {
						c.syscalls[name] = true
					}
				}
			}
		}
	}
}

// site takes one reached system call or deciding library call.
func (c *collector) site(m *loaded, s *elfcode.Site, open bool) {
	at := func() place { return m.place(s) }
	x := call{args: s.Args, libc: m.libc, in: m.file.Funcs[s.Func].Name, soname: m.file.SONAME, module: m.path}
	if s.Kind == elfcode.CallSite {
		x.name = m.file.Imports[s.Import].Name
		if s.Depends && !open {
			return // its callers have sites of their own
		}
		x.at = at()
		if x.name == "syscall" {
			c.numbers(&x, m, s, s.Args, open)
			return
		}
		c.decide(&x)
		return
	}
	if s.Compat {
		c.unknown("syscall-of-another-abi", "", at())
		return
	}
	x.at = at()
	c.numbers(&x, m, s, nil, open)
}

// numbers takes the system calls of a site: by its number, or for libc's
// syscall() by the first argument, the others following.
func (c *collector) numbers(x *call, m *loaded, s *elfcode.Site, args []elfcode.Arg, open bool) {
	number := s.Number
	if args != nil {
		number, _ = (&call{args: args}).arg(0)
		x.args = nil
		for _, a := range args {
			if a.Index > 0 {
				a.Index--
				x.args = append(x.args, a)
			}
		}
	}
	x.kernel = true
	for _, n := range number.Ints {
		if name, ok := elfcode.SyscallName(m.file.Arch, n&0xffffffff); ok {
			x.name = name
			c.syscall(name, x.at)
			if !s.Depends || open && !m.libc { // else its callers have sites of their own
				c.decide(x)
			}
		}
	}
	if number.Complete() || s.Depends && !open || m.libc {
		return // complete, or its callers are seen
	}
	calls, known := numbersOf(m)
	if !known {
		c.unknown("syscall-unresolved", "", x.at)
	}
	for _, name := range calls {
		c.syscall(name, x.at)
	}
}

func (c *collector) syscall(name string, at place) {
	if c.syscalls[name] {
		return
	}
	c.syscalls[name] = true
	for _, n := range syscallNeeds[name] {
		c.fact(n.fact, n.value, at)
	}
}

// decide judges a call by its arguments.
func (c *collector) decide(x *call) {
	if judge := judges[x.name]; judge != nil {
		judge(c, x)
	}
	if index, ok := execArguments[x.name]; ok && !x.libc {
		c.exec(x, index)
	}
}

// execArguments: which argument names the program.
var execArguments = map[string]int{
	"execl": 0, "execle": 0, "execlp": 0, "execv": 0, "execve": 0, "execvp": 0, "execvpe": 0, "execveat": 1, "fexecve": 0,
	"posix_spawn": 1, "posix_spawnp": 1, "system": 0, "popen": 0,
}

// namedByConfiguration is what is assumed of a program that only the running
// service names, unless it is one that runs what its users ask for.
const namedByConfiguration = "it starts no program but those that its files and the configuration in the image name"

// exec takes what a call starts. What a shell or an interpreter is asked to do, and
// a program that only the running service names, is not seen.
func (c *collector) exec(x *call, index int) {
	v, ok := x.arg(index)
	if !ok || !v.Complete() || x.name == "fexecve" || x.name == "execveat" {
		c.unnamed(x, x.name)
	}
	for _, text := range v.Strings {
		if x.name == "system" || x.name == "popen" {
			c.shellText([]byte(text), "sh", x.at)
			c.start("/bin/sh", nil, x.at)
			continue
		}
		file, found := c.im.lookUp(text, c.search)
		if !found {
			continue
		}
		c.start(file, nil, x.at)
		if _, shell := shells[path.Base(file)]; shell {
			c.unnamed(x, file)
		}
	}
}

// unnamed notes the start of a program that is not named in the code.
func (c *collector) unnamed(x *call, value string) {
	switch {
	case slices.ContainsFunc(startsKnown, func(name string) bool { return strings.HasPrefix(x.soname, name) }):
	case c.session:
		c.unknown("exec-session", value, x.at)
	default:
		c.startsUnnamed = append(c.startsUnnamed, x.module)
		c.assume("exec-unresolved", value, namedByConfiguration, x.at)
	}
}

// place gives the address of a site and the way there.
func (m *loaded) place(s *elfcode.Site) place {
	return place{where: fmt.Sprintf("%s+%#x", m.path, s.Addr), why: m.way(s.Func)}
}

func (c *collector) fact(id, value string, at place) {
	key := [2]string{id, value}
	if c.facts[key] {
		return
	}
	c.facts[key] = true
	c.result.Facts = append(c.result.Facts, Fact{id, value, at.where, at.why})
}

func (c *collector) capability(at place, names ...string) {
	for _, n := range names {
		c.fact(FactCapability, n, at)
	}
}

func (c *collector) unknown(id, value string, at place) {
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
	key := [3]string{id, value, at.where}
	if c.unknowns[key] {
		return
	}
	c.unknowns[key] = true
	c.result.Unknowns = append(c.result.Unknowns, Unknown{id, value, at.where, []string{}, assumption})
}

// finish derives what takes all of the service to know, and sorts.
func (c *collector) finish() {
	if c.mayBind && (c.facts[[2]string{FactSocketFamily, "AF_INET"}] || c.facts[[2]string{FactSocketFamily, "AF_INET6"}] || c.hasUnknown("socket-family-unresolved")) {
		c.fact(FactCapability, "CAP_NET_BIND_SERVICE", c.mayBindAt)
		c.fact(FactPrivilegedPort, "", c.mayBindAt)
	}
	if c.hasUnknown("socket-family-unresolved") {
		for _, f := range addressFamilies {
			c.fact(FactSocketFamily, f, place{where: "assumed"})
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
