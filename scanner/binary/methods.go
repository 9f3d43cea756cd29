// SPDX-License-Identifier: MIT

package binary

import (
	"slices"
	"sort"
	"strings"
)

// Method is a function that a language's interpreter calls when a script asks for it by
// a name: pointers in data lead to it only beside that name.
type Method struct {
	Name string
	Func FuncID
}

// methods finds the tables of names and functions in interpreters and their modules:
// Python's arrays of PyMethodDef (methodobject.h: a name, a function, flags that are not
// zero, a text or nothing; the last has no name), and Perl's two parallel tables of the names and
// functions of its operators (opcode.h).
func (d *dataMap) methods() []Method {
	found := map[FuncID][]string{}
	slots := map[FuncID]int{} // pointers to the function that stand in a table
	add := func(name string, fn FuncID) {
		found[fn] = append(found[fn], name)
		slots[fn]++
	}
	if d.hasSymbol(func(name string) bool {
		return strings.HasPrefix(name, "PyInit_") || name == "PyModuleDef_Init" || name == "PyModule_Create2"
	}) {
		d.pythonMethods(add)
	}
	d.perlOperators(add)
	for i := range d.relocs {
		if fn, ok := d.functionAt(i); ok && len(found[fn]) > 0 {
			slots[fn]--
		}
	}
	for k := range d.syms { // others may use what has a symbol
		if s := &d.syms[k]; s.defined && s.function() {
			delete(found, FuncID(d.groupAt(s.value)))
		}
	}
	var list []Method
	for fn, names := range found {
		for _, name := range names {
			if slots[fn] == 0 { // else something else in data leads to it, too
				list = append(list, Method{name, fn})
			}
		}
	}
	slices.SortFunc(list, func(a, b Method) int {
		if a.Func != b.Func {
			return int(a.Func - b.Func)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return slices.Compact(list)
}

// hasSymbol tells whether the file defines or imports a symbol with such a name.
func (d *dataMap) hasSymbol(is func(name string) bool) bool {
	return slices.ContainsFunc(d.syms, func(s symbol) bool { return is(s.name) })
}

// functionAt is the function of this file that a relocated pointer leads to.
func (d *dataMap) functionAt(i int) (FuncID, bool) {
	r := &d.relocs[i]
	if r.kind != relocAddress || !d.isFunction(r.target) || d.stub(r.target).kind == stubImport {
		return NoFunc, false
	}
	g := d.groupAt(r.target)
	return FuncID(g), g >= 0
}

const (
	maxMethods = 1000  // of one table
	maxFlags   = 0xfff // METH_*: the highest is METH_METHOD, 0x200
)

// pythonMethods adds the entries of all tables that end as they have to.
func (d *dataMap) pythonMethods(add func(string, FuncID)) {
	for i := 0; i < len(d.relocs); {
		entries, next := d.methodTable(i)
		for _, e := range entries {
			add(e.Name, e.Func)
		}
		i = next
	}
}

// methodTable reads a table whose first name is at a slot, and returns the slot behind it.
func (d *dataMap) methodTable(i int) (entries []Method, next int) {
	word := uint64(d.abi.WordSize)
	next = i
	for len(entries) < maxMethods && next+1 < len(d.relocs) {
		start := d.relocs[next].slot
		if len(entries) > 0 && start != d.relocs[i].slot+uint64(len(entries))*4*word {
			break
		}
		e, used, ok := d.methodEntry(next)
		if !ok {
			break
		}
		entries, next = append(entries, e), next+used
	}
	end := d.relocs[i].slot + uint64(len(entries))*4*word
	if len(entries) == 0 || !d.empty(end, next) {
		return nil, i + 1
	}
	return entries, next
}

// methodEntry reads one entry, and says how many slots it has.
func (d *dataMap) methodEntry(i int) (e Method, used int, ok bool) {
	word := uint64(d.abi.WordSize)
	name, fn := &d.relocs[i], &d.relocs[i+1]
	text, isText := d.im.text(name.target)
	id, isFunc := d.functionAt(i + 1)
	flags, known := d.im.value(name.slot+2*word, d.abi.WordSize)
	if name.kind != relocAddress || !isText || !isIdentifier(text) || fn.slot != name.slot+word || !isFunc || !known || flags == 0 || flags > maxFlags {
		return e, 0, false
	}
	used = 2
	if i+2 < len(d.relocs) && d.relocs[i+2].slot == name.slot+3*word {
		used = 3
	}
	return Method{text, id}, used, i+used >= len(d.relocs) || d.relocs[i+used].slot >= name.slot+4*word
}

// empty tells whether the entry at an address, before the slot i, is the end of a table.
func (d *dataMap) empty(addr uint64, i int) bool {
	if name, known := d.im.value(addr, d.abi.WordSize); !known || name != 0 {
		return false
	}
	return i >= len(d.relocs) || d.relocs[i].slot > addr+uint64(d.abi.WordSize)
}

func isIdentifier(text string) bool {
	return text != "" && len(text) < 64 && !strings.ContainsFunc(text, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

// perlOperators adds Perl's operators: PL_ppaddr has their functions, PL_op_name their
// names in the same order.
func (d *dataMap) perlOperators(add func(string, FuncID)) {
	names, funcs := d.pointersOf("PL_op_name"), d.pointersOf("PL_ppaddr")
	if len(names) == 0 || len(funcs) == 0 || len(funcs) > len(names) {
		return
	}
	for k, i := range funcs {
		name, ok := d.im.text(d.relocs[names[k]].target)
		if fn, isFunc := d.functionAt(i); ok && isFunc && isIdentifier(name) {
			add(name, fn)
		}
	}
}

// pointersOf are the slots of an exported array of pointers, if they fill it.
func (d *dataMap) pointersOf(symbol string) []int {
	for k := range d.syms {
		s := &d.syms[k]
		if s.name != symbol || !s.defined || s.size == 0 {
			continue
		}
		first := sort.Search(len(d.relocs), func(i int) bool { return d.relocs[i].slot >= s.value })
		var list []int
		for i := first; i < len(d.relocs) && d.relocs[i].slot == s.value+uint64(len(list)*d.abi.WordSize) && d.relocs[i].slot < s.value+s.size; i++ {
			list = append(list, i)
		}
		if uint64(len(list)*d.abi.WordSize) == s.size {
			return list
		}
	}
	return nil
}
