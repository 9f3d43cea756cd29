// SPDX-License-Identifier: MIT

package unit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Outcomes of a setting that has no effect: PID 1 ignores the line, or refuses
// the unit (in a drop-in: the rest of that file).
var errFatal = errors.New("the unit is refused")

func ignored(format string, args ...any) error { return fmt.Errorf(format, args...) }

func fatal(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), errFatal)
}

// words that a list setting skipped: the line as a whole has its effect.
type skippedWords []string

func (s skippedWords) Error() string {
	return "unknown and ignored: " + strings.Join(s, " ")
}

// loading is what a setting's value is read with.
type loading struct {
	version Version
	filter  filterRules
	specifiers
}

// setter applies one value to the service: nil, skippedWords, or an error for a
// line without effect; errFatal as said there.
type setter func(l *loading, s *Service, a Assignment) error

func boolean(field func(*Service) *bool) setter {
	return func(_ *loading, s *Service, a Assignment) error {
		on, ok := parseBool(a.Value)
		if !ok {
			return ignored("%q is not a boolean", a.Value)
		}
		*field(s) = on
		return nil
	}
}

// enumeration takes one of the words exactly; words may depend on the version.
func enumeration(field func(*Service) *string, words ...string) setter {
	return func(_ *loading, s *Service, a Assignment) error {
		if !slices.Contains(words, a.Value) {
			return ignored("%q is none of %s", a.Value, strings.Join(words, ", "))
		}
		*field(s) = a.Value
		return nil
	}
}

// since is a word that an enumeration knows from a major version on.
type since struct {
	major int
	word  string
}

// boolOrWord takes a boolean or one of the words.
func boolOrWord(field func(*Service) *string, words ...since) setter {
	return func(l *loading, s *Service, a Assignment) error {
		if on, ok := parseBool(a.Value); ok {
			*field(s) = map[bool]string{true: "yes", false: "no"}[on]
			return nil
		}
		for _, w := range words {
			if a.Value == w.word {
				if l.version.Major < w.major {
					return ignored("%q is known from systemd %d on", a.Value, w.major)
				}
				*field(s) = a.Value
				return nil
			}
		}
		return ignored("%q is neither a boolean nor a known word", a.Value)
	}
}

// text takes any value, empty resets.
func text(field func(*Service) *string) setter {
	return func(_ *loading, s *Service, a Assignment) error {
		*field(s) = a.Value
		return nil
	}
}

// present notes that a setting has a value.
func present(field func(*Service) *bool) setter {
	return func(_ *loading, s *Service, a Assignment) error {
		*field(s) = a.Value != ""
		return nil
	}
}

// rootPath takes an absolute, normalized path; anything else refuses the unit.
func rootPath(field func(*Service) *string) setter {
	return func(l *loading, s *Service, a Assignment) error {
		if a.Value == "" {
			*field(s) = ""
			return nil
		}
		path, err := l.expand(a.Value)
		if err != nil {
			return fatal("%s", err)
		}
		if !strings.HasPrefix(path, "/") || slices.Contains(strings.Split(path, "/"), "..") {
			return fatal("%q is not an absolute path without \"..\"", path)
		}
		*field(s) = simplifyPath(path)
		return nil
	}
}

// simplifyPath drops empty and "." components.
func simplifyPath(path string) string {
	parts := slices.DeleteFunc(strings.Split(path, "/"), func(p string) bool { return p == "" || p == "." })
	return "/" + strings.Join(parts, "/")
}

// paths adds absolute paths, empty clears.
func paths(field func(*Service) *[]string) setter {
	return func(l *loading, s *Service, a Assignment) error {
		if a.Value == "" {
			*field(s) = nil
			return nil
		}
		path, err := l.expand(a.Value)
		if err != nil {
			return ignored("%s", err)
		}
		if !strings.HasPrefix(path, "/") {
			return ignored("%q is not an absolute path", path)
		}
		*field(s) = append(*field(s), simplifyPath(path))
		return nil
	}
}

func skipped(words []string) error {
	if len(words) == 0 {
		return nil
	}
	return skippedWords(words)
}

func setUser(field func(*Service) *string) setter {
	return func(l *loading, s *Service, a Assignment) error {
		if a.Value == "" {
			*field(s) = ""
			return nil
		}
		name, err := l.expand(a.Value)
		if err != nil {
			return fatal("%s", err)
		}
		if !validUser(name) {
			return fatal("%q is not a valid user or group name", name)
		}
		*field(s) = name
		return nil
	}
}

