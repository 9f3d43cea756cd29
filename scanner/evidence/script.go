// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// script is what a shell script shows to a reader that does not run it, with the
// files that it reads as further script.
type script struct {
	commands   []string // names, paths or patterns of programs that it runs, sorted
	unresolved []unresolved
	search     []string // folders that it puts into PATH
	words      []string // literal words with a slash: paths that it may touch
	sources    []string // files, or patterns, that it reads as further script
	scripts    []string // files that it starts a shell for
	err        error    // it cannot be parsed
}

// unresolved is a place where a program is not named in the text: of the script itself,
// or of a file that it reads.
type unresolved struct{ file, text string }

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
	start-stop-daemon run-parts xargs find parallel watch busybox toybox systemd-cat dbus-run-session dbus-launch script daemonize daemon strace ltrace catchsegv
	fakeroot unbuffer logsave choom prlimit numactl cgexec softlimit chpst tini dumb-init catatonit`)

// Builtins that give values to the variables that they name, and that take assignments.
var (
	setsVariables     = []string{"read", "getopts", "mapfile", "readarray", "printf", "unset"}
	declaresVariables = []string{"export", "readonly", "local", "declare", "typeset"}
)

// sourced is a file that a script reads as further script.
type sourced struct {
	name string
	text []byte
}

// parseScript reads a shell script, or the text behind sh -c. The arguments that it is
// started with are nil when they are not known; read gives the files behind a name or
// pattern that it reads as further script.
func parseScript(text []byte, shell string, args []string, read func(pattern string) []sourced) script {
	r := newScriptReader(shell, args)
	file, err := r.parse(string(text))
	if err != nil {
		return script{err: err}
	}
	files := r.withSources(file, read)
	for _, f := range files {
		r.file = f.Name
		r.walk(f, r.visit)
	}
	for _, list := range []*[]string{&r.out.commands, &r.out.words, &r.out.sources, &r.out.scripts} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return r.out
}

const maxSourced = 100 // files that one script reads as further script

// withSources returns a script with all that it reads as further script, and notes what
// they declare. A name may depend on a variable that another file sets.
func (r *scriptReader) withSources(file *syntax.File, read func(string) []sourced) []*syntax.File {
	files := []*syntax.File{file}
	seen := map[string]bool{}
	for declared := 0; declared < len(files); {
		for ; declared < len(files); declared++ {
			r.declarations(files[declared])
		}
		clear(r.cache)
		for _, pattern := range r.sourcesOf(files) {
			if read == nil || seen["pattern "+pattern] {
				continue
			}
			seen["pattern "+pattern] = true
			for _, s := range read(pattern) {
				parsed, err := r.parse(string(s.text))
				switch {
				case seen[s.name] || len(files) >= maxSourced:
				case err != nil:
					r.out.unresolved = append(r.out.unresolved, unresolved{s.name, err.Error()})
				default:
					parsed.Name = s.name
					files = append(files, parsed)
				}
				seen[s.name] = true
			}
		}
	}
	return files
}

// sourcesOf are the files and patterns that scripts read as further script.
func (r *scriptReader) sourcesOf(files []*syntax.File) []string {
	r.out.sources = nil
	for _, f := range files {
		r.walk(f, func(node syntax.Node) bool {
			if x, ok := node.(*syntax.CallExpr); ok && len(x.Args) > 1 && slices.Contains([]string{".", "source"}, x.Args[0].Lit()) {
				names, _ := r.values(x.Args[1].Parts)
				for _, name := range names {
					if strings.HasPrefix(name, "/") {
						r.out.sources = append(r.out.sources, name)
					}
				}
			}
			return true
		})
	}
	return r.out.sources
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
	out        script
	shell      string
	file       string // that is visited, empty for the script itself
	depth      int    // of texts in texts
	args       []string
	inFunction bool
	functions  map[string]bool
	variables  map[string]*variable
	cache      map[string][]string // values of variables
	open       []string            // variables whose values are being found
}

func newScriptReader(shell string, args []string) *scriptReader {
	return &scriptReader{shell: shell, args: args, functions: map[string]bool{}, variables: map[string]*variable{}, cache: map[string][]string{}}
}

// walk visits a script, and keeps count of being in a function.
func (r *scriptReader) walk(node syntax.Node, visit func(syntax.Node) bool) {
	syntax.Walk(node, func(n syntax.Node) bool {
		f, ok := n.(*syntax.FuncDecl)
		if !ok || r.inFunction {
			return n != nil && visit(n)
		}
		visit(f)
		r.inFunction = true
		r.walk(f.Body, visit)
		r.inFunction = false
		return false
	})
}

// declarations notes functions, and the values of variables.
func (r *scriptReader) declarations(file *syntax.File) {
	r.walk(file, func(node syntax.Node) bool {
		switch x := node.(type) {
		case *syntax.FuncDecl:
			r.functions[x.Name.Value] = true
		case *syntax.Assign:
			if x.Name != nil && !x.Naked {
				r.assign(x.Name.Value, x.Value, x.Append || x.Array != nil || x.Index != nil)
			}
		case *syntax.CallExpr:
			r.declares(x.Args)
			r.shifts(x.Args)
		case *syntax.ForClause:
			r.loop(x)
		}
		return true
	})
}

// shifts forgets the script's arguments where it changes them.
func (r *scriptReader) shifts(args []*syntax.Word) {
	if len(args) == 0 || r.inFunction {
		return
	}
	sets := args[0].Lit() == "set" && slices.ContainsFunc(args[1:], func(w *syntax.Word) bool {
		return w.Lit() == "--" || !strings.HasPrefix(w.Lit(), "-") && !strings.HasPrefix(w.Lit(), "+")
	})
	if sets || args[0].Lit() == "shift" || args[0].Lit() == "eval" {
		r.args = nil
	}
}

// loop gives a loop's variable each of its words.
func (r *scriptReader) loop(x *syntax.ForClause) {
	it, ok := x.Loop.(*syntax.WordIter)
	if !ok {
		return
	}
	if !it.InPos.IsValid() { // over the arguments
		r.assign(it.Name.Value, nil, true)
	}
	for _, w := range it.Items {
		r.assign(it.Name.Value, w, false)
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
