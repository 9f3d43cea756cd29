// SPDX-License-Identifier: MIT

package bbclass

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unitRecipes weaken a unit of the image, and make another image.
const (
	weakenSpool = "do_install:append() {\n    sed -i '/NoNewPrivileges/d' ${D}${systemd_system_unitdir}/spool.service.d/10-limits.conf\n}\n"
	otherImage  = "require recipes-rig/image/rig-image.bb\nSYSTEMD_HARDENING_THRESHOLD = \"9.9\"\n"
	presetUnit  = "LICENSE = \"MIT\"\nINHIBIT_DEFAULT_DEPS = \"1\"\ninherit allarch\n" +
		"do_install() {\n    install -d ${D}${systemd_system_unitdir} ${D}${nonarch_libdir}/systemd/system-preset\n" +
		"    printf '[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n' > ${D}${systemd_system_unitdir}/preset.service\n" +
		"    echo 'enable preset.service' > ${D}${nonarch_libdir}/systemd/system-preset/90-preset.preset\n}\n" +
		"FILES:${PN} += \"${systemd_system_unitdir} ${nonarch_libdir}/systemd\"\n"
	oddName = "odd_name() {\n    touch \"${IMAGE_ROOTFS}/$(printf 'two\\nlines')\"\n    chown 123:456 ${IMAGE_ROOTFS}/two*\n}\n" +
		"ROOTFS_POSTPROCESS_COMMAND:append = \" odd_name;\"\n"
)

// addLayer makes a layer with the given recipes, path -> content, and uses it.
func (r *rig) addLayer(t *testing.T, name string, recipes map[string]string) {
	r.write(t, name+"/conf/layer.conf", strings.ReplaceAll(`BBPATH .= ":${LAYERDIR}"
BBFILES += "${LAYERDIR}/*.bb ${LAYERDIR}/*.bbappend"
BBFILE_COLLECTIONS += "@"
BBFILE_PATTERN_@ = "^${LAYERDIR}/"
LAYERSERIES_COMPAT_@ = "scarthgap whinlatter wrynose blacksail"
`, "@", name))
	for path, content := range recipes {
		r.write(t, name+"/"+path, content)
	}
	r.layers = append(r.layers, filepath.Join(r.folder, name))
}

// check runs the tool's gate on a deployed report.
func (r *rig) check(t *testing.T, options ...string) {
	out, err := exec.Command(r.tool(), append([]string{"check", r.deployed("systemd-hardening.json")}, options...)...).CombinedOutput()
	require.NoError(t, err, string(out))
}

// TestBaseline weakens a unit that was better once.
func TestBaseline(t *testing.T) {
	eachRelease(t, "baseline", func(t *testing.T, r *rig) {
		require.NoError(t, r.image(t, "").err)
		r.addLayer(t, "story", map[string]string{})
		baseline := filepath.Join(r.folder, "story/conf/baseline-rig-image.txt")
		r.check(t, "--baseline", baseline, "--update-baseline")
		conf := asError + "SYSTEMD_HARDENING_BASELINE = \"conf/baseline-${IMAGE_BASENAME}.txt\"\n"
		assert.NoError(t, r.image(t, conf).err, "found along BBPATH, and nothing is worse")

		r.write(t, "story/rig-runtime_%.bbappend", weakenSpool)
		worse := r.image(t, conf)
		assert.Error(t, worse.err)
		require.Len(t, worse.issues("unit-exposure-regression"), 1)
		assert.Regexp(t, `spool\.service.*NoNewPrivileges`, worse.issues("unit-exposure-regression")[0])

		r.check(t, "--baseline", baseline, "--update-baseline", "--accept", "spool.service", "--reason", "it has to")
		accepted := r.image(t, conf)
		assert.NoError(t, accepted.err, "the baseline's content reruns the gate")
		assert.Contains(t, accepted.tasks("rig-image"), "image_qa")
		assert.NotContains(t, accepted.tasks("rig-image"), "systemd_hardening")
	})
}

