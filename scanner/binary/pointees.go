// SPDX-License-Identifier: MIT

package binary

import (
	"slices"
)

// space is the kind of memory that a pointer points into.
type space uint8

const (
	inFrame  space = iota // the function's stack frame: off counts from the stack pointer at entry
	inFile                // the file's own data: off is the address
	ofCall                // what the call at node base returned
	ofCaller              // what the parameter in register base points to
)

// pointee is one thing that a pointer may point into.
type pointee struct {
	space space
	base  int
	off   int64
	loose bool // an index that is not known was added
}

// pointees are all of them; other stands for what is not followed. A null pointer
// is none.
type pointees struct {
	list  []pointee
	other bool
}

func (p pointees) union(q pointees) pointees {
	out := pointees{slices.Clone(p.list), p.other || q.other}
	for _, x := range q.list {
		if !slices.Contains(out.list, x) {
			out.list = append(out.list, x)
		}
	}
	if len(out.list) > maxPointees {
		return pointees{list: out.list[:maxPointees], other: true}
	}
	return out
}

func (p pointees) moved(by int64, loose bool) pointees {
	out := pointees{other: p.other}
	for _, x := range p.list {
		x.off += by
		x.loose = x.loose || loose
		out.list = append(out.list, x)
	}
	return out
}

var elsewhere = pointees{other: true}
