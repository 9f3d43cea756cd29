// SPDX-License-Identifier: MIT

package binary_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/binary"
)

// difference is a kind of facts that an architecture has and x86-64 has not (+), or
// the other way round (-), for a reason.
type difference struct {
	files, archs string // regular expressions of the file's source and how, and of architectures
	fact         string // a regular expression
	reason       string
}

var differences = []difference{
	{`.`, `.`, `^[+-] import (abort|raise|_ITM_\w+|__gmon_start__|__cxa_finalize|_init|_fini)$`, "code that the compiler and the C library bring for starting, ending and dividing"},
	{`.`, `.`, `^[+-] string /lib(64)?/ld-`, "the loader's name"},
	{`^modern`, `.`, `^[+-] import __tls_get_addr$`, "descriptors of thread-local storage need no function; arm64 has them by default, riscv64 not at all"},
	{`^basic.musl$`, `^arm$`, `^[+-] import (stat|__stat_time64)$`, "times of 64 bits have a function of their own"},
	{`static`, `arm64|riscv64`, `^- (syscall )?(chmod|mkdir|open|poll|lstat|stat|arch_prctl)( |$)`, "calls that only older architectures have"},
	{`static`, `arm64|riscv64`, `^\+ (syscall )?(fchmodat|mkdirat|openat|ppoll)( |$)`, "what is called instead of them"},
	{`static`, `^arm$`, `^- (syscall )?(fcntl|fstat|newfstatat|lstat|stat|mmap|lseek|arch_prctl)( |$)`, "calls for files and pointers of 64 bits, and x86-64's own"},
	{`static`, `^arm$`, `^\+ (syscall )?(fcntl64|fstat64|fstatat64|lstat64|stat64|statx|mmap2|_llseek|set_tls)( |$)`, "what is called instead of them, and arm's own"},
	{`static`, `^arm$`, `^[+-] open [12]=0x[02138]+$`, "O_NOFOLLOW, O_LARGEFILE: other bits; and what stands for a mode that is not given"},
	{`static`, `.`, `^[+-] string (/?p?r?oc/self/fd/|p/)$`, "a copied string, of which compilers put the beginning into instructions"},
	{`static`, `riscv64`, `^[+-] socket(pair)? 1=\?`, "bits that a mask clears, in one register or in two"},
	{`^tables`, `.`, `^\+ (import (setdomainname|unshare)$|unshare 0=)`, "objects that compilers reach from one address count as one (doc.go)"},
	{`^tables`, `.`, `^[+-] (access 0|chroot 0|mount 1)=`, "a pointer whose value is not known, a parameter of a function that was put into its caller or was not"},
	{`^basic`, `^arm$`, `^[+-] socketpair 0=`, "instructions under a condition: more values than there are, or a value that is not known"},
	{`^basic\.fixed$`, `^arm$`, `^\+ mkdir 1=\?0xffffffff$`, "the same"},
	{`^basic`, `.`, `^[+-] stat 0=(\?|parameter)`, "a pointer of other width; a parameter of a function that was put into its caller or was not"},
	{`^modern\.desc`, `.`, `^[+-] socket [12]=`, "x86-64's call of a descriptor gives up registers that are not known to be kept"},
}

// TestArchitecturesAgree compares what the same source does on the four
// architectures, fact by fact. Every difference has a row, and every row a difference.
func TestArchitecturesAgree(t *testing.T) {
	entries, err := os.ReadDir(fixtures)
	require.NoError(t, err)
	used := make([]bool, len(differences))
	for _, e := range entries {
		source, how, ok := strings.Cut(e.Name(), ".x86-64.")
		if !ok || how == "upx" || source == "privileges" { // TestFixtures says what of the last is known
			continue
		}
		want := ownFacts(t, source, binary.X86_64, how)
		for _, arch := range []string{binary.ARM64, binary.ARM, binary.RISCV64} {
			if _, err := os.Stat(filepath.Join(fixtures, source+"."+arch+"."+how)); err != nil {
				continue
			}
			t.Run(source+"."+arch+"."+how, func(t *testing.T) {
				got := ownFacts(t, source, arch, how)
				assert.Greater(t, len(got), 3)
				for _, d := range append(without("- ", want, got), without("+ ", got, want)...) {
					assert.True(t, explained(source+"."+how, arch, d, used), "no reason is given for: %s", d)
				}
			})
		}
	}
	for i, d := range differences {
		assert.True(t, used[i], "no such difference: %s", d.reason)
	}
}

// without are the facts of one list that the other lacks, behind a mark.
func without(mark string, facts, others []string) []string {
	var out []string
	for _, f := range facts {
		if !slices.Contains(others, f) {
			out = append(out, mark+f)
		}
	}
	return out
}

func explained(file, arch, fact string, used []bool) bool {
	found := false
	for i, d := range differences {
		if regexp.MustCompile(d.files).MatchString(file) && regexp.MustCompile(d.archs).MatchString(arch) && regexp.MustCompile(d.fact).MatchString(fact) {
			used[i], found = true, true
		}
	}
	return found
}

// address is what differs with the addresses of a file, and texts that are no paths: bytes of
// all kinds look like short ones.
var address = regexp.MustCompile(`^prctl 1=|^string [^/]*$`)

// ownFacts are the facts of a build; of a library, of all its functions.
func ownFacts(t *testing.T, source, arch, how string) []string {
	f := analyze(t, filepath.Join(fixtures, source+"."+arch+"."+how))
	roots := start
	if f.Type == binary.Library {
		for _, e := range f.Exports {
			roots.Names = append(roots.Names, e.Name)
		}
	}
	return slices.DeleteFunc(facts(f, f.Reach(roots)), address.MatchString)
}
