// SPDX-License-Identifier: MIT

package binary

import (
	"slices"
	"sort"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
)

// Limits of the search through wrappers.
const (
	maxVia     = 6       // wrappers between a site and the instruction
	maxCallers = 4000    // callers of one wrapper
	maxItems   = 1 << 17 // sites, those through wrappers included

)

// item is a site while its values are being found.
type item struct {
	group  int32
	at     uint64
	kind   SiteKind
	imp    int32 // -1 for a system call
	shift  int8  // of the arguments, 1 for libc's syscall(number, ...)
	compat bool
	number values
	places []argPlace
	args   []values
	via    []int32
	// depends: some values are parameters, and the callers have items too.
	depends bool
	// variable: the number is read through a variable that only this file sets.
	variable bool
}

// siteFinder finds the sites of a file.
type siteFinder struct {
	*code
	groups []group
	arch   string
	items  []item
	stores map[uint64][]caller
	// variables that keep the value that the file gives them, or not.
	variables map[uint64]bool
	full      bool // a limit was reached
}

// findSites resolves the system calls and the calls of deciding functions,
// first where they are, then level by level at the callers of what depends on
// parameters.
func (c *code) findSites(groups []group, arch string) *siteFinder {
	s := &siteFinder{code: c, groups: groups, arch: arch, variables: map[uint64]bool{}}
	s.findStores()
	for g := range groups {
		if s.interesting(int32(g)) {
			s.ownSites(int32(g))
		}
	}
	for from, level := 0, 0; from < len(s.items) && level < maxVia; level++ {
		end := len(s.items)
		s.atCallers(from, end)
		from = end
	}
	return s
}

// interesting tells whether a group has a site of its own.
func (s *siteFinder) interesting(g int32) bool {
	for _, i := range s.groups[g].parts {
		for _, f := range s.parts[i].found {
			if s.deciding(&f) {
				return true
			}
		}
	}
	return false
}

func (s *siteFinder) deciding(f *finding) bool {
	switch f.kind {
	case findSyscall, findCompat:
		return true
	case findImport, findTailName:
		name := s.imports.list[f.target].Name
		return name == "syscall" || decidingArgs[name] != ""
	}
	return false
}

// ownSites resolves the sites in a group.
func (s *siteFinder) ownSites(g int32) {
	f := s.newFlow(s.groups, g)
	for _, i := range s.groups[g].parts {
		for k := range s.parts[i].found {
			if d := &s.parts[i].found[k]; s.deciding(d) {
				s.add(s.ownSite(f, g, d))
			}
		}
	}
	f.done()
}

func (s *siteFinder) add(it item) {
	if len(s.items) >= maxItems {
		s.full = true
		return
	}
	if s.goABI && s.groups[it.group].name == goAllThreads && !s.goSetsAllThreads() {
		it.depends, it.variable = true, true
	}
	s.items = append(s.items, it)
}

// ownSite resolves what one instruction shows.
func (s *siteFinder) ownSite(f *flow, g int32, d *finding) item {
	it := item{group: g, at: d.at, imp: -1}
	n := f.find(d.at)
	jump := d.kind == findTailName
	switch d.kind {
	case findCompat:
		it.compat = true
		it.number = unknown(1<<32 - 1)
		return it
	case findSyscall:
		it.number = exactly(d.target)
		if d.target == 0 {
			it.number = f.askNumber(n, question{reg: s.abi.SyscallNumber})
		}
		s.choosePlaces(&it)
	default:
		it.kind, it.imp = CallSite, int32(d.target)
		name := s.imports.list[d.target].Name
		if it.places = places(decidingArgs[name]); name == "syscall" {
			it.kind, it.shift = SyscallSite, 1
			it.number = f.askNumber(n, s.callArg(0, jump))
			s.choosePlaces(&it)
		}
	}
	for _, p := range it.places {
		q := s.callArg(int(p.index+it.shift), jump)
		if d.kind == findSyscall {
			q = question{reg: s.abi.SyscallArgs[p.index]}
		}
		it.args = append(it.args, s.placeValue(f, n, q, p))
	}
	return it
}

// goAllThreads is the function of Go's runtime that makes a system call in every
// thread: which one, a variable says that only doAllThreadsSyscall sets, and the
// linker leaves that out where no package uses it.
const goAllThreads = "runtime.runPerThreadSyscall"

func (s *siteFinder) goSetsAllThreads() bool {
	for g := range s.groups {
		if strings.Contains(s.groups[g].name, "doAllThreadsSyscall") {
			return true
		}
	}
	return false
}

// choosePlaces selects the arguments of a system call by its number; one whose
// number the callers decide keeps all of them.
func (s *siteFinder) choosePlaces(it *item) {
	it.places = nil
	if len(it.number.params) > 0 {
		for i := range s.abi.SyscallArgs {
			it.places = append(it.places, argPlace{index: int8(i), size: 8})
		}
		it.places = append(it.places, places("P-----")...)
		return
	}
	for _, v := range it.number.ints {
		name, _ := SyscallName(s.arch, v&(1<<32-1))
		for _, p := range syscallPlaces(name) {
			if !slices.Contains(it.places, p) && int(p.index) < len(s.abi.SyscallArgs) {
				it.places = append(it.places, p)
			}
		}
	}
}

