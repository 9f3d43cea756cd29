// SPDX-License-Identifier: MIT

package evidence

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
)

// perlImage has an interpreter that is none: the tables that the real one has are in the
// recorded images only.
func perlImage(t *testing.T, more map[string]string) *Image {
	files := compiled(t)
	files["usr/bin/perl"] = files["usr/bin/camel"]
	files["usr/lib/perl5/5.40/strict.pm"] = "package strict;\n1;\n__END__\nuse Nowhere;\n"
	files["usr/lib/perl5/5.40/lib.pm"] = "package lib;\n1;\n"
	files["usr/lib/perl5/5.40/Storable.pm"] = "package Storable;\neval $text;\n1;\n"
	files["usr/share/perl5/Own.pm"] = "package Own;\nopen(my $f, '<', '/var/lib/own/data');\n1;\n"
	files["usr/share/perl5/Bad.pm"] = "package Bad;\neval $x;\n1;\n"
	maps.Copy(files, more)
	return tree(t, files)
}

func TestReadPerl(t *testing.T) {
	for _, tt := range []struct {
		summary, script string
		problems        []string
	}{
		{"nothing", "use strict;\nprint 1;", nil},
		{"a block", "eval { x() };\neval\n{ y() } or do { z() };", nil},
		{"a text without variables", "eval 'use Own; 1' or die;\neval \"require Own\";", nil},
		{"a text with one", "eval \"require $x\";", []string{"eval /opt/script:1", "require /opt/script:1"}},
		{"a text that is put together", "eval 'x' . y();", []string{"eval /opt/script:1"}},
		{"what is in a variable", "\nif (1) {eval $x}", []string{"eval /opt/script:2"}},
		{"what is in the topic", "eval;", []string{"eval /opt/script:1"}},
		{"a key and a name", "$h{eval} = 1; %x = (eval => 1); $eval = 2; $y->eval(1); A::eval(2);", nil},
		{"in a comment and in documentation", "# eval $x\n=head1 x\n\neval $x\n\n=cut\n1;\n__END__\neval $x", nil},
		{"a file in a variable", "require $x;", []string{"require /opt/script:1"}},
		{"a file whose name is made", "do \"/etc/$x.pl\"; require('a' . $b);", []string{"require /opt/script:1", "do /opt/script:1"}},
		{"a loop and a block", "do { x() } while (1); require Own; require 5.006; use v5.10;", nil},
		{"a replacement that is run", "s/x/y()/gee;", []string{"s///ee /opt/script:1"}},
		{"one that is not", "s/x/y()/ge; my $tree = '/tree'; m/free/;", nil},
		{"a module that does", "use Bad;", []string{"eval /usr/share/perl5/Bad.pm:2"}},
		{"one of Perl's own that does", "use strict; use Storable;", []string{"use Storable /opt/script"}},
		{"modules that are somewhere else", "use lib $x; use Nowhere;", []string{"Nowhere.pm that the image does not have where it is looked for /opt/script"}},
		{"code of libraries", "DynaLoader::dl_load_file($x);", []string{"code from elsewhere /opt/script:1"}},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			s := perlImage(t, nil).readPerl("/usr/bin/perl", "/opt/script", tt.script, nil)
			var problems []string
			for _, x := range s.problems {
				problems = append(problems, x.value+" "+x.where)
			}
			assert.Equal(t, tt.problems, problems)
		})
	}
}

func TestCollectPerl(t *testing.T) {
	im := perlImage(t, map[string]string{
		"opt/plain":   "#!/usr/bin/perl -w\nuse strict; use Own;\n",
		"opt/starter": "#!/usr/bin/perl\nsystem('helper', '-x');\nmy @x = `logger -t x`;\n",
		"opt/login":   "#!/usr/bin/perl\nexec $ENV{SHELL};\n",
		"opt/taught":  "#!/usr/bin/perl\neval $x;\n",
		"opt/option":  "#!/usr/bin/perl -MOwn\n1;\n",
		"opt/family":  "#!/usr/bin/perl\nsocket(my $s, PF_PACKET, 3, 0);\n",
		"opt/number":  "#!/usr/bin/perl\nsocket(my $s, 17, 3, 0);\n",
		"opt/root":    "#!/usr/bin/perl\nchroot $x;\n",
		"opt/calls":   "#!/usr/bin/perl\nsyscall($x);\n",
	})
	for _, tt := range []struct {
		summary, lines   string
		facts, not       []string
		unknown, assumed []string
	}{
		{"paths", "ExecStart=/opt/plain\n", []string{"path /var/lib/own/data"}, []string{"capability CAP_SYS_CHROOT", "exec /usr/bin/logger"}, nil, []string{"interpreter perl"}},
		{"an operator", "ExecStart=/opt/root\n", []string{"capability CAP_SYS_CHROOT"}, nil, nil, []string{"interpreter perl"}},
		{"a socket family", "ExecStart=/opt/family\n", []string{"socket-family AF_PACKET", "capability CAP_NET_RAW"}, nil, nil, []string{"interpreter perl"}},
		{"one that is a number", "ExecStart=/opt/number\n", nil, nil, []string{"socket-family-unresolved a number"}, []string{"interpreter perl"}},
		{"any system call", "ExecStart=/opt/calls\n", nil, []string{"capability CAP_SYS_CHROOT"}, []string{"syscall-unresolved"}, []string{"interpreter perl"}},
		{"programs", "ExecStart=/opt/starter\nEnvironment=PATH=/usr/libexec\n", []string{"exec /usr/libexec/helper", "exec /usr/bin/logger", "clock ", "exec /bin/sh"}, nil, nil,
			[]string{"exec-unresolved /bin/sh", "exec-unresolved perl", "interpreter perl"}},
		{"sessions", "ExecStart=/opt/login\n", nil, nil, []string{"exec-session SHELL"}, []string{"exec-unresolved /bin/sh", "exec-unresolved perl", "interpreter perl"}},
		{"what is run is not there", "ExecStart=/opt/taught\n", []string{"capability CAP_SYS_CHROOT"}, nil, []string{"interpreter perl: eval", "syscall-unresolved"}, nil},
		{"an option that loads more", "ExecStart=/opt/option\n", nil, nil, []string{"interpreter perl", "syscall-unresolved"}, nil},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			checkCollected(t, im.Collect(service(t, tt.lines)), tt.facts, tt.not, tt.unknown, tt.assumed)
		})
	}
}

// FuzzPerl: no text makes it fail or take long.
func FuzzPerl(f *testing.F) {
	for _, text := range []string{"=head1\n=cut\nuse A::B qw(x);\n", "use base 'A', \"B\"; eval{1}; eval$x", "require 'a.pl'; package A'B; __END__", "use lib '/usr/lib'; do '/x'"} {
		f.Add(text)
	}
	im := tree(f, map[string]string{"usr/lib/perl5/strict.pm": "1;"})
	f.Fuzz(func(t *testing.T, text string) {
		s := &plScripts{im: im, folders: []string{"/usr/lib/perl5"}, files: map[string]bool{}}
		s.add("/x", parsePerl(text), false)
		assert.True(t, s.files["/x"])
	})
}
