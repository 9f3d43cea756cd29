// SPDX-License-Identifier: MIT

package binary

// Architectures whose code is analysed, by systemd's names.
const (
	X86_64  = "x86-64"
	ARM64   = "arm64"
	ARM     = "arm"
	RISCV64 = "riscv64"
)

// File types.
const (
	Executable = "executable" // fixed address
	PIE        = "pie"        // position independent, with an entry point and an interpreter or none
	Library    = "library"
	Relocating = "relocatable" // an object file or a kernel module
)

// File is everything that one ELF file says about itself: a pure function of
// its bytes. It is plain data, so that it can be stored and read again.
type File struct {
	Arch    string // x86-64, arm64, arm, riscv64, or another machine's name
	Machine uint16 // EM_*
	Bits    int    // 32 or 64
	Type    string
	Interp  string // the program interpreter, empty for libraries and static programs
	Static  bool   // no dynamic section: nothing is loaded besides it
	SONAME  string
	Needed  []string
	RPath   string
	RunPath string
	BuildID string // hexadecimal
	// Dlopen are the libraries that .note.dlopen declares.
	Dlopen []DlopenNote
	Go     *GoInfo

	ExecStack  bool   // PT_GNU_STACK asks for an executable stack, or is missing where that means so
	TextRel    bool   // relocations in code: pages are written and made executable
	RWXSegment bool   // a segment is writable and executable
	Packed     string // the packer's name (UPX), when its code is compressed

	Imports []Import
	Exports []Export // sorted by name, the default version first
	Funcs   []Func   // sorted by address
	Objects []Object // data that leads on to functions, imports or strings
	Strings []string // that code or data refers to
	Sites   []Site   // grouped by function, sorted by address

	// Applets are the programs that the file holds, in the order of their names;
	// AppletTable is the object that leads to all of them.
	Applets     []Applet
	AppletTable int32

	// Methods are the functions that only a name leads to; sorted by function.
	Methods []Method

	// Start is the function at the entry point; NoFunc in a library without one.
	Start FuncID
	// Init run before the program or after loading, Fini at exit; the resolvers
	// choose implementations of functions while the file is loaded.
	Init, Fini, Resolvers []FuncID
	// Always is what has to count as reached although nothing visible refers
	// to it: pointers in data that no code is seen to use.
	Always []Ref

	Unknowns []Unknown
}

// FuncID is an index of File.Funcs.
type FuncID int32

// NoFunc is no function.
const NoFunc FuncID = -1

// RefKind is what a Ref leads to.
type RefKind uint8

// The kinds of references.
const (
	RefCall     RefKind = iota // a call or tail call of a function of this file (Funcs)
	RefTake                    // its address is taken (Funcs)
	RefIFunc                   // the function that this resolver returns is called or taken (Funcs)
	RefImport                  // a call of a symbol of another file (Imports)
	RefTakeName                // the address of such a symbol, a function or data, is taken (Imports)
	RefObject                  // data with pointers (Objects)
	RefString                  // a string (Strings)
	RefCopied                  // a path name that its immediates may be pieces of (Strings)
)

// Ref is one thing that a function or an object refers to.
type Ref uint32

func newRef(kind RefKind, id int) Ref { return Ref(kind)<<28 | Ref(id)&(1<<28-1) }

// Kind says what the reference is.
func (r Ref) Kind() RefKind { return RefKind(r >> 28) }

// toFunc tells whether the reference is to a function of this file.
func (r Ref) toFunc() bool { return r.Kind() <= RefIFunc }

// ID is the index in the list that the kind names.
func (r Ref) ID() int { return int(r & (1<<28 - 1)) }

// Func is one function: a range of code, with the parts that the compiler moved
// elsewhere (cold code) merged in.
type Func struct {
	Addr uint64
	Size uint32 // of the part at Addr
	// Name is an exported or local symbol's name; empty in stripped code.
	Name string
	Refs []Ref // without duplicates, sorted
	// FirstSite and Sites delimit the function's own sites in File.Sites.
	FirstSite, Sites int32
	// NoReturn: control never comes back from a call.
	NoReturn bool
	// Resolver: it chooses the implementation of another function while the file is
	// loaded; what it takes the addresses of is reached only where that function is used.
	Resolver bool
}

