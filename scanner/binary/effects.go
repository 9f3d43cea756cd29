// SPDX-License-Identifier: MIT

package binary

import (
	"strings"
)

// written is memory that a library function writes through an argument.
type written struct {
	arg    int
	size   int64
	values values
}

// readers are functions that change no memory of their callers' and keep no
// pointer to it: those of libcap (cap_get_proc(3), cap_set_proc(3)), and those that
// stand around them.
var readers = func() map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(`cap_init cap_free cap_dup cap_clear cap_clear_flag cap_fill cap_fill_flag cap_set_flag cap_get_proc cap_set_proc
		cap_compare cap_get_bound cap_drop_bound cap_set_ambient cap_get_ambient cap_reset_ambient cap_to_text cap_from_text cap_to_name cap_max_bits
		cap_setuid cap_setgroups cap_set_mode cap_get_pid capset __errno_location strerror exit _exit abort free close
		getuid geteuid getgid getegid getpid setuid seteuid setgid setegid setreuid setregid setresuid setresgid setgroups initgroups
		chroot chdir umask perror puts __stack_chk_fail __assert_fail syslog openlog __syslog_chk fprintf __fprintf_chk printf __printf_chk fputs fputc fwrite`) {
		set[name] = true
	}
	return set
}()

// capabilityData is the size of the data of capget(2), two times three words; what
// it fills in are capabilities that the process has, which need no other.
const capabilityData = 24

// effectOf says which memory the call at node i writes; known is false when the
// function may write or keep any pointer that it gets.
func (f *flow) effectOf(i int) (writes []written, known bool) {
	p := f.pointing()
	e, ok := p.effects[i]
	if !ok {
		steps, pending := f.steps, f.pending
		e.writes, e.known = f.findEffect(i)
		p.effects[i] = e
		f.steps, f.pending = steps, pending
	}
	return e.writes, e.known
}

// effect is what a call does to memory.
type effect struct {
	writes []written
	known  bool
}

func (f *flow) findEffect(i int) (writes []written, known bool) {
	name := f.called(i)
	switch name {
	case "cap_get_flag":
		return []written{{3, 4, unknown(anything)}}, true
	case "capget":
		return []written{{0, 8, unknown(anything)}, {1, capabilityData, exactly(0)}}, true
	case "syscall":
		return f.syscallEffect(i)
	case "prctl":
		return []written{{1, 64, unknown(anything)}}, true
	case "memset", "__memset_chk":
		return []written{f.filled(i)}, true
	}
	return nil, readers[name]
}

// syscallEffect is effectOf for libc's syscall().
func (f *flow) syscallEffect(i int) ([]written, bool) {
	v := f.ask(i, question{reg: f.abi.Args[0]})
	if v.open() || len(v.ints) != 1 {
		return nil, false
	}
	switch name, _ := SyscallName(f.abi.Name, v.ints[0]&(1<<32-1)); name {
	case "capget":
		return []written{{1, 8, unknown(anything)}, {2, capabilityData, exactly(0)}}, true
	case "capset", "gettid", "getuid", "geteuid":
		return nil, true
	}
	return nil, false
}

// filled is what memset writes.
func (f *flow) filled(i int) written {
	size := f.ask(i, question{reg: f.abi.Args[2]})
	if size.open() || len(size.ints) != 1 || size.ints[0] > 1<<20 {
		return written{0, 1 << 20, unknown(anything)}
	}
	b := f.ask(i, question{reg: f.abi.Args[1]})
	if b.open() || len(b.ints) != 1 {
		return written{0, int64(size.ints[0]), unknown(anything)}
	}
	return written{0, int64(size.ints[0]), exactly(b.ints[0] & 0xff * 0x0101010101010101)}
}

// called is the name of the imported function that the call at node i calls.
func (f *flow) called(i int) string {
	if id, ok := f.pointing().calls[f.nodes[i].addr]; ok {
		return f.imports.list[id].Name
	}
	return ""
}
