// SPDX-License-Identifier: MIT

package binary

import (
	"debug/elf"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary/arm64dec"
	"github.com/systemd-hardening/systemd-hardening/scanner/binary/armdec"
	"github.com/systemd-hardening/systemd-hardening/scanner/binary/isa"
	"github.com/systemd-hardening/systemd-hardening/scanner/binary/riscvdec"
	"github.com/systemd-hardening/systemd-hardening/scanner/binary/x86dec"
)

// Analyze reads one ELF file of the given size. The result depends on nothing
// but the file's bytes. An error means that the file is no ELF file or that its
// headers cannot be read; everything else that cannot be seen is among the
// result's Unknowns. Crafted input costs at most memory and time in proportion
// to the file's size, within the limits that this package names.
func Analyze(r io.ReaderAt, size int64) (f *File, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("analyze ELF file: %v", p)
		}
	}()
	im, err := newImage(r, size)
	if err != nil {
		return nil, err
	}
	f = im.header()
	syms := im.readSymbols()
	c := newCode(im, syms, f)
	if c == nil {
		f.Imports = newImportList(syms).list
		f.Exports = exports(syms, nil)
		if f.Type != Relocating {
			f.Unknowns = append(f.Unknowns, Unknown{UnknownArch, "code for " + f.Arch + " is not analysed"})
		}
		return f, nil
	}
	c.analyze(f)
	return f, nil
}

// newCode prepares the analysis of the code, or returns nil when its
// architecture is not supported.
func newCode(im *image, syms []symbol, f *File) *code {
	c := &code{im: im, syms: syms, stubs: map[uint64]stub{}, literal: map[uint64]uint64{}, switches: map[uint64][]uint64{}, imports: newImportList(syms)}
	switch f.Arch {
	case X86_64:
		c.decoder = x86dec.Decoder{}
	case ARM64:
		c.decoder = arm64dec.Decoder{}
	case ARM:
		c.decoder, c.thumb = armdec.ARM{}, armdec.Thumb{}
	case RISCV64:
		c.decoder = riscvdec.Decoder{}
	default:
		return nil
	}
	if f.Type == Relocating {
		return nil
	}
	c.abi = c.decoder.ABI()
	c.frame = isa.Set(c.abi.SP, c.abi.FP)
	if c.thumb != nil {
		c.frame = c.frame.With(c.thumb.ABI().FP)
	}
	c.goABI = f.Go != nil
	if c.goABI {
		c.abi = goABI(c.abi)
		c.goFuncs = im.goFuncs()
	}
	if len(im.segs) > 0 {
		c.low, c.high = im.segs[0].addr, im.segs[len(im.segs)-1].end
	}
	c.fixed = im.etype == elf.ET_EXEC
	c.locals = im.localSymbols()
	c.relocs = im.readRelocs(syms)
	return c
}

// goABI: Go's functions keep no register but the stack pointer across calls.
func goABI(abi *isa.ABI) *isa.ABI {
	g := *abi
	g.CallerSaved = ^isa.RegSet(0) &^ isa.Set(abi.SP)
	return &g
}

// analyze fills in everything that needs the code.
func (c *code) analyze(f *File) {
	c.discover()
	groups := c.unite()
	c.callersOf(groups)
	c.nameGroups(groups)
	c.inferNoReturn(groups)
	texts := newStringTable(c.im)
	data := c.mapData(groups, texts)
	c.nextObject = data.nextAnchor
	sites := c.findSites(groups, f.Arch)
	f.Funcs = c.funcs(groups, data)
	f.Objects, f.Always = data.objects, data.always
	f.Applets, f.AppletTable = data.applets()
	f.Methods = data.methods()
	f.Sites = sites.sites()
	f.delimitSites()
	f.Imports = c.imports.list
	f.Exports = exports(c.syms, data)
	f.Strings = texts.list
	c.entries(f)
	f.closeRings()
	if sites.full {
		f.Unknowns = append(f.Unknowns, Unknown{UnknownLimit, "more sites than are followed"})
	}
}

// nameGroups gives the groups the names of their symbols and marks resolvers.
func (c *code) nameGroups(groups []group) {
	name := func(s *symbol) {
		if !s.defined || !s.function() || s.value == 0 {
			return
		}
		g := c.groupAt(s.value)
		if g < 0 {
			return
		}
		if a, _ := c.codeAddr(s.value); groups[g].name == "" || a == c.parts[groups[g].parts[0]].start && s.name < groups[g].name {
			groups[g].name = s.name
		}
		groups[g].ifunc = groups[g].ifunc || s.typ == sttIFunc
	}
	for i := range c.syms {
		name(&c.syms[i])
	}
	for i := range c.locals {
		name(&c.locals[i])
	}
	for i := range c.goFuncs {
		if g := c.groupAt(c.goFuncs[i].start); g >= 0 && groups[g].name == "" {
			groups[g].name = c.goFuncs[i].name
		}
	}
	for i := range c.relocs {
		if r := &c.relocs[i]; r.kind == relocResolver {
			if g := c.groupAt(r.target); g >= 0 {
				groups[g].ifunc = true
			}
		}
	}
}

// nextAnchor is where the object behind addr begins.
func (d *dataMap) nextAnchor(addr uint64) uint64 {
	i := sort.Search(len(d.anchors), func(i int) bool { return d.anchors[i] > addr })
	if i == len(d.anchors) {
		return anything
	}
	return d.anchors[i]
}

