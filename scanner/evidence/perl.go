// SPDX-License-Identifier: MIT

package evidence

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// plScripts is what a script in Perl runs: itself, and all modules that it uses, directly or
// not. Perl cannot be parsed but by running it: all words of the files count, and all of their
// functions may be called.
type plScripts struct {
	im          *Image
	interpreter string
	module      *module
	folders     []string // @INC
	own         []string // the folders of its distribution: privlib and archlib
	moved       bool     // a script adds to @INC at run time
	files       map[string]bool
	said        []plSaid // what the files have
	texts       []plText
	extensions  []pyExtension
	problems    []problem
	once        sync.Once
	walked      *program
}

// plText is the code of a file besides Perl's own.
type plText struct{ file, code string }

const (
	maxPerl      = 4 << 20 // bytes of one file
	maxPerlFiles = 3000
	maxPerlFinds = 5000 // of a kind, in one file
)

var (
	plUses    = regexp.MustCompile(`\b(?:use|require|no)\s+([A-Za-z_][\w]*(?:(?:::|')\w+)*)([^;]*)`)
	plFiles   = regexp.MustCompile(`\b(?:require|do)\s*\(?\s*["']([^"'$@\s]+)["']`)
	plWord    = regexp.MustCompile(`[A-Za-z_]\w*`)
	plModule  = regexp.MustCompile(`[A-Za-z_]\w*(?:::\w+)*`)
	plPackage = regexp.MustCompile(`\bpackage\s+([A-Za-z_]\w*(?:::\w+)*)`)
	// Texts that are run: what follows eval is neither a block nor a text without variables.
	plEval      = regexp.MustCompile(`(?:^|[^\w$@%&>:])eval\b\s*([^\s])([^\n]*)`)
	plConstant  = regexp.MustCompile(`^(?:'[^']*'|"[^"$@]*"|q\{[^}]*\}|q\([^)]*\))\s*(?:[;})]|or\b|and\b|\|\||&&)`)
	plRequire   = regexp.MustCompile(`(?:^|[^\w$@%&>:])require\s*\(?\s*(?:\$|[a-z_]+\s*\(|["'][^"'\n]*[$@]|["'][^"'\n]*["']\s*\.)`)
	plDo        = regexp.MustCompile(`(?:^|[^\w$@%&>:])do\s*\(?\s*(?:\$|[a-z_]+\s*\(|["'][^"'\n]*[$@]|["'][^"'\n]*["']\s*\.)`)
	plTwice     = regexp.MustCompile(`[/}!|,)\]#][gimsxor]*ee[gimsxeor]*\s*(?:[;)}]|$)`) // s///ee
	plInclude   = regexp.MustCompile(`@INC\b|\buse\s+lib\b|\bFindBin\b`)
	plDirectory = regexp.MustCompile(`["'\s(](/[\w./+-]+)`)
	plQuoted    = regexp.MustCompile("[\"'`({|]\\s*([\\w.+-]+)")
	plStarts    = regexp.MustCompile("\\b(?:system|exec|qx|open2|open3|popen|readpipe|spawn)\\b|`|\\bopen\\b[^;]*[|]|['\"]-?\\|-?['\"]")
	plSocket    = regexp.MustCompile(`\bsocket\b\s*\(?[^,;]+,\s*(?:\d|[A-Z_]+\(?\)?\s*=\s*\d)`)
	plFamily    = regexp.MustCompile(`\b[AP]F_[A-Za-z0-9]+\b`)
	plOther     = regexp.MustCompile(`\b(?:dl_load_file|dl_find_symbol|dl_install_xsub|Inline|FFI|Convert::Binary::C|Win32::API|re\s+['"(q]+\s*['"(]?eval|CORE::GLOBAL|thaw|retrieve)\b`)
)

// plBase are modules that come with Perl alone.
var plBase = []string{"strict.pm", "Config.pm", "Exporter.pm", "Getopt/Std.pm", "Benchmark.pm"}

// plImplicit are modules that the interpreter loads by itself: for patterns of files, layers of
// files, and special variables (op.c, perlio.c, gv.c, universal.c).
var plImplicit = strings.Fields("File::Glob PerlIO::scalar PerlIO::encoding PerlIO::via Tie::Hash::NamedCapture Errno re mro attributes utf8 Carp Unicode::UCD")

// plRunners are modules of Perl's own that load modules, or run texts, which others name.
var plRunners = strings.Fields("Module::Load Module::Load::Conditional Safe Benchmark autouse CPAN Test::More Storable SelfLoader AutoLoader AutoSplit DB_File DBM_Filter threads Thread::Queue")

