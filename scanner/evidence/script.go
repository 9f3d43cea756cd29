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
	computed   []computed
	unresolved []unresolved
	search     []string     // folders that it puts into PATH
	words      []string     // literal words with a slash: paths that it may touch
	sources    []string     // files, or patterns, that it reads as further script
	scripts    []string     // files that it starts a shell for
	assumed    []unresolved // places where the environment might name one, which nobody is seen to give
	given      []given      // programs of byArguments with their arguments
	asks       []string     // capabilities that builtins ask for
	written    []string     // paths that it writes to
	goes       []string     // folders that it goes to
	writesHere bool         // to names without a folder, too
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
	setsVariables     = []string{"read", "mapfile", "readarray", "printf"}
	declaresVariables = []string{"export", "readonly", "local", "declare", "typeset"}
)

// sourced is a file that a script reads as further script.
type sourced struct {
	name string
	text []byte
}

// surroundings are what a script is run with.
type surroundings struct {
	name string            // its own, empty when it is not known
	args []string          // nil when they are not known
	env  map[string]string // that the unit gives
	// bySystemd: the service manager starts it, which sets no variables but those.
	bySystemd bool
	// read gives the files behind a name or pattern that a script reads as further
	// script; nil reads none.
	read    func(pattern string) []sourced
	resolve func(path string) string // follows links
}

// parseScript reads a shell script, or the text behind sh -c.
func parseScript(text []byte, shell string, with surroundings) script {
	r := newScriptReader(shell, with)
	file, err := r.parse(string(text))
	if err != nil {
		return script{err: err}
	}
	r.shiftsArguments = changesOwnArguments(file)
	files := r.withSources(file)
	if !r.shiftsArguments && slices.ContainsFunc(files, changesOwnArguments) {
		r = newScriptReader(shell, with)
		r.shiftsArguments = true
		files = r.withSources(file)
	}
	for _, f := range files {
		r.file = f.Name
		r.walk(f, r.visit)
	}
	r.visitCalled()
	r.out.assumed, r.out.unresolved = distinct(r.out.assumed), distinct(r.out.unresolved)
	for _, list := range []*[]string{&r.out.commands, &r.out.words, &r.out.sources, &r.out.scripts} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return r.out
}

func distinct(list []unresolved) []unresolved {
	slices.SortStableFunc(list, func(a, b unresolved) int { return strings.Compare(a.file+"\x00"+a.text, b.file+"\x00"+b.text) })
	return slices.Compact(list)
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
		r.declareEvaluated()
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
				for _, name := range r.value(x.Args[1].Parts).texts {
					if !isKnown(name) {
						name = sourcePattern(name)
					}
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

// parse parses a text. What is no UTF-8 in it is not known.
func (r *scriptReader) parse(text string) (*syntax.File, error) {
	variant, ok := shells[r.shell]
	if !ok {
		variant = syntax.LangBash
	}
	text = strings.ToValidUTF8(text, outside)
	file, err := syntax.NewParser(syntax.Variant(variant)).Parse(strings.NewReader(text), "")
	if err != nil && variant == syntax.LangPOSIX { // many scripts say sh and mean bash
		file, err = syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	}
	return file, err
}

type scriptReader struct {
	out      script
	shell    string
	file     string // that is visited, empty for the script itself
	depth    int    // of texts in texts
	with     surroundings
	within   string   // the function whose body is visited, empty outside
	pos      uint     // of the command or word at hand
	expanded bool     // the command at hand stands for "$@"
	pieces   *wordSet // the words that parts of the text are made of which are not known
	bound    string   // a variable that has a certain value in the words at hand
	boundTo  value
	boundAt  int
	cwd      *value // where the statements at hand went to
	*scriptState
}

// scriptState is what a script shares with the texts that it evaluates.
type scriptState struct {
	functions       map[string][]*function // by name
	sites           map[string][]callSite  // simple commands by name
	changes         map[string]*changes    // of arguments, by function
	called          *[]string              // functions, in the order in which calls of them are met
	variables       map[string][]assigned
	ofLoop          map[string]loopVariable // by the name that it has in the loop
	anyVariable     []anyAssigned
	fed             map[*syntax.CallExpr]*assigned // what "read" reads
	evals           []evaluated
	shiftsArguments bool            // the script changes its own
	declared        map[string]bool // texts that are evaluated
	found           map[string]bool // names and patterns behind which there is further script

	settling
}

func newScriptReader(shell string, with surroundings) *scriptReader {
	r := &scriptReader{shell: shell, with: with, scriptState: &scriptState{functions: map[string][]*function{}, sites: map[string][]callSite{},
		changes: map[string]*changes{}, called: new([]string), variables: map[string][]assigned{}, ofLoop: map[string]loopVariable{}, fed: map[*syntax.CallExpr]*assigned{}, found: map[string]bool{}, declared: map[string]bool{}}}
	r.reset()
	return r
}

// walk visits a script but for the bodies of its functions.
func (r *scriptReader) walk(node syntax.Node, visit func(syntax.Node) bool) {
	syntax.Walk(node, func(n syntax.Node) bool {
		if n == nil {
			return false
		}
		if x, ok := n.(*syntax.CaseClause); ok {
			if items, known := r.branches(x); known {
				for _, item := range items {
					r.walk(item, visit)
				}
				return false
			}
		}
		_, declares := n.(*syntax.FuncDecl)
		return visit(n) && !declares
	})
}

func (r *scriptReader) visit(node syntax.Node) bool {
	switch x := node.(type) {
	case *syntax.CallExpr:
		r.call(x)
	case *syntax.Stmt:
		r.at(x.Pos())
		r.redirects(x)
	case *syntax.Word:
		for _, text := range r.literals(x) {
			if strings.HasPrefix(text, "~") { // of root, or of any user
				text = "/root/" + text[1:]
			}
			if strings.Contains(text, "/") {
				r.out.words = append(r.out.words, text)
			}
		}
	case *syntax.ParamExp:
		if paramName(x) == "HOME" {
			r.out.words = append(r.out.words, "/root")
		}
	}
	return true
}