// funcs makes the list of functions with what they refer to.
func (c *code) funcs(groups []group, data *dataMap) []Func {
	out := make([]Func, len(groups))
	var refs []Ref
	for g := range groups {
		gr := &groups[g]
		p := &c.parts[gr.parts[0]]
		out[g] = Func{Addr: p.start, Size: uint32(min(p.end-p.start, 1<<32-1)), Name: gr.name, NoReturn: gr.noReturn}
		refs = refs[:0]
		for _, i := range gr.parts {
			for k := range c.parts[i].found {
				refs = c.findingRefs(int32(g), &c.parts[i].found[k], data, refs)
			}
		}
		for _, name := range c.copiedNames(gr) {
			refs = append(refs, newRef(RefCopied, int(data.strings.id([]byte(name)))))
		}
		out[g].Refs = append([]Ref(nil), uniqueRefs(refs)...)
	}
	return out
}

// findingRefs adds what a finding in group g refers to.
func (c *code) findingRefs(g int32, f *finding, data *dataMap, refs []Ref) []Ref {
	switch f.kind {
	case findCall, findJump:
		if to := c.groupAt(f.target); to != g {
			refs = data.codeRef(f.target, RefCall, refs)
		}
	case findCode:
		if to := c.groupAt(f.target); to != g {
			return data.codeRef(f.target, RefTake, refs)
		}
		if a, _ := c.codeAddr(f.target); a == c.parts[data.groups[g].parts[0]].start {
			refs = append(refs, newRef(RefTake, int(g)))
		}
		refs = data.strings.refs(f.target, refs)
	case findIFunc:
		refs = data.codeRef(f.target, RefIFunc, refs)
	case findImport, findTailName:
		refs = append(refs, newRef(RefImport, int(f.target)))
	case findTakeName:
		refs = append(refs, newRef(RefTakeName, int(f.target)))
	case findData:
		refs = data.addressRefs(f.target, refs)
	case findInside:
		refs = data.insideRefs(f.target, refs)
	case findText, findCopied:
		if text := c.piece(f); beginsPath(text) {
			refs = append(refs, newRef(RefString, int(data.strings.id([]byte(text)))))
		}
	case findRead:
		refs = data.slotRefs(c.slot(f.target), refs)
	}
	return refs
}

// slotsIn are the relocated pointers in n bytes from addr on.
func (c *code) slotsIn(addr, n uint64) []reloc {
	i := sort.Search(len(c.relocs), func(i int) bool { return c.relocs[i].slot >= addr })
	j := i
	for j < len(c.relocs) && c.relocs[j].slot < addr+n {
		j++
	}
	return c.relocs[i:j]
}

// delimitSites tells each function which sites are its own.
func (f *File) delimitSites() {
	for i := 0; i < len(f.Sites); {
		j := i
		for j < len(f.Sites) && f.Sites[j].Func == f.Sites[i].Func {
			j++
		}
		fn := &f.Funcs[f.Sites[i].Func]
		fn.FirstSite, fn.Sites = int32(i), int32(j-i)
		i = j
	}
}

// entries fills in where the file is entered.
func (c *code) entries(f *File) {
	f.Start = NoFunc
	if c.im.entry != 0 {
		f.Start = FuncID(c.groupAt(c.im.entry))
	}
	list := func(addrs []uint64) []FuncID {
		var out []FuncID
		for _, v := range addrs {
			if g := c.groupAt(v); g >= 0 {
				out = append(out, FuncID(g))
			}
		}
		return out
	}
	f.Init, f.Fini = list(c.im.initFuncs(c)), list(c.im.finiFuncs(c))
	var resolvers []uint64
	for i := range c.relocs {
		if r := &c.relocs[i]; r.kind == relocResolver {
			resolvers = append(resolvers, r.target)
		}
	}
	f.Resolvers = list(uniqueAddrs(resolvers))
	for _, id := range f.Resolvers {
		f.Funcs[id].Resolver = true
	}
	for _, e := range f.Exports {
		if e.IFunc && e.Func >= 0 {
			f.Funcs[e.Func].Resolver = true
		}
	}
}

// exports lists the symbols that other files can use; data is nil when the code
// is not analysed.
func exports(syms []symbol, data *dataMap) []Export {
	var out []Export
	for i := range syms {
		s := &syms[i]
		if !s.defined || s.name == "" || s.bind == elf.STB_LOCAL || s.typ == elf.STT_TLS || s.value == 0 && !s.function() {
			continue
		}
		e := Export{Name: s.name, Version: s.version, Hidden: s.hidden, Weak: s.bind == elf.STB_WEAK,
			IFunc: s.typ == sttIFunc, Func: NoFunc, Object: -1, Data: !s.function()}
		if data != nil {
			if data.isFunction(s.value) {
				e.Func = FuncID(data.groupAt(s.value))
			} else {
				e.Object = int32(data.objectAt(s.value))
			}
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b Export) int {
		switch {
		case a.Name != b.Name:
			return strings.Compare(a.Name, b.Name)
		case a.Hidden != b.Hidden && b.Hidden:
			return -1
		case a.Hidden != b.Hidden:
			return 1
		}
		return strings.Compare(a.Version, b.Version)
	})
	return out
}
