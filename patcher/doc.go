// SPDX-License-Identifier: MIT

// Package patcher is the writing half of systemd-hardening: from a report it
// proposes settings for each service, and lays the files out that give them to
// the services.
//
//	report ──> Propose (rules) ──> Plan (drop-in | patch | unit, bbappend) ──> layer.Apply
//
// rules.go is a table, one row for each setting: since when systemd knows it, when a
// unit has no need of it, and what speaks for or against it, from the facts and
// unknowns that the scanner found. What is asked of a service there stands by its subject:
// privileges.go, sandbox.go, devices.go, network.go, filter.go, and everyone.go for what is
// right for every service; contradict.go has what speaks against a setting. propose.go turns verdicts into proposals and
// computes the exposure afterwards with the scanner's own assessors on the merged
// unit. dropin.go, patch.go, unit.go and bbappend.go are pure functions from
// proposals to text; plan.go puts the files of a layer or a tree together; unidiff
// writes unified diffs. Only the package layer writes files.
//
// Nothing weakens a unit: a setting that it has stays. What cannot be seen blocks
// what it could contradict, and stands in the report as withheld.
package patcher
