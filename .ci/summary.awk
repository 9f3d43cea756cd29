# SPDX-License-Identifier: MIT
# Shortens the output of `go test -v` to what a reader wants: a line for every
# test and package, all that a package said when it failed, and the number of
# tests (subtests included) at the end. The reasons of skipped tests go to the
# file `skipped` too. Fails when a test or a package did.

/^(PASS|FAIL)$/ { next }
/^=== / { test = $3; next }

/^ *--- PASS: / { passed++; if (/^-/) print; next }
/^ *--- SKIP: / { left_out++; if (/^-/) print; print $3 ": " reason[$3] >> skipped; next }
/^ *--- FAIL: / { broken++ }
/^ +[A-Za-z0-9_]+\.go:[0-9]+: / { reason[test] = $0; sub(/^ *[^ ]*: */, "", reason[test]) }

{ said = said $0 "\n" }
/^(ok|\?)[ \t]/ { print; said = "" }
/^FAIL[ \t]/ { printf "%s", said; said = ""; broken_packages++ }

END {
    printf "%s", said
    printf "%d tests passed, %d failed, %d skipped, %d packages failed\n", passed, broken, left_out, broken_packages
    exit broken + broken_packages > 0
}
