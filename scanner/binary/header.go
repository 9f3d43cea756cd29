// SPDX-License-Identifier: MIT

package binary

import (
	"bytes"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// header fills in what needs no look at the code.
func (im *image) header() *File {
	f := &File{Arch: im.arch(), Machine: uint16(im.machine), Bits: 32, Interp: im.interp, Start: NoFunc,
		Static: len(im.dyn) == 0, RWXSegment: im.rwx}
	if im.is64 {
		f.Bits = 64
	}
	names := im.table(elf.DT_STRTAB, elf.DT_STRSZ, maxStrings)
	one := func(tag elf.DynTag) string {
		if v, ok := im.dynamic(tag); ok {
			return stringAt(names, v)
		}
		return ""
	}
	for _, v := range im.dyn[elf.DT_NEEDED] {
		f.Needed = append(f.Needed, stringAt(names, v))
	}
	f.SONAME, f.RPath, f.RunPath = one(elf.DT_SONAME), one(elf.DT_RPATH), one(elf.DT_RUNPATH)
	flags, _ := im.dynamic(elf.DT_FLAGS)
	_, textrel := im.dynamic(elf.DT_TEXTREL)
	f.TextRel = textrel || elf.DynFlag(flags)&elf.DF_TEXTREL != 0
	f.Type = im.fileType()
	f.ExecStack = im.execStack()
	im.readNotes(f)
	im.readGo(f)
	if f.Packed = im.packer(); f.Packed != "" {
		f.Unknowns = append(f.Unknowns, Unknown{UnknownPacked, "the code is compressed by " + f.Packed})
	}
	return f
}

// arch is systemd's name of the architecture whose code is analysed, or another
// machine's name.
func (im *image) arch() string {
	little := im.order.Uint16([]byte{1, 0}) == 1
	switch {
	case im.machine == elf.EM_X86_64 && im.is64:
		return X86_64
	case im.machine == elf.EM_AARCH64 && im.is64 && little:
		return ARM64
	case im.machine == elf.EM_ARM && !im.is64 && little:
		return ARM
	case im.machine == elf.EM_RISCV && im.is64 && little:
		return RISCV64
	}
	return strings.ToLower(strings.TrimPrefix(im.machine.String(), "EM_"))
}

func (im *image) fileType() string {
	const dfPIE = 0x08000000
	flags1, _ := im.dynamic(elf.DT_FLAGS_1)
	switch {
	case im.etype == elf.ET_EXEC:
		return Executable
	case im.etype != elf.ET_DYN:
		return Relocating
	case flags1&dfPIE != 0, im.interp != "" && len(im.dyn[elf.DT_SONAME]) == 0:
		return PIE
	}
	return Library
}

// execStack: without PT_GNU_STACK the kernel's default of the architecture
// counts, which is executable for x86 and arm's 32-bit programs only.
func (im *image) execStack() bool {
	if im.stack != nil {
		return *im.stack&uint32(elf.PF_X) != 0
	}
	return (im.machine == elf.EM_386 || im.machine == elf.EM_X86_64 || im.machine == elf.EM_ARM) && im.etype != elf.ET_REL
}

// Types of the notes that are read.
const (
	noteBuildID = 3          // owner GNU
	noteDlopen  = 0x407c0c0a // owner FDO
)

func (im *image) readNotes(f *File) {
	for _, b := range im.notes {
		for len(b) >= 12 {
			nameSize, size, typ := uint64(im.order.Uint32(b)), uint64(im.order.Uint32(b[4:])), im.order.Uint32(b[8:])
			data := 12 + (nameSize+3)&^3
			end := data + (size+3)&^3
			if nameSize > maxNoteSize || size > maxNoteSize || data+size > uint64(len(b)) {
				break
			}
			owner := string(bytes.TrimRight(b[12:12+nameSize], "\x00"))
			im.readNote(f, owner, typ, b[data:data+size])
			b = b[min(end, uint64(len(b))):]
		}
	}
}

func (im *image) readNote(f *File, owner string, typ uint32, data []byte) {
	switch {
	case owner == "GNU" && typ == noteBuildID:
		f.BuildID = hex.EncodeToString(data)
	case owner == "FDO" && typ == noteDlopen:
		var notes []DlopenNote
		if err := json.Unmarshal(bytes.TrimRight(data, "\x00"), &notes); err != nil {
			f.Unknowns = append(f.Unknowns, Unknown{UnknownMalform, "the note about dlopen is no JSON"})
			return
		}
		f.Dlopen = append(f.Dlopen, notes...)
	}
}

// packer recognises UPX by its magic, which its loader needs near the start.
func (im *image) packer() string {
	for i := range im.segs {
		if b := im.segs[i].data; bytes.Contains(b[:min(len(b), 1024)], []byte("UPX!")) {
			return "UPX"
		}
	}
	return ""
}