// Object is a piece of data with pointers in it, from Addr on.
type Object struct {
	Addr uint64
	Name string
	Refs []Ref
}

// Import is a symbol that the file takes from another file.
type Import struct {
	Name    string
	Version string // GLIBC_2.34
	Library string // the file that the version is needed from
	Weak    bool
	Data    bool // an object, not a function
	Copied  bool // a copy relocation: the object lives in this file
	// Self: this file defines the symbol too, and uses its own unless another
	// file of the process that is searched before it defines it.
	Self bool
}

// Export is a symbol that other files can use: one of Func and Object is set,
// neither for plain data.
type Export struct {
	Name    string
	Version string
	Hidden  bool // an old version: name@version, not name@@version
	Weak    bool
	IFunc   bool // Func is the resolver
	Func    FuncID
	Object  int32 // index of Objects, -1
	Data    bool  // the symbol is an object
}

// SiteKind says what happens at a site.
type SiteKind uint8

// The kinds of sites.
const (
	SyscallSite SiteKind = iota // a system call; Number is set
	CallSite                    // a call of an imported function of the table of deciding arguments
)

// Site is a place where a function enters the kernel, or calls an imported
// function whose arguments decide what a setting may forbid. A function that
// hands its own parameters on to such a place is a wrapper: there is a site at
// each of its callers, too, with Via saying through whom.
type Site struct {
	Func FuncID
	Addr uint64 // of the instruction: the system call, or the call
	Kind SiteKind
	// Number of a system call. Its values are numbers of the file's
	// architecture; SyscallName names them.
	Number Values
	Import int32 // index of Imports of a CallSite, otherwise -1
	// Args are the arguments that decide, by their position from 0.
	Args []Arg
	// Via are the wrappers between here and the instruction, the one called
	// here first; empty when the site is the instruction itself.
	Via []FuncID
	// Depends: something here is a parameter of the function, and all
	// callers that are seen in this file have sites of their own. What comes
	// from callers that are not seen (the function is exported, or its address
	// is taken) is not covered.
	Depends bool
	// Variable: what the site depends on is a variable that only this file
	// sets, and the places that set it have sites of their own; callers that are not seen change nothing.
	Variable bool
	Compat   bool // a system call of another ABI (int 0x80)
}

// Arg is an argument with what it can be. With Deref it is the memory that the
// argument points to, from Offset bytes on (bind: the family at 0 and the port
// in network byte order at 2).
type Arg struct {
	Index  int8
	Deref  bool
	Offset int8
	Values
}

// Values is the set of values that something has along all paths.
type Values struct {
	// Ints are the known values, sorted, extended with zeros from the width
	// at which they were computed; mask them to the argument's type.
	Ints []uint64
	// Strings are the texts that known addresses point to, sorted.
	Strings []string
	// Mask has the bits that a value which is not known may have set: 0 means
	// that Ints and Strings are all values, all ones that nothing is known.
	Mask uint64
	// FromParam: some of what Mask stands for comes from the function's own
	// parameters (see Site.Depends).
	FromParam bool
}

// Complete tells whether all values are known.
func (v *Values) Complete() bool { return v.Mask == 0 && !v.FromParam }

// DlopenNote is an entry of .note.dlopen (the ELF dlopen metadata of
// uapi-group.org).
type DlopenNote struct {
	SONAME      []string `json:"soname"`
	Feature     string   `json:"feature"`
	Description string   `json:"description"`
	Priority    string   `json:"priority"`
}

// GoInfo is what the Go toolchain writes into its programs.
type GoInfo struct {
	Version string // go1.22.12
	Path    string // of the main package
	Modules []string
	CGO     bool
}

// Unknowns of a file.
const (
	UnknownArch     = "architecture" // the code is not analysed
	UnknownPacked   = "packed"       // the code is compressed
	UnknownLimit    = "limit"        // a limit of the analysis was reached
	UnknownMalform  = "malformed"    // a table could not be read
	UnknownIndirect = "indirect"     // data that may be code, or control flow that was not followed
)

// Unknown is something about the file that could not be seen.
type Unknown struct {
	ID   string
	Text string
}
