// SPDX-License-Identifier: MIT

package evidence

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// knownLibrary says of a library what its code keeps in memory and the analysis
// does not follow: the system calls behind a number from memory. Each is from the
// library's own source; a library that is not listed stays unknown.
type knownLibrary struct {
	soname string // prefix
	calls  string // system calls that it makes by number
}

// optionalPaths are libraries that get along without what their strings name: they
// log to the kernel, ask for a policy or look at a limit where they can, and go on
// where they cannot. The dynamic loader's are of its own options. The modules of
// systemd for name services are made of libsystemd's code.
var optionalPaths = []string{"libsystemd.so.0", "libudev.so.1", "libcap-ng.so.0", "libcap.so.2",
	"libnss_systemd.so.2", "libnss_myhostname.so.2", "libnss_mymachines.so.2", "libnss_resolve.so.2"}

func hasOptionalPaths(m *loaded) bool {
	return m.libc || hasPrefix(optionalPaths, m.file.SONAME)
}

// idleLibraries ask for nothing that begins like these paths, in an image without a file
// of configuration: libselinux once it has found no policy (init.c, enabled.c); libkrb5
// keeps tickets of a realm in files that other services share (krb5.conf(5),
// default_ccache_name), and where no realm is configured nobody gets any.
// Others never do: GIO compares the table of mounts with names of drives (gio/gunixmounts.c), bash's
// redirections to addresses look like devices (bash(1), REDIRECTION), and pam_systemd logs to the kernel and names terminals
// as libsystemd does.
var idleLibraries = []struct {
	soname, configuration string // or the name of a file
	paths                 []string
}{
	{"libselinux.so.1", "/etc/selinux/config", []string{"/proc/%"}},
	{"libkrb5.so.3", "/etc/krb5.conf", []string{"/tmp", "/var/tmp"}},
	{"libgio-2.0.so.0", "", []string{"/dev/acd", "/dev/cd", "/dev/flo", "/dev/fd", "/dev/roo", "/dev/loop", "/dev/vn"}},
	{"bash", "", []string{"/dev/tcp/", "/dev/udp/"}},
	{"pam_systemd.so", "", []string{"/dev/kmsg", "/dev/%s/%u:%u"}},
}

// idlePaths are what the paths begin with that a module does not ask for in this image.
func (im *Image) idlePaths(m *loaded) []string {
	for _, l := range idleLibraries {
		if !strings.HasPrefix(m.file.SONAME, l.soname) && (m.file.SONAME != "" || path.Base(m.path) != l.soname) {
			continue
		}
		if _, err := im.fs.Stat(l.configuration); l.configuration == "" || err != nil {
			return l.paths
		}
	}
	return nil
}

// privatePaths are what libraries name for files that a process makes for itself and
// removes at once, or of itself in /proc: nobody else looks for them. Where the program
// calls the function named last, others do.
var privatePaths = []struct{ soname, paths, unless string }{
	{"libsqlite3.so.0", "/tmp /var/tmp /usr/tmp", ""},              // temporary databases (os_unix.c)
	{"libdb-5.", "/tmp /var/tmp /usr/tmp", ""},                     // what a cache has no memory for (os_tmpdir.c)
	{"libffi.so.", "/tmp /var/tmp /dev/shm", ""},                   // memory for closures (tramp.c, closures.c)
	{"libjemalloc.so.", "/proc/%d/maps /proc/%d/task/%d/maps", ""}, // of the process itself (prof_sys.c)
	{"libdbus-1.so.3", "/tmp", "dbus_server_listen"},               // the socket of a server (dbus-server-socket.c, dbus-nonce.c)
	{"libaudit.so.1", "/dev /dev/", ""},                            // what names of terminals begin with (audit_logging.c)
}

