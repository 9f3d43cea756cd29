// SPDX-License-Identifier: MIT

package binary

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// goMagic begins what the Go linker writes about the build
// (cmd/link, data.go: buildinfo).
var goMagic = []byte("\xff Go buildinf:")

// readGo recognises a program of the Go toolchain.
func (im *image) readGo(f *File) {
	for i := range im.segs {
		s := &im.segs[i]
		if s.exec {
			continue
		}
		for b := s.data; ; {
			at := bytes.Index(b, goMagic)
			if at < 0 {
				break
			}
			if info := im.goInfo(b[at:]); info != nil {
				f.Go = info
				return
			}
			b = b[at+1:]
		}
	}
}

// goInfo reads the form that Go 1.18 introduced: two strings with their lengths
// follow the header of 32 bytes. Older programs only tell that they are Go.
func (im *image) goInfo(b []byte) *GoInfo {
	if len(b) < 32 {
		return nil
	}
	info := &GoInfo{}
	if b[15]&2 == 0 {
		return info
	}
	version, rest := goString(b[32:])
	text, _ := goString(rest)
	info.Version = version
	if len(text) >= 33 { // 16 bytes of marks at both ends
		text = text[16 : len(text)-16]
	}
	for _, line := range strings.Split(text, "\n") {
		words := strings.Split(line, "\t")
		switch {
		case len(words) >= 2 && words[0] == "path":
			info.Path = words[1]
		case len(words) >= 3 && words[0] == "dep":
			info.Modules = append(info.Modules, words[1]+" "+words[2])
		case line == "build\tCGO_ENABLED=1":
			info.CGO = true
		}
	}
	return info
}

func goString(b []byte) (string, []byte) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return "", nil
	}
	return string(b[size : size+int(n)]), b[size+int(n):]
}
