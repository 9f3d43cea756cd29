// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"strings"
)

// pyBlock is a part of a script that runs as a whole: the module, or the body of a function.
// Classes and lambdas belong to the block that they stand in.
type pyBlock struct {
	name    string // of the function, empty for the module
	parent  int
	inner   []int  // blocks in it
	class   string // the outermost one that a method belongs to
	own     bool   // runs with its parent: a decorator may hand the function to anything
	dead    bool   // never runs on Linux, or in a module that is imported
	names   []string
	imports []pyImport
	calls   []pyCall
	texts   []pyText
	numbers []string
}

// pyImport is "import module", or "from module import names".
type pyImport struct {
	module string
	level  int // of dots before the module
	names  []string
	as     string   // the name by which the module is known then
	known  []string // the names by which names are known then
	from   bool
	line   int
}

// pyCall is a call of a function that matters, with its arguments.
type pyCall struct {
	function, of string // of is what stands before the dot
	args         [][]pyToken
	line         int
}

// pyText is a literal.
type pyText struct {
	text string
	line int
	key  bool // it only chooses: x["text"], {"text": x}, open(x, "w")
}

// watched are the functions whose calls matter to who reads a script.
var watched = strings.Fields(`exec eval compile execfile __import__ import_module run_path run_module spec_from_file_location SourceFileLoader
	load_source exec_module load_module getattr vars dir getmembers globals socket setsockopt mmap fcntl`)

// pyParser sorts the tokens of a script into blocks.
type pyParser struct {
	tokens []pyToken
	blocks []pyBlock
	open   []pyOpen // blocks around the line, the innermost last
	main   bool     // the script itself: what is below `if __name__ == "__main__"` runs
}

type pyOpen struct {
	block, indent int
	class         string // that is being defined
}

// parsePython reads a script.
func parsePython(text string, main bool) ([]pyBlock, error) {
	tokens, err := pythonTokens(text)
	if err != nil {
		return nil, err
	}
	p := &pyParser{tokens: tokens, blocks: []pyBlock{{parent: -1}}, open: []pyOpen{{0, -1, ""}}, main: main}
	decorated := false
	for i := 0; i < len(tokens); {
		end := i + 1
		for end < len(tokens) && tokens[end].indent < 0 {
			end++
		}
		decorated = p.line(tokens[i:end], decorated)
		i = end
	}
	return p.blocks, nil
}

// plainDecorators leave a function to be called by its name.
var plainDecorators = strings.Fields(`property staticmethod classmethod abstractmethod setter getter deleter wraps contextmanager asynccontextmanager
	cache lru_cache cached_property overload final override total_ordering singledispatch coroutine`)

// line takes a logical line; decorated tells whether decorators stand before it, which may
// hand on what it defines.
func (p *pyParser) line(line []pyToken, decorated bool) bool {
	indent := max(line[0].indent, 0)
	for len(p.open) > 1 && indent <= p.open[len(p.open)-1].indent {
		p.open = p.open[:len(p.open)-1]
	}
	if line[0].is("@") {
		p.statement(line[1:])
		name := ""
		for _, t := range line[1:] {
			if t.kind != pyName && !t.is(".") {
				break
			}
			name = t.text
		}
		return decorated || !slices.Contains(plainDecorators, name)
	}
	start := 0
	if line[0].kind == pyName && line[0].text == "async" {
		start = 1
	}
	switch {
	case len(line) > start+1 && line[start].kind == pyName && line[start].text == "def" && line[start+1].kind == pyName:
		p.define(line[start+1:], indent, decorated)
	case line[0].kind == pyName && line[0].text == "class" && len(line) > 1:
		p.statements(line[2:])
		around := p.open[len(p.open)-1]
		if around.class == "" {
			around.class = line[1].text
		}
		p.open = append(p.open, pyOpen{around.block, indent, around.class})
	case line[0].kind == pyName && (line[0].text == "if" || line[0].text == "elif") && p.never(line):
		p.nest(pyBlock{dead: true}, indent)
		p.statements(line[p.colon(line)+1:])
	default:
		p.statements(line)
	}
	return false
}

// nest opens a block.
func (p *pyParser) nest(b pyBlock, indent int) {
	b.parent = p.open[len(p.open)-1].block
	p.blocks[b.parent].inner = append(p.blocks[b.parent].inner, len(p.blocks))
	p.blocks = append(p.blocks, b)
	p.open = append(p.open, pyOpen{len(p.blocks) - 1, indent, ""})
}

func (p *pyParser) block() *pyBlock { return &p.blocks[p.open[len(p.open)-1].block] }

// define opens the block of a function; its parameters belong to the block around it.
func (p *pyParser) define(line []pyToken, indent int, decorated bool) {
	name := line[0].text
	colon := p.colon(line)
	p.statement(line[1:min(colon, len(line))])
	special := strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
	class := p.open[len(p.open)-1].class
	p.nest(pyBlock{name: name, class: class, own: decorated || special && (class != "" || name != "__getattr__")}, indent)
	if colon < len(line) {
		p.statements(line[colon+1:])
	}
}

// colon is where the head of a compound statement ends.
func (p *pyParser) colon(line []pyToken) int {
	depth, lambdas := 0, 0
	for i := range line {
		t := &line[i]
		switch {
		case t.nesting() != 0:
			depth += t.nesting()
		case t.kind == pyName && t.text == "lambda" && depth == 0:
			lambdas++
		case t.is(":") && depth == 0 && lambdas > 0:
			lambdas--
		case t.is(":") && depth == 0:
			return i
		}
	}
	return len(line)
}

