// SPDX-License-Identifier: MIT

package report

import (
	"encoding/json"
	"fmt"
)

// Level is an exposure in tenths, 0 to 100, printed as 0.0 to 10.0; None where
// there is no figure. Tenths, because systemd computes in integers and rounds
// up: no float ever holds an exposure.
type Level int

// None is the level of a unit or row that has no figure; null in JSON.
const None Level = -1

// Known reports whether there is a figure.
func (l Level) Known() bool { return l >= 0 }

// String gives the figure as systemd prints it, "9.6", or "-" for none.
func (l Level) String() string {
	if !l.Known() {
		return "-"
	}
	return fmt.Sprintf("%d.%d", int(l)/10, int(l)%10)
}

// ParseLevel reads a figure from 0.0 to 10.0 with at most one decimal, as
// users write a threshold.
func ParseLevel(s string) (Level, error) {
	whole, tenth := 0, 0
	n, rest := 0, s
	for rest != "" && rest[0] >= '0' && rest[0] <= '9' && n < 3 {
		whole, rest, n = whole*10+int(rest[0]-'0'), rest[1:], n+1
	}
	ok := n > 0
	if ok && rest != "" {
		ok = len(rest) == 2 && rest[0] == '.' && rest[1] >= '0' && rest[1] <= '9'
		if ok {
			tenth = int(rest[1] - '0')
		}
	}
	if l := whole*10 + tenth; ok && l <= 100 {
		return Level(l), nil
	}
	return None, fmt.Errorf("%q is not an exposure level: give a number from 0.0 to 10.0 with at most one decimal", s)
}

// MarshalJSON writes the figure as a number with one decimal, or null.
func (l Level) MarshalJSON() ([]byte, error) {
	if !l.Known() {
		return []byte("null"), nil
	}
	return []byte(l.String()), nil
}

// UnmarshalJSON reads what MarshalJSON writes, and any number with at most one decimal.
func (l *Level) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*l = None
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	v, err := ParseLevel(n.String())
	*l = v
	return err
}

// Rating is the word for an exposure as systemd-analyze prints it.
func (l Level) Rating() string {
	for _, r := range ratings {
		if l >= r.from {
			return r.word
		}
	}
	return ""
}

// Source: src/analyze/analyze-security.c of every version from 250 on.
var ratings = []struct {
	from Level
	word string
}{
	{100, "DANGEROUS"},
	{90, "UNSAFE"},
	{75, "EXPOSED"},
	{50, "MEDIUM"},
	{10, "OK"},
	{1, "SAFE"},
	{0, "PERFECT"},
}