// isPrivate tells whether a path that a module names is for files of the process alone.
func (p *program) isPrivate(m *loaded, path string) bool {
	return slices.ContainsFunc(privatePaths, func(k struct{ soname, paths, unless string }) bool {
		return strings.HasPrefix(m.file.SONAME, k.soname) && slices.Contains(strings.Fields(k.paths), path) && (k.unless == "" || !p.imports(k.unless))
	})
}

// readsOnly are libraries and programs that write to nothing of what they name below some places,
// each by its own source: util-linux (lib/sysfs.c, lib/loopdev.c of its libraries), cryptsetup
// (lib/utils_devpath.c), kmod (libkmod/libkmod-module.c), libnuma (libnuma.c, affinity.c),
// elfutils (libdwfl/linux-kernel-modules.c), systemd's PAM modules (cg_pid_get_session(),
// audit_session_from_pid() and the like, which ask of a process what all may know of it).
// libpcap (pcap-linux.c) and libusb (os/linux_usbfs.c) read attributes of devices, and the allocator in Python's interpreter
// (mimalloc's prim/unix/prim.c) how much memory may be promised.
// GIO has "/sys" in a list of mounts that belong to the system (gio/gunixmounts.c).
// A name that ends in a dot is that of all releases.
var readsOnly = []struct{ module, places string }{
	{"libblkid.so.1", "/sys"}, {"libmount.so.1", "/sys"}, {"libcryptsetup.so.12", "/sys"},
	{"libkmod.so.2", "/sys/module"}, {"kmod", "/sys/module"},
	{"libnuma.so.1", "/sys"}, {"libdw.so.1", "/sys/module"},
	{"libpcap.so.", "/sys"}, {"libusb-1.0.so.0", "/sys"},
	{"libpython3.", "/proc/sys/vm/overcommit_memory /sys/devices/system/node"}, {"python3.", "/proc/sys/vm/overcommit_memory /sys/devices/system/node"},
	{"libgio-2.0.so.0", "/sys"},
	{"pam_systemd.so", "/sys /proc"}, {"pam_systemd_home.so", "/sys /proc"},
}

// onlyReads tells whether a module reads alone what it names by a path.
func (m *loaded) onlyReads(text string) bool {
	return slices.ContainsFunc(readsOnly, func(k struct{ module, places string }) bool {
		return (strings.HasPrefix(m.file.SONAME, k.module) || path.Base(m.path) == k.module || strings.HasSuffix(k.module, ".") && strings.HasPrefix(path.Base(m.path), k.module)) &&
			slices.ContainsFunc(strings.Fields(k.places), func(place string) bool { return text == place || strings.HasPrefix(text, place+"/") })
	})
}

// imports tells whether reached code of the program calls a function of another module.
func (p *program) imports(function string) bool {
	return slices.ContainsFunc(p.modules, func(m *loaded) bool {
		return slices.ContainsFunc(m.file.importsNamed(function), func(id int32) bool {
			_, reached := slices.BinarySearch(m.reached.Imports, id)
			return reached
		})
	})
}

func hasPrefix(prefixes []string, soname string) bool {
	return slices.ContainsFunc(prefixes, func(name string) bool { return strings.HasPrefix(soname, name) })
}

// harmlessWrappers are exported functions that hand a request of their caller on,
// with which their libraries' users only ever ask for what every program may.
var harmlessWrappers = []string{"BIO_socket_ioctl"} // FIONBIO and FIONREAD of sockets

// forksOnly are libraries whose clone() with flags from memory makes processes,
// no name spaces, for what their users can ask of them.
var forksOnly = []string{"libsystemd.so.0", "pam_systemd.so", "pam_systemd_home.so"}

// entersOnRequest are libraries that enter name spaces to get to the bus of a container,
// which opensContainers ask for (sd-bus, bus-container.c), or an address in the environment.
var (
	entersOnRequest = []string{"libsystemd.so.0", "pam_systemd.so"}
	opensContainers = []string{"sd_bus_open_system_machine", "sd_bus_open_user_machine", "sd_bus_set_address"}
)

