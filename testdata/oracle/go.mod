// A module of its own, without code, so that this directory stays out of the
// zip file that `go install` downloads: the names of its units (a colon, a
// backslash, two that differ in case only) are not allowed there.
module github.com/systemd-hardening/systemd-hardening/testdata/oracle

go 1.22
