// SPDX-License-Identifier: MIT

package evidence

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/stretchr/testify/require"
	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"

	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
)

// elfHeader is as much of an ELF file as tells its architecture.
func elfHeader(machine byte) string {
	head := make([]byte, 64)
	copy(head, "\x7fELF\x02\x01\x01")
	head[16], head[18] = 3, machine
	return string(head)
}

const (
	x8664   = 62
	aarch64 = 183
)

func TestLibrarySearch(t *testing.T) {
	native, foreign := elfHeader(x8664), elfHeader(aarch64)
	for _, tt := range []struct {
		summary  string
		files    map[string]string
		name     string
		origin   string
		runPaths []string
		want     string
	}{
		{"the usual folder", map[string]string{"usr/lib/liba.so.1": native}, "liba.so.1", "/usr/bin", nil, "/usr/lib/liba.so.1"},
		{"multiarch", map[string]string{"usr/lib/x86_64-linux-gnu/liba.so.1": native}, "liba.so.1", "/usr/bin", nil, "/usr/lib/x86_64-linux-gnu/liba.so.1"},
		{"another architecture is passed over", map[string]string{"lib64/liba.so.1": foreign, "usr/lib/liba.so.1": native}, "liba.so.1", "/usr/bin", nil, "/usr/lib/liba.so.1"},
		{"ld.so.conf with an include", map[string]string{"etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\ninclude\tmore.d/*.conf other.conf\n",
			"etc/ld.so.conf.d/a.conf": "# x\n/opt/a  # y\n", "etc/other.conf": "/opt/c\n", "opt/a/liba.so.1": native}, "liba.so.1", "/usr/bin", nil, "/opt/a/liba.so.1"},
		{"ld.so.conf, relative and several", map[string]string{"etc/ld.so.conf": "include more.d/*.conf other.conf\n", "etc/other.conf": "/opt/c\n", "opt/c/liba.so.1": native},
			"liba.so.1", "/usr/bin", nil, "/opt/c/liba.so.1"},
		{"ld.so.conf that includes itself", map[string]string{"etc/ld.so.conf": "include /etc/ld.so.conf\ninclude /etc/*.conf\n/opt/a\n", "opt/a/liba.so.1": native},
			"liba.so.1", "/usr/bin", nil, "/opt/a/liba.so.1"},
		{"musl's path file", map[string]string{"etc/ld-musl-x86_64.path": "/opt/m\n/opt/n:/opt/o\n", "opt/o/liba.so.1": native}, "liba.so.1", "/usr/bin", nil, "/opt/o/liba.so.1"},
		{"a run path goes first", map[string]string{"opt/r/liba.so.1": native, "usr/lib/liba.so.1": native}, "liba.so.1", "/usr/bin", []string{"/none:/opt/r"}, "/opt/r/liba.so.1"},
		{"$ORIGIN", map[string]string{"opt/app/lib/liba.so.1": native}, "liba.so.1", "/opt/app/bin", []string{"", "$ORIGIN/../lib"}, "/opt/app/lib/liba.so.1"},
		{"${ORIGIN}", map[string]string{"opt/app/lib/liba.so.1": native}, "liba.so.1", "/opt/app/lib", []string{"${ORIGIN}"}, "/opt/app/lib/liba.so.1"},
		{"a path", map[string]string{"opt/liba.so.1": native}, "/opt/liba.so.1", "", nil, "/opt/liba.so.1"},
		{"a path from the origin", map[string]string{"opt/liba.so.1": native}, "$ORIGIN/liba.so.1", "/opt", nil, "/opt/liba.so.1"},
		{"a relative path", map[string]string{"opt/liba.so.1": native}, "opt/liba.so.1", "/", nil, ""},
		{"through a link", map[string]string{"usr/lib/liba.so.1": "-> liba.so.1.2", "usr/lib/liba.so.1.2": native}, "liba.so.1", "/", nil, "/usr/lib/liba.so.1"},
		{"no ELF file", map[string]string{"usr/lib/liba.so.1": "INPUT(x)"}, "liba.so.1", "/", nil, ""},
		{"not there", nil, "liba.so.1", "/", nil, ""},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			got, ok := tree(t, tt.files).library(tt.name, tt.origin, tt.runPaths)
			assert.Equal(t, tt.want != "", ok)
			if ok {
				assert.Equal(t, strings.ReplaceAll(tt.want, "/bin/../", "/"), got)
			}
		})
	}
}

// TestIncludesInACircle: files that include each other many times over are read once.
func TestIncludesInACircle(t *testing.T) {
	files := map[string]string{}
	for i := range 30 {
		files[fmt.Sprintf("etc/c/%d.conf", i)] = strings.Repeat("include /etc/c/*.conf\n", 5) + fmt.Sprintf("/opt/%d\n", i)
	}
	files["etc/ld.so.conf"] = "include /etc/c/*.conf\n"
	im := tree(t, files)
	assert.Contains(t, im.libraryDirs, "/opt/29")
	assert.Less(t, len(im.libraryDirs), 100)
}

