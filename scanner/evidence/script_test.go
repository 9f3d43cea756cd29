// SPDX-License-Identifier: MIT

package evidence

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseScript(t *testing.T) {
	for _, tt := range []struct {
		summary, shell, text string
		commands             string // with blanks between
		words                string
		sources              string
		search               string
		name                 string
		args                 []string
		bySystemd            bool
		unresolved, assumed  int
		computed             string // with ? for a part that the files decide, ! for one from outside
	}{
		{summary: "simple commands", text: "ls -l\n/usr/bin/id; true && date || uname\n", commands: "/usr/bin/id date ls uname", words: "/usr/bin/id"},
		{summary: "builtins are no programs", text: "cd /tmp; echo x; [ -f /etc/x ]; exit 1", words: "/etc/x /tmp"},
		{summary: "functions are no programs", text: "ls() { :; }\nfoo() { bar; }\nls; foo", commands: "bar"},
		{summary: "a function around the program of its name", text: "ls() { command ls \"$@\"; }\nls", commands: "ls"},
		{summary: "a pipe", text: "cat /etc/passwd | grep x | wc -l", commands: "cat grep wc", words: "/etc/passwd"},
		{summary: "command substitution", text: "x=$(hostname -f); y=`uname -r`; echo \"$(id -u)\"", commands: "hostname id uname"},
		{summary: "background, groups and conditions", text: "if a; then (b &) elif c; then { d; }; fi; while e; do f; done", commands: "a b c d e f"},
		{summary: "case", text: "case \"$1\" in start) foo;; stop|halt) bar;; *) baz;; esac", commands: "bar baz foo"},
		{summary: "a here-document", text: "cat > /etc/x <<EOF\nlog /var/log/x\nat $(date)\nEOF", commands: "cat date", words: "/etc/x log /var/log/x\nat  \n"},
		{summary: "redirections", text: "foo > /dev/ttyS0 2>/dev/null < /etc/in", commands: "foo", words: "/dev/null /dev/ttyS0 /etc/in"},
		{summary: "quotes", text: `'/opt/a b' "/opt/c" \ls`, commands: "/opt/a b", words: "/opt/a b /opt/c"},

		{summary: "a variable with one value", text: "D=/usr/sbin/foo\n$D -x", commands: "/usr/sbin/foo", words: "/usr/sbin/foo"},
		{summary: "a variable in a word", text: "B=/usr/lib\n$B/foo/bar", commands: "/usr/lib/foo/bar", words: "/usr/lib /usr/lib/foo/bar"},
		{summary: "a variable with two values", text: "D=/a\nD=/b\n$D", commands: "/a /b", words: "/a /b"},
		{summary: "a variable that is added to", text: "D=/a\nD+=b\n$D", shell: "bash", commands: "/a /ab /abb /abbb", words: "/a", computed: "/a?"},
		{summary: "a variable of a loop", text: "for D in /a /b; do $D; done", commands: "/a /b", words: "/a /b"},
		{summary: "a variable of a loop over files", text: "for D in /etc/x.d/*; do [ -x $D ] && $D; done", commands: "/etc/x.d/*", words: "/etc/x.d/*"},
		{summary: "a variable of a loop over arguments", text: "for D in \"$@\"; do $D; done; for E; do $E; done", unresolved: 2},
		{summary: "a variable that gets its value after its use", text: "A=$B\nf() { $A; }\nB=/b\nf", commands: "/b", words: "/b"},
		{summary: "a variable that names itself", text: "A=/a\nA=\"$A -x\"\n$A", commands: "/a", words: "/a", computed: "/a?"},
		{summary: "a variable with options", text: "A='nice -n 5'\n$A /bin/x", commands: "/bin/x 5 nice", words: "/bin/x"},
		{summary: "a variable that may be empty", text: "A=\nA=nice\n$A /bin/x", commands: "/bin/x nice", words: "/bin/x"},
		{summary: "a word that is there with a variable", text: "${A:+nice} /bin/x ${B:+-m $B}", commands: "/bin/x nice", words: "/bin/x"},
		{summary: "a quoted variable that is empty", text: "A=\n\"$A\" /bin/x", words: "/bin/x", unresolved: 1},
		{summary: "a program by its path", text: "A=$(command -v foo)\n$A; B=`which bar`; \"$B\"; C=$(which $x); $C", commands: "bar foo which", unresolved: 1},
		{summary: "a variable that is read", text: "D=/a\nread D\n$D", commands: "/a", words: "/a", unresolved: 1},
		{summary: "a variable that is printed into", text: "D=/a\nprintf -v D %s x\n$D", shell: "bash", commands: "/a", words: "/a", unresolved: 1},
		{summary: "a variable that is declared again", text: "D=/a\nf() { local D=\"$1\"; $D; }\nf $x", commands: "/a", words: "/a", assumed: 1},
		{summary: "a function that nobody calls", text: "f() { $x; cat /proc/x; g; }\ng() { ls; }\ndate", commands: "date"},
		{summary: "functions that call each other", text: "f() { g; }\ng() { ls; f; }\nif f; then date; fi", commands: "date ls"},
		{summary: "a function's arguments", text: "f() { \"$1\" -x; $2; }\nf /bin/a /bin/b\nf /bin/c", commands: "/bin/a /bin/b /bin/c", words: "/bin/a /bin/b /bin/c"},
		{summary: "arguments that a function hands on", text: "f() { g \"$1\"; }\ng() { local x=$1; $x; }\nf /bin/a", commands: "/bin/a", words: "/bin/a x=/bin/a"},
		{summary: "an argument that nobody gives", text: "f() { \"$1\"; }\nf", unresolved: 1},
		{summary: "a function that runs its arguments", text: "f() { nice=5; \"$@\"; }\nf ls -l; f sh -c date; f f id", commands: "date ls sh", unresolved: 1},
		{summary: "a function by a variable", text: "f() { $1; }\nx=f\n$x ls", unresolved: 1},
		{summary: "a function that drops arguments", text: "f() { shift; \"$1\"; \"$@\"; }\nf a b", commands: "b"},
		{summary: "all arguments that a function hands on", text: "f() { g \"$@\"; }\ng() { $1; }\nf a", commands: "a"},
		{summary: "the script's arguments in a function", text: "f() { g \"$@\"; }\ng() { $1; }\nf \"$@\"", unresolved: 1},
		{summary: "a function that calls itself for ever", text: "f() { f \"x$1\"; $1; }\nf a", commands: "a xa xxa xxxa", computed: "?"},
		{summary: "a value from outside, or one of the script", text: "D=/a\nD=$OUTSIDE\n$D; F=$OUTSIDE; $F", commands: "/a", words: "/a", unresolved: 1, assumed: 1},
		{summary: "eval of a known text", text: "for c in 'hostname' 'echo /x'; do eval $c; done; eval \"ls $y\"; eval /bin/d $z", commands: "/bin/d hostname", words: "/bin/d /x echo /x", unresolved: 1},
		{summary: "a variable that is exported again", text: "D=/a\nexport D=/b\n$D", commands: "/a /b", words: "/a /b D=/b"},
		{summary: "a variable that is exported", text: "D=/a\nexport D\n$D", commands: "/a", words: "/a"},
		{summary: "a variable from outside", text: "$D; ${E:-/bin/e}; \"$1\"", commands: "/bin/e", words: "/bin/e", unresolved: 2, assumed: 1},
		{summary: "a variable that is changed where it is used", text: "D=/a/b\n${D%b}c", commands: "/a/c", words: "/a/b /a/c"},
		{summary: "eval of arguments in order", text: "OPTS=$(getopt a \"$@\")\neval set -- \"$OPTS\"\n$1", commands: "getopt", computed: "?", unresolved: 1},
		{summary: "the programs of a folder", text: "env -i PATH=/bin run-parts --lsbsysinit /etc/x.d; run-parts /etc/y.d", commands: "/etc/x.d/* /etc/y.d/* env run-parts", words: "/etc/x.d /etc/y.d PATH=/bin"},
		{summary: "eval", text: "eval \"$x\"", unresolved: 1},

		{summary: "a prefix or suffix that is removed", text: "D=/opt/a-1.sh\n${D%.sh}; ${D%%-*}; ${D#/opt}; /bin/${D##*/}", commands: "/a-1.sh /bin/a-1.sh /opt/a /opt/a-1", words: "*/ /a-1.sh /bin/a-1.sh /opt /opt/a /opt/a-1 /opt/a-1.sh"},
		{summary: "a text in a value that is replaced", text: "D=/opt/x_y_z\n${D//_/-}; ${D/_/}; ${D^^}", shell: "bash", commands: "/OPT/X_Y_Z /opt/x-y-z /opt/xy_z", words: "/OPT/X_Y_Z /opt/x-y-z /opt/x_y_z /opt/xy_z"},
		{summary: "a value that is given where there is none", text: ": ${D:=/bin/a}\n$D", commands: "/bin/a", words: "/bin/a", assumed: 1},
		{summary: "a part of a value", text: "D=/bin/ab\n${D:0:6}", shell: "bash", words: "/bin/ab", computed: "?"},
		{summary: "the words of a list", text: "L='a b'\nfor x in $L; do /opt/$x; done", commands: "/opt/a /opt/b", words: "/opt/a /opt/b"},
		{summary: "an array", text: "A=(/bin/a -x)\nA+=(/bin/b)\n\"${A[@]}\"", shell: "bash", commands: "-x /bin/a /bin/b", words: "/bin/a /bin/b"},
		{summary: "a variable by the name in another", text: "x=D\nD=/bin/a\n${!x}", shell: "bash", commands: "/bin/a", words: "/bin/a"},
		{summary: "the script's own folder", text: "d=$(dirname \"$0\"); n=`basename $0 .sh`; $d/helper; $d/$n", name: "/opt/x/run.sh", commands: "/opt/x/helper /opt/x/run basename dirname", words: "/opt/x /opt/x/helper /opt/x/run /opt/x/run.sh"},
		{summary: "the folder that the script goes to", text: "d=$(cd \"$(dirname \"$0\")/..\" && pwd)\n$d/bin/a", name: "/opt/x/run.sh", commands: "/opt/bin/a dirname", words: "/opt /opt/bin/a /opt/x/.. /opt/x/run.sh"},
		{summary: "a name through filters", text: "for d in n_b s_b; do $(echo ctl-${d} | tr _ -); done; x=$(echo /a/b/c | sed 's,/[^/]*$,,'); $x/d; y=$(expr Xab : 'X\\(.*\\)'); $y", commands: "/a/b/d ab ctl-n-b ctl-s-b expr sed tr", words: "/a/b /a/b/c /a/b/d s,/[^/]*$,,"},
		{summary: "what a function prints", text: "list() { echo a; if [ -n \"$y\" ]; then echo b; fi; log; }\nlog() { echo no >&2; }\nfor p in $(list); do $p; done", commands: "a b"},
		{summary: "what cannot be seen of an output", text: "$(cat /run/x); $(awk '{print $1}' /run/x); $(systemctl show x); $(curl x)", commands: "awk cat curl systemctl", words: "/run/x", unresolved: 4},
		{summary: "the output of commands by other ways", text: "$(command -p cat /run/x); $(exec cat /run/x); $(eval x); $(echo a | cut -d : -f 1 x.conf); $(echo a | cat - /run/x); $(type foo)",
			commands: "cat cut x", words: "/run/x", unresolved: 6},
		{summary: "what prints nothing", text: "if $(kill -0 1 2>/dev/null); then a; fi; $(b >/dev/null)", commands: "a b", words: "/dev/null"},
		{summary: "lines of a text that it has", text: "while read a b; do $a; done <<E\n/bin/a x\n/bin/b y\nE\necho '/bin/c' | while read c; do $c; done", computed: "", commands: "/bin/a /bin/b /bin/c x y", words: "/bin/a /bin/a x\n/bin/b y\n /bin/b /bin/c"},
		{summary: "lines of a file", text: "while read a; do $a; done < /run/list", words: "/run/list", unresolved: 1},
		{summary: "a branch by the argument", text: "case \"$1\" in start) a;; st*) b;; *) $x;; esac", args: []string{"start"}, commands: "a"},
		{summary: "a branch by an argument that changes", text: "case \"$1\" in start) a;; *) b;; esac; shift", args: []string{"start"}, commands: "a b"},
		{summary: "a branch by the name", text: "case $0 in */*) a;; *) $x;; esac", name: "/opt/run", commands: "a", words: "*/*"},
		{summary: "options of a function", text: "run() { local u; while getopts u: o; do case $o in u) u=$OPTARG;; esac; done; shift $((OPTIND-1)); \"$@\"; }\nrun -u x /bin/a b", commands: "-u /bin/a b x", words: "/bin/a"},
		{summary: "arguments that are taken away one by one", text: "a=$1; shift; exec \"$@\"", args: []string{"-x", "/bin/a", "y"}, commands: "/bin/a"},
		{summary: "arguments that nobody knows", text: "a=$1; shift; exec \"$@\"", unresolved: 1},
		{summary: "a variable that the service manager does not set", text: "$WRAP /bin/a; $OTHER", bySystemd: true, commands: "/bin/a", words: "/bin/a", unresolved: 1, assumed: 1},
		{summary: "a variable that a caller may set", text: "$WRAP /bin/a", words: "/bin/a", unresolved: 1},
		{summary: "assignments that are put together", text: "for d in a b; do eval \"${d}_bin=/bin/$d\"; eval x=\\$${d}_bin; $x; done", commands: "/bin/a /bin/b", words: "/bin/a /bin/b a_bin=/bin/a a_bin=/bin/b b_bin=/bin/a b_bin=/bin/b"},
		{summary: "eval of what a caller gives", text: "eval \"$1\"; eval \"x=$1\"", unresolved: 2},
		{summary: "eval of what is read", text: "read x; eval $x", unresolved: 1},
		{summary: "a known folder", text: "read x; /usr/lib/foo/$x; D=/usr/lib/bar; $D/run-$1", computed: "/usr/lib/foo/! /usr/lib/bar/run-!", words: "/usr/lib/bar /usr/lib/bar/run- /usr/lib/foo/"},
		{summary: "a known name in some folder", text: "$ROOT/libexec/foo", computed: "~/libexec/foo", words: "/libexec/foo"},
		{summary: "functions by a part of their names", text: "do_start() { a; }\ndo_stop() { b; }\ndo_$1", computed: "do_!", commands: "a b"},
		{summary: "what starts a daemon", text: "ARGS='--start --nicelevel 5'\nstart-stop-daemon $ARGS --pidfile $1 --startas /bin/a -- $1", commands: "/bin/a start-stop-daemon", words: "/bin/a"},
		{summary: "a daemon that a caller names", text: "start-stop-daemon --start --exec $1", commands: "start-stop-daemon", unresolved: 1},
		{summary: "what find runs", text: "find \"$1\" -name x -exec /bin/a {} \\; -o -exec $1 \\;", commands: "/bin/a find", words: "/bin/a", unresolved: 1},
		{summary: "a loop's variable that has other values elsewhere", text: "for x in a 'b -c'; do eval $x; y=$(eval $x); done; x=$1; $x", commands: "a b", unresolved: 1},
		{summary: "a loop's variable that the loop sets", text: "for x in a b; do x=$1; $x; done", commands: "a b", unresolved: 1},
		{summary: "a loop's variable that a function sets", text: "f() { x=$1; }\nfor x in a b; do f \"$2\"; $x; done", commands: "a b", unresolved: 1},
		{summary: "a loop's variable that is read", text: "for x in a b; do read x; $x; done", commands: "a b", unresolved: 1},
		{summary: "bytes that are no text", text: "# caf\xe9\na", commands: "a"},

		{summary: "a variable whose only value is made of itself", text: "[ -n \"$P\" ] && O=\"$O -x $P\"\nC=\"/bin/a $O\"\neval \"$C\"", bySystemd: true, commands: "/bin/a", words: "/bin/a /bin/a ", assumed: 1},
		{summary: "a path that goes on with a variable", text: "cat /proc/$pid/stat \"/sys/class/net/$i\"", commands: "cat", words: "/proc/%s/stat /sys/class/net/"},
		{summary: "a path behind a variable", text: "cat $ROOT/etc/x/$y", commands: "cat", words: "/etc/x/"},
		{summary: "paths around a variable", text: "echo \"from /etc/a$x to $y /var/b\" > \"/run/\"$z\"/c\"", words: "/run/ from /etc/a  to   /var/b"},
		{summary: "an option with a path", text: "foo --pid=/run/$x.pid", commands: "foo", words: "--pid=/run/"},
		{summary: "home directories", text: "cat ~/.x; ls $HOME", commands: "cat ls", words: "/root /root//.x"},

		{summary: "parts of the shell before a command", text: "exec -a x foo; command bar; time baz; builtin echo x", commands: "bar baz foo"},
		{summary: "exec for redirections only", text: "exec > /var/log/x", words: "/var/log/x"},
		{summary: "a launcher with values", text: "nice -n 5 foo \"$x\"", commands: "5 foo nice"},
		{summary: "a launcher with assignments", text: "env -i A=b C=\"$c\" foo", commands: "env foo"},
		{summary: "a launcher of what is not named", text: "timeout 5 \"$@\"; sudo -u root \"$@\"", commands: "5 root sudo timeout", unresolved: 2},
		{summary: "a launcher of a launcher", text: "nohup setsid foo", commands: "foo nohup setsid"},
		{summary: "a daemon's starter", text: "D=/usr/sbin/foo\nstart-stop-daemon -S -x $D -- -f", commands: "/usr/sbin/foo start-stop-daemon", words: "/usr/sbin/foo"},
		{summary: "a text for another user", text: "su -c 'foo > /tmp/x' daemon", commands: "daemon foo su", words: "/tmp/x foo > /tmp/x"},
		{summary: "a text that is not literal", text: "su daemon -c \"$x\"", commands: "daemon su", unresolved: 1},

		{summary: "a shell with a text", text: "sh -c 'modprobe x; cat /proc/modules'", commands: "cat modprobe sh", words: "/proc/modules modprobe x; cat /proc/modules"},
		{summary: "options before the text", text: "bash --norc -euo pipefail -c 'foo'", commands: "bash foo"},
		{summary: "a text in a text", text: `sh -c "sh -c 'foo'"`, commands: "foo sh"},
		{summary: "a text that is not literal for a shell", text: "sh -c \"foo $x\"", commands: "sh", unresolved: 1},
		{summary: "a text that is no script", text: "sh -c 'if'", commands: "sh", unresolved: 1},
		{summary: "a file for a shell", text: "sh -x /opt/a.sh b", commands: "sh", words: "/opt/a.sh", sources: "/opt/a.sh"},
		{summary: "a relative file for a shell", text: "sh a.sh", commands: "sh", unresolved: 1},
		{summary: "a shell that reads", text: "cat x | sh", commands: "cat sh", unresolved: 1},
		{summary: "a trap", text: "bye() { foo; }\ntrap bye EXIT\ntrap 'rm /run/x' TERM", commands: "foo rm", words: "/run/x rm /run/x"},
		{summary: "a trap that is not literal", text: "trap \"$x\" EXIT", unresolved: 1},

		{summary: "sources", text: ". /etc/default/x\nsource /usr/lib/y.sh", words: "/etc/default/x /usr/lib/y.sh", sources: "/etc/default/x /usr/lib/y.sh"},
		{summary: "sources that are not known", text: ". ./x; . \"$y\"; . z", words: "./x", sources: "z", unresolved: 3},
		{summary: "sources with a part that may be there", text: ". /etc/default/x${I:+.$I}", words: "/etc/default/x", sources: "/etc/default/x /etc/default/x.*", unresolved: 1},
		{summary: "sources of a loop", text: "for f in /etc/a /etc/b.d/*; do . $f; done", words: "/etc/a /etc/b.d/*", sources: "/etc/a /etc/b.d/*"},
		{summary: "a relative program", text: "cd /opt && ./foo", words: "./foo /opt", computed: "!/foo"},
		{summary: "where programs are looked up", text: "PATH=/opt/a:$PATH:/opt/b\nexport PATH=/opt/c\nfoo", commands: "foo", search: "/opt/a /opt/b /opt/c",
			words: "/opt/a: :/opt/b PATH=/opt/c"},
		{summary: "bash in a script of sh", text: "if [[ -f /etc/x ]]; then foo; fi\na=(1 2)", commands: "foo", words: "/etc/x"},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			shell := tt.shell
			if shell == "" {
				shell = "sh"
			}
			s := parseScript([]byte(tt.text), shell, surroundings{name: tt.name, args: tt.args, bySystemd: tt.bySystemd})
			assert.NoError(t, s.err)
			assert.Equal(t, tt.commands, strings.Join(s.commands, " "), "commands")
			assert.Equal(t, tt.words, strings.Join(s.words, " "), "words")
			assert.Equal(t, tt.sources, strings.Join(append(s.sources, s.scripts...), " "), "sources")
			assert.Equal(t, tt.search, strings.Join(s.search, " "), "search")
			assert.Len(t, s.unresolved, tt.unresolved, "%q", s.unresolved)
			assert.Len(t, s.assumed, tt.assumed, "%q", s.assumed)
			assert.Equal(t, tt.computed, computedNames(s), "computed")
		})
	}
}

