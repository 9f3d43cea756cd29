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
	search     []string     // folders that it puts into PATH
	words      []string     // literal words with a slash: paths that it may touch
	sources    []string     // files, or patterns, that it reads as further script
	scripts    []string     // files that it starts a shell for
	assumed    []unresolved // places where the environment might name one, which nobody is seen to give
	given      []given      // programs of byArguments with their arguments
	asks       []string     // capabilities that builtins ask for
	err        error        // it cannot be parsed
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

// surroundings are what a script is run with.
type surroundings struct {
	args []string          // nil when they are not known
	env  map[string]string // that the unit gives
	// read gives the files behind a name or pattern that a script reads as further
	// script; nil reads none.
	read func(pattern string) []sourced
}

// parseScript reads a shell script, or the text behind sh -c.
func parseScript(text []byte, shell string, with surroundings) script {
	r := newScriptReader(shell, with)
	file, err := r.parse(string(text))
	if err != nil {
		return script{err: err}
	}
	for _, f := range r.withSources(file) {
		r.file = f.Name
		r.walk(f, r.visit)
	}
	r.visitCalled()
	for _, list := range []*[]string{&r.out.commands, &r.out.words, &r.out.sources, &r.out.scripts} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return r.out
}

const maxSourced = 100 // files that one script reads as further script

// withSources returns a script with all that it reads as further script, and notes what
// they declare. A name may depend on a variable that another file sets.
func (r *scriptReader) withSources(file *syntax.File) []*syntax.File {
	files := []*syntax.File{file}
	seen := map[string]bool{}
	for declared := 0; declared < len(files); {
		for ; declared < len(files); declared++ {
			r.file = files[declared].Name
			r.declarations(files[declared])
		}
		clear(r.cache)
		for _, pattern := range r.sourcesOf(files) {
			if r.with.read == nil || seen["pattern "+pattern] {
				continue
			}
			seen["pattern "+pattern] = true
			for _, s := range r.with.read(pattern) {
				r.found[pattern] = true
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
					if name != "" && (name[0] == '/' || !strings.Contains(name, "/")) {
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
	out       script
	shell     string
	file      string // that is visited, empty for the script itself
	depth     int    // of texts in texts
	with      surroundings
	within    string                 // the function whose body is visited, empty outside
	expanded  bool                   // the command at hand stands for "$@"
	functions map[string][]*function // by name
	sites     map[string][]callSite  // simple commands by name
	called    *[]string              // functions, in the order in which calls of them are met
	variables map[string]*variable
	cache     map[string][]string // values of variables
	open      []string            // variables whose values are being found
	found     map[string]bool     // names and patterns behind which there is further script
}

func newScriptReader(shell string, with surroundings) *scriptReader {
	return &scriptReader{shell: shell, with: with, functions: map[string][]*function{}, sites: map[string][]callSite{}, called: new([]string), variables: map[string]*variable{},
		cache: map[string][]string{}, found: map[string]bool{}}
}

// walk visits a script but for the bodies of its functions.
func (r *scriptReader) walk(node syntax.Node, visit func(syntax.Node) bool) {
	syntax.Walk(node, func(n syntax.Node) bool {
		if n == nil {
			return false
		}
		_, declares := n.(*syntax.FuncDecl)
		return visit(n) && !declares
	})
}

// declarations notes functions, and the values of variables.
func (r *scriptReader) declarations(file *syntax.File) {
	var visit func(node syntax.Node) bool
	visit = func(node syntax.Node) bool {
		switch x := node.(type) {
		case *syntax.FuncDecl:
			r.declareFunction(x, visit)
		case *syntax.Assign:
			if x.Name != nil && !x.Naked {
				r.assign(x.Name.Value, x.Value, x.Append || x.Array != nil || x.Index != nil)
			}
		case *syntax.CallExpr:
			r.declares(x.Args)
			r.shifts(x.Args)
			r.calls(x.Args)
		case *syntax.ForClause:
			r.loop(x)
		}
		return true
	}
	r.walk(file, visit)
}

// shifts forgets the arguments of the script, or of a function, where it changes them.
func (r *scriptReader) shifts(args []*syntax.Word) {
	if len(args) == 0 {
		return
	}
	sets := args[0].Lit() == "set" && slices.ContainsFunc(args[1:], func(w *syntax.Word) bool {
		return w.Lit() == "--" || !strings.HasPrefix(w.Lit(), "-") && !strings.HasPrefix(w.Lit(), "+")
	})
	if !sets && args[0].Lit() != "shift" && args[0].Lit() != "eval" {
		return
	}
	if r.within == "" {
		r.with.args = nil
	}
	for _, f := range r.functions[r.within] {
		f.shifts = true
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