// TestHardeningLayer lets the build write its own hardening, and builds with it.
func TestHardeningLayer(t *testing.T) {
	eachRelease(t, "harden", func(t *testing.T, r *rig) {
		limit := asError + "SYSTEMD_HARDENING_THRESHOLD = \"9.5\"\nSYSTEMD_HARDENING_LAYER = \"${TOPDIR}/meta-hardened\"\n"
		require.Error(t, r.image(t, limit).err)

		unnamed := r.run(t, "", "bitbake", "-c", "systemd_hardening_layer", "rig-image")
		assert.Error(t, unnamed.err)
		assert.Contains(t, unnamed.output, "Set SYSTEMD_HARDENING_LAYER")

		hardened := filepath.Join(r.build(), "meta-hardened")
		assert.NoDirExists(t, hardened, "nothing is written without being asked")
		written := r.run(t, limit, "bitbake", "-c", "systemd_hardening_layer", "rig-image")
		require.NoError(t, written.err)
		assert.Contains(t, written.output, "rig-runtime_%.bbappend")

		r.layers = append(r.layers, hardened)
		built := r.image(t, limit)
		assert.NoError(t, built.err, "with the layer the gate passes")
		assert.Empty(t, built.issues("unit-exposure"))
		again := r.run(t, limit, "bitbake", "-c", "systemd_hardening_layer", "rig-image")
		assert.NoError(t, again.err)
		assert.Contains(t, again.output, "nothing to change", "a second run, on the hardened image")
		r.assertOwner(t, "rig-runtime", "/usr/lib/systemd/system/spool.service.d/50-hardening.conf")
	})
}

// TestCache: the evidence is kept where the variable says, and where that is reruns nothing.
func TestCache(t *testing.T) {
	eachRelease(t, "cache", func(t *testing.T, r *rig) {
		const evidence = "SYSTEMD_HARDENING_SCAN_OPTIONS = \"--evidence\"\n"
		built := r.image(t, evidence)
		require.NoError(t, built.err)
		kept, err := filepath.Glob(filepath.Join(r.build(), "tmp*", "systemd-hardening-cache", "*", "*", "*"))
		require.NoError(t, err)
		require.NotEmpty(t, kept)
		elsewhere := filepath.Join(r.build(), "elsewhere")
		built = r.image(t, evidence+"SYSTEMD_HARDENING_CACHE = \""+elsewhere+"\"\n")
		require.NoError(t, built.err)
		assert.Empty(t, built.tasks("rig-image"))
		built = r.image(t, evidence+"SYSTEMD_HARDENING_CACHE = \"\"\nSYSTEMD_HARDENING_SCAN_OPTIONS += \"--all\"\n")
		require.NoError(t, built.err)
		assert.NoDirExists(t, elsewhere)
	})
}

// TestOwners: the tool learns from pseudo who owns what, also of files with odd names.
func TestOwners(t *testing.T) {
	eachRelease(t, "owners", func(t *testing.T, r *rig) {
		r.addLayer(t, "odd", map[string]string{"rig-image.bbappend": oddName})
		require.NoError(t, r.image(t, "").err)
		records := strings.Split(read(t, r.temp(t, "systemd-hardening.owners")), "\x00")
		assert.Contains(t, records, "644 123 456 /two\nlines")
		assert.Contains(t, records, "755 0 0 /usr")
	})
}

// TestPresets: a unit that only a preset enables counts, on releases that apply
// presets before the scan and on those that do after.
func TestPresets(t *testing.T) {
	eachRelease(t, "presets", func(t *testing.T, r *rig) {
		r.addLayer(t, "presets", map[string]string{"preset-unit_1.0.bb": presetUnit})
		require.NoError(t, r.image(t, "IMAGE_INSTALL:append:pn-rig-image = \" preset-unit\"\n").err)
		assert.Contains(t, read(t, r.deployed("systemd-hardening.json")), `"preset.service"`)
	})
}

// temp is a file that the image's tasks left in their folder of logs.
func (r *rig) temp(t *testing.T, name string) string {
	found, err := filepath.Glob(filepath.Join(r.build(), "tmp", "work", "*", "rig-image", "*", "temp", name))
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0]
}