func TestNameServices(t *testing.T) {
	im := tree(t, map[string]string{"etc/nsswitch.conf": `# passwd: no
passwd:	files systemd # comment
group: files [SUCCESS=merge] systemd
hosts: files mymachines [!UNAVAIL=return success=continue] dns myhostname
no colon
`})
	assert.Equal(t, []string{"dns", "files", "myhostname", "mymachines", "systemd"}, im.nss)
	assert.Empty(t, tree(t, nil).nss)
}

func TestPAMModules(t *testing.T) {
	im := tree(t, map[string]string{
		"etc/pam.d/login": `# PAM
@include common-auth
auth	[success=1 default=ignore]	pam_unix.so nullok
-session optional pam_systemd.so
session include \
  postlogin
account substack login
password required /lib/security/pam_x.so # comment
odd
`,
		"etc/pam.d/common-auth":     "auth required pam_env.so\n",
		"usr/lib/pam.d/postlogin":   "session required pam_lastlog.so\n",
		"usr/share/pam.d/other":     "auth required pam_deny.so\n",
		"etc/pam.d/circle":          "auth include circle2\n",
		"etc/pam.d/circle2":         "auth include circle\nauth required pam_a.so\n",
		"etc/pam.d/missing-include": "auth include none\nauth required pam_b.so\n",
	})
	for _, tt := range []struct {
		service string
		want    []string
		ok      bool
	}{
		{"login", []string{"/lib/security/pam_x.so", "pam_env.so", "pam_lastlog.so", "pam_systemd.so", "pam_unix.so"}, true},
		{"circle", []string{"pam_a.so"}, true},
		{"missing-include", []string{"pam_b.so"}, true},
		{"unheard-of", []string{"pam_deny.so"}, true},
	} {
		t.Run(tt.service, func(t *testing.T) {
			got, ok := im.pamModules(tt.service)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.ok, ok)
		})
	}
	_, ok := tree(t, nil).pamModules("login")
	assert.False(t, ok)
}

// collect is what one service of an image needs.
func collect(t testing.TB, files map[string]string, lines string) *Result {
	t.Helper()
	return tree(t, files).Collect(service(t, lines))
}

func (r *Result) paths() []string {
	var out []string
	for _, f := range r.Facts {
		if f.ID == FactPath {
			out = append(out, f.Value)
		}
	}
	return out
}

func (r *Result) unknowns(assumed bool) []string {
	var out []string
	for _, u := range r.Unknowns {
		if (u.Assumption != "") == assumed {
			out = append(out, strings.TrimSpace(u.ID+" "+u.Value))
		}
	}
	return out
}

// TestConfiguration has what is read of the configuration that a command names.
func TestConfiguration(t *testing.T) {
	script := "#!/bin/sh\ntrue\n"
	for _, tt := range []struct {
		summary string
		files   map[string]string
		args    string
		want    []string
	}{
		{"paths below guarded places", nil, "--a=/tmp/x /nowhere/y -b/dev/z /dev/log:/home/u", []string{"/dev/log", "/home/u", "/tmp/x"}},
		{"a file", map[string]string{"etc/x.conf": "# /tmp/no\n; /tmp/no\nlog \"/var/log/x\"; pid=/run/x.pid\nurl http://h/dev/x\n"}, "/etc/x.conf",
			[]string{"/etc/x.conf", "/run/x.pid", "/var/log/x"}},
		{"a folder", map[string]string{"etc/x/a": "/tmp/a", "etc/x/b": "/tmp/b", "etc/x/sub/c": "/tmp/c"}, "/etc/x", []string{"/etc/x", "/tmp/a", "/tmp/b"}},
		{"what it includes", map[string]string{"etc/x/a": "include /etc/x/d/*.conf\ninclude sub/c\n", "etc/x/d/1.conf": "/tmp/1", "etc/x/sub/c": "/tmp/c"}, "/etc/x/a",
			[]string{"/etc/x/a", "/etc/x/d/*.conf", "/tmp/1", "/tmp/c"}},
		{"files that include each other", map[string]string{"etc/a": "/etc/b", "etc/b": "/etc/a /tmp/x"}, "/etc/a", []string{"/etc/a", "/etc/b", "/tmp/x"}},
		{"databases are everybody's", map[string]string{"etc/passwd": "root:x:0:0::/root:/bin/sh\n"}, "/etc/passwd", []string{"/etc/passwd"}},
		{"no text", map[string]string{"etc/x.db": "/tmp/x\x00"}, "/etc/x.db", []string{"/etc/x.db"}},
		{"beside an application", map[string]string{"opt/gw/gw.conf": "port /dev/ttyS0"}, "-c /opt/gw/gw.conf", []string{"/dev/ttyS0", "/opt/gw/gw.conf"}},
		{"a file that is named as configuration is", map[string]string{"var/lib/x/x.json": `{"dir": "\/home\/x"}`}, "/var/lib/x/x.json", []string{"/home/x", "/var/lib/x/x.json"}},
		{"a file of data", map[string]string{"var/lib/x/x.log": "/home/x"}, "/var/lib/x/x.log", []string{"/var/lib/x/x.log"}},
		{"homes", map[string]string{"etc/x.conf": "dir=~/x\n"}, "/etc/x.conf", []string{"/etc/x.conf", "/home", "/root"}},
		{"not there", nil, "/etc/none", []string{"/etc/none"}},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			files := map[string]string{"usr/bin/x": script, "bin/sh": "-> /bin/none"}
			for k, v := range tt.files {
				files[k] = v
			}
			got := collect(t, files, "ExecStart=/usr/bin/x "+tt.args+"\n")
			assert.Equal(t, tt.want, got.paths())
		})
	}
}

