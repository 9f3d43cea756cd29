// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// defaultPath is where systemd looks for commands without a slash, in both the
// merged and the split layout (systemd.exec(5), ExecSearchPath=).
var defaultPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// environment is what Environment= and EnvironmentFile= give to the commands.
type environment map[string]string

// readEnvironment collects the variables that the unit sets, from files of the
// image too; a file that is absent is left out, as systemd leaves it with "-".
func (im *Image) readEnvironment(u *unit.Unit) environment {
	env := environment{}
	for _, a := range u.Assignments {
		switch {
		case a.Section != "Service":
		case a.Key == "Environment":
			if a.Value == "" {
				clear(env)
			}
			for _, word := range splitQuoted(a.Value) {
				if name, value, ok := strings.Cut(word, "="); ok {
					env[name] = value
				}
			}
		case a.Key == "EnvironmentFile":
			im.readEnvironmentFile(env, strings.TrimPrefix(a.Value, "-"))
		}
	}
	return env
}

func (im *Image) readEnvironmentFile(env environment, file string) {
	data, err := im.fs.ReadFile(file)
	if err != nil {
		return
	}
	for _, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, "="); ok && line[0] != '#' && line[0] != ';' {
			env[strings.TrimSpace(name)] = strings.Join(splitQuoted(value), " ")
		}
	}
}

// splitQuoted splits at blanks outside quotes and removes the quotes.
func splitQuoted(s string) []string {
	var words []string
	var b strings.Builder
	quote, started := byte(0), false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, started = c, true
		case quote == 0 && (c == ' ' || c == '\t'):
			if started {
				words = append(words, b.String())
				b.Reset()
				started = false
			}
		default:
			b.WriteByte(c)
			started = true
		}
	}
	if started {
		words = append(words, b.String())
	}
	return words
}

// expand fills variables into the arguments of a command: ${NAME} inside a word,
// a word $NAME is split into words (systemd.service(5), "Command lines").
func (env environment) expand(args []string) []string {
	var out []string
	for _, a := range args {
		if name, ok := strings.CutPrefix(a, "$"); ok && isName(name) {
			out = append(out, splitQuoted(env[name])...)
			continue
		}
		out = append(out, env.inside(a))
	}
	return out
}

func (env environment) inside(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed || !isName(name) {
			b.WriteString(s)
			return strings.ReplaceAll(b.String(), "$$", "$")
		}
		b.WriteString(before + env[name])
		s = after
	}
}

func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// lookUp finds a program by name in the folders of a search path, or returns the
// absolute path as it is.
func (im *Image) lookUp(name string, searchPath []string) (file string, ok bool) {
	if strings.HasPrefix(name, "/") {
		return name, true
	}
	if strings.Contains(name, "/") {
		return name, false
	}
	for _, dir := range searchPath {
		if _, err := im.fs.Stat(path.Join(dir, name)); err == nil {
			return path.Join(dir, name), true
		}
	}
	return name, false
}
