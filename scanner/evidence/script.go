// SPDX-License-Identifier: MIT

package evidence

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// script is what a shell script shows to a reader that does not run it.
type script struct {
	commands   []string // names or paths of programs that it runs, sorted
	unresolved []string // places where the program is not named in the text
	search     []string // folders that it puts into PATH
	words      []string // literal words with a slash: paths that it may touch
	sources    []string // files that it reads as further script
	err        error    // it cannot be parsed
}

// shells whose scripts are parsed; busybox's and dash's are POSIX.
var shells = map[string]syntax.LangVariant{
	"sh": syntax.LangPOSIX, "dash": syntax.LangPOSIX, "ash": syntax.LangPOSIX, "bash": syntax.LangBash, "rbash": syntax.LangBash,
	"ksh": syntax.LangMirBSDKorn, "mksh": syntax.LangMirBSDKorn,
}

// builtins run no program; those that run their arguments are in wrappers.
var builtins = strings.Fields(`. : [ [[ ]] alias bg break cd continue declare echo eval exit export false fc fg getopts hash help history jobs
	kill let local mapfile popd printf pushd pwd read readarray readonly return set shift shopt source suspend test times trap true
	type typeset ulimit umask unalias unset wait disown dirs enable compgen complete caller logout`)

// prefixes are parts of the shell that run the command that follows their options.
var prefixes = []string{"exec", "command", "builtin", "time"}

// launchers are programs that run the command among their arguments.
var launchers = strings.Fields(`nohup nice env setsid timeout stdbuf ionice chrt taskset flock chroot su sudo doas runuser setpriv unshare nsenter
	start-stop-daemon xargs find parallel watch busybox toybox systemd-cat dbus-run-session dbus-launch script daemonize daemon strace ltrace catchsegv
	fakeroot unbuffer logsave choom prlimit numactl cgexec softlimit chpst tini dumb-init catatonit`)

// Builtins that give values to the variables that they name, and that take assignments.
var (
	setsVariables     = []string{"read", "getopts", "mapfile", "readarray", "printf", "unset"}
	declaresVariables = []string{"export", "readonly", "local", "declare", "typeset"}
)

// parseScript reads a shell script, or the text behind sh -c.
func parseScript(text []byte, shell string) script {
	r := scriptReader{shell: shell, functions: map[string]bool{}, variables: map[string]string{}}
	file, err := r.parse(string(text))
	if err != nil {
		return script{err: err}
	}
	r.declarations(file)
	syntax.Walk(file, r.visit)
	slices.Sort(r.out.commands)
	r.out.commands = slices.Compact(r.out.commands)
	slices.Sort(r.out.words)
	r.out.words = slices.Compact(r.out.words)
	return r.out
}

func (r *scriptReader) parse(text string) (*syntax.File, error) {
	variant, ok := shells[r.shell]
	if !ok {
		variant = syntax.LangBash
	}
	file, err := syntax.NewParser(syntax.Variant(variant)).Parse(strings.NewReader(text), "")
	if err != nil && variant == syntax.LangPOSIX { // many scripts say sh and mean bash
		file, err = syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	}
	return file, err
}

type scriptReader struct {
	out       script
	shell     string
	depth     int // of texts in texts
	functions map[string]bool
	variables map[string]string // assigned once, with a literal; "" when not
}

// declarations notes functions, and variables that always have one literal value.
func (r *scriptReader) declarations(file *syntax.File) {
	syntax.Walk(file, func(node syntax.Node) bool {
		switch x := node.(type) {
		case *syntax.FuncDecl:
			r.functions[x.Name.Value] = true
		case *syntax.Assign:
			if x.Name != nil && !x.Naked {
				r.assign(x.Name.Value, x.Value, x.Append)
			}
		case *syntax.CallExpr:
			r.declares(x.Args)
		case *syntax.ForClause:
			if it, ok := x.Loop.(*syntax.WordIter); ok {
				r.assign(it.Name.Value, nil, true)
			}
		}
		return true
	})
}

// assign notes that a variable gets a value. One that gets a second one, or one that is
// added to or not known, has no literal value.
func (r *scriptReader) assign(name string, value *syntax.Word, unclear bool) {
	text := ""
	if value != nil {
		text, _ = r.literal(value)
	}
	if _, again := r.variables[name]; again || unclear {
		text = ""
	}
	r.variables[name] = text
	if name == "PATH" && value != nil {
		r.searches(value)
	}
}

