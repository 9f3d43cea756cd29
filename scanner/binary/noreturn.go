// SPDX-License-Identifier: MIT

package binary

import "github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"

// neverReturn are the imported functions that do not come back.
var neverReturn = map[string]bool{
	"abort": true, "exit": true, "_exit": true, "_Exit": true, "quick_exit": true,
	"__stack_chk_fail": true, "__assert_fail": true, "__assert": true, "__assert_perror_fail": true,
	"__chk_fail": true, "__fortify_fail": true, "__longjmp_chk": true, "longjmp": true, "siglongjmp": true, "_longjmp": true,
	"pthread_exit": true, "err": true, "errx": true, "verr": true, "verrx": true, "__libc_start_main": true,
	"__cxa_throw": true, "__cxa_rethrow": true, "__cxa_bad_cast": true, "__cxa_call_unexpected": true, "_Unwind_Resume": true,
	"__cxa_throw_bad_array_new_length": true, "__cxa_pure_virtual": true,
	"_ZSt9terminatev": true, "_ZSt17__throw_bad_allocv": true, "_ZSt20__throw_length_errorPKc": true,
	"_ZSt19__throw_logic_errorPKc": true, "_ZSt20__throw_out_of_rangePKc": true, "_ZSt24__throw_out_of_range_fmtPKcz": true,
	"_ZSt28__throw_bad_array_new_lengthv": true, "_ZSt16__throw_bad_castv": true, "_ZSt25__throw_bad_function_callv": true,
	"_ZSt24__throw_invalid_argumentPKc": true, "_ZSt21__throw_runtime_errorPKc": true, "_ZSt20__throw_system_errori": true,
	"g_assertion_message_expr": true, "g_assertion_message": true, "g_abort": true, "xalloc_die": true,
}

// inferNoReturn marks the groups that have no way back: no return, no indirect
// jump, and every jump out goes to such a group.
func (c *code) inferNoReturn(groups []group) {
	for n := 0; n < backRounds; n++ {
		changed := false
		for g := range groups {
			if !groups[g].noReturn && !groups[g].ifunc && c.hasNoReturn(groups, &groups[g]) {
				groups[g].noReturn, changed = true, true
			}
		}
		if !changed {
			return
		}
	}
}

func (c *code) hasNoReturn(groups []group, g *group) bool {
	calls := false
	for _, i := range g.parts {
		p := &c.parts[i]
		if p.returns {
			return false
		}
		for _, f := range p.found {
			switch f.kind {
			case findTailName:
				if !neverReturn[c.imports.list[f.target].Name] {
					return false
				}
			case findJump:
				if to := c.groupAt(f.target); to < 0 || to != p.group && !groups[to].noReturn {
					return false
				}
			case findCall, findImport, findSyscall:
				calls = true
			}
		}
	}
	return calls
}

// returnsNot tells whether the call at a node never comes back.
func (c *code) returnsNot(groups []group, in *isa.Inst) bool {
	var t stub
	switch in.Op {
	case isa.Call:
		t = c.stub(in.Target)
		if t.kind == stubNone {
			g := c.groupAt(in.Target)
			return g >= 0 && groups[g].noReturn
		}
	case isa.CallMem:
		if in.Base == isa.NoReg && in.Index == isa.NoReg {
			if r := c.slot(uint64(in.Disp)); r != nil {
				t = c.stubOf(r)
			}
		}
	}
	return t.kind == stubImport && neverReturn[c.imports.list[t.target].Name]
}

// backRounds bounds how far "never comes back" is followed from callee to caller.
const backRounds = 4

// neverBack tells of each part whether control never comes back from a call of
// it. Parts whose ends are not sure come back.
func (c *code) neverBack() []bool {
	never := make([]bool, len(c.parts))
	for n := 0; n < backRounds; n++ {
		changed := false
		for i := range c.parts {
			if p := &c.parts[i]; p.framed && !never[i] && !p.returns && c.staysAway(never, i) {
				never[i], changed = true, true
			}
		}
		if !changed {
			break
		}
	}
	return never
}

// staysAway tells whether no way out of a part without return comes back.
func (c *code) staysAway(never []bool, i int) bool {
	p := &c.parts[i]
	calls := false
	for _, f := range p.found {
		switch f.kind {
		case findTailName:
			if !neverReturn[c.imports.list[f.target].Name] {
				return false
			}
		case findJump:
			a, _ := c.codeAddr(f.target)
			if to := c.partAt(a); to < 0 || to != i && !never[to] {
				return false
			}
		case findCall, findImport, findSyscall:
			calls = true
		}
	}
	return calls && (p.exit == exitNone || p.exit == exitCall && c.lastCallStays(never, p))
}

// lastCallStays tells whether the call that a part ends with never comes back, so
// that the code behind the part is not its continuation: compilers put one
// function's failed assertions right before the next one's.
func (c *code) lastCallStays(never []bool, p *part) bool {
	known := false
	for _, f := range p.found {
		if f.at != p.exitAt {
			continue
		}
		switch f.kind {
		case findImport:
			known = neverReturn[c.imports.list[f.target].Name]
		case findCall:
			a, _ := c.codeAddr(f.target)
			to := c.partAt(a)
			known = to >= 0 && never[to]
		default:
			continue
		}
		if !known {
			return false
		}
	}
	return known
}
