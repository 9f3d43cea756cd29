// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"

	"github.com/systemd-hardening/systemd-hardening/scanner/unit"
)

// defaultPath is where systemd looks for commands without a slash, in both the
// merged and the split layout (systemd.exec(5), ExecSearchPath=).
var defaultPath = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// environment is what Environment= and EnvironmentFile= give to the commands.
type environment map[string]string

// readEnvironment collects the variables that the unit sets, from files of the
// image too, which win (systemd.exec(5), EnvironmentFile=); a file that is absent is
// left out, as systemd leaves it with "-".
func (im *Image) readEnvironment(u *unit.Unit) environment {
	env, files := environment{}, []string{}
	for _, a := range u.Assignments {
		switch {
		case a.Section != "Service":
		case a.Key == "Environment" && a.Value == "":
			clear(env)
		case a.Key == "Environment":
			for _, word := range splitQuoted(a.Value) {
				if name, value, ok := strings.Cut(word, "="); ok {
					env[name] = value
				}
			}
		case a.Key == "EnvironmentFile" && a.Value == "":
			files = nil
		case a.Key == "EnvironmentFile":
			files = append(files, strings.TrimPrefix(a.Value, "-"))
		}
	}
	for _, file := range files {
		im.readEnvironmentFile(env, file)
	}
	return env
}

func (im *Image) readEnvironmentFile(env environment, file string) {
	data, err := im.fs.ReadFile(file)
	if err != nil {
		return
	}
	text := strings.ReplaceAll(string(data), "\\\n", " ") // a line goes on behind a backslash
	for _, line := range strings.Split(text, "\n") {
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
		before, rest, found := strings.Cut(s, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(strings.TrimPrefix(rest, "{"), "}")
		switch {
		case strings.HasPrefix(rest, "{") && closed && isName(name):
			b.WriteString(env[name])
			s = after
		case strings.HasPrefix(rest, "$"): // stands for itself
			b.WriteByte('$')
			s = rest[1:]
		default:
			b.WriteByte('$')
			s = rest
		}
	}
}

// loadsCode are variables by which the dynamic loader takes other code.
var loadsCode = []string{"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT"}

// environment takes what the values of variables name, and searches PATH first.
func (c *collector) environment(env environment, at place) {
	names := make([]string, 0, len(env))
	for name := range env {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.paths([]string{env[name]}, at)
		if slices.Contains(loadsCode, name) && env[name] != "" {
			c.unknown("preload", name+"="+env[name], at)
		}
	}
	c.search = append(searchPath(env["PATH"]), defaultPath...)
}

// searchPath are the folders of a value of PATH.
func searchPath(value string) []string {
	return slices.DeleteFunc(strings.Split(value, ":"), func(dir string) bool { return !strings.HasPrefix(dir, "/") })
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
		if info, err := im.fs.Stat(path.Join(dir, name)); err == nil && !info.IsDir() {
			return path.Join(dir, name), true
		}
	}
	return name, false
}