// TestKernelConfiguration: the tool gets the kernel's configuration when it is
// asked to have it made.
func TestKernelConfiguration(t *testing.T) {
	eachRelease(t, "kernel", func(t *testing.T, r *rig) {
		built := r.image(t, "SYSTEMD_HARDENING_KERNEL_CONFIG = \"${STAGING_KERNEL_BUILDDIR}/.config\"\n")
		require.NoError(t, built.err)
		assert.Contains(t, built.tasks("linux-dummy"), "shared_workdir")
		assert.Regexp(t, `--kernel-config \S+/kernel-build-artifacts/\.config`, read(t, r.temp(t, "log.do_systemd_hardening")))
	})
}

// TestWithoutSystemd: the class does nothing, and says so once.
func TestWithoutSystemd(t *testing.T) {
	eachRelease(t, "sysvinit", func(t *testing.T, r *rig) {
		planned := r.run(t, "DISTRO_FEATURES:remove = \"systemd\"\n"+threshold+asError, "bitbake", "-n", "rig-image")
		require.NoError(t, planned.err)
		assert.Contains(t, planned.output, "rig-image.bb:do_image_qa")
		assert.NotContains(t, planned.output, "do_systemd_hardening")
		assert.Equal(t, 1, strings.Count(planned.output, "no 'systemd' in DISTRO_FEATURES"))
	})
}

var lockedSignature = regexp.MustCompile(`(?m)^\s+([^:\s]+):(do_\w+):([0-9a-f]+)`)

// signatures lists recipe:task -> signature of all that rig-image needs.
func (r *rig) signatures(t *testing.T, conf string) map[string]string {
	require.NoError(t, r.run(t, conf, "bitbake", "-S", "lockedsigs", "rig-image").err)
	found := map[string]string{}
	for _, match := range lockedSignature.FindAllStringSubmatch(read(t, filepath.Join(r.build(), "locked-sigs.inc")), -1) {
		found[match[1]+":"+match[2]] = match[3]
	}
	require.NotEmpty(t, found)
	return found
}

// TestSignatures: inheriting the class changes no signature but those of the
// image's tasks from the gate on, and adding the layer none at all.
func TestSignatures(t *testing.T) {
	eachRelease(t, "signatures", func(t *testing.T, r *rig) {
		conf, layers := r.base, r.layers
		r.base, r.layers = "", nil
		plain := r.signatures(t, "")
		r.layers = layers
		assert.Equal(t, plain, r.signatures(t, ""), "with the layer")
		r.base = conf
		changed := []string{}
		for task, signature := range r.signatures(t, threshold+asError) {
			if plain[task] != signature {
				changed = append(changed, task)
				assert.Regexp(t, `^rig-image:do_(systemd_hardening|image|image_\w+|write_qemuboot_conf|populate_lic_deploy|build)$`, task)
			}
		}
		assert.Contains(t, changed, "rig-image:do_image_qa")
	})
}

// TestMulticonfig builds an image with systemd and one without in one go.
func TestMulticonfig(t *testing.T) {
	eachRelease(t, "multiconfig", func(t *testing.T, r *rig) {
		r.write(t, "build/conf/multiconfig/init.conf", "TMPDIR:forcevariable = \"${TOPDIR}/tmp-init\"\n")
		r.write(t, "build/conf/multiconfig/plain.conf", "TMPDIR:forcevariable = \"${TOPDIR}/tmp-plain\"\nDISTRO_FEATURES:remove = \"systemd\"\nIMAGE_INSTALL:forcevariable = \"\"\n")
		built := r.run(t, "BBMULTICONFIG = \"init plain\"\n", "bitbake", "mc:init:rig-image", "mc:plain:rig-image")
		require.NoError(t, built.err)
		assert.Equal(t, 1, strings.Count(built.output, "rig-image.bb:do_systemd_hardening)"))
		assert.Contains(t, built.output, "(multiconfig 'plain')")
		report := "deploy/images/qemux86-64/rig-image-qemux86-64.rootfs.systemd-hardening.json"
		assert.FileExists(t, filepath.Join(r.build(), "tmp-init", report))
		assert.NoFileExists(t, filepath.Join(r.build(), "tmp-plain", report))
	})
}