// readPerl reads a script with all that it uses.
func (im *Image) readPerl(interpreter, file, text string, search []string) *plScripts {
	s := &plScripts{im: im, interpreter: interpreter, folders: search, files: map[string]bool{}}
	m, err := im.module(interpreter)
	if err != nil {
		s.problem("the interpreter cannot be read", interpreter)
		return s
	}
	s.module = m
	s.include()
	for _, name := range plImplicit {
		s.load(name, interpreter, true)
	}
	s.loadFile("sitecustomize.pl", interpreter, true)
	s.add(file, parsePerl(text), false)
	slices.SortFunc(s.extensions, func(a, b pyExtension) int { return strings.Compare(a.file, b.file) })
	return s
}

// include finds the folders of modules: the interpreter, or its library, has their names (perl.h, incpush() of perl.c).
func (s *plScripts) include() {
	files := []*module{s.module}
	for _, needed := range s.module.Needed {
		if l, ok := languageOf(needed); ok && l.name == "perl" {
			if file, found := s.im.library(needed, path.Dir(s.interpreter), []string{s.module.RPath, s.module.RunPath}); found {
				if m, err := s.im.module(file); err == nil {
					files = append(files, m)
				}
			}
		}
	}
	for _, m := range files {
		for _, text := range m.Strings {
			for _, dir := range strings.Split(text, ":") {
				if !strings.HasPrefix(dir, "/") || slices.Contains(s.folders, dir) || slices.Contains(sharedFolders, path.Clean(dir)) || !strings.Contains(dir, "perl") {
					continue
				}
				if info, err := s.im.fs.Stat(dir); err == nil && info.IsDir() {
					s.folders = append(s.folders, dir)
					if slices.ContainsFunc(plBase, func(name string) bool { return s.im.isFile(path.Join(dir, name)) }) {
						s.own = append(s.own, dir)
					}
				}
			}
		}
	}
	if len(s.own) == 0 {
		s.problem("its modules are not where it looks for them", s.interpreter)
	}
}

func (s *plScripts) problem(value, where string) {
	if x := (problem{"interpreter", value, where}); !slices.Contains(s.problems, x) && len(s.problems) < maxPyProblems {
		s.problems = append(s.problems, x)
	}
}

// says tells whether a word is in the code of a script or of what it uses. Sys::Hostname and Net::Domain ask for
// SYS_gethostname, which Linux does not have; others of Perl's own have that word in documentation.
func (s *plScripts) says(word string) bool {
	return slices.ContainsFunc(s.said, func(f plSaid) bool { return f.words[word] && (!f.own || word != "syscall") })
}

// add takes a file.
func (s *plScripts) add(file string, f *plFile, own bool) {
	if s.files[file] {
		return
	}
	s.files[file] = true
	if len(s.files) > maxPerlFiles {
		s.problem("too many files", file)
		return
	}
	s.said = append(s.said, plSaid{f, own})
	if !own {
		s.texts = append(s.texts, plText{file, f.code})
		s.dynamic(file, f.code)
	}
	if !own && plInclude.MatchString(f.code) {
		s.moved = true
		for _, x := range plDirectory.FindAllStringSubmatch(f.code, maxPerlFinds) {
			if info, err := s.im.fs.Stat(x[1]); err == nil && info.IsDir() && !slices.Contains(sharedFolders, path.Clean(x[1])) {
				s.folders = append(s.folders, path.Clean(x[1]))
			}
		}
	}
	if f.tooLong {
		s.problem("too long", file)
		return
	}
	for _, name := range f.packages {
		s.extend(name)
	}
	for _, x := range f.uses {
		s.load(x.name, file, own)
		if slices.Contains([]string{"base", "parent", "if", "autouse", "fields", "aliased"}, x.name) {
			for _, other := range plModule.FindAllString(x.rest, -1) {
				s.load(other, file, own)
			}
		}
	}
	for _, name := range f.files {
		s.loadFile(name, file, own)
	}
}

// dynamic notes what runs code that is not in the file.
func (s *plScripts) dynamic(file, code string) {
	where := func(at int) string { return fmt.Sprintf("%s:%d", file, 1+strings.Count(code[:at], "\n")) }
	for _, x := range plEval.FindAllStringSubmatchIndex(code, maxPerlFinds) {
		if len(s.problems) >= maxPyProblems {
			return
		}
		first, rest := code[x[2]:x[3]], code[x[2]:x[5]]
		if first == "{" || first == "=" || first == "," || first == "}" && x[0] < x[2] && code[x[0]] == '{' || plConstant.MatchString(rest) {
			continue
		}
		s.problem("eval", where(x[2]))
	}
	for _, r := range []struct {
		pattern *regexp.Regexp
		value   string
	}{{plRequire, "require"}, {plDo, "do"}, {plTwice, "s///ee"}, {plOther, "code from elsewhere"}} {
		if x := r.pattern.FindStringIndex(code); x != nil {
			s.problem(r.value, where(x[0]))
		}
	}
}

