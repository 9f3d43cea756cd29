// SPDX-License-Identifier: MIT

package rootfs

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// Owner is who a file of the image belongs to on the device.
type Owner struct {
	Mode uint32 // permissions with set-uid, set-gid and sticky bit, as in st_mode
	UID  uint32
	GID  uint32
}

// SetOwners reads the ownership manifest, which says what the image will say
// about its files: the tree itself belongs to whoever built it. The manifest is
// made where the build pretends to be root, in the root of the tree:
//
//	find . -printf '%m %U %G /%P\n'
//
// Each record has the mode in octal (a file type in it is allowed and ignored),
// the numeric owner and group, and the rest of it is the absolute path, byte
// for byte, without any escapes. Records end with a newline, or with a NUL byte
// (-printf '...\0'), which is the safe choice; the first record decides. Of
// several records for one path the last is taken.
//
// An error names the number of the record, counted from 1; the owners known
// before are kept then. SetOwners must not run while the tree is in use.
func (f *FS) SetOwners(r io.Reader) error {
	owners := map[string]Owner{}
	digest := sha256.New()
	records := bufio.NewReader(io.TeeReader(r, digest))
	end, err := recordEnd(records)
	for number := 1; err == nil; number++ {
		var record string
		record, err = records.ReadString(end)
		if record = strings.TrimSuffix(record, string(end)); record == "" {
			continue
		}
		name, owner, wrong := parseOwner(record)
		if wrong != nil {
			return fmt.Errorf("ownership manifest: line %d: %w", number, wrong)
		}
		owners[name] = owner
	}
	if err != io.EOF {
		return fmt.Errorf("read ownership manifest: %w", err)
	}
	f.owners, f.ownersDigest = owners, string(digest.Sum(nil))
	return nil
}

// recordEnd looks which byte ends the first record, without reading it.
func recordEnd(records *bufio.Reader) (byte, error) {
	start, err := records.Peek(records.Size())
	if i := bytes.IndexAny(start, "\n\x00"); i >= 0 {
		return start[i], nil
	}
	if errors.Is(err, io.EOF) {
		err = nil // an empty manifest, or one record without an end
	}
	return '\n', err
}

func parseOwner(record string) (string, Owner, error) {
	fields := strings.SplitN(record, " ", 4)
	if len(fields) < 4 {
		return "", Owner{}, fmt.Errorf("%q is not MODE UID GID PATH", record)
	}
	mode, err := strconv.ParseUint(fields[0], 8, 32)
	if err != nil {
		return "", Owner{}, fmt.Errorf("mode %q is not an octal number", fields[0])
	}
	uid, err := strconv.ParseUint(fields[1], 10, 32)
	if err != nil {
		return "", Owner{}, fmt.Errorf("user %q is not a number", fields[1])
	}
	gid, err := strconv.ParseUint(fields[2], 10, 32)
	if err != nil {
		return "", Owner{}, fmt.Errorf("group %q is not a number", fields[2])
	}
	if !strings.HasPrefix(fields[3], "/") {
		return "", Owner{}, fmt.Errorf("path %q is not absolute", fields[3])
	}
	return path.Clean(fields[3]), Owner{uint32(mode) & 0o7777, uint32(uid), uint32(gid)}, nil
}

// Owner tells what the manifest says about name, which is looked up as it is,
// without following links: give it a path from Resolve. It is false without a
// manifest, and for a path that is not in it.
func (f *FS) Owner(name string) (Owner, bool) {
	f.trace.note(observed{kind: observedOwners}, f.ownersDigest)
	owner, ok := f.owners[path.Clean("/"+name)]
	return owner, ok
}
