// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"
)

// Limits on the evaluation of what depends on itself or on much.
const (
	roundsExact = 4      // after which a value that still grows is known by what its texts begin with
	roundsWhole = 7      // after which nothing is known of it
	maxRound    = 10     //
	maxSteps    = 400000 // parts of words of one script
)

// settling is what is known so far of variables, arguments and outputs of functions, by a
// name for each. What depends on itself is found in rounds, until nothing is new.
type settling struct {
	values  map[string]value
	lists   map[string][][]shellWord
	settled map[string]bool // for good
	done    map[string]bool // in this round
	busy    map[string]bool
	round   int
	changed bool
	cyclic  bool
	steps   int
}

func (s *settling) reset() {
	*s = settling{values: map[string]value{}, lists: map[string][][]shellWord{}, settled: map[string]bool{}, done: map[string]bool{}, busy: map[string]bool{}, steps: s.steps}
}

// settle finds what is behind a name; find tells whether it found more than before.
func (s *settling) settle(name string, find func() bool) {
	if s.settled[name] || s.done[name] {
		return
	}
	if s.busy[name] {
		s.cyclic = true
		return
	}
	outermost := len(s.busy) == 0
	for round := 0; ; round++ {
		if outermost {
			s.round, s.changed, s.cyclic = round, false, false
			clear(s.done)
		}
		s.busy[name] = true
		s.changed = find() || s.changed
		delete(s.busy, name)
		s.done[name] = true
		if !outermost {
			return
		}
		if !s.changed || !s.cyclic || round == maxRound {
			break
		}
	}
	for name := range s.done {
		s.settled[name] = true
	}
	clear(s.done)
}

// valueOf is the value behind a name.
func (s *settling) valueOf(name string, find func() value) value {
	s.settle(name, func() bool {
		before := s.values[name]
		v := before.or(find())
		switch changed := !sameTexts(v, before); {
		case !changed:
			return false
		case s.round >= roundsWhole:
			v = fromOutside
		case s.round >= roundsExact:
			v = grown(before, v)
		}
		s.values[name] = v
		return !sameTexts(v, before)
	})
	return s.values[name]
}

// listsOf are the lists of words behind a name.
func (s *settling) listsOf(name string, find func() [][]shellWord) [][]shellWord {
	s.settle(name, func() bool {
		before := s.lists[name]
		lists := find()
		if s.round >= roundsExact {
			lists = [][]shellWord{{blurredList(append(lists, before...))}}
		}
		s.lists[name] = lists
		return !sameLists(lists, before)
	})
	return s.lists[name]
}

// grown is what a value may become that gets longer with every round.
func grown(before, v value) value {
	if !slices.ContainsFunc(v.texts, func(text string) bool { return !before.covers(text) }) {
		return before
	}
	return before.or(v.beginning())
}

// covers tells whether a value may be a text.
func (v value) covers(text string) bool {
	return slices.ContainsFunc(v.texts, func(t string) bool {
		i := strings.IndexAny(t, holes)
		return t == text || i >= 0 && i == len(t)-1 && strings.HasPrefix(text, t[:i]) && (isShipped(text) || t[i:] == outside)
	})
}

func sameTexts(a, b value) bool {
	return len(a.texts) == len(b.texts) && !slices.ContainsFunc(a.texts, func(text string) bool { return !slices.Contains(b.texts, text) })
}

func sameLists(a, b [][]shellWord) bool {
	return slices.EqualFunc(a, b, func(x, y []shellWord) bool {
		return slices.EqualFunc(x, y, func(x, y shellWord) bool { return sameTexts(x.value(), y.value()) && x.list == y.list })
	})
}