// never tells whether the body of a condition never runs: of a module's own test where it
// is imported, or of another system.
func (p *pyParser) never(line []pyToken) bool {
	var b strings.Builder
	head := line[1:p.colon(line)]
	for _, t := range head {
		if t.kind == pyString {
			b.WriteString("'" + t.text + "'")
		} else {
			b.WriteString(t.text)
		}
	}
	switch condition := b.String(); condition {
	case "__name__=='__main__'":
		return !p.main
	case "TYPE_CHECKING", "typing.TYPE_CHECKING", "os.name=='nt'", "_os.name=='nt'", "name=='nt'":
		return true
	default:
		for _, system := range []string{"win32", "darwin", "ios", "android", "cygwin", "vxworks", "wasi", "emscripten", "aix"} {
			if condition == "sys.platform=='"+system+"'" || condition == "_sys.platform=='"+system+"'" {
				return true
			}
		}
		return false
	}
}

// statements takes the statements of a line: those behind the colon of a compound one, too.
func (p *pyParser) statements(line []pyToken) {
	depth, start := 0, 0
	for i := range line {
		t := &line[i]
		switch {
		case t.nesting() != 0:
			depth += t.nesting()
		case depth <= 0 && (t.is(";") || t.is(":")):
			p.statement(line[start:i])
			start = i + 1
		}
	}
	p.statement(line[start:])
}

// statement takes one statement, or a part of one.
func (p *pyParser) statement(s []pyToken) {
	b := p.block()
	switch {
	case len(s) == 0, len(s) == 1 && s[0].kind == pyString: // the text that documents what it stands in
		return
	case s[0].kind == pyName && s[0].text == "import":
		p.importModules(b, s[1:])
		return
	case s[0].kind == pyName && s[0].text == "__all__": // names that others import with "*", who have them then
		return
	case s[0].kind == pyName && s[0].text == "from":
		p.importFrom(b, s[1:])
		return
	}
	for i := range s {
		switch t := &s[i]; t.kind {
		case pyName:
			b.names = append(b.names, t.text)
			p.call(b, s, i)
		case pyString, pyFormat:
			b.texts = append(b.texts, pyText{t.text, t.line, chooses(s, i)})
			if t.kind == pyString {
				b.names = append(b.names, namesIn(t.text)...)
			}
		case pyNumber:
			b.numbers = append(b.numbers, t.text)
		}
	}
}

// openers are functions whose texts, besides the first argument, are no data but modes.
var openers = strings.Fields("open fdopen NamedTemporaryFile TemporaryFile SpooledTemporaryFile FileHandler")

// chooses tells whether a text is the key of an entry, or the mode of a file.
func chooses(s []pyToken, i int) bool {
	if i+1 < len(s) && s[i+1].is(":") {
		return true
	}
	if i > 1 && s[i-1].is("[") && (s[i-2].kind == pyName || s[i-2].is(")") || s[i-2].is("]")) && i+1 < len(s) && s[i+1].is("]") {
		return true
	}
	for depth, k := 0, i-1; k > max(0, i-maxArguments); k-- {
		switch t := &s[k]; {
		case t.nesting() < 0:
			depth++
		case depth > 0 && t.nesting() > 0:
			depth--
		case t.is("[") || t.is("{"):
			return false
		case t.is("("):
			return s[k-1].kind == pyName && slices.Contains(openers, s[k-1].text) && (!s[i-1].is("(") || s[k-1].text != "open")
		}
	}
	return false
}

// namesIn are the names that a text consists of: "name" and "module.name".
func namesIn(text string) []string {
	if len(text) > 200 || text == "" {
		return nil
	}
	words := strings.Split(text, ".")
	if slices.ContainsFunc(words, func(w string) bool { return !isName(w) }) {
		return nil
	}
	return words
}

// call notes the call of a function that matters; a mention of one without a call, too:
// it may be called by another name.
func (p *pyParser) call(b *pyBlock, s []pyToken, i int) {
	if !slices.Contains(watched, s[i].text) {
		return
	}
	c := pyCall{function: s[i].text, line: s[i].line}
	if i > 1 && s[i-1].is(".") {
		c.of = "?"
		if s[i-2].kind == pyName && (i < 3 || !s[i-3].is(".")) {
			c.of = s[i-2].text
		}
	}
	switch {
	case i+1 < len(s) && s[i+1].is("("):
		c.args = arguments(s[i+2:])
	case i+1 < len(s) && s[i+1].is("=") && (i+2 >= len(s) || !s[i+2].is("=")): // a name for a value or an argument
		return
	}
	b.calls = append(b.calls, c)
}

const maxArguments = 400 // tokens that are looked at around a call

// arguments are those of a call, up to its closing bracket.
func arguments(s []pyToken) [][]pyToken {
	args := [][]pyToken{}
	s = s[:min(len(s), maxArguments)]
	depth, start := 0, 0
	for i := range s {
		t := &s[i]
		switch {
		case depth == 0 && (t.is(")") || t.is(",")):
			if i > start {
				args = append(args, slices.Clone(s[start:i])) // else it would keep all tokens of the file
			}
			if start = i + 1; t.is(")") {
				return args
			}
		default:
			depth += t.nesting()
		}
	}
	return args
}
