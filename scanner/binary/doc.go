// SPDX-License-Identifier: MIT

// Package binary reads one ELF file and says what its code does: a pure
// function of the file's bytes, for x86-64, arm64, arm (A32 and T32) and
// riscv64. Of other machines it reads the header and the symbols.
//
// # How it works
//
//  1. newImage lays the file out as the loader would (image.go, segments.go,
//     sections.go), header reads what needs no code (header.go, golang.go), symbols
//     and relocations follow (symbols.go, relocs.go). No section header is needed;
//     where there are some, they help.
//  2. discover finds the functions (discover.go, starts.go): those that unwind
//     information (frames.go) or Go's table (pclntab.go) lists, and what lies
//     between them, cut where it is called, pointed to, or where no jump crosses.
//     Each is swept once (sweep.go) by its decoder (packages x86dec, arm64dec,
//     armdec, riscvdec), and what its instructions do is noted (scan.go,
//     constants.go, jumps.go): calls, through stubs to imports too (stub.go),
//     addresses, system calls.
//  3. unite puts the pieces of functions together (group.go); mapData divides the
//     data into objects and says what each leads to (objects.go, strings.go).
//  4. findSites asks for the values that decide (sites.go, callers.go): backwards
//     from the call through all paths (ask.go, compute.go, memory.go, lookup.go), over the
//     blocks of the function (flow.go) that jumps through tables connect, too
//     (tables.go), and on at the callers where a value is a parameter. What an argument
//     points to is looked for in the object: pointers are followed to the stack frame or
//     to data (pointers.go, stack.go), there the stores that fill it (cells.go, keeps.go),
//     with what known functions write through their arguments (effects.go).
//  5. closeRings puts structures together again that an address in their middle divided
//     (rings.go), and Reach walks the result (reach.go).
//
// # What it assumes
//
// A function is reached by a call, by a jump, or by having its address taken by something
// that is reached. Memory that a function did not hand out a pointer to is not
// changed by the functions that it calls, and what a path leaves unwritten there it
// does not read. A store through one register does not
// change what is read through another one, unless both are known to be in the
// stack frame. Pointers to code are not computed. Where an object ends that no symbol
// measures, is where the next address begins that code or data forms; compilers that
// reach several objects from one address make them one object. Everything else that is not
// resolved is in the result as a value that is not known (Values.Mask) or as an Unknown.
package binary
