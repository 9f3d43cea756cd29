// SPDX-License-Identifier: MIT

package unit

import (
	"fmt"
	"strings"
)

// specifiers expands %-sequences as PID 1 does for a system service
// (systemd.unit(5), "Specifiers"). What only the device knows (host name,
// machine ID, kernel release) stands as the specifier itself.
type specifiers struct{ name, fragment string }

// constantSpecifiers are the same for every unit of the system manager.
var constantSpecifiers = map[byte]string{
	't': "/run", 'S': "/var/lib", 'C': "/var/cache", 'L': "/var/log", 'E': "/etc", 'D': "/usr/share",
	'T': "/tmp", 'V': "/var/tmp", 'u': "root", 'U': "0", 'g': "root", 'G': "0", 'h': "/root", 's': "/bin/sh",
	'%': "%",
}

const deviceSpecifiers = "HlqmbvaowBWAMd"

// expand returns the value with its specifiers filled in; a letter or digit that
// is no specifier is an error, as is a value that cannot be unescaped.
func (sp specifiers) expand(value string) (string, error) {
	if !strings.Contains(value, "%") {
		return value, nil
	}
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '%' || i+1 == len(value) {
			b.WriteByte(value[i])
			continue
		}
		i++
		text, err := sp.one(value[i])
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (sp specifiers) one(c byte) (string, error) {
	if text, ok := constantSpecifiers[c]; ok {
		return text, nil
	}
	prefix, instance, _, _ := SplitName(sp.name)
	last := prefix[strings.LastIndexByte(prefix, '-')+1:]
	switch c {
	case 'n':
		return sp.name, nil
	case 'N':
		return sp.name[:strings.LastIndexByte(sp.name, '.')], nil
	case 'p':
		return prefix, nil
	case 'P':
		return unescape(prefix)
	case 'i':
		return instance, nil
	case 'I':
		return unescape(instance)
	case 'j':
		return last, nil
	case 'J':
		return unescape(last)
	case 'f':
		path := instance
		if path == "" {
			path = prefix
		}
		text, err := unescape(path)
		return "/" + text, err
	case 'y':
		return sp.fragment, nil
	case 'Y':
		return sp.fragment[:max(0, strings.LastIndexByte(sp.fragment, '/'))], nil
	}
	if strings.IndexByte(deviceSpecifiers, c) >= 0 || !isNameByte(c) || strings.IndexByte(`:-_.\`, c) >= 0 {
		return "%" + string(rune(c)), nil
	}
	return "", fmt.Errorf("unknown specifier %%%c", c)
}

// unescape undoes the escaping of unit names: "-" is "/", \xNN a byte.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '-':
			b.WriteByte('/')
		case s[i] == '\\':
			if i+3 >= len(s) || s[i+1] != 'x' || hexDigit(s[i+2]) < 0 || hexDigit(s[i+3]) < 0 {
				return "", fmt.Errorf("%q cannot be unescaped", s)
			}
			b.WriteByte(byte(hexDigit(s[i+2])<<4 | hexDigit(s[i+3])))
			i += 3
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

func hexDigit(c byte) int { return strings.IndexByte("0123456789abcdef", lower(c)) }

func lower(c byte) byte {
	if c >= 'A' && c <= 'F' {
		c += 'a' - 'A'
	}
	return c
}
