// SPDX-License-Identifier: MIT

// Package evidence finds what one service of an image needs, by reading what it
// would execute: its programs with their libraries, its shell scripts, the helpers
// that they start, and the configuration in the image that they name.
//
// An Image is shared by all services: each ELF file is analysed once, each program
// (an executable with what is loaded into its process) is walked once. A walk
// follows functions across modules from the entry point; a function that nobody
// reaches brings nothing in. What a walk meets becomes facts; what it cannot see
// becomes an unknown, with the settings that it blocks. Nothing is ever called safe
// because it was not seen.
package evidence
