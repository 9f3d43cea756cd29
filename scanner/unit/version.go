// SPDX-License-Identifier: MIT

package unit

import (
	"fmt"
	"strconv"
	"strings"
)

// Oldest and newest systemd release whose rules are known.
const (
	OldestKnown = 250
	NewestKnown = 262
)

// Version is a systemd release. Point is the release within a stable branch
// (255.13 has 13), or AnyPoint when only the major version is known; rules that
// came to a branch late are then taken as present.
type Version struct{ Major, Point int }

// AnyPoint is the point release of a version given as "255" alone.
const AnyPoint = -1

// ParseVersion reads "257", "255.13" and what packages make of them
// ("v255.21", "257.13-1~deb13u1", "258~rc1", "255.4+git").
func ParseVersion(s string) (Version, error) {
	text := strings.TrimPrefix(strings.TrimSpace(s), "v")
	if end := strings.IndexAny(text, "-~+^ _"); end >= 0 {
		text = text[:end]
	}
	major, point, dotted := strings.Cut(text, ".")
	v := Version{Point: AnyPoint}
	var err error
	if v.Major, err = strconv.Atoi(major); err == nil && dotted {
		point, _, _ = strings.Cut(point, ".")
		v.Point, err = strconv.Atoi(point)
	}
	if err != nil || v.Major <= 0 || v.Major > 9999 || v.Point < AnyPoint {
		return Version{}, fmt.Errorf("%q is not a systemd version: give one like 255 or 255.13", s)
	}
	return v, nil
}

// String gives "255" or "255.13".
func (v Version) String() string {
	if v.Point == AnyPoint {
		return strconv.Itoa(v.Major)
	}
	return fmt.Sprintf("%d.%d", v.Major, v.Point)
}

// Known returns the version whose rules are applied to v: v itself, or the
// newest known one for a later release. It is an error for a release before
// OldestKnown, whose rows and rules were never compared.
func (v Version) Known() (Version, error) {
	switch {
	case v.Major < OldestKnown:
		return Version{}, fmt.Errorf("systemd %s is older than %d, the oldest release whose rules are known", v, OldestKnown)
	case v.Major > NewestKnown:
		return Version{NewestKnown, AnyPoint}, nil
	}
	return v, nil
}

// Has tells whether v has a change that came with the given releases: in a
// branch that is named the point release decides, other branches have it when
// they are newer than all that are named. {254,6}, {255,0} is: 254.6 and later
// of 254, and everything from 255 on.
func (v Version) Has(releases ...Version) bool {
	newest := 0
	for _, r := range releases {
		if v.Major == r.Major {
			return v.Point == AnyPoint || v.Point >= r.Point
		}
		newest = max(newest, r.Major)
	}
	return v.Major > newest
}
