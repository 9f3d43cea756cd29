// SPDX-License-Identifier: MIT

package evidence

import (
	"fmt"
	"path"
	"slices"
	"strings"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// nameServiceCalls are the functions behind which the C library loads the modules
// of nsswitch.conf; threadExit are those behind which it loads the unwinder.
var (
	nameServiceCalls = []string{"getpw", "getgr", "gethost", "getaddrinfo", "getnameinfo", "getserv", "getproto", "getnet", "getsp", "initgroups", "getrpc", "getether", "ether_", "innetgr", "getalias", "__nss_"}
	threadExitCalls  = []string{"pthread_cancel", "pthread_exit", "backtrace", "__gcc_personality_v0"}
)

// implicit loads what the C library loads by itself when a function is used.
func (p *program) implicit(im *Image, name string) {
	for _, prefix := range nameServiceCalls {
		if strings.HasPrefix(name, prefix) {
			for _, module := range im.nss {
				p.plugin(im, "libnss_"+module+".so.2")
			}
			return
		}
	}
	if slices.Contains(threadExitCalls, name) {
		p.unwinder(im)
	}
}

// unwinder loads the library by which the C library unwinds a stack: it asks for a few
// functions of it alone (sysdeps/nptl, unwind-link.c of glibc).
func (p *program) unwinder(im *Image) {
	file, ok := im.library("libgcc_s.so.1", "", nil)
	if !ok {
		return
	}
	if m := p.load(im, file, false); m != nil {
		for _, e := range m.file.Exports {
			if strings.HasPrefix(e.Name, "_Unwind_") || e.Name == "__gcc_personality_v0" {
				m.add(e.Name)
			}
		}
	}
}

// plugin loads a library by name if the image has it.
func (p *program) plugin(im *Image, name string) {
	if file, ok := im.library(name, "", nil); ok {
		p.load(im, file, true)
	}
}

// dlopen loads what a call of dlopen names. A name that only the running program
// knows, or a caller that is not seen (through a table of functions, say), can be any
// module of the folders and any library whose names the program holds: they are
// loaded as a whole, as a guess; with none, it stays unknown.
func (p *program) dlopen(im *Image, m *loaded, site elfcode.Site) {
	index := int8(0)
	if m.file.Imports[site.Import].Name == "dlmopen" {
		index = 1
	}
	where := fmt.Sprintf("%s+%#x", m.path, site.Addr)
	for _, a := range site.Args {
		if a.Index != index {
			continue
		}
		for _, name := range a.Strings {
			if file, ok := im.library(name, path.Dir(m.path), []string{m.file.RPath, m.file.RunPath}); ok {
				p.load(im, file, true)
			} // a library that the image lacks cannot be loaded
		}
		if a.Complete() {
			return
		}
	}
	p.plugins(im, m, where)
}

// plugins loads what a call of dlopen may load whose argument only the running
// program knows: what .note.dlopen declares; for
// libpam the modules of the PAM services that the program names; else every module
// in a folder, and every library, that the module or the executable names.
func (p *program) plugins(im *Image, m *loaded, where string) {
	if p.scripts != nil && p.scripts.loads(m.file) {
		return
	}
	if len(m.file.Dlopen) > 0 {
		p.declared(im, m)
		return
	}
	if m.isPAM() {
		p.pam(im, m)
		return
	}
	var dirs []string
	for i, other := range p.modules { // who hands the name over
		if other == m || i == 0 || m.file.SONAME != "" && slices.Contains(other.file.Needed, m.file.SONAME) {
			dirs = append(dirs, im.pluginDirs.get(other.file, im.pluginFolders)...)
			if !m.walk.plugged[other.file] {
				m.walk.plugged[other.file] = true
				p.plug(im, other.file, other == m || i == 0, other == m && i == 0)
			}
		}
	}
	slices.Sort(dirs)
	x := problem{"dlopen-unresolved", strings.Join(slices.Compact(dirs), " "), where}
	if i := slices.IndexFunc(p.assumed, func(old problem) bool { return old.id == x.id && old.where == where }); i >= 0 {
		p.assumed[i] = x // other modules have come since
	} else {
		p.assumed = append(p.assumed, x)
	}
}

// plug loads what a module names that can hand a name to dlopen: files of modules, all
// modules in folders, and libraries when it is the executable or calls dlopen itself; for
// an executable that calls dlopen and names nothing, the libraries that are called after its own.
func (p *program) plug(im *Image, f *module, libraries, namesakes bool) {
	for _, file := range im.pluginFiles.get(f, im.namedModules) {
		p.load(im, file, true)
	}
	if libraries {
		for _, name := range im.pluginNames.get(f, libraryNames) {
			p.plugin(im, name)
		}
	}
	if namesakes {
		for _, name := range im.pluginKin.get(f, im.namesakes) {
			p.plugin(im, name)
		}
	}
	for _, dir := range im.pluginDirs.get(f, im.pluginFolders) {
		for _, file := range im.modulesIn(dir) {
			if p.scripts == nil && strings.HasPrefix(f.SONAME, openSSL) {
				p.await(file)
			} else {
				p.load(im, file, true)
			}
		}
	}
}

// isPAM: what libpam loads depends on the other modules of the program.
func (m *loaded) isPAM() bool { return strings.HasPrefix(m.file.SONAME, "libpam.so") }

// declared loads the libraries that .note.dlopen declares, of each the first that the
// image has.
func (p *program) declared(im *Image, m *loaded) {
	for _, note := range m.file.Dlopen {
		for _, name := range note.SONAME {
			if file, ok := im.library(name, path.Dir(m.path), []string{m.file.RPath, m.file.RunPath}); ok {
				p.load(im, file, true)
				break
			}
		}
	}
}

// pluginFolders are the folders that hold modules and that a file's strings name, with the
// folders right below them: a release may have one of its own.
func (im *Image) pluginFolders(f *module) []string {
	var dirs []string
	add := func(dir string) {
		if !slices.Contains(im.libraryDirs, dir) && !slices.Contains(dirs, dir) && len(im.modulesIn(dir)) > 0 {
			dirs = append(dirs, dir)
		}
	}
	for _, text := range f.Strings {
		for _, dir := range im.spelled(text) {
			if slices.Contains(sharedFolders, dir) || slices.Contains(im.libraryDirs, dir) {
				continue
			}
			info, err := im.fs.Stat(dir)
			if err != nil || !info.IsDir() {
				continue
			}
			add(dir)
			entries, _ := im.fs.ReadDir(dir)
			for _, e := range entries[:min(len(entries), maxConfigFiles)] {
				if e.IsDir() {
					add(path.Join(dir, e.Name()))
				}
			}
		}
	}
	return dirs
}

// libraryNames are the names of libraries, without a folder, among a file's strings.
func libraryNames(f *module) []string {
	var names []string
	for _, text := range f.Strings {
		if isLibraryName(text) {
			names = append(names, text)
		}
	}
	return names
}

// namesakes are the libraries that are called after one that an executable needs, as
// libdevmapper-event-lvm2mirror.so is after libdevmapper-event.so: the plug-ins of an
// executable that has their names from its clients and holds none itself.
func (im *Image) namesakes(f *module) []string {
	named := func(file string) bool { return file != f.Interp }
	if len(im.pluginFolders(f)) > 0 || slices.ContainsFunc(im.namedModules(f), named) || len(libraryNames(f)) > 0 {
		return nil
	}
	var names []string
	for _, needed := range f.Needed {
		stem, _, _ := strings.Cut(needed, ".so")
		if stem == "libc" {
			continue // its own files are called so
		}
		for _, dir := range im.libraryDirs {
			for _, file := range im.modulesIn(dir) {
				if name := path.Base(file); strings.HasPrefix(name, stem+"-") && isLibraryName(name) && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// isLibraryName tells whether a text has the form of a library's file name, as
// libx.so or libx.so.1.
func isLibraryName(text string) bool {
	stem, version, found := strings.Cut(text, ".so")
	return found && stem != "" && !strings.ContainsAny(stem, "/% ") && strings.Trim(version, ".0123456789") == ""
}

// namedModules are the modules that a file's strings name, also but for the beginning of the
// path, as "%s/lxcfs/liblxcfs.so" does.
func (im *Image) namedModules(f *module) []string {
	var files []string
	for _, text := range f.Strings {
		if !strings.Contains(text, ".so") {
			continue
		}
		for _, file := range im.spelled(text) {
			if !slices.Contains(files, file) && im.isNative(file) {
				files = append(files, file)
			}
		}
	}
	return files
}

// spelled are the paths that a text may stand for: the path that it is, or what follows a
// variable or "%s" below /usr and the folders of libraries.
func (im *Image) spelled(text string) []string {
	i := strings.IndexByte(text, '/')
	if i < 0 || len(text) > 255 || path.Clean(text[i:]) == "/" {
		return nil
	}
	rest := path.Clean(text[i:])
	switch {
	case i == 0:
		return []string{rest}
	case text[:i] != "%s" && (text[0] != '$' || text[i-1] != '}') || strings.Contains(rest, "%"):
		return nil
	}
	list := []string{"/usr" + rest}
	for _, dir := range im.libraryDirs {
		list = append(list, dir+rest)
	}
	return list
}

// modulesIn are the shared objects in a folder, not below it.
func (im *Image) modulesIn(dir string) []string {
	info, err := im.fs.Stat(dir)
	if err != nil || !info.IsDir() {
		return nil
	}
	entries, err := im.fs.ReadDir(dir)
	if err != nil {
		return nil
	}
	var files []string
	for _, e := range entries {
		if strings.Contains(e.Name(), ".so") && im.isNative(path.Join(dir, e.Name())) {
			files = append(files, path.Join(dir, e.Name()))
		}
	}
	return files
}

// pamFolders hold PAM modules that pam.d names without a path.
var pamFolders = []string{"/lib/security", "/usr/lib/security", "/lib64/security", "/usr/lib64/security"}

// pam loads the modules of every PAM service whose name a module of the program holds,
// of the one that is called as the program is, and of "other"; those of a module that
// was asked before are there.
func (p *program) pam(im *Image, libpam *loaded) {
	w := libpam.walk
	if len(w.plugged) == 0 {
		p.loadPAM(im, libpam, []string{path.Base(p.path), "other"})
	}
	for i := 0; i < len(p.modules); i++ { // what is loaded is asked as well
		if f := p.modules[i].file; !w.plugged[f] {
			w.plugged[f] = true
			p.loadPAM(im, libpam, im.pamNames.get(f, im.pamServices))
		}
	}
	for _, m := range w.pamModules {
		libpam.expose(m)
	}
}

// loadPAM loads the modules of PAM services.
func (p *program) loadPAM(im *Image, libpam *loaded, services []string) {
	for _, service := range services {
		for _, file := range im.pamFiles.get(service, im.pamModuleFiles) {
			if m := p.load(im, file, false); m != nil && !slices.Contains(libpam.walk.pamModules, m) {
				libpam.walk.pamModules = append(libpam.walk.pamModules, m)
			}
		}
	}
}

// pamEntries are the functions of libpam, and those of a module that they call (pam(3)).
var pamEntries = map[string]string{
	"pam_authenticate": "pam_sm_authenticate", "pam_setcred": "pam_sm_setcred", "pam_acct_mgmt": "pam_sm_acct_mgmt",
	"pam_open_session": "pam_sm_open_session", "pam_close_session": "pam_sm_close_session", "pam_chauthtok": "pam_sm_chauthtok",
}

// expose makes those entries of a PAM module roots that libpam has been asked for.
func (libpam *loaded) expose(m *loaded) {
	for function, entry := range pamEntries {
		if libpam.walk.names[function] {
			m.add(entry)
		}
	}
}

// pamServices are the names of PAM services among a file's strings.
func (im *Image) pamServices(f *module) []string {
	var services []string
	for _, text := range f.Strings {
		if text != "" && !strings.Contains(text, "/") {
			if _, err := im.fs.Stat("/etc/pam.d/" + text); err == nil {
				services = append(services, text)
			}
		}
	}
	return services
}

// pamModuleFiles are the files of the modules of a PAM service.
func (im *Image) pamModuleFiles(service string) []string {
	folders := slices.Clone(pamFolders)
	if triplet := multiarch[im.arch]; triplet != "" {
		folders = append(folders, "/lib/"+triplet+"/security", "/usr/lib/"+triplet+"/security")
	}
	var files []string
	modules, _ := im.pamModules(service)
	for _, name := range modules {
		for _, dir := range folders {
			if file := path.Join(dir, name); !strings.HasPrefix(name, "/") && im.isNative(file) {
				files = append(files, file)
			}
		}
		if strings.HasPrefix(name, "/") {
			files = append(files, name)
		}
	}
	return files
}
