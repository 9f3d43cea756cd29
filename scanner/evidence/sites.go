// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// isMain tells whether a file is one that the unit itself runs.
func (c *collector) isMain(file string) bool {
	return slices.ContainsFunc(c.result.Executables, func(e Executable) bool {
		resolved, err := c.im.fs.Resolve(e.Path)
		return err == nil && resolved == file
	})
}

// signals takes a program that sends signals to processes that it finds in /proc.
func (c *collector) signals(p *program, t target) {
	at := place{where: p.path}
	c.capability(at, "CAP_KILL")
	if t.looksAtProcesses() {
		c.fact(FactPath, "/proc/%d", at)
		c.capability(at, "CAP_SYS_PTRACE")
	}
	c.calls(p)
}

// control takes a program that asks the service manager: its system calls, and the
// local socket that it asks over.
func (c *collector) control(p *program) {
	c.fact(FactSocketFamily, "AF_UNIX", place{where: p.path})
	c.calls(p)
}

// calls takes the system calls that a program reaches, and nothing else of it.
func (c *collector) calls(p *program) {
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
	x := call{at: place{site: s, in: m}, args: s.Args, libc: m.libc, in: m.file.Funcs[s.Func].Name, soname: m.file.SONAME, module: m.path, of: m}
	if s.Kind == elfcode.CallSite {
		x.name = m.file.Imports[s.Import].Name
		if s.Depends && !open || isLanguage(m) {
			return // its callers have sites of their own, or scripts decide
		}
		if x.name == "syscall" {
			c.numbers(&x, m, s, s.Args, open)
			return
		}
		c.decide(&x)
		return
	}
	if s.Compat {
		c.unknown("syscall-of-another-abi", "", x.at)
		return
	}
	c.numbers(&x, m, s, nil, open)
}

// numbers takes the system calls of a site: by its number, or for libc's
// syscall() by the first argument, the others following.
func (c *collector) numbers(x *call, m *loaded, s *elfcode.Site, args []elfcode.Arg, open bool) {
	number := s.Number
	if args != nil {
		number, _ = (&call{args: args}).arg(0)
		x.args = shifted(args)
	}
	x.kernel = true
	for _, n := range number.Ints {
		if name, ok := elfcode.SyscallName(m.file.Arch, n&0xffffffff); ok {
			x.name = name
			if c.ofGoStart(x) || c.leftOut(x) {
				continue
			}
			if x.forItself(s.Func) || c.onlyAside(x, s.Func) {
				c.syscalls[name] = true
				continue
			}
			c.syscall(name, x.at)
			if (!s.Depends || open && !m.libc) && !isLanguage(m) { // else its callers have sites of their own
				c.decide(x)
			}
		}
	}
	if number.Complete() || s.Depends && !open || m.libc {
		return // complete, or its callers are seen
	}
	calls, known := numbersOf(m)
	if _, interpreter := languageOf(m.file.SONAME); !known && !interpreter { // whether that runs anything is said of it as a whole
		c.unknown("syscall-unresolved", "", x.at)
	}
	for _, name := range calls {
		if !c.walked.leavesUsers(x, name) {
			c.syscall(name, x.at)
		}
	}
}

// forItself tells whether the C library makes a system call for its own purposes: in
// another function than the one for it, or in that one, which another of its functions calls.
func (x *call) forItself(in elfcode.FuncID) bool {
	functions, known := wishes[x.name]
	return x.libc && known && (!slices.Contains(functions, strings.TrimLeft(x.in, "_")) || len(x.of.reached.Path(in)) > 1)
}

func (c *collector) syscall(name string, at place) {
	c.syscalls[name] = true
	if c.judged[name] || len(syscallNeeds[name]) == 0 || c.forgone(at, name) {
		return
	}
	c.judged[name] = true
	for _, n := range syscallNeeds[name] {
		if n.fact == FactCapability && c.forgone(at, n.value) {
			c.judged[name] = false
			continue
		}
		c.fact(n.fact, n.value, at)
	}
}

// decide judges a call by its arguments.
func (c *collector) decide(x *call) {
	if judge := judges[x.name]; judge != nil {
		judge(c, x)
	}
	c.judgeWritten(x)
	if index, ok := execArguments[x.name]; ok && !x.libc && !hasPrefix(neverStarts, x.soname) {
		c.exec(x, index)
	}
}

// ofGoStart takes a call that Go's library makes for a child only where the program asks
// for it (syscall.SysProcAttr): that one starts programs in name spaces is assumed of
// those alone that deal with name spaces otherwise.
func (c *collector) ofGoStart(x *call) bool {
	if !strings.HasPrefix(x.in, goStart) || !slices.Contains(goStartCalls, x.name) || c.sandboxes {
		return false
	}
	c.syscalls[x.name] = true
	c.assume("child-attributes", x.name, "it gives the programs that it starts neither name spaces nor ambient capabilities, and traces none", x.at)
	return true
}

const goStart = "syscall.forkAndExecInChild"

var goStartCalls = []string{"mount", "unshare", "clone", "clone3", "setns", "capset", "prctl", "ptrace"}

// sandboxes tells whether a Go program makes name spaces by calls of its own.
func (p *program) sandboxes() bool {
	return slices.ContainsFunc(p.modules, func(m *loaded) bool {
		return m.file.Go != nil && slices.ContainsFunc(m.sites(), func(s elfcode.Site) bool {
			return !strings.HasPrefix(m.file.Funcs[s.Func].Name, goStart) && slices.ContainsFunc(s.Number.Ints, func(n uint64) bool {
				name, _ := elfcode.SyscallName(m.file.Arch, n&0xffffffff)
				return slices.Contains([]string{"mount", "unshare", "setns", "pivot_root", "clone3"}, name)
			})
		})
	})
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
	x.at = x.at.named()
	v, ok := x.arg(index)
	if !ok || !v.Complete() || x.name == "fexecve" || x.name == "execveat" {
		c.unnamed(x, x.name)
	}
	for _, text := range v.Strings {
		if x.name == "system" || x.name == "popen" {
			c.shellText([]byte(text), "sh", surroundings{}, x.at)
			c.queued("/bin/sh", nil, x.at)
			continue
		}
		file, found := c.im.lookUp(text, c.search)
		if !found {
			continue
		}
		c.start(file, nil, x.at)
		_, shell := shells[path.Base(file)]
		switch {
		case shell && !c.passesText && x.module == c.walked.path:
			c.unknown("exec-session", file, x.at)
		case shell:
			c.unnamed(x, file)
		}
	}
}

// unnamed notes the start of a program that is not named in the code.
func (c *collector) unnamed(x *call, value string) {
	switch {
	case c.inShell: // what it runs is the text that it is given, which is judged where it is given
	case c.handsTo != "":
		if file, found := c.im.lookUp(c.handsTo, c.search); found {
			c.start(file, nil, x.at)
		}
	case hasPrefix(startsKnown, x.soname):
	case c.activates:
		c.activations(value, x.at)
	case hasPrefix(busClients, x.soname):
		c.assume("exec-unresolved", value, "the address of the bus that it talks to is no command", x.at)
	case c.session || slices.Contains(c.sessions, x.module):
		c.fact(FactSession, "", place{where: x.module})
		c.unknown("exec-session", value, x.at)
	default:
		c.startsUnnamed = append(c.startsUnnamed, x.module)
		c.assume("exec-unresolved", value, namedByConfiguration, x.at)
	}
}