// vsockByAddress are libraries that reach into another virtual machine only for an address
// which begins with "vsock:": one of NOTIFY_SOCKET, which systemd sets to a path of its
// own (sd_notify(3)), one that the user of sd-varlink gives, or that of a module on
// another machine in p11-kit's configuration (pkcs11.conf(5), remote).
var vsockByAddress = []string{"libsystemd.so.0", "libnss_systemd.so.2", "pam_systemd.so", "pam_systemd_home.so", "libp11-kit.so.0"}

// remoteModules hold p11-kit's configuration.
var remoteModules = []string{"/etc/pkcs11/modules", "/usr/share/p11-kit/modules"}

// machineScheme is what an address of another machine begins with.
const machineScheme = "vsock:"

func namesMachine(f *module) bool {
	return slices.ContainsFunc(f.Strings, func(text string) bool { return strings.HasPrefix(text, machineScheme) })
}

// namesNoMachine tells whether a call is of such a library, and neither the rest of the
// program nor that configuration has such an address.
func (c *collector) namesNoMachine(x *call) bool {
	if !x.from(vsockByAddress) || slices.ContainsFunc(c.walked.modules, func(m *loaded) bool {
		other := &call{soname: m.file.SONAME, module: m.path}
		return !other.from(vsockByAddress) && c.im.machines.get(m.file, namesMachine)
	}) {
		return false
	}
	return !slices.ContainsFunc(remoteModules, func(dir string) bool {
		entries, err := c.im.fs.ReadDir(dir)
		return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
			data, err := c.im.fs.ReadFile(dir + "/" + e.Name())
			return err != nil || strings.Contains(string(data), machineScheme)
		})
	})
}

// plainModes are libraries that make files with modes of their own, none with a set-ID
// bit, or with those of other files and of their user's choice, of which that is assumed: libdb
// (env/env_file.c, os/os_open.c, common/util_arg.c: "rw-------" and the like, or the mode of
// DB->open), Postfix (global/mail_stream.c, util/make_dirs.c, util/unix_listen.c), net-snmp
// (snmplib/tools.c, mkdirhier()), GIO (gio/glocalfileinfo.c: the mode of a file that it copies), libmount
// and libdevmapper (an option of a mount, the mode of a device).
var plainModes = []struct{ soname, assumption string }{
	{"libdb-5.", "its files of a database get no set-ID bits"},
	{"libpostfix-", "what Postfix makes gets no set-ID bits but by its set-up"},
	{"libnetsnmp.so", "the folders of net-snmp's state get no set-ID bits"},
	{"libgio-2.0.so.0", "the files that it copies have no set-ID bits"},
	{"libmount.so.1", "no option of a mount gives a mode with set-ID bits"},
	{"libdevmapper.so.1", "the devices that it makes get no set-ID bits"},
}

// handsOnModes are libraries that give files the mode that their callers choose, who are seen
// (judges has the functions).
var handsOnModes = []string{"libglib-2.0.so.0", "libuv.so.1"}

// startsKnown are libraries that start one program, which their strings name:
// libdbus its launcher, where no session bus is set (dbus-sysdeps-unix.c).
var startsKnown = []string{"libdbus-1.so.3"}

// busClients hold libsystemd's client of a bus, which starts what an address that begins
// with "unixexec:" names, or ssh for the bus of another machine (sd-bus/bus-socket.c,
// sd-bus/sd-bus.c), and nothing else: that of the system has a local address.
var busClients = []string{"libsystemd.so.0", "libnss_systemd.so.2", "libnss_myhostname.so.2", "libnss_mymachines.so.2", "libnss_resolve.so.2", "pam_systemd.so"}

