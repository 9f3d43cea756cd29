// SPDX-License-Identifier: MIT

package report_test

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/systemd-hardening/systemd-hardening/scanner/report"
)

func pageOf(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, report.WriteHTML(&b, r))
	return b.String()
}

// TestPageStandsAlone: nothing is loaded from anywhere, and nothing of the image
// becomes markup.
func TestPageStandsAlone(t *testing.T) {
	text := pageOf(t, sample())
	assert.NotRegexp(t, `(?i)\b(src|action|formaction|poster|data|ping)=|<(link|iframe|object|embed|img|base|form)\b|@import|url\(|https?://`, text)
	for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		assert.Regexp(t, `^#unit-\d+$`, link[1])
	}
	assert.Equal(t, 1, strings.Count(text, "<script>"), "a name of the image became a script")
	assert.NotContains(t, text, "alert(1)</")
	for _, c := range []string{"\x00", "\x1b", "\u202e", "\xff"} {
		assert.NotContains(t, text, c)
	}
}

// TestPageContent: every part of the report is on the page.
func TestPageContent(t *testing.T) {
	text := pageOf(t, sample())
	for _, part := range []string{
		"5 services", "systemd 257", "Kernel 6.1 (--kernel-config)", "odd",
		">a.service</a>", "9.6", "UNSAFE", "4.1", "a-bin", "(recipe a)",
		"multi-user.target wants", "/usr/sbin/x", "Not effective: the kernel has no CONFIG_NET_NS", "/usr/lib/systemd/system/a.service:7",
		"shares /tmp with other software", "ProtectClock=yes", "it sets no clock", "Withheld: 1 settings", "path /tmp/x in /usr/sbin/x&#43;0x10",
		"main &gt; open", "dlopen-unresolved", "blocks MemoryDenyWriteExecute", "read, write", "unknown setting Foo= is ignored", "the unit is masked",
		"systemd-hardening 1.0.0",
	} {
		assert.Contains(t, text, part)
	}
	assert.NotContains(t, text, "ZgotmplZ", "a value stands where html/template allows none")
}

// TestPageGroups: what is the same in many places is shown once.
func TestPageGroups(t *testing.T) {
	r := sample()
	u := &r.Units[0]
	for i := range 100 {
		u.Facts = append(u.Facts, report.Fact{ID: "path", Value: fmt.Sprint("/p/", i), Where: "/usr/sbin/x"}, report.Fact{ID: "path", Value: "/tmp/x", Where: "/lib/y"})
		u.Unknowns = append(u.Unknowns, report.Unknown{ID: "dlopen-unresolved", Where: "/lib/y", Blocks: []string{"MemoryDenyWriteExecute"}},
			report.Unknown{ID: "exec", Where: "/lib/y", Assumption: "it is never run"}, report.Unknown{ID: "all", Where: "/lib/y", Blocks: []string{"*"}})
	}
	text := pageOf(t, r)
	assert.Contains(t, text, "and 100 more places")
	assert.Contains(t, text, "and 76 more of the kind")
	assert.Contains(t, text, "assumed: it is never run")
	assert.Contains(t, text, "blocks everything that depends on what the code does")
	assert.NotContains(t, text, "/p/24<")
}

// TestPageIsAccessible: tables have headers with a scope and captions, states are
// words and not only colours, and every colour is readable (WCAG 2.1, 1.4.3: 4.5:1).
func TestPageIsAccessible(t *testing.T) {
	text := pageOf(t, sample())
	assert.Contains(t, text, `<html lang="en">`)
	assert.Contains(t, text, `name="viewport"`)
	assert.Equal(t, strings.Count(text, "<table"), strings.Count(text, "<caption>"))
	for _, th := range regexp.MustCompile(`<th\b[^>]*>`).FindAllString(text, -1) {
		assert.Regexp(t, `scope="(col|row)"`, th)
	}
	palettes := regexp.MustCompile(`:root\{([^}]*)\}`).FindAllStringSubmatch(text, -1)
	require.Len(t, palettes, 2, "light and dark")
	for _, p := range palettes {
		color := map[string]float64{}
		for _, c := range regexp.MustCompile(`--(\w+):#([0-9a-f]{6})`).FindAllStringSubmatch(p[1], -1) {
			color[c[1]] = luminance(t, c[2])
		}
		for _, fore := range []string{"fg", "muted", "link", "bad", "warn", "good"} {
			for _, back := range []string{"bg", "panel"} {
				require.Contains(t, color, fore)
				require.Contains(t, color, back)
				assert.GreaterOrEqual(t, contrast(color[fore], color[back]), 4.5, "%s on %s in %s", fore, back, p[1])
			}
		}
	}
}

// luminance is the relative luminance of a colour (WCAG 2.1, "relative luminance").
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		require.NoError(t, err)
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// TestPageInBrowser: the script runs under the page's own policy, sorts, filters and
// opens what the address names; and something is drawn.
func TestPageInBrowser(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: ", err)
	}
	dir := t.TempDir()
	// What a reader would do, after the page's own script.
	const act = `<script>document.querySelector("#units th button").click();
		document.getElementById("filter").value = "C.SERV"; document.getElementById("filter").dispatchEvent(new Event("input"));</script></body>`
	file := filepath.Join(dir, "page.html")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(pageOf(t, sample()), "</body>", act, 1)), 0o644))
	shot := filepath.Join(dir, "page.png")

	dom := browse(t, browser, dir, "--dump-dom", "file://"+file+"#unit-2")
	assert.Contains(t, dom, `<details id="unit-2" open="">`)
	assert.NotContains(t, dom, `<details id="unit-1" open="">`)
	assert.Contains(t, dom, `aria-sort="ascending"`)
	var order []string
	for _, row := range regexp.MustCompile(`<tr( hidden="")?><th scope="row"><a href="#[^"]*">([^<]*)</a>`).FindAllStringSubmatch(dom, -1) {
		name := row[2]
		if row[1] != "" {
			name += " hidden"
		}
		order = append(order, name)
	}
	require.Len(t, order, 5)
	assert.Equal(t, []string{"a.service hidden", "b@1.service hidden", "c.service", "d.service hidden"}, order[1:])

	browse(t, browser, dir, "--window-size=500,900", "--screenshot="+shot, "file://"+file)
	picture, err := os.Open(shot)
	require.NoError(t, err)
	defer picture.Close()
	drawn, err := png.Decode(picture)
	require.NoError(t, err)
	colors := map[any]bool{}
	for x := range drawn.Bounds().Dx() {
		for y := range drawn.Bounds().Dy() {
			colors[drawn.At(x, y)] = true
		}
	}
	assert.Greater(t, len(colors), 20, "the page is drawn blank")
}

func browse(t *testing.T, browser, profile string, args ...string) string {
	t.Helper()
	var out, problems bytes.Buffer
	command := exec.Command(browser, append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + profile}, args...)...)
	command.Stdout, command.Stderr = &out, &problems
	require.NoError(t, command.Start())
	done := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	defer done.Stop()
	require.NoError(t, command.Wait(), problems.String())
	return out.String()
}