// load reads a module by its name.
func (s *plScripts) load(name, from string, own bool) {
	if name[0] == 'v' && strings.Trim(name[1:], "0123456789_") == "" { // a version
		return
	}
	if !own && slices.Contains(plRunners, name) {
		s.problem("use "+name, from)
	}
	s.loadFile(strings.ReplaceAll(name, "::", "/")+".pm", from, own)
}

// loadFile reads a file that is looked for in @INC, or is named by its path.
func (s *plScripts) loadFile(name, from string, own bool) {
	folders := s.folders
	if strings.HasPrefix(name, "/") {
		folders = []string{""}
	}
	for _, dir := range folders {
		file := path.Join(dir, "/", name)
		if dir != "" {
			file = path.Join(dir, name)
		}
		if s.files[file] {
			return
		}
		if !s.im.isFile(file) {
			continue
		}
		if f := s.im.perlFiles.get(file, s.im.parsedPerl); f != nil {
			s.add(file, f, slices.Contains(s.own, dir))
		} else {
			s.problem(name+" cannot be read", from)
		}
		return
	}
	if s.moved && !own {
		s.problem(name+" that the image does not have where it is looked for", from)
	}
}

// extend takes the module in native code of a package (XSLoader, DynaLoader: auto/A/B/B.so), and the
// functions that are kept apart (AutoLoader: auto/A/B/*.al).
func (s *plScripts) extend(name string) {
	parts := strings.Split(name, "::")
	last := parts[len(parts)-1]
	for _, dir := range s.folders {
		at := path.Join(dir, "auto", strings.Join(parts, "/"))
		if file := path.Join(at, last+".so"); !s.files[file] && s.im.isNative(file) {
			s.files[file] = true
			s.extensions = append(s.extensions, pyExtension{name, file})
		}
		for _, file := range s.im.glob(at+"/*.al", "") {
			if f := s.im.perlFiles.get(file, s.im.parsedPerl); f != nil {
				s.add(file, f, slices.Contains(s.own, dir))
			}
		}
	}
}

// plOperators are the operators whose functions a script can do without, with the words for
// them (regen/opcodes of Perl); words that differ stand behind.
var plOperators = map[string]string{
	"syscall": "syscall", "chroot": "chroot", "setpriority": "setpriority", "ioctl": "ioctl", "fcntl": "fcntl", "socket": "socket", "bind": "bind", "connect": "connect",
	"ssockopt": "setsockopt", "gsockopt": "getsockopt", "sockpair": "socketpair", "setpgrp": "setpgrp", "shmget": "shmget", "shmctl": "shmctl", "shmread": "shmread", "shmwrite": "shmwrite",
	"msgget": "msgget", "msgctl": "msgctl", "msgsnd": "msgsnd", "msgrcv": "msgrcv", "semget": "semget", "semctl": "semctl", "semop": "semop",
	"ghbyname": "gethostbyname", "ghbyaddr": "gethostbyaddr", "ghostent": "gethostent", "gnbyname": "getnetbyname", "accept": "accept", "listen": "listen", "send": "send", "recv": "recv",
	"sysseek": "sysseek", "flock": "flock", "dbmopen": "dbmopen", "link": "link", "symlink": "symlink", "readlink": "readlink",
}

// unnamed are the functions of the interpreter's operators that no file has the word for.
func (s *plScripts) unnamed(m *module) []elfcode.FuncID {
	named := map[elfcode.FuncID]bool{}
	for _, x := range m.Methods {
		word, can := plOperators[x.Name]
		named[x.Func] = named[x.Func] || !can || s.says(word)
	}
	var list []elfcode.FuncID
	for id, is := range named {
		if !is {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// loads tells whether a module loads those that were found in the scripts: the interpreter,
// by DynaLoader, which is a part of it.
func (s *plScripts) loads(m *module) bool {
	l, ok := languageOf(m.SONAME)
	return m == s.module || ok && l.name == "perl"
}

// entries are the modules in native code, with the functions by which they are begun.
func (s *plScripts) entries() []entry {
	var list []entry
	for _, x := range s.extensions {
		list = append(list, entry{x.file, "boot_" + strings.ReplaceAll(x.name, "::", "__")})
	}
	return list
}

// program is the interpreter with the modules that the scripts use, walked once.
func (s *plScripts) program() *program {
	s.once.Do(func() { s.walked = s.im.walkProgram(s.interpreter, "", s) })
	return s.walked
}