func computedNames(s script) string {
	var names []string
	for _, x := range s.computed {
		names = append(names, strings.NewReplacer(inFiles, "?", outside, "!", unsetVar, "~").Replace(x.name))
	}
	return strings.Join(names, " ")
}

// TestParseScriptSources: what a script reads as further script shares variables,
// functions and arguments with it.
func TestParseScriptSources(t *testing.T) {
	files := map[string]string{
		"/lib/common":  "DAEMON=/usr/sbin/d\nNAME=d\nrun() { \"$1\"; $x; }\n. /etc/$NAME",
		"/etc/d":       "BIN=$1\nhelper",
		"/etc/broken":  "if",
		"/etc/x.d/one": "ONE=/one",
		"common.sh":    "common() { x; }",
		"/etc/loop":    ". /etc/loop; looped",
	}
	read := func(pattern string) []sourced {
		if pattern == "/etc/x.d/*" {
			pattern = "/etc/x.d/one"
		}
		if text, ok := files[pattern]; ok {
			return []sourced{{pattern, []byte(text)}}
		}
		return nil
	}
	for _, tt := range []struct {
		summary, text string
		args          []string
		commands      string
		unresolved    []unresolved
	}{
		{summary: "a variable of another file", text: ". /lib/common\nrun date; exec $DAEMON -x", args: []string{"/opt/x"}, commands: "/usr/sbin/d date helper", unresolved: []unresolved{{"/lib/common", "line 3:15"}}},
		{summary: "an argument in another file", text: ". /etc/d\n$BIN", args: []string{"/opt/x"}, commands: "/opt/x helper"},
		{summary: "all arguments", text: "exec \"$@\"", args: []string{"/opt/x", "-v"}, commands: "/opt/x"},
		{summary: "a file on the search path", text: ". common.sh\ncommon", commands: "x"},
		{summary: "no argument", text: "${1}ls", args: []string{}, commands: "ls"},
		{summary: "arguments that are not known", text: ". /etc/d\n$BIN", commands: "helper", unresolved: []unresolved{{"", "line 2:1"}}},
		{summary: "arguments that are changed", text: "shift\n. /etc/d\n$BIN", args: []string{"-v", "/opt/x"}, commands: "/opt/x helper"},
		{summary: "a file that is no script", text: ". /etc/broken", unresolved: []unresolved{{"/etc/broken", "1:1: \"if\" must be followed by a statement list"}}},
		{summary: "files of a folder", text: "for f in /etc/x.d/*; do . \"$f\"; done\n$ONE", commands: "/one"},
		{summary: "a file that reads itself", text: ". /etc/loop", commands: "looped"},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			s := parseScript([]byte(tt.text), "sh", surroundings{args: tt.args, read: read})
			assert.NoError(t, s.err)
			assert.Equal(t, tt.commands, strings.Join(s.commands, " "), "commands")
			assert.Equal(t, tt.unresolved, s.unresolved)
		})
	}
}

