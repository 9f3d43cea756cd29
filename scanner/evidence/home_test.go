// SPDX-License-Identifier: MIT

package evidence

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// TestUnitsPlaces has the paths that a service lives in though no program of it names them.
func TestUnitsPlaces(t *testing.T) {
	script := "#!/bin/sh\ntrue\n"
	for _, tt := range []struct {
		summary, lines string
		files          map[string]string
		want           []string
	}{
		{"a working directory", "WorkingDirectory=-/home/pi/app\n", nil, []string{"/home/pi/app"}},
		{"that of the user", "User=pi\nWorkingDirectory=~\n", nil, []string{"/home/pi"}},
		{"that of root", "WorkingDirectory=~\n", nil, []string{"/root"}},
		{"a user of the kind that people are", "User=pi\n", nil, []string{"/home/pi"}},
		{"a user by number", "User=1000\n", nil, []string{"/home/pi"}},
		{"a user of a daemon", "User=daemon\n", nil, nil},
		{"nobody's", "User=none\n", nil, nil},
		{"output and credentials", "StandardOutput=append:/tmp/log\nLoadCredential=x:/home/x\n", nil, []string{"/home/x", "/tmp/log"}},
		{"a file system that has to be there", "[Unit]\nRequiresMountsFor=/home/data\n[Service]\n", nil, []string{"/home/data"}},
		{"what is taken away", "InaccessiblePaths=/home\nReadOnlyPaths=/tmp\n", nil, nil},
		{"the program itself", "ExecStart=/home/pi/x\n", map[string]string{"home/pi/x": script}, []string{"/home/pi/x"}},
		{"the program behind a link", "ExecStart=/usr/bin/y\n", map[string]string{"home/pi/x": script, "usr/bin/y": "-> /home/pi/x"}, []string{"/home/pi/x", "/usr/bin/y"}},
		{"a folder behind a link", "ExecStart=/usr/bin/x /var/lib/x/new/file\n", map[string]string{"home/data/a": "", "var/lib/x": "-> /home/data"},
			[]string{"/home/data/new/file", "/var/lib/x/new/file"}},
		{"a long line of the environment", "EnvironmentFile=/etc/default/x\nExecStart=/usr/bin/x $OPTIONS\n",
			map[string]string{"etc/default/x": "OPTIONS=\"-a \\\n  -d /home/x\"\n"}, []string{"/home/x"}},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			files := map[string]string{"usr/bin/x": script, "bin/sh": "-> /bin/none",
				"etc/passwd": "root:x:0:0::/root:/bin/sh\ndaemon:x:1:1::/var/lib/d:/bin/sh\npi:x:1000:1000::/home/pi:/bin/sh\n"}
			for k, v := range tt.files {
				files[k] = v
			}
			got := slices.DeleteFunc(collect(t, files, tt.lines).paths(), func(p string) bool { return p == "/usr/bin/y" })
			want := slices.DeleteFunc(slices.Clone(tt.want), func(p string) bool { return p == "/usr/bin/y" })
			assert.ElementsMatch(t, want, got)
		})
	}
}

// TestPathsOfText has where paths begin in configuration and arguments.
func TestPathsOfText(t *testing.T) {
	for text, want := range map[string][]string{
		"/a /b":                  {"/a", "/b"},
		"-Sspeed@/dev/ttyS0":     {"/dev/ttyS0"},
		"unix:///tmp/x":          {"///tmp/x"},
		`{"dev":"\/dev\/ttyS0"}`: {"/dev/ttyS0"},
		"<x>/home/y</x>":         {"/home/y", "/x"},
		"a/b and/or 1/2":         nil,
		"/usr/bin/g++ [/x]":      {"/usr/bin/g++", "/x]"},
	} {
		assert.Equal(t, want, pathsIn(text), text)
	}
	assert.Equal(t, "/proc/%d/exe", ofProcess("/proc/*/exe"))
	assert.Equal(t, "/proc/%d/exe", ofProcess("/proc/$pid/exe"))
	assert.Equal(t, "/proc/%d", ofProcess("/proc/[0-9]*"))
	assert.Equal(t, "/proc/sys/*", ofProcess("/proc/sys/*"))
}

