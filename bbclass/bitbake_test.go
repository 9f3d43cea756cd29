// SPDX-License-Identifier: MIT

package bbclass

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The services of rig-image that are over any sensible threshold.
var weak = []string{"bar.service", "cron.service", "echo.service", "foo.service", "spool.service"}

const (
	threshold = "SYSTEMD_HARDENING_THRESHOLD = \"5.0\"\n"
	asError   = "SYSTEMD_HARDENING_ERROR_QA = \"unit-exposure unit-exposure-regression unit-waiver-expired\"\n"
)

// step is one build of the story that TestStory tells: each goes on in the
// build directory that the former left.
type step struct {
	summary string
	prepare func(*testing.T, *rig)
	conf    string // replaces that of the former step
	fails   bool
	runs    []string // tasks of the image that have to run; nil: none may
	keeps   []string // tasks that must not
	says    []string
	silent  []string
}

// Tasks of a step where only the gate runs again, and what then has to stay.
var (
	gate   = []string{"image_qa", "image_complete"}
	rootfs = []string{"rootfs"}
	scan   = []string{"rootfs", "systemd_hardening"}
)

func (s step) run(t *testing.T, r *rig) {
	if s.prepare != nil {
		s.prepare(t, r)
	}
	built := r.image(t, s.conf)
	assert.Equal(t, s.fails, built.err != nil, "the build fails: %v", built.err)
	ran := built.tasks("rig-image")
	if s.runs == nil {
		assert.Empty(t, ran, "no task of the image runs")
	}
	assert.Subset(t, ran, s.runs)
	for _, task := range s.keeps {
		assert.NotContains(t, ran, task)
	}
	for _, text := range s.says {
		assert.Contains(t, built.output, text)
	}
	for _, text := range s.silent {
		assert.NotContains(t, built.output, text)
	}
	t.Logf("%4.1f s, tasks of the image: %s", built.took.Seconds(), strings.Join(ran, " "))
}

// story is what a user of the class goes through, from INHERIT to a gate, and
// what reruns what on the way.
func story(r *rig) []step {
	waivers := waive("until=2027-06-30")
	policy := "SYSTEMD_HARDENING_POLICY = \"" + r.policy() + "\"\n"
	today := func(day string) string { return "SYSTEMD_HARDENING_TODAY = \"" + day + "\"\n" }
	return []step{
		{summary: "by default there is a report and no finding",
			runs: []string{"rootfs", "systemd_hardening", "image_qa", "image_complete"}, silent: []string{"unit-exposure", "ERROR:"}},
		{summary: "nothing changed, nothing runs"},
		{summary: "a threshold warns",
			conf: threshold, runs: gate, keeps: scan, says: []string{"foo.service", "[unit-exposure]"}, silent: []string{"ERROR:"}},
		{summary: "what decides nothing reruns nothing",
			conf: threshold + "FOO = \"1\"\nSYSTEMD_HARDENING_LAYER = \"/nowhere\"\nSYSTEMD_HARDENING_CACHE = \"/nowhere\"\nSYSTEMD_HARDENING_HARDEN_OPTIONS = \"--dry-run\"\n"},
		{summary: "a unit has its own threshold",
			conf: threshold + "SYSTEMD_HARDENING_THRESHOLD[foo.service] = \"9.9\"\n", runs: gate, keeps: scan,
			says: []string{"bar.service"}, silent: []string{"foo.service"}},
		{summary: "the unit's own threshold changes",
			conf: threshold + "SYSTEMD_HARDENING_THRESHOLD[foo.service] = \"1.0\"\n", runs: gate, keeps: scan, says: []string{"foo.service"}},
		{summary: "a unit that is excluded is not judged",
			conf: threshold + "SYSTEMD_HARDENING_EXCLUDE = \"f*.service\"\n", runs: gate, keeps: scan, silent: []string{"foo.service"}},
		{summary: "the class becomes an error",
			conf: threshold + asError, fails: true, runs: []string{"image_qa"}, keeps: scan,
			says: []string{"ERROR: rig-image-1.0-r0 do_image_qa: QA Issue: ", "[unit-exposure]", "Fatal QA errors were found"}},
		{summary: "waivers let it pass",
			conf: threshold + asError + waivers + today("2026-11-23"), runs: gate, keeps: scan, silent: []string{"unit-exposure", "unit-waiver-expired"}},
		{summary: "a day passes",
			conf: threshold + asError + waivers + today("2026-11-24")},
		{summary: "the waivers come to their end",
			conf: threshold + asError + waivers + today("2027-06-01"), runs: gate, keeps: scan, says: []string{"[unit-waiver-expired]"}, silent: []string{"ERROR:"}},
		{summary: "their last day",
			conf: threshold + asError + waivers + today("2027-06-30")},
		{summary: "the waivers have expired",
			conf: threshold + asError + waivers + today("2027-07-01"), fails: true, runs: []string{"image_qa"}, keeps: scan, says: []string{"foo.service", "[unit-waiver-expired]"}},
		{summary: "a policy file says the same as variables",
			prepare: writePolicy("Until=2027-06-30"),
			conf:    asError + policy + today("2026-11-24"), runs: gate, keeps: scan, silent: []string{"unit-exposure"}},
		{summary: "the policy file is only touched",
			prepare: func(t *testing.T, r *rig) { require.NoError(t, os.Chtimes(r.policy(), time.Now(), time.Now())) },
			conf:    asError + policy + today("2026-11-24")},
		{summary: "a date of the policy file has passed",
			conf: asError + policy + today("2027-07-01"), fails: true, runs: []string{"image_qa"}, keeps: scan, says: []string{"[unit-waiver-expired]"}},
		{summary: "the policy file is corrected",
			prepare: writePolicy("Until=2028-06-30"),
			conf:    asError + policy + today("2027-07-01"), runs: gate, keeps: scan, silent: []string{"unit-exposure"}},
		{summary: "the policy file gets worse",
			prepare: writePolicy("Until=2027-06-30"),
			conf:    asError + policy + today("2027-07-01"), fails: true, runs: []string{"image_qa"}, keeps: scan},
		{summary: "without a gate again",
			runs: gate, keeps: scan, silent: []string{"unit-exposure"}},
		{summary: "another tool scans again",
			prepare: appendToTool, runs: []string{"systemd_hardening", "image_qa", "image_complete"}, keeps: rootfs},
		{summary: "another option scans again",
			conf: "SYSTEMD_HARDENING_SCAN_OPTIONS = \"--all\"\n", runs: []string{"systemd_hardening", "image_qa", "image_complete"}, keeps: rootfs},
	}
}