// TestTwoImages: each image of a build has its own limits and its own report.
func TestTwoImages(t *testing.T) {
	eachRelease(t, "images", func(t *testing.T, r *rig) {
		r.addLayer(t, "images", map[string]string{"other-image.bb": otherImage})
		built := r.run(t, asError+"SYSTEMD_HARDENING_THRESHOLD ?= \"5.0\"\n", "bitbake", "-k", "rig-image", "other-image")
		assert.Error(t, built.err)
		assert.Contains(t, built.output, "images/other-image.bb:do_image_complete")
		assert.NotContains(t, built.output, "image/rig-image.bb:do_image_complete")
		assert.NotContains(t, built.output, "other-image-1.0-r0 do_image_qa: QA Issue")
		for _, image := range []string{"rig-image", "other-image"} {
			assert.FileExists(t, strings.Replace(r.deployed("systemd-hardening.json"), "rig-image", image, 1))
		}
	})
}

// TestOneImage: an image recipe that inherits the image class itself, in a
// distro that does not, and that has a name of its own and no links.
func TestOneImage(t *testing.T) {
	eachRelease(t, "one", func(t *testing.T, r *rig) {
		r.base = strings.TrimPrefix(r.base, "INHERIT += \"systemd-hardening\"\n")
		r.addLayer(t, "one", map[string]string{"one-image.bb": otherImage +
			"inherit systemd-hardening-image\nIMAGE_NAME = \"product\"\nIMAGE_LINK_NAME = \"\"\n"})
		require.NoError(t, r.run(t, "", "bitbake", "one-image", "rig-image").err)
		assert.FileExists(t, filepath.Join(filepath.Dir(r.deployed("")), "product.systemd-hardening.json"))
		assert.NoFileExists(t, r.deployed("systemd-hardening.json"))
	})
}

// TestDays: with BitBake's cache in use and nothing changed but the day, only
// the image is parsed, and the gate runs on the day that a waiver has expired.
func TestDays(t *testing.T) {
	eachRelease(t, "days", func(t *testing.T, r *rig) {
		require.NoError(t, r.image(t, threshold+asError+waive("until=2099-12-31")).err)
		require.NoError(t, r.runOn(t, "2099-01-01", "bitbake", "rig-image").err)
		next := r.runOn(t, "2099-01-02", "bitbake", "rig-image")
		assert.NoError(t, next.err)
		assert.Empty(t, next.tasks("rig-image"))
		assert.Regexp(t, `\(\d+ cached, 1 parsed\)`, next.output)
		expired := r.runOn(t, "2100-01-01", "bitbake", "rig-image")
		assert.Error(t, expired.err)
		assert.Equal(t, []string{"image_qa"}, expired.tasks("rig-image"))
		assert.Regexp(t, `\(\d+ cached, 1 parsed\)`, expired.output)
		assert.NotContains(t, expired.output, "basehash")
	})
}

// TestReadOnlyImage: a read-only rootfs without a package manager is scanned
// as any other, and its units are traced to their packages.
func TestReadOnlyImage(t *testing.T) {
	eachRelease(t, "readonly", func(t *testing.T, r *rig) {
		built := r.image(t, threshold+"IMAGE_FEATURES:append:pn-rig-image = \" read-only-rootfs\"\n")
		require.NoError(t, built.err)
		assert.Len(t, built.issues("unit-exposure"), len(weak)+1)
		assert.Contains(t, built.output, "foo.service [package rig-file]")
	})
}

// multilib has a 32-bit variant of the image, of scripts only.
const multilib = `require conf/multilib.conf
MULTILIBS = "multilib:lib32"
DEFAULTTUNE:virtclass-multilib-lib32 = "core2-32"
ASSUME_PROVIDED += "lib32-qemuwrapper-cross lib32-depmodwrapper-cross"
IMAGE_INSTALL:remove = "rig-programs lib32-rig-programs"
`

// TestMultilib: the image of a multilib is scored for its own architecture.
func TestMultilib(t *testing.T) {
	eachRelease(t, "multilib", func(t *testing.T, r *rig) {
		built := r.run(t, multilib+threshold, "bitbake", "lib32-rig-image")
		require.NoError(t, built.err)
		assert.Contains(t, built.output, "foo.service [package lib32-rig-file")
		report := strings.Replace(r.deployed("systemd-hardening.json"), "rig-image", "lib32-rig-image", 1)
		assert.Contains(t, read(t, report), `"architecture": "x86",`)
	})
}