// TestThroughLibraries has what a program gets by functions of libraries.
func TestThroughLibraries(t *testing.T) {
	for function, want := range map[string]string{
		"udev_device_get_devnode": "/dev/*", "sd_device_get_devname": "/dev/*", "cfsetospeed": "/dev/tty*",
		"udev_device_set_sysattr_value": "/sys/*", "tmpnam": "/tmp", "udev_device_get_sysname": "",
	} {
		c := &collector{im: tree(t, nil), facts: map[[2]string]bool{}, seen: map[string]bool{}}
		m := &loaded{file: &module{File: &elfcode.File{Imports: []elfcode.Import{{Name: function}}}}, reached: &elfcode.Reached{Imports: []int32{0}}}
		c.throughLibraries(m)
		assert.Equal(t, want != "", c.facts[[2]string{FactPath, want}], function)
		m.file.SONAME = "libudev.so.1"
		c = &collector{}
		c.throughLibraries(m)
		assert.Empty(t, c.result.Facts, "within the library")
	}
}

// TestAsksForHome: who asks for root's entry may look into /root.
func TestAsksForHome(t *testing.T) {
	c := &collector{im: tree(t, map[string]string{"etc/passwd": "root:x:0:0::/root:/bin/sh\n"}), facts: map[[2]string]bool{}, seen: map[string]bool{}}
	m := &loaded{file: &module{File: &elfcode.File{Imports: []elfcode.Import{{Name: "getpwuid_r"}}}}, reached: &elfcode.Reached{Imports: []int32{0}}}
	c.asksForHome(m)
	c.home("", place{})
	assert.True(t, c.facts[[2]string{FactPath, "/root"}])
}

// TestArguments has what arguments of calls ask for.
func TestArguments(t *testing.T) {
	for _, tt := range []struct {
		summary, name string
		args          []elfcode.Arg
		want          [][2]string
	}{
		{"time-sharing", "sched_setscheduler", []elfcode.Arg{known(1, 3)}, nil},
		{"with a flag that RestrictRealtime= refuses", "sched_setscheduler", []elfcode.Arg{known(1, 0x40000000)}, [][2]string{{FactRealtime, "sched_setscheduler"}}},
		{"of a deadline", "sched_setscheduler", []elfcode.Arg{known(1, 6)}, [][2]string{{FactRealtime, "sched_setscheduler"}}},
		{"processors of its own", "sched_setaffinity", []elfcode.Arg{known(0, 0)}, nil},
		{"processors of others", "sched_setaffinity", []elfcode.Arg{anyWordOf(0)}, [][2]string{{FactCapability, "CAP_SYS_NICE"}}},
		{"a file with a set-ID bit", "open", []elfcode.Arg{known(1, 0o102), known(2, 0o2660)}, [][2]string{{FactSetIDBits, "open"}, {FactCapability, "CAP_FSETID"}}},
		{"one without", "open", []elfcode.Arg{known(1, 0o102), known(2, 0o660)}, nil},
		{"one that is not made", "open", []elfcode.Arg{known(1, 2), known(2, 0o2660)}, nil},
		{"made in a folder", "openat", []elfcode.Arg{known(0, 3), known(2, 0o102), known(3, 0o4755)}, [][2]string{{FactSetIDBits, "openat"}, {FactCapability, "CAP_FSETID"}}},
		{"the old way", "creat", []elfcode.Arg{known(1, 0o2660)}, [][2]string{{FactSetIDBits, "creat"}, {FactCapability, "CAP_FSETID"}}},
		{"memory that stays", "mmap", []elfcode.Arg{known(2, 3), known(3, 0x2022)}, [][2]string{{FactCapability, "CAP_IPC_LOCK"}}},
		{"memory", "mmap", []elfcode.Arg{known(2, 3), known(3, 0x22)}, nil},
		{"a process for I/O", "prctl", []elfcode.Arg{known(0, 57)}, [][2]string{{FactCapability, "CAP_SYS_RESOURCE"}}},
		{"all network name spaces", "setsockopt", []elfcode.Arg{known(1, 270), known(2, 8)}, [][2]string{{FactCapability, "CAP_NET_BROADCAST"}}},
		{"a family for root", "socket", []elfcode.Arg{known(0, 26), known(1, 1), known(2, 0)}, [][2]string{{FactSocketFamily, "AF_LLC"}, {FactCapability, "CAP_NET_RAW"}}},
	} {
		t.Run(tt.summary, func(t *testing.T) {
			c := &collector{facts: map[[2]string]bool{}, unknowns: map[[3]string]bool{}}
			judges[tt.name](c, &call{name: tt.name, args: tt.args})
			var got [][2]string
			for _, f := range c.result.Facts {
				got = append(got, [2]string{f.ID, f.Value})
			}
			assert.Equal(t, tt.want, got)
		})
	}
}