// TestStory builds an image as its maintainers would, step by step.
func TestStory(t *testing.T) {
	eachRelease(t, "story", func(t *testing.T, r *rig) {
		for _, s := range story(r) {
			t.Run(s.summary, func(t *testing.T) { s.run(t, r) })
		}
	})
}

// TestReport looks at what is beside the image when the gate passes and fails.
func TestReport(t *testing.T) {
	eachRelease(t, "report", func(t *testing.T, r *rig) {
		require.NoError(t, r.image(t, "SYSTEMD_HARDENING_FORMATS = \"html text sarif junit\"\n").err)
		for _, suffix := range []string{"html", "txt", "sarif", "junit.xml"} {
			assert.FileExists(t, r.deployed("systemd-hardening."+suffix))
		}
		report, err := os.Readlink(r.deployed("systemd-hardening.json"))
		require.NoError(t, err)
		assert.Regexp(t, `^rig-image-qemux86-64\.rootfs-\d{14}\.systemd-hardening\.json$`, report)

		failed := r.image(t, threshold+asError)
		assert.Error(t, failed.err)
		assert.Len(t, failed.issues("unit-exposure"), len(weak)+1, "each service once, and the instance of worker@")
		assert.FileExists(t, r.deployed("systemd-hardening.json"))
		assert.NoFileExists(t, r.deployed("systemd-hardening.html"), "a former report does not stay")
		assert.NoFileExists(t, r.deployed("tar.gz"), "no image lies there ungated")
	})
}

// waive is a waiver for each weak service.
func waive(options string) string {
	var b strings.Builder
	for _, unit := range append(weak, "worker@one.service") {
		fmt.Fprintf(&b, "SYSTEMD_HARDENING_WAIVER[%s] = \"10.0: nobody had the time; %s\"\n", unit, options)
	}
	return b.String()
}

// writePolicy writes a policy with a threshold, and waivers with one more line each.
func writePolicy(line string) func(*testing.T, *rig) {
	return func(t *testing.T, r *rig) {
		policy := "[Policy]\nThreshold=5.0\n"
		for _, unit := range append(weak, "worker@*.service") {
			policy += "[Waiver " + unit + "]\nExposure=10.0\nReason=Nobody had the time\n" + line + "\n"
		}
		r.write(t, "policy", policy)
	}
}

// appendToTool makes another binary that does the same.
func appendToTool(t *testing.T, r *rig) {
	file, err := os.OpenFile(r.tool(), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer file.Close()
	_, err = file.WriteString("\n")
	require.NoError(t, err)
}
