// SPDX-License-Identifier: MIT

package evidence

import (
	"context"
	"debug/elf"
	"encoding/binary"
	"path"
	"runtime"
	"sync"

	"golang.org/x/sync/semaphore"

	elfcode "github.com/systemd-hardening/systemd-hardening/scanner/binary"
	"github.com/systemd-hardening/systemd-hardening/scanner/cache"
	"github.com/systemd-hardening/systemd-hardening/scanner/rootfs"
	"github.com/systemd-hardening/systemd-hardening/scanner/seccomp"
)

// Image is what all services of an image share: where its libraries lie, and
// every file and program analysed once. It is safe for concurrent use.
type Image struct {
	wrapOnce sync.Once // wrapsUsers
	wraps    bool

	fs          *rootfs.FS
	arch        seccomp.Arch
	cache       *cache.Dir
	libraryDirs []string
	nss         []string // modules of nsswitch.conf

	native   sync.Map // path -> bool: an ELF file of the image's architecture
	modules  sync.Map // resolved path -> func() (*module, error)
	programs sync.Map // resolved path -> func() *program
	symbols  symbolTable

	analysing *semaphore.Weighted // bytes of the files that are being analysed
	ahead     *semaphore.Weighted // programs that are walked before it is their turn

	pluginNames once[*module, []string] // names of libraries among them
	machines    once[*module, bool]     // whether they name another virtual machine
	pluginDirs  once[*module, []string] // folders of modules that a file's strings name
	pluginFiles once[*module, []string] // modules that they name but for the folder
	pluginKin   once[*module, []string] // libraries that are called after those that it needs
	pamNames    once[*module, []string] // PAM services that a file's strings name
	pamFiles    once[string, []string]  // modules of a PAM service
	pyFolders   once[string, []string]  // native modules of a folder of Python
	pythons     once[string, *pyScripts]
	pythonFiles once[string, pyParsed]
	perls       once[string, *plScripts]
	perlFiles   once[string, *plFile]
	codeNames   once[*module, map[string][]elfcode.FuncID]
	naming      once[naming, bool]
}

// once keeps what was computed for a key. It may be computed twice when two ask at
// the same time.
type once[K comparable, V any] struct{ known sync.Map }

func (o *once[K, V]) get(key K, compute func(K) V) V {
	if v, ok := o.known.Load(key); ok {
		return v.(V)
	}
	v, _ := o.known.LoadOrStore(key, compute(key))
	return v.(V)
}

// maxAnalysed bounds the files that are analysed at the same time, in bytes: the
// analysis of one takes up to ten times its size. A larger one is analysed alone.
const maxAnalysed = 8 << 20

// NewImage prepares an image of an architecture.
func NewImage(fs *rootfs.FS, arch seccomp.Arch) *Image {
	im := &Image{fs: fs, arch: arch, symbols: symbolTable{byName: map[string]*symbol{}}, analysing: semaphore.NewWeighted(maxAnalysed),
		ahead: semaphore.NewWeighted(int64(max(runtime.GOMAXPROCS(0)-1, 1)))}
	im.libraryDirs = im.librarySearchPath()
	im.nss = im.nameServices()
	return im
}

// UseCache takes from a cache what is known of files with the same content, and keeps
// there what is found out. It counts only while the image's file system makes a trace.
func (im *Image) UseCache(known *cache.Dir) { im.cache = known }

// hasSyscall tells whether the image's architecture has a system call.
func (im *Image) hasSyscall(name string) bool {
	_, ok := seccomp.Number(im.arch, name)
	return ok
}

// module analyses one ELF file, once.
func (im *Image) module(file string) (*module, error) {
	once, _ := im.modules.LoadOrStore(file, sync.OnceValues(func() (*module, error) {
		f, err := im.fs.OpenFile(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		share := min(f.Size(), maxAnalysed)
		_ = im.analysing.Acquire(context.Background(), share) // fails with its context only
		defer im.analysing.Release(share)
		analysed, err := im.analyze(f)
		if err != nil {
			return nil, err
		}
		return im.symbols.add(analysed), nil
	}))
	return once.(func() (*module, error))()
}

// analyze analyses one ELF file, or takes what is known of its content.
func (im *Image) analyze(f *rootfs.File) (analysed *elfcode.File, err error) {
	key := im.cache.Key([]byte("ELF file"), []byte(f.Digest()))
	if f.Digest() == "" {
		return elfcode.Analyze(f, f.Size())
	}
	if im.cache.Find(key, func(content []byte) bool { return cache.Decode(content, &analysed) == nil }) {
		return analysed, nil
	}
	if analysed, err = elfcode.Analyze(f, f.Size()); err == nil {
		im.cache.Put(key, cache.Encode(analysed))
	}
	return analysed, err
}

// program walks one executable with its libraries, once.
func (im *Image) program(file, applet string) *program {
	once, _ := im.programs.LoadOrStore([2]string{file, applet}, sync.OnceValue(func() *program { return im.walkProgram(file, applet, nil) }))
	return once.(func() *program)()
}

// appletOf returns the name of the applet that a file is started as: that under which it
// is started, or the first argument of "busybox"; empty when it is no file of applets.
func (im *Image) appletOf(t target, resolved string) string {
	m, err := im.module(resolved)
	if err != nil || len(m.Applets) == 0 {
		return ""
	}
	name := path.Base(t.path)
	if name == path.Base(resolved) && t.exact && len(t.args) > 0 {
		name = t.args[0]
	}
	if a, ok := m.applet(name); ok {
		return a.Name
	}
	return ""
}

// walkAhead begins to walk a program that a service comes to next, unless enough are
// walked so already: the last services of an image would leave all processors but one idle.
func (im *Image) walkAhead(t target) {
	if !im.ahead.TryAcquire(1) {
		return
	}
	go func() {
		defer im.ahead.Release(1)
		if resolved, err := im.fs.Resolve(t.path); err == nil {
			if kind, _ := im.kind(resolved); kind == KindELF {
				im.program(resolved, im.appletOf(t, resolved))
			}
		}
	}()
}

// isNative tells whether a path is an ELF file of the image's architecture.
func (im *Image) isNative(file string) bool {
	if known, ok := im.native.Load(file); ok {
		return known.(bool)
	}
	arch, ok := im.elfArch(file)
	ok = ok && arch == im.arch
	im.native.Store(file, ok)
	return ok
}

// elfArch reads the architecture from an ELF header; ok is false for any other file.
func (im *Image) elfArch(file string) (seccomp.Arch, bool) {
	head, err := im.fs.ReadHead(file, 20)
	if err != nil || len(head) < 20 || string(head[:4]) != elf.ELFMAG {
		return "", false
	}
	order := binary.ByteOrder(binary.LittleEndian)
	data := elf.Data(head[elf.EI_DATA])
	if data == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	return seccomp.ArchOfELF(elf.Machine(order.Uint16(head[18:])), elf.Class(head[elf.EI_CLASS]), data)
}