func TestParseScriptErrors(t *testing.T) {
	assert.Error(t, parseScript([]byte("if then"), "sh", surroundings{}).err)
	assert.Error(t, parseScript([]byte("echo \"x"), "bash", surroundings{}).err)
}

func TestShellOperand(t *testing.T) {
	for _, tt := range []struct {
		args   string
		index  int
		isText bool
	}{
		{"", -1, false}, {"-i", -1, false}, {"-", 0, false}, {"x.sh a", 0, false}, {"-x x.sh", 1, false}, {"-c text", 1, true},
		{"-ec text", 1, true}, {"-ce text", 1, true}, {"-c -e text", 2, true}, {"-c -- text", 2, true}, {"--norc x.sh", 1, false},
		{"-euo pipefail -c text", 3, true}, {"+o posix x.sh", 2, false}, {"--rcfile f -c text", 3, true}, {"-c", -1, false}, {"--", -1, false},
	} {
		index, isText := shellOperand(strings.Fields(tt.args))
		assert.Equal(t, tt.index, index, tt.args)
		if index >= 0 {
			assert.Equal(t, tt.isText, isText, tt.args)
		}
	}
}

// FuzzParseScript: whatever a script holds, there is either an error or a result.
func FuzzParseScript(f *testing.F) {
	for _, seed := range []string{"a | b", "sh -c 'sh -c \"x $y\"'", "trap 'trap a 1' 2", "a() { a; }; a", "cat <<E\n$(x)\nE", "PATH=$x:/y z", "((", "case x in"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := parseScript([]byte(text), "sh", surroundings{})
		if s.err != nil && len(s.commands)+len(s.words)+len(s.sources) > 0 {
			t.Errorf("%q: an error and a result", text)
		}
	})
}
