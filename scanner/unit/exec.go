// SPDX-License-Identifier: MIT

package unit

import (
	"fmt"
	"strings"
)

// Command is one command line of an Exec*= setting.
type Command struct {
	Setting  string   // ExecStart, ExecStartPre, ...
	Prefixes string   // the special characters before the path: any of @ - : + ! |
	Path     string   // as written, specifiers expanded; without "/" it is looked up in the PATH of systemd
	Args     []string // argv from argv[0] on, specifiers expanded, environment not
	Source
}

const commandPrefixes = "-@:+!|"

// parseCommands reads the value of an Exec*= setting: one or more command lines,
// separated by lone semicolons (systemd.service(5), "Command lines"). The error
// is what makes PID 1 refuse the unit; with the prefix "-" it drops the line.
func parseCommands(setting, value string, src Source, sp specifiers) ([]Command, error) {
	words, err := splitWords(value, true, false)
	if err != nil {
		return nil, fmt.Errorf("%w in the command line", err)
	}
	quotedSemicolon := strings.Contains(value, `\;`)
	var commands []Command
	for len(words) > 0 {
		end := 0
		for end < len(words) && (words[end] != ";" || quotedSemicolon) {
			end++
		}
		if end > 0 {
			c, err := newCommand(setting, words[:end], src, sp)
			if err != nil {
				return commands, err
			}
			if c != nil {
				commands = append(commands, *c)
			}
		}
		words = words[min(end+1, len(words)):]
	}
	return commands, nil
}

func newCommand(setting string, words []string, src Source, sp specifiers) (*Command, error) {
	bare := strings.TrimLeft(words[0], commandPrefixes)
	c := &Command{Setting: setting, Prefixes: words[0][:len(words[0])-len(bare)], Source: src}
	lenient := strings.Contains(c.Prefixes, "-")
	refuse := func(format string, args ...any) (*Command, error) {
		if lenient {
			return nil, nil
		}
		return nil, fmt.Errorf(format, args...)
	}
	var err error
	if c.Path, err = sp.expand(bare); err != nil {
		return refuse("%w in the command line", err)
	}
	switch {
	case c.Path == "":
		return refuse("the command line has no path")
	case unsafeString(c.Path):
		return refuse("special characters in the path of the command %q", c.Path)
	case strings.HasSuffix(c.Path, "/"):
		return refuse("the command %q is a directory", c.Path)
	case c.Path[0] != '/' && strings.Contains(c.Path, "/"):
		return refuse("the command %q is neither an absolute path nor a plain file name", c.Path)
	}
	c.Args = []string{c.Path}
	args := words[1:]
	if strings.Contains(c.Prefixes, "@") {
		if len(args) == 0 {
			return refuse("the command line has no argv[0] although the prefix @ asks for it")
		}
		c.Args = nil
	}
	for _, a := range args {
		text, err := sp.expand(a)
		if err != nil {
			return refuse("%w in the command line", err)
		}
		c.Args = append(c.Args, text)
	}
	return c, nil
}