// declares takes the variables that a builtin declares or sets; to the parser of POSIX
// shells all builtins are commands.
func (r *scriptReader) declares(args []*syntax.Word) {
	if len(args) == 0 {
		return
	}
	name := args[0].Lit()
	for _, a := range args[1:] {
		switch {
		case slices.Contains(setsVariables, name):
			r.assign(a.Lit(), nil, true)
		case slices.Contains(declaresVariables, name):
			variable, _, found := strings.Cut(r.known(a), "=")
			if found {
				r.assign(variable, nil, true)
			}
			if found && variable == "PATH" {
				r.searches(a)
			}
		}
	}
}

func (r *scriptReader) visit(node syntax.Node) bool {
	switch x := node.(type) {
	case *syntax.CallExpr:
		r.call(x.Args)
	case *syntax.Word:
		text, all := r.literal(x)
		if !all {
			text = r.known(x)
		}
		if strings.HasPrefix(text, "~") { // of root, or of any user
			text = "/root/" + text[1:]
		}
		if strings.Contains(text, "/") {
			r.out.words = append(r.out.words, text)
		}
	case *syntax.ParamExp:
		if paramName(x) == "HOME" {
			r.out.words = append(r.out.words, "/root")
		}
	}
	return true
}

// known is what is literal of a word that is not as a whole: its text up to the first
// part that is not, or behind parts at its beginning that are not, and what is set
// apart from those by a blank or the like: "/proc/" of /proc/$pid/stat, "/etc/x" of
// $root/etc/x, "a  /b" of "a $x /b".
func (r *scriptReader) known(w *syntax.Word) string {
	var text string
	cut := false
	for _, part := range flat(w.Parts) {
		literal, ok := r.parts([]syntax.WordPart{part})
		switch {
		case !ok:
			cut = text != ""
		case cut:
			if i := strings.IndexFunc(literal, separates); i >= 0 {
				text, cut = text+" "+literal[i:], false
			}
		default:
			text += literal
		}
	}
	return text
}

// flat takes double quotes apart.
func flat(parts []syntax.WordPart) []syntax.WordPart {
	var out []syntax.WordPart
	for _, p := range parts {
		if quoted, ok := p.(*syntax.DblQuoted); ok {
			out = append(out, flat(quoted.Parts)...)
		} else {
			out = append(out, p)
		}
	}
	return out
}

// searches takes the folders of an assignment to PATH.
func (r *scriptReader) searches(w *syntax.Word) {
	text, all := r.literal(w)
	if !all {
		text = r.known(w)
	}
	for _, dir := range strings.Split(strings.TrimPrefix(text, "PATH="), ":") {
		if strings.HasPrefix(dir, "/") {
			r.out.search = append(r.out.search, dir)
		}
	}
}

func (r *scriptReader) notNamed(w *syntax.Word, why string) {
	r.out.unresolved = append(r.out.unresolved, "line "+w.Pos().String()+why)
}

// call notes the program of a simple command.
func (r *scriptReader) call(args []*syntax.Word) {
	inShell := true // a function or builtin may be meant
	for len(args) > 0 {
		name, ok := r.literal(args[0])
		_, shell := shells[path.Base(name)]
		switch {
		case !ok || name == "":
			r.notNamed(args[0], "")
			return
		case inShell && r.functions[name]:
			return
		case slices.Contains(prefixes, name):
			inShell = inShell && name == "time"
			args = r.skipOptions(args[1:])
			continue
		case slices.Contains(builtins, name):
			r.builtin(name, args)
			return
		case strings.Contains(name, "/") && name[0] != '/':
			r.notNamed(args[0], " (relative)")
			return
		}
		r.out.commands = append(r.out.commands, name)
		switch {
		case shell:
			r.runsShell(path.Base(name), args)
		case slices.Contains(launchers, path.Base(name)):
			r.launch(args)
		}
		return
	}
}

// builtin takes what those builtins run that run something.
func (r *scriptReader) builtin(name string, args []*syntax.Word) {
	switch {
	case name == "eval":
		r.notNamed(args[0], " (eval)")
	case len(args) < 2:
	case name == "." || name == "source":
		file, literal := r.literal(args[1])
		if !literal || !strings.HasPrefix(file, "/") {
			r.notNamed(args[1], "")
			return
		}
		r.out.sources = append(r.out.sources, file)
	case name == "trap":
		r.text(args[1], r.shell, true)
	}
}