// TestRmWork: the gate judges again although the work directory is empty.
func TestRmWork(t *testing.T) {
	eachRelease(t, "rmwork", func(t *testing.T, r *rig) {
		r.base += "INHERIT += \"rm_work\"\n"
		require.NoError(t, r.image(t, "").err)
		assert.NotContains(t, r.image(t, "").tasks("rig-image"), "systemd_hardening")
		failed := r.image(t, threshold+asError)
		assert.Error(t, failed.err)
		assert.Len(t, failed.issues("unit-exposure"), len(weak)+1)
		assert.NoError(t, r.image(t, threshold).err)
	})
}

// TestNativeRecipe builds the tool by its recipe, with the build host's Go and
// the modules of its module cache, twice in two places: the same bytes.
func TestNativeRecipe(t *testing.T) {
	eachRelease(t, "native", func(t *testing.T, r *rig) {
		goroot, err := exec.Command("go", "env", "GOROOT").Output()
		require.NoError(t, err)
		r.base = "INHERIT += \"systemd-hardening\"\nRIG_GOROOT = \"" + strings.TrimSpace(string(goroot)) + "\"\n"
		modules, _ := imported(t)
		for _, m := range modules {
			copyTree(t, filepath.Join(moduleCache(t), "cache/download", escape(m.path), "@v", m.version+".zip"),
				filepath.Join(r.build(), "downloads", strings.ReplaceAll(m.path, "/", ".")+"@"+m.version+".zip"))
		}
		built := r.image(t, threshold)
		require.NoError(t, built.err)
		assert.NotContains(t, strings.ReplaceAll(built.output, "QA Issue", ""), "systemd-hardening-native-0.1+git-r0 do_", "no warning of the recipe's")
		assert.Len(t, built.issues("unit-exposure"), len(weak)+1)

		binary := filepath.Join(r.build(), "tmp/sysroots-components/x86_64/systemd-hardening-native/usr/bin/systemd-hardening")
		first := read(t, binary)
		assert.NotContains(t, first, r.build(), "no path of the build")

		r.write(t, "repository/scanner/changed.go", "// SPDX-License-Identifier: MIT\n\npackage scanner\n")
		changed := r.run(t, "", "bitbake", "systemd-hardening-native")
		require.NoError(t, changed.err)
		assert.Contains(t, changed.tasks("systemd-hardening-native_git"), "compile", "the sources are in the signature")

		require.NoError(t, os.Remove(filepath.Join(r.folder, "repository/scanner/changed.go")))
		require.NoError(t, os.Rename(filepath.Join(r.folder, "repository"), filepath.Join(r.folder, "moved")))
		r.layers = []string{filepath.Join(r.folder, "moved/meta-hardening")}
		moved := r.run(t, "", "bitbake", "systemd-hardening-native")
		require.NoError(t, moved.err)
		assert.Empty(t, moved.tasks("systemd-hardening-native_git"), "their place is not")
		assert.Equal(t, first, read(t, binary))
	})
}

// TestClassLogic runs the Python functions of the image class on their own.
func TestClassLogic(t *testing.T) {
	runPython(t, "class_test.py", imageClass)
}

// TestRuntimeCase runs the case for the booted image against a pretended one.
func TestRuntimeCase(t *testing.T) {
	runPython(t, "runtime_test.py", filepath.Join(layer, "lib/oeqa/runtime/cases/systemd_hardening.py"))
}

// runPython runs a test in Python with each BitBake and OpenEmbedded-Core at
// hand: it needs their libraries, and no build.
func runPython(t *testing.T, script, argument string) {
	rigs := rigsAtHand()
	if len(rigs) == 0 {
		t.Skip("no BitBake at hand")
	}
	for _, r := range rigs {
		test := exec.Command("python3", "../testdata/rig/"+script, argument)
		test.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1",
			"PYTHONPATH="+filepath.Join(r.bitbake, "lib")+":"+filepath.Join(r.core, "meta/lib"))
		out, err := test.CombinedOutput()
		assert.NoError(t, err, "%s: %s", r.release, out)
	}
}
