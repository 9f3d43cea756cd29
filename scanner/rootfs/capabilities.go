// SPDX-License-Identifier: MIT

package rootfs

import (
	"encoding/binary"
	"strconv"

	"golang.org/x/sys/unix"
)

// Capabilities are those that running the file gives: the permitted ones of its
// extended attribute security.capability, bit N for capability number N. It is 0 for a
// file without the attribute, and where nothing tells: the file system of the tree or
// its copy may have lost it, and a build that pretends to be root keeps it elsewhere.
//
// The attribute is struct vfs_cap_data of linux/capability.h, little-endian: a word
// whose upper byte is the revision, then permitted and inheritable bits, twice from
// revision 2 on.
func (f *FS) Capabilities(name string) uint64 {
	at, err := f.find("open", name, true)
	if err != nil {
		return 0
	}
	set := f.capabilities(at.path)
	f.trace.note(observed{kind: observedCapabilities, path: at.path}, strconv.FormatUint(set, 16))
	return set
}

func (f *FS) capabilities(file string) uint64 {
	fd, _, err := f.openRegular(place{path: file})
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	var words [24]byte // of revision 3, the longest
	n, err := unix.Fgetxattr(fd, "security.capability", words[:])
	if err != nil || n < 12 {
		return 0
	}
	set := uint64(binary.LittleEndian.Uint32(words[4:]))
	if n >= 20 {
		set |= uint64(binary.LittleEndian.Uint32(words[12:])) << 32
	}
	return set
}