// TestConfigurationLimits: what is not read is said.
func TestConfigurationLimits(t *testing.T) {
	files := map[string]string{"usr/bin/x": "#!/bin/sh\n", "bin/sh": "-> none", "etc/big": strings.Repeat("#\n", maxConfigSize/2) + "/tmp/x\n"}
	for i := range maxConfigFiles + 1 {
		files[fmt.Sprintf("etc/many/%03d", i)] = fmt.Sprintf("/tmp/%03d\n", i)
	}
	got := collect(t, files, "ExecStart=/usr/bin/x /etc/big /etc/many\n")
	assert.Contains(t, got.unknowns(true), "configuration-unread /etc/big")
	assert.Contains(t, got.unknowns(true), "configuration-unread /etc/many")
	assert.NotContains(t, got.paths(), "/tmp/x")
	assert.Contains(t, got.paths(), "/tmp/199")

	files["etc/big"] = strings.Repeat("#\n", maxConfigSize/2-4) + "/tmp/x\n"
	assert.Contains(t, collect(t, files, "ExecStart=/usr/bin/x /etc/big\n").paths(), "/tmp/x")
}

// TestUnitsOwnUnknowns has what a unit's lines hide.
func TestUnitsOwnUnknowns(t *testing.T) {
	files := map[string]string{"usr/bin/x": "#!/bin/sh\n", "bin/sh": "-> none", "usr/bin/data": "\x00\x01"}
	for _, tt := range []struct {
		summary, lines, want string
	}{
		{"a missing program", "ExecStart=/usr/bin/none\n", "missing-file /usr/bin/none"},
		{"a missing program by name", "ExecStart=none\n", "missing-file none"},
		{"a missing interpreter", "", "missing-file /bin/sh"},
		{"another root", "RootDirectory=/srv/root\n", "root-directory /srv/root"},
		{"code that is loaded before", "Environment=LD_PRELOAD=/usr/lib/x.so\n", "preload LD_PRELOAD=/usr/lib/x.so"},
		{"PAM", "PAMName=login\n", "pam-session login"},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			got := collect(t, files, tt.lines)
			assert.Contains(t, strings.Join(got.unknowns(false), "; "), tt.want)
			assert.False(t, got.Complete)
		})
	}
}

// TestBlockedBy: an unknown that is not in the table blocks everything, and those in
// it name settings that there are.
func TestBlockedBy(t *testing.T) {
	for id, settings := range blockedBy {
		assert.NotContains(t, settings, Everything, id)
	}
	c := &collector{im: NewImage(open(t, nil), seccomp.X8664), unknowns: map[[3]string]bool{}}
	c.unknown("unheard-of", "", place{})
	c.unknown("unheard-of", "", place{})
	c.unknown("mode-unresolved", "", place{})
	c.assume("assumed", "", "so", place{})
	require.Len(t, c.result.Unknowns, 3)
	assert.Equal(t, []string{Everything}, c.result.Unknowns[0].Blocks)
	assert.Equal(t, []string{"RestrictSUIDSGID"}, c.result.Unknowns[1].Blocks)
	assert.Empty(t, c.result.Unknowns[2].Blocks)
}

// TestPAMAskedLater: what a later round of the walk asks libpam for is asked of the modules
// that an earlier one loaded.
func TestPAMAskedLater(t *testing.T) {
	newModule := func() *loaded {
		return &loaded{file: &module{File: &elfcode.File{}}, walk: &walk{names: map[string]bool{}, plugged: map[*module]bool{}}}
	}
	libpam, unix := newModule(), newModule()
	libpam.walk.pamModules = []*loaded{unix}
	p := &program{modules: []*loaded{libpam, unix}}
	libpam.walk.plugged[libpam.file], libpam.walk.plugged[unix.file] = true, true
	for _, round := range []struct {
		asks string
		want []string
	}{
		{"pam_start", nil},
		{"pam_authenticate", []string{"pam_sm_authenticate"}},
		{"pam_open_session", []string{"pam_sm_authenticate", "pam_sm_open_session"}},
	} {
		libpam.walk.names[round.asks] = true
		p.pam(tree(t, nil), libpam)
		assert.ElementsMatch(t, round.want, unix.walk.roots.Names, round.asks)
	}
}
