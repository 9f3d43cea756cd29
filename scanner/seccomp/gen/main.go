// SPDX-License-Identifier: MIT

//go:build ignore

// Command gen prints calls.tsv, made from the src/syscalls.csv of libseccomp's
// releases (github.com/seccomp/libseccomp), oldest first:
//
//	go run ./scanner/seccomp/gen/main.go 2.5.0=a.csv 2.5.1=b.csv ... > scanner/seccomp/calls.tsv
//
// The last one gives the numbers; the others tell since when there is each.
// Of these files only facts are taken: names and numbers.
package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"log"
	"os"
	"sort"
	"strings"
)

// columns are libseccomp's architectures under systemd's names, with the
// number that the ABI adds (asm/unistd.h of the kernel).
var columns = []struct{ csv, heading string }{
	{"x86", "x86"}, {"x86_64", "x86-64"}, {"x32", "x32+1073741824"},
	{"arm", "arm"}, {"aarch64", "arm64"}, {"loongarch64", "loongarch64"}, {"m68k", "m68k"},
	{"mips", "mips+4000"}, {"mips64", "mips64+5000"}, {"mips64n32", "mips64-n32+6000"},
	{"parisc", "parisc"}, {"parisc64", "parisc64"}, {"ppc", "ppc"}, {"ppc64", "ppc64"},
	{"riscv64", "riscv64"}, {"s390", "s390"}, {"s390x", "s390x"}, {"sh", "sh"},
}

const heading = `# System calls as libseccomp knows them: name, the first release of libseccomp with it, then the number
# on each architecture (empty: the architecture lacks the call). An empty release is 2.5.0 or older. A cell
# NUMBER@RELEASE came to its architecture with that later release. A heading ARCH+BASE: the kernel's number is
# BASE more than the cell. Written by gen/main.go; the newest release read is %s.
`

// release is what one release of libseccomp has: call -> CSV column -> number.
type release struct {
	name  string
	calls map[string]map[string]string
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: gen RELEASE=CSV...")
	}
	var releases []release
	for _, arg := range os.Args[1:] {
		name, path, _ := strings.Cut(arg, "=")
		calls, err := read(path)
		if err != nil {
			log.Fatalf("read %s: %v", arg, err)
		}
		releases = append(releases, release{name, calls})
	}
	print(releases)
}

// read gives the numbers of one CSV file. Its first line names the columns;
// PNR marks a call that an architecture lacks.
func read(path string) (map[string]map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	calls := map[string]map[string]string{}
	for _, record := range records[1:] {
		numbers := map[string]string{}
		for i, cell := range record {
			if i > 0 && cell != "PNR" {
				numbers[records[0][i]] = cell
			}
		}
		calls[record[0]] = numbers
	}
	return calls, nil
}

func print(releases []release) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	newest := releases[len(releases)-1]
	fmt.Fprintf(out, heading, newest.name)
	fmt.Fprint(out, "name\tsince")
	for _, c := range columns {
		fmt.Fprint(out, "\t", c.heading)
	}
	fmt.Fprintln(out)
	names := make([]string, 0, len(newest.calls))
	for name := range newest.calls {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintln(out, line(name, newest.calls[name], releases))
	}
}

func line(name string, numbers map[string]string, releases []release) string {
	since := firstWith(releases, func(calls map[string]map[string]string) bool { return calls[name] != nil })
	fields := []string{name, since}
	for _, c := range columns {
		fields = append(fields, cell(name, c.csv, numbers[c.csv], since, releases))
	}
	return strings.Join(fields, "\t")
}

// cell is the number, with the release that brought it when the call itself is
// older. An architecture that came to libseccomp later counts as always there:
// who built an older release for it had patched it in.
func cell(name, arch, number, since string, releases []release) string {
	if number == "" {
		return ""
	}
	first := firstWith(releases, func(calls map[string]map[string]string) bool {
		return calls[name] != nil && (calls[name][arch] == number || calls["read"][arch] == "")
	})
	if first == since {
		return number
	}
	return number + "@" + first
}

// firstWith names the first release for which has holds, or "" when that is the oldest.
func firstWith(releases []release, has func(map[string]map[string]string) bool) string {
	for i, r := range releases {
		if has(r.calls) {
			if i == 0 {
				return ""
			}
			return r.name
		}
	}
	panic("the newest release has every call")
}