// neverStarts are libraries whose only programs are those for kernels that are older
// than any that this systemd runs on: libblkid asks dmsetup and lvdisplay for the
// topology of a device where neither ioctl(2) nor /sys tells it (topology/topology.c),
// as Linux does since 2.6.32.
var neverStarts = []string{"libblkid.so.1"}

// controls tells whether a program only asks the service manager over its socket: a
// service that starts it needs what its system calls need, and it runs nothing in
// that service. The manager's own program hands over to systemctl when it is not PID 1
// (core/main.c), unless a unit is made to run it: user@.service.
func (c *collector) controls(file, name string) bool {
	return name == "systemctl" || name == "systemd" && !c.isMain(file)
}

// handsOver are helpers that start one program whatever they are asked, by name and by
// the beginning of the name of a library that tells whose they are. Postfix,
// sendmail(1): a message is handed to postdrop, the queue is asked by postqueue.
var handsOver = []struct{ name, library, starts string }{
	{"sendmail", "libpostfix-", "postdrop"}, {"mailq", "libpostfix-", "postqueue"}, {"newaliases", "libpostfix-", "postalias"},
}

// handedTo returns the program that a helper hands over to.
func (c *collector) handedTo(p *program) string {
	for _, h := range handsOver {
		if h.name == path.Base(p.path) && !c.isMain(p.path) &&
			slices.ContainsFunc(p.modules, func(m *loaded) bool { return strings.HasPrefix(path.Base(m.path), h.library) }) {
			return h.starts
		}
	}
	return ""
}

// onlySignals tells whether a command only finds a process and sends it signals:
// start-stop-daemon(8) with the options for it.
func (t target) onlySignals() bool {
	return path.Base(t.path) == "start-stop-daemon" && t.exact && slices.ContainsFunc(t.args, func(a string) bool {
		return slices.Contains([]string{"--stop", "--status", "-K", "-T"}, a)
	})
}

// looksAtProcesses tells whether start-stop-daemon has to compare a process with what it
// is asked for: without it a file names the process.
func (t target) looksAtProcesses() bool {
	return slices.ContainsFunc(t.args, func(a string) bool {
		short := len(a) > 1 && a[0] == '-' && a[1] != '-' && strings.ContainsAny(a, "xnua")
		return short || slices.ContainsFunc([]string{"--exec", "--name", "--user", "--ppid", "--startas"}, func(o string) bool { return strings.HasPrefix(a, o) })
	})
}

var knownLibraries = []knownLibrary{
	// cap_proc.c: the calls that cap_set_syscall() may replace.
	{"libcap.so.2", "capget capset prctl setuid setgid setgroups"},
	{"libpsx.so.2", "capset prctl setuid setgid setgroups"},
	// system.c: the number of seccomp(2) is a variable, since a test may disable the call.
	{"libseccomp.so.2", "seccomp prctl"},
}

// neverNeeded are functions that a library calls only on kernels that are older than any that
// this systemd runs on: libcrypto looks in shared memory whether /dev/random was ready
// once where getrandom(2) is missing, as it was before Linux 3.17 (rand_unix.c).
var neverNeeded = []struct{ soname, functions string }{
	{"libcrypto.so.", "shmget shmat shmdt"},
}

// needsNot tells whether a module gets along without a function that it imports.
func (m *loaded) needsNot(function string) bool {
	return slices.ContainsFunc(neverNeeded, func(k struct{ soname, functions string }) bool {
		return strings.HasPrefix(m.file.SONAME, k.soname) && slices.Contains(strings.Fields(k.functions), function)
	})
}

// numbersOf returns the calls that a library makes by a number from memory.
// Those of the C library are behind functions that have sites of their own: the
// wrapper of cancellation points, and the one that repeats setuid() and its like
// in all threads.
func numbersOf(m *loaded) (calls []string, known bool) {
	for _, k := range knownLibraries {
		if strings.HasPrefix(m.file.SONAME, k.soname) {
			return strings.Fields(k.calls), true
		}
	}
	return nil, m.libc
}
