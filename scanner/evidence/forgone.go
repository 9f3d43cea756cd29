// SPDX-License-Identifier: MIT

package evidence

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// forgone are system calls and capabilities that reached code of a module asks for and gets along
// without, or that only those ask for who call the functions named last. "*" is everything
// that takes a capability.
//
// The modules of systemd for name services run in processes of all users, most of which have no
// capability. libsystemd enters the name spaces of a container to talk to its bus
// (sd-bus/bus-container.c) where its caller names a machine or gives an address; buffers of
// sockets, pipes and limits that it cannot enlarge, it leaves (fd_inc_rcvbuf() and
// fd_inc_sndbuf() of basic/socket-util.c, setrlimit_closest() of basic/rlimit-util.c). systemd's
// PAM modules are made of the same code, and talk to the system's own bus alone.
// libmount enters the name space that its caller chose; util-linux's libraries ask block devices for
// what they may tell (libblkid/src/probe.c), and where an answer is refused, go without.
// GIO listens to the kernel's routes (gio/gnetworkmonitornetlink.c), and copies the attributes of
// files as far as it may (g_file_copy_attributes()); it sets others where it is asked to.
// libdb and libgcrypt lock memory where that is asked for, or as far as the limit lets them
// (os/os_map.c, src/secmem.c).
// A shell goes back to the user who started it (dash: setprivileged() of options.c, bash:
// disable_priv_mode() of shell.c); what its builtins kill and ulimit ask for, the script says.
// Programs have what their arguments ask for (byArguments).
var forgone = []struct{ soname, what, unless string }{ // or the name of a program
	{"libnss_systemd.so.2", "*", ""}, {"libnss_myhostname.so.2", "*", ""}, {"libnss_mymachines.so.2", "*", ""}, {"libnss_resolve.so.2", "*", ""},
	{"libsystemd.so.0", "setns CAP_SYS_CHROOT", "sd_bus_open_system_machine sd_bus_open_user_machine sd_bus_set_address"},
	{"libsystemd.so.0", "CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_RESOURCE", ""}, {"libudev.so.1", "CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_RESOURCE", ""},
	{"pam_systemd.so", "setns CAP_SYS_CHROOT CAP_NET_ADMIN CAP_NET_RAW", ""}, {"pam_systemd_home.so", "setns CAP_SYS_CHROOT CAP_NET_ADMIN CAP_NET_RAW", ""},
	{"libmount.so.1", "setns CAP_SYS_CHROOT", "mnt_context_set_target_ns"},
	{"libgio-2.0.so.0", "CAP_NET_ADMIN", "g_socket_set_option"},
	{"libgio-2.0.so.0", "CAP_SYS_ADMIN CAP_MAC_ADMIN CAP_SETFCAP", "g_file_set_attribute g_file_set_attribute_string g_file_set_attribute_byte_string g_file_set_attributes_from_info g_file_set_attributes_async"},
	{"libdb-5.", "CAP_IPC_LOCK", ""}, {"libgcrypt.so.20", "CAP_IPC_LOCK", ""},
	{"dash", shellCalls, ""}, {"bash", shellCalls, ""},
	{"mkdir", "mode", ""}, {"chmod", "mode", ""}, {"date", "clock_settime settimeofday", ""}, {"setpriv", "capset", ""},
	{"libblkid.so.1", "CAP_SYS_ADMIN CAP_SYS_RAWIO CAP_NET_ADMIN CAP_SYS_TTY_CONFIG CAP_LINUX_IMMUTABLE CAP_SYS_TIME CAP_SYS_RESOURCE", ""},
}

const shellCalls = "setuid setgid setreuid setregid setresuid setresgid CAP_KILL CAP_SYS_RESOURCE"

// forgoes tells whether a module of the program gets along without a system call or a
// capability.
func (p *program) forgoes(m *loaded, what string) bool {
	if isLanguage(m) {
		return true // scripts ask for it
	}
	for _, f := range forgone {
		if !strings.HasPrefix(m.file.SONAME, f.soname) && (m.file.SONAME != "" || path.Base(m.path) != f.soname) {
			continue
		}
		if named := slices.Contains(strings.Fields(f.what), what); (named || f.what == "*" && takesCapability(what)) && !slices.ContainsFunc(strings.Fields(f.unless), p.imports) {
			return true
		}
	}
	return false
}

// takesCapability tells whether something is a capability, or a system call that needs one.
func takesCapability(what string) bool {
	return strings.HasPrefix(what, "CAP_") || slices.ContainsFunc(syscallNeeds[what], func(n need) bool { return n.fact == FactCapability })
}

// forgoes is that of the program at hand, or what libwrap does only for options of its two files:
// hosts_options(5) has "user" and "nice".
func (c *collector) forgoes(m *loaded, what string) bool {
	const options = "setuid setgid setgroups CAP_SYS_NICE"
	if strings.HasPrefix(m.file.SONAME, "libwrap.so.0") && slices.Contains(strings.Fields(options), what) {
		return !c.im.wrapsUsers()
	}
	return c.walked.forgoes(m, what)
}

// wrapsUsers tells whether the files of libwrap may name a user or a priority.
func (im *Image) wrapsUsers() bool {
	im.wrapOnce.Do(func() {
		for _, name := range []string{"/etc/hosts.allow", "/etc/hosts.deny"} {
			data, err := im.fs.ReadFileLimit(name, maxConfigSize)
			for _, line := range strings.Split(string(data), "\n") {
				option := strings.Contains(line, "user") || strings.Contains(line, "nice")
				im.wraps = im.wraps || option && !strings.HasPrefix(strings.TrimSpace(line), "#")
			}
			im.wraps = im.wraps || err != nil && !errors.Is(err, fs.ErrNotExist)
		}
	})
	return im.wraps
}

// forgone tells whether the code at a place gets along without a system call or a capability: of
// a module that does, or of the C library where none but such modules get to it.
func (c *collector) forgone(at place, what string) bool {
	switch {
	case at.site == nil || c.walked == nil:
		return false
	case !at.in.libc:
		return c.forgoes(at.in, what)
	case at.in.plugin:
		return false
	}
	var idle []*loaded
	key := at.in.path
	for _, m := range c.walked.modules {
		if !m.libc && c.forgoes(m, what) {
			idle = append(idle, m)
			key += "\n" + m.path
		}
	}
	if len(idle) == 0 {
		return false
	}
	if c.idleFor != c.walked {
		c.idleFor, c.withoutIdle = c.walked, map[string][]elfcode.FuncID{}
	}
	reached, ok := c.withoutIdle[key]
	if !ok {
		reached = c.walked.reachedFrom(at.in, func(m *loaded, _ string) bool { return !slices.Contains(idle, m) })
		c.withoutIdle[key] = reached
	}
	_, found := slices.BinarySearch(reached, at.site.Func)
	return !found
}