// askAt is ask for a node that may be missing.
func (f *flow) askAt(n int, q question) values {
	if n < 0 {
		return unknown(anything)
	}
	return f.ask(n, f.onStack(n, q))
}

// askNumber is askAt for the number of a system call.
func (f *flow) askNumber(n int, q question) values {
	f.keep = true
	clear(f.memo)
	v := f.askAt(n, q)
	f.keep = false
	clear(f.memo)
	return v
}

// callArg is where a call passes an argument; a jump leaves the stack as the
// caller's call made it.
func (s *siteFinder) callArg(index int, jump bool) question {
	if index < len(s.abi.Args) {
		return question{reg: s.abi.Args[index]}
	}
	word := int64(s.abi.WordSize)
	q := question{reg: s.abi.SP, mem: true, size: uint8(word), disp: word * int64(index-len(s.abi.Args))}
	if jump {
		q.disp += s.abi.CallPush
	}
	return q
}

// placeValue is the value of an argument, or of what it points to.
func (s *siteFinder) placeValue(f *flow, n int, q question, p argPlace) values {
	if !p.deref {
		return f.askAt(n, q)
	}
	if q.mem {
		return unknown(anything)
	}
	if v, ok := s.pointed(f, n, q.reg, p); ok {
		return v
	}
	return f.askAt(n, question{reg: q.reg, mem: true, size: p.size, disp: int64(p.offset)})
}

// pointed is what lies where a register points to, if that is the stack frame or the
// file's own data.
func (s *siteFinder) pointed(f *flow, n int, r isa.Reg, p argPlace) (values, bool) {
	if n < 0 {
		return values{}, false
	}
	to := f.pointer(n, r)
	if to.other || len(to.list) == 0 || slices.ContainsFunc(to.list, func(x pointee) bool { return x.loose || x.space > inFile }) {
		return values{}, false
	}
	var v values
	for _, x := range to.list {
		at := x.off + int64(p.offset)
		if x.space == inFrame {
			f.steps, f.pending = 0, 0
			v = v.union(f.cell(n, at, p.size))
			continue
		}
		b, ok := s.im.value(uint64(at), int(p.size))
		if !ok || s.slot(uint64(at)) != nil || !s.keeps(uint64(x.off), uint64(at), uint64(p.size)) {
			return unknown(anything), true
		}
		v = v.union(exactly(b))
	}
	if len(v.ints) == 0 {
		return unknown(anything), true
	}
	return v, true
}

// sites turns the items into the file's list.
func (s *siteFinder) sites() []Site {
	out := make([]Site, 0, len(s.items))
	for i := range s.items {
		it := &s.items[i]
		site := Site{Func: FuncID(it.group), Addr: it.at, Kind: it.kind, Import: it.imp, Depends: it.depends, Variable: it.variable, Compat: it.compat}
		if it.kind == SyscallSite {
			site.Number = s.result(it.number, argPlace{size: 4})
		}
		for k, p := range it.places {
			if it.depends && len(it.number.params) > 0 {
				break // which arguments count, the callers decide
			}
			site.Args = append(site.Args, Arg{Index: p.index, Deref: p.deref, Offset: p.offset, Values: s.result(it.args[k], p)})
		}
		for _, g := range it.via {
			site.Via = append(site.Via, FuncID(g))
		}
		out = append(out, site)
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].Func != out[j].Func {
			return out[i].Func < out[j].Func
		}
		return out[i].Addr < out[j].Addr
	})
	return out
}

// result makes values public: integers cut to their width, addresses of strings
// replaced by the strings.
func (s *siteFinder) result(v values, p argPlace) Values {
	out := Values{Mask: v.mask, FromParam: len(v.params) > 0}
	if out.FromParam {
		out.Mask = anything
	}
	if p.size < 8 {
		out.Mask &= 1<<(8*p.size) - 1
	}
	for _, n := range v.ints {
		if p.text {
			s.addText(&out, n)
			continue
		}
		if p.size < 8 {
			n &= 1<<(8*p.size) - 1
		}
		out.Ints = append(out.Ints, n)
	}
	slices.Sort(out.Ints)
	out.Ints = slices.Compact(out.Ints)
	slices.Sort(out.Strings)
	out.Strings = slices.Compact(out.Strings)
	return out
}

// addText adds what the address n points to. A null pointer stays a number.
func (s *siteFinder) addText(out *Values, n uint64) {
	if n == 0 {
		out.Ints = append(out.Ints, 0)
		return
	}
	b := s.im.from(n)
	if len(b) > 0 && b[0] == 0 && s.im.constant(n) {
		out.Strings = append(out.Strings, "")
		return
	}
	if t, ok := s.im.text(n); ok && s.im.constant(n) {
		out.Strings = append(out.Strings, t)
		return
	} else if ok { // a buffer with this initial content
		out.Strings = append(out.Strings, t)
	}
	out.Mask = anything
}