func setSupplementaryGroups(l *loading, s *Service, a Assignment) error {
	if a.Value == "" {
		s.SupplementaryGroups = nil
		return nil
	}
	words, err := splitWords(a.Value, false, false)
	if err != nil {
		return fatal("%s", err)
	}
	for _, w := range words {
		name, err := l.expand(w)
		if err != nil {
			return fatal("%s", err)
		}
		if !validUser(name) {
			return fatal("%q is not a valid group name", name)
		}
		s.SupplementaryGroups = append(s.SupplementaryGroups, name)
	}
	return nil
}

// validUser tells whether User= takes the name: a number that is a user ID, or a
// name by the loose rules (systemd.exec(5), User=).
func validUser(name string) bool {
	digits := strings.Trim(name, "0123456789") == ""
	switch {
	case name == "", name == ".", name == "..":
		return false
	case digits:
		id, err := strconv.ParseUint(name, 10, 32)
		return err == nil && (name == "0" || name[0] != '0') && id != 1<<32-1 && id != 1<<16-1
	case name[0] == '-' && strings.Trim(name[1:], "0123456789") == "":
		return false
	}
	return strings.TrimSpace(name) == name && !strings.ContainsAny(name, ":/") && strings.IndexFunc(name, unicode.IsControl) < 0
}

func setDynamicUser(_ *loading, s *Service, a Assignment) error {
	on, ok := parseBool(a.Value)
	if !ok {
		return fatal("%q is not a boolean", a.Value)
	}
	s.DynamicUser = on
	return nil
}

func setUMask(_ *loading, s *Service, a Assignment) error {
	mode, ok := parseMode(a.Value)
	if !ok {
		return ignored("%q is not an octal mode", a.Value)
	}
	s.UMask = mode
	return nil
}

// setPrivateMounts is a plain boolean up to 253; from 254 on empty unsets it.
func setPrivateMounts(l *loading, s *Service, a Assignment) error {
	on, ok := parseBool(a.Value)
	switch {
	case a.Value == "" && l.version.Major >= 254:
		s.PrivateMounts = Unset
	case !ok:
		return ignored("%q is not a boolean", a.Value)
	case on:
		s.PrivateMounts = Yes
	default:
		s.PrivateMounts = No
	}
	return nil
}

// setProtectHostname is a boolean up to 257; 258 added private and a host name.
func setProtectHostname(l *loading, s *Service, a Assignment) error {
	if l.version.Major >= 258 {
		if a.Value == "" {
			s.ProtectHostname = "no"
			return nil
		}
		if word, host, named := strings.Cut(a.Value, ":"); named {
			on, isBool := parseBool(word)
			if word != "private" && !(isBool && on) {
				return ignored("%q takes no host name", word)
			}
			if _, err := l.expand(host); err != nil {
				return ignored("%s", err)
			}
			a.Value = word
		}
	}
	return boolOrWord(func(s *Service) *string { return &s.ProtectHostname }, since{258, "private"})(l, s, a)
}

func setDelegate(_ *loading, s *Service, a Assignment) error {
	on, ok := parseBool(a.Value)
	s.Delegate = !ok || on
	return nil
}

func setCapabilities(field func(*Service) *CapabilitySet, initial func(Version) CapabilitySet) setter {
	return func(l *loading, s *Service, a Assignment) error {
		set, unknown := mergeCapabilities(*field(s), initial(l.version), a.Value, l.version)
		*field(s) = set
		return skipped(unknown)
	}
}

func setNamespaces(l *loading, s *Service, a Assignment) error {
	set, ok := mergeNamespaces(s.RestrictNamespaces, a.Value, l.version)
	if !ok {
		return ignored("%q is neither a boolean nor a list of name spaces; one unknown word voids the line", a.Value)
	}
	s.RestrictNamespaces = set
	return nil
}

func setAddressFamilies(l *loading, s *Service, a Assignment) error {
	set, unknown := mergeAddressFamilies(s.RestrictAddressFamilies, a.Value, l.version)
	s.RestrictAddressFamilies = set
	return skipped(unknown)
}

func setSystemCallFilter(l *loading, s *Service, a Assignment) error {
	filter, unknown := l.filter.merge(s.SystemCallFilter, a.Value)
	s.SystemCallFilter = filter
	return skipped(unknown)
}