// runsShell takes the text or file that a shell is given.
func (r *scriptReader) runsShell(shell string, args []*syntax.Word) {
	words := make([]string, 0, len(args))
	for _, a := range args[1:] {
		text, ok := r.literal(a)
		if !ok {
			text = unresolvedWord
		}
		words = append(words, text)
	}
	i, isText := shellOperand(words)
	switch {
	case i < 0:
		r.notNamed(args[0], " (reads commands)")
	case isText:
		r.text(args[i+1], shell, false)
	case !strings.HasPrefix(words[i], "/"):
		r.notNamed(args[i+1], "")
	default:
		r.out.sources = append(r.out.sources, words[i])
	}
}

// unresolvedWord stands for a word that is not literal: no file has this name.
const unresolvedWord = "\x00"

// shellOperand finds the operand of a shell's arguments, without argv[0]: a text behind
// an option c, or the name of a file. It is -1 when the shell reads its input.
func shellOperand(args []string) (index int, isText bool) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			i++
		} else if len(a) > 1 && (a[0] == '-' || a[0] == '+') {
			short := a[1] != '-'
			isText = isText || short && strings.Contains(a, "c")
			if short && strings.HasSuffix(strings.ToLower(a), "o") || a == "--rcfile" || a == "--init-file" {
				i++ // its value
			}
			continue
		}
		if i < len(args) {
			return i, isText
		}
	}
	return -1, false
}

const maxTexts = 10 // a text in a text in a ...

// text reads a word that is a script: one of the same shell, as trap has it, knows its
// functions.
func (r *scriptReader) text(w *syntax.Word, shell string, same bool) {
	text, ok := r.literal(w)
	if !ok || r.depth == maxTexts {
		r.notNamed(w, "")
		return
	}
	sub := scriptReader{shell: shell, depth: r.depth + 1, functions: map[string]bool{}, variables: map[string]string{}}
	if same {
		sub.functions, sub.variables = r.functions, r.variables
	}
	file, err := sub.parse(text)
	if err != nil {
		r.notNamed(w, "")
		return
	}
	sub.declarations(file)
	syntax.Walk(file, sub.visit)
	r.out.commands = append(r.out.commands, sub.out.commands...)
	r.out.words = append(r.out.words, sub.out.words...)
	r.out.sources = append(r.out.sources, sub.out.sources...)
	r.out.search = append(r.out.search, sub.out.search...)
	for range sub.out.unresolved {
		r.notNamed(w, "")
	}
}

// launch takes every argument of a launcher that may be the command: which one is
// depends on options of the launcher. The command is not named when a word is not
// literal before one that is no option, no value of one and no number.
func (r *scriptReader) launch(args []*syntax.Word) {
	named, before := false, ""
	for _, a := range args[1:] {
		text, ok := r.literal(a)
		if !ok {
			text = r.known(a)
		}
		option := strings.HasPrefix(text, "-") || strings.Contains(text, "=")
		switch {
		case before == "-c":
			r.text(a, "sh", false)
		case option:
		case !ok && !named:
			r.notNamed(a, "")
			return
		case ok:
			r.out.commands = append(r.out.commands, text)
			named = named || !strings.HasPrefix(before, "-") && strings.Trim(text, "0123456789.smhd") != ""
		}
		before = text
	}
}

// skipOptions drops options and assignments before a wrapped command.
func (r *scriptReader) skipOptions(args []*syntax.Word) []*syntax.Word {
	for len(args) > 0 {
		text, ok := r.literal(args[0])
		if !ok || !strings.HasPrefix(text, "-") && !strings.Contains(text, "=") {
			break
		}
		if text == "-a" && len(args) > 1 { // exec's name for the program
			args = args[1:]
		}
		args = args[1:]
	}
	return args
}

// literal is a word's text when the script alone decides it: without expansions
// but those of variables that have one literal value.
func (r *scriptReader) literal(w *syntax.Word) (string, bool) {
	return r.parts(w.Parts)
}

func (r *scriptReader) parts(parts []syntax.WordPart) (string, bool) {
	var b strings.Builder
	for _, part := range parts {
		switch x := part.(type) {
		case *syntax.Lit:
			b.WriteString(strings.ReplaceAll(x.Value, `\`, ""))
		case *syntax.SglQuoted:
			b.WriteString(x.Value)
		case *syntax.DblQuoted:
			text, ok := r.parts(x.Parts)
			if !ok {
				return "", false
			}
			b.WriteString(text)
		case *syntax.ParamExp:
			value := r.variables[paramName(x)]
			if value == "" || x.Exp != nil || x.Slice != nil || x.Repl != nil || x.Length {
				return "", false
			}
			b.WriteString(value)
		default:
			return "", false
		}
	}
	return b.String(), true
}

func paramName(x *syntax.ParamExp) string {
	if x.Param == nil {
		return ""
	}
	return x.Param.Value
}
