# SPDX-License-Identifier: MIT
#
# Scores the services of an image while it is built: do_systemd_hardening
# deploys a report beside the image, do_image_qa compares it with the limits
# set below. Images inherit it through IMAGE_CLASSES, which
# INHERIT += "systemd-hardening" extends; one image alone can inherit it too.
#
# The judgement is the tool's (systemd-hardening scan, check, harden). This
# class wires it: what goes in, what reruns what, and which findings fail.

SYSTEMD_HARDENING_THRESHOLD ?= ""
SYSTEMD_HARDENING_THRESHOLD[doc] = "The highest exposure, 0.0 to 10.0, that a service may have; empty: no limit. A flag sets one unit's own limit: SYSTEMD_HARDENING_THRESHOLD[sshd@.service] = \"9.6\"."
SYSTEMD_HARDENING_THRESHOLD_PACKAGE ?= ""
SYSTEMD_HARDENING_THRESHOLD_PACKAGE[doc] = "Limits for all units of a package, one flag each: SYSTEMD_HARDENING_THRESHOLD_PACKAGE[dropbear] = \"9.0\"."
SYSTEMD_HARDENING_THRESHOLD_RECIPE ?= ""
SYSTEMD_HARDENING_THRESHOLD_RECIPE[doc] = "Limits for all units of a recipe, one flag each: SYSTEMD_HARDENING_THRESHOLD_RECIPE[dropbear] = \"9.0\"."
SYSTEMD_HARDENING_WAIVER ?= ""
SYSTEMD_HARDENING_WAIVER[doc] = "Exceptions with a reason and an end, one flag each: SYSTEMD_HARDENING_WAIVER[foo.service] = \"9.6: reason; owner=who; until=2027-06-30\". The number is the exposure that is accepted until that day has passed; owner and until may be left out."
SYSTEMD_HARDENING_EXCLUDE ?= ""
SYSTEMD_HARDENING_EXCLUDE[doc] = "Units, or shell patterns of units, that the gate does not judge. They stay in the report."
SYSTEMD_HARDENING_POLICY ?= ""
SYSTEMD_HARDENING_POLICY[doc] = "A policy file: thresholds, required settings and waivers in unit-file syntax. An absolute path, or one that is searched for along BBPATH, such as conf/systemd-hardening.policy in a layer. What the variables say about a unit wins over the file."
SYSTEMD_HARDENING_BASELINE ?= ""
SYSTEMD_HARDENING_BASELINE[doc] = "A baseline file: what each unit reached so far. A unit that is worse is a unit-exposure-regression. Found as SYSTEMD_HARDENING_POLICY is; conf/baseline-${IMAGE_BASENAME}.txt gives each image its own."
SYSTEMD_HARDENING_ERROR_QA ?= ""
SYSTEMD_HARDENING_ERROR_QA[doc] = "Which of the classes unit-exposure, unit-exposure-regression, unit-not-effective, unit-diagnostic and unit-waiver-expired fail the image. Set it here and not in ERROR_QA: on scarthgap that rebuilds every recipe."
SYSTEMD_HARDENING_WARN_QA ?= "unit-exposure unit-exposure-regression unit-not-effective unit-diagnostic unit-waiver-expired"
SYSTEMD_HARDENING_WARN_QA[doc] = "Which of those classes warn, unless SYSTEMD_HARDENING_ERROR_QA has them. The others are notes in the log of do_image_qa."
SYSTEMD_HARDENING_FORMATS ?= "json"
SYSTEMD_HARDENING_FORMATS[doc] = "The report's formats that are deployed beside the image: json, text, html, sarif, junit. json is always there: the gate reads it."
SYSTEMD_HARDENING_KERNEL_CONFIG ?= ""
SYSTEMD_HARDENING_KERNEL_CONFIG[doc] = "The kernel's configuration file, which tells what the target can enforce. Empty: that of this build's kernel if its build directory is there, which it is not in a build from sstate. \"${STAGING_KERNEL_BUILDDIR}/.config\" has the kernel compiled to get it."
SYSTEMD_HARDENING_SCAN_OPTIONS ?= ""
SYSTEMD_HARDENING_SCAN_OPTIONS[doc] = "Further options of systemd-hardening scan, such as --all. A file that they name does not rerun the scan when it changes."
SYSTEMD_HARDENING_CACHE ?= "${TMPDIR}/systemd-hardening-cache"
SYSTEMD_HARDENING_CACHE[doc] = "The folder where scan --evidence keeps what it found in programs, for the next image and the next build; empty: none. It may be shared by builders that trust each other, takes 1 GB at most, and changes no result."
SYSTEMD_HARDENING_TOOL ?= ""
SYSTEMD_HARDENING_TOOL[doc] = "An absolute path of a systemd-hardening binary that was built elsewhere; then systemd-hardening-native is not built. Its content is in the signature, its path is not."
SYSTEMD_HARDENING_TODAY ?= "${@time.strftime('%Y-%m-%d', time.strptime(d.getVar('DATE'), '%Y%m%d'))}"
SYSTEMD_HARDENING_TODAY[doc] = "The day on which waivers are judged, as YYYY-MM-DD. Set it to judge an old build as it was judged then."
SYSTEMD_HARDENING_LAYER ?= ""
SYSTEMD_HARDENING_LAYER[doc] = "The folder of the layer into which bitbake -c systemd_hardening_layer IMAGE writes its proposals for that image. Nothing else writes there."
SYSTEMD_HARDENING_HARDEN_OPTIONS ?= ""
SYSTEMD_HARDENING_HARDEN_OPTIONS[doc] = "Further options of systemd-hardening harden for that task, such as --confidence proven or --form patch, quoted as in a shell."

SYSTEMD_HARDENING_TOOL[vardepvalue] = ""
SYSTEMD_HARDENING_COMMAND = "${@d.getVar('SYSTEMD_HARDENING_TOOL') or 'systemd-hardening'}"
SYSTEMD_HARDENING_DEPENDS = "${@'' if d.getVar('SYSTEMD_HARDENING_TOOL') else 'systemd-hardening-native:do_populate_sysroot'}"
SYSTEMD_HARDENING_KERNEL_DEPENDS = "${@'virtual/kernel:do_shared_workdir' if d.getVar('SYSTEMD_HARDENING_KERNEL_CONFIG').startswith(d.getVar('STAGING_KERNEL_BUILDDIR')) else ''}"

# A folder that pseudo does not track, as IMGDEPLOYDIR: sstate moves the files
# out of it without pseudo.
SYSTEMD_HARDENING_DEPLOYDIR = "${WORKDIR}/deploy-${PN}-systemd-hardening"
# IMAGE_NAME may hold the time of the run that scanned, the link's name does not.
# Images without links have an empty one.
SYSTEMD_HARDENING_REPORT = "${DEPLOY_DIR_IMAGE}/${@d.getVar('IMAGE_LINK_NAME') or d.getVar('IMAGE_NAME')}.systemd-hardening.json"

# Up to styhead presets enable services only in do_image, after the scan.
SYSTEMD_HARDENING_PRESETS = "${@bb.utils.contains('IMAGE_PREPROCESS_COMMAND', 'systemd_preset_all', 'yes', 'auto', d)}"

# Ownership is what pseudo says it is; the tool, a static binary, cannot ask it.
fakeroot do_systemd_hardening() {
    find ${IMAGE_ROOTFS} -printf '%m %U %G /%P\0' > ${T}/systemd-hardening.owners

    set -- --arch ${TARGET_ARCH} --owners ${T}/systemd-hardening.owners --pkgdata ${PKGDATA_DIR} \
        --presets ${SYSTEMD_HARDENING_PRESETS}
    manifest=${IMGDEPLOYDIR}/${IMAGE_LINK_NAME}.manifest
    [ ! -e $manifest ] || set -- "$@" --manifest $manifest
    kernel_config="${SYSTEMD_HARDENING_KERNEL_CONFIG}"
    if [ -z "$kernel_config" ] && [ -e ${STAGING_KERNEL_BUILDDIR}/.config ]; then
        kernel_config=${STAGING_KERNEL_BUILDDIR}/.config
    fi
    [ -z "$kernel_config" ] || set -- "$@" --kernel-config "$kernel_config"
    [ -z "${SYSTEMD_HARDENING_CACHE}" ] || set -- "$@" --cache "${SYSTEMD_HARDENING_CACHE}"

    report=${SYSTEMD_HARDENING_DEPLOYDIR}/${IMAGE_NAME}.systemd-hardening
    set -- ${SYSTEMD_HARDENING_COMMAND} scan ${IMAGE_ROOTFS} --format json --output $report.json --progress bitbake \
        "$@" ${SYSTEMD_HARDENING_SCAN_OPTIONS}
    bbnote "$@"
    "$@"
    for format in ${SYSTEMD_HARDENING_FORMATS}; do
        case $format in
            json) continue ;;
            text) suffix=txt ;;
            junit) suffix=junit.xml ;;
            *) suffix=$format ;;
        esac
        ${SYSTEMD_HARDENING_COMMAND} scan $report.json --format $format --output $report.$suffix
    done

    [ -n "${IMAGE_LINK_NAME}" ] || return 0
    for file in $report.*; do
        ln -s $(basename $file) ${SYSTEMD_HARDENING_DEPLOYDIR}/${IMAGE_LINK_NAME}.systemd-hardening${file#$report}
    done
}
do_systemd_hardening[doc] = "Scores the image's services and deploys the report beside the image"
do_systemd_hardening[dirs] = "${SYSTEMD_HARDENING_DEPLOYDIR}"
do_systemd_hardening[cleandirs] = "${SYSTEMD_HARDENING_DEPLOYDIR}"
do_systemd_hardening[depends] += "${SYSTEMD_HARDENING_DEPENDS} ${SYSTEMD_HARDENING_KERNEL_DEPENDS}"
do_systemd_hardening[file-checksums] += "${@systemd_hardening_inputs('SYSTEMD_HARDENING_TOOL SYSTEMD_HARDENING_KERNEL_CONFIG', d)}"
do_systemd_hardening[progress] = "percent"
# Where it is kept changes no report.
do_systemd_hardening[vardepsexclude] += "SYSTEMD_HARDENING_CACHE"
do_systemd_hardening[stamp-extra-info] = "${MACHINE_ARCH}"
do_systemd_hardening[sstate-inputdirs] = "${SYSTEMD_HARDENING_DEPLOYDIR}"
do_systemd_hardening[sstate-outputdirs] = "${DEPLOY_DIR_IMAGE}"
SSTATETASKS += "do_systemd_hardening"
# Out of sstate the report would have the name of another run than the image's.
SSTATE_SKIP_CREATION:task-systemd-hardening = "1"
python do_systemd_hardening_setscene() {
    sstate_setscene(d)
}
addtask do_systemd_hardening_setscene
addtask do_systemd_hardening after do_rootfs before do_image_qa

# The gate. It reads the report where it was deployed: rm_work empties WORKDIR.
# ERROR_QA and WARN_QA are set in a copy, for these classes only: appended to the
# image's own they would, on scarthgap, make the rootfs anew when they change.
python systemd_hardening_qa() {
    fatal = d.getVar("SYSTEMD_HARDENING_ERROR_QA") + " " + bb.utils.filter("ERROR_QA",
        "unit-exposure unit-exposure-regression unit-not-effective unit-diagnostic unit-waiver-expired", d)
    warned = d.getVar("SYSTEMD_HARDENING_WARN_QA") + " " + fatal
    findings, qa = systemd_hardening_findings(d), d.createCopy()
    for qa_class, severity, message in findings:
        qa.setVar("ERROR_QA", fatal if severity == "error" else "")
        qa.setVar("WARN_QA", warned if severity != "info" else "")
        if not oe.qa.handle_error(qa_class, message, qa):
            d.setVar("QA_ERRORS_FOUND", "True")
    if any(severity != "info" for _, severity, _ in findings):
        bb.plain("systemd-hardening: the report is " + d.getVar("SYSTEMD_HARDENING_REPORT"))
}
# What its functions read by computed names; the day counts only by what it expires.
systemd_hardening_qa[vardeps] = "SYSTEMD_HARDENING_THRESHOLD SYSTEMD_HARDENING_THRESHOLD_PACKAGE \
    SYSTEMD_HARDENING_THRESHOLD_RECIPE SYSTEMD_HARDENING_WAIVER SYSTEMD_HARDENING_EXPIRY"
systemd_hardening_qa[vardepsexclude] = "oe.qa.handle_error"
systemd_hardening_findings[vardepsexclude] = "SYSTEMD_HARDENING_TODAY"
systemd_hardening_file[vardepsexclude] = "BBPATH"

# Runs the gate: [(QA class, severity, message)]. An error fails if its class does,
# a warning never does (a waiver that will end), an info was waived.
def systemd_hardening_findings(d):
    import subprocess
    policy = d.expand("${T}/systemd-hardening.policy")
    with open(policy, "w") as f:
        f.write(systemd_hardening_policy(d))
    command = [d.getVar("SYSTEMD_HARDENING_COMMAND"), "check", d.getVar("SYSTEMD_HARDENING_REPORT"),
               "--format", "qa", "--today", d.getVar("SYSTEMD_HARDENING_TODAY")]
    if d.getVar("SYSTEMD_HARDENING_POLICY"):
        command += ["--policy", systemd_hardening_file(d.getVar("SYSTEMD_HARDENING_POLICY"), d)]
    if d.getVar("SYSTEMD_HARDENING_BASELINE"):
        command += ["--baseline", systemd_hardening_file(d.getVar("SYSTEMD_HARDENING_BASELINE"), d)]
    check = subprocess.run(command + ["--policy", policy], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if check.returncode not in (0, 3):
        bb.fatal("%s failed with exit code %d:\n%s" % (" ".join(check.args), check.returncode, check.stderr))
    return [line.split("\t", 2) for line in check.stdout.splitlines()]

# The variables as a policy file: the tool has one implementation of the gate.
def systemd_hardening_policy(d):
    lines = ["# Generated from the variables SYSTEMD_HARDENING_* of " + d.getVar("PN")]
    if d.getVar("SYSTEMD_HARDENING_THRESHOLD"):
        lines += ["[Policy]", "Threshold=" + d.getVar("SYSTEMD_HARDENING_THRESHOLD")]
    for kind, variable in (("Recipe", "SYSTEMD_HARDENING_THRESHOLD_RECIPE"),
                           ("Package", "SYSTEMD_HARDENING_THRESHOLD_PACKAGE"),
                           ("Unit", "SYSTEMD_HARDENING_THRESHOLD")):
        for name, threshold in systemd_hardening_flags(variable, d):
            lines += ["[%s %s]" % (kind, name), "Threshold=" + threshold]
    for unit, waiver in systemd_hardening_flags("SYSTEMD_HARDENING_WAIVER", d):
        lines += ["[Waiver %s]" % unit] + systemd_hardening_waiver(unit, waiver)
    for pattern in d.getVar("SYSTEMD_HARDENING_EXCLUDE").split():
        lines += ["[Exclude]", "Unit=" + pattern]
    return "\n".join(lines) + "\n"

# "9.6: reason; owner=who; until=2027-06-30" as settings of a policy file.
def systemd_hardening_waiver(unit, waiver):
    exposure, colon, rest = waiver.partition(":")
    reason, *options = [part.strip() for part in rest.split(";")]
    settings = ["Exposure=" + exposure.strip(), "Reason=" + reason]
    for option in options:
        key, equals, value = option.partition("=")
        if key.strip() not in ("owner", "until"):
            bb.fatal("SYSTEMD_HARDENING_WAIVER[%s]: '%s' is neither owner= nor until=" % (unit, option))
        settings.append("%s=%s" % (key.strip().capitalize(), value.strip()))
    if not reason:
        bb.fatal("SYSTEMD_HARDENING_WAIVER[%s] = \"%s\" lacks a reason: \"EXPOSURE: REASON; until=YYYY-MM-DD\"" % (unit, waiver))
    return settings

# The flags that name a unit, package or recipe: all but BitBake's own.
def systemd_hardening_flags(variable, d):
    flags = (d.getVarFlags(variable) or {}).keys() - {"doc", "export", "unexport", "vardeps", "vardepsexclude", "vardepvalue"}
    return [(flag, d.getVarFlag(variable, flag)) for flag in sorted(flags)]

# Finds an absolute path, or one along BBPATH; what is not there the tool names.
def systemd_hardening_file(path, d):
    return bb.utils.which(d.getVar("BBPATH"), path) or path

# Files that variables name, for [file-checksums]. One that the kernel's recipe
# makes is not an input: its task's signature stands for it.
def systemd_hardening_inputs(variables, d):
    paths = [systemd_hardening_file(d.getVar(variable), d) for variable in variables.split() if d.getVar(variable)]
    return " ".join(path + ":True" for path in paths
                    if os.path.exists(path) and not path.startswith(d.getVar("STAGING_KERNEL_BUILDDIR")))

# Which dates of waivers have passed, or will within the 30 days of warning: all
# that the gate's signature knows of the day. So it changes on the day on which
# the verdict does, and on no other.
def systemd_hardening_expiry(d):
    import datetime, re
    text = systemd_hardening_policy(d)
    policy = d.getVar("SYSTEMD_HARDENING_POLICY") and systemd_hardening_file(d.getVar("SYSTEMD_HARDENING_POLICY"), d)
    if policy and os.path.isfile(policy):
        with open(policy, encoding="utf-8", errors="replace") as f:
            text += f.read()
    today = datetime.date.fromisoformat(d.getVar("SYSTEMD_HARDENING_TODAY"))
    states = set()
    for date in re.findall(r"^\s*Until\s*=\s*(\d{4}-\d{2}-\d{2})\s*$", text, re.MULTILINE):
        left = (datetime.date.fromisoformat(date) - today).days
        states.add(date + (" expired" if left < 0 else " soon" if left <= 30 else " valid"))
    return "; ".join(sorted(states))

SYSTEMD_HARDENING_EXPIRY = "${@systemd_hardening_expiry(d)}"
SYSTEMD_HARDENING_EXPIRY[vardepvalue] = "${SYSTEMD_HARDENING_EXPIRY}"

# Writes proposals into a layer: only when it is asked for, each time it is.
python do_systemd_hardening_layer() {
    import shlex, subprocess
    layer = d.getVar("SYSTEMD_HARDENING_LAYER")
    if not layer:
        bb.fatal("Set SYSTEMD_HARDENING_LAYER to the folder of the layer that the proposals go into")
    recipes = d.expand("${T}/systemd-hardening.recipes")
    with open(recipes, "w") as f:
        f.write(systemd_hardening_recipes(d))
    harden = subprocess.run([d.getVar("SYSTEMD_HARDENING_COMMAND"), "harden", d.getVar("SYSTEMD_HARDENING_REPORT"),
                             "--layer", layer, "--pkgdata", d.getVar("PKGDATA_DIR"), "--recipes", recipes,
                             "--series", d.getVar("LAYERSERIES_CORENAMES").split()[-1]]
                            + shlex.split(d.getVar("SYSTEMD_HARDENING_HARDEN_OPTIONS")),
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if harden.returncode:
        bb.fatal("%s failed with exit code %d:\n%s" % (" ".join(harden.args), harden.returncode, harden.stdout))
    bb.plain(harden.stdout.strip())
}
systemd_hardening_recipes[vardepsexclude] = "BB_TASKDEPDATA"
do_systemd_hardening_layer[doc] = "Writes hardening for the image's services into the layer SYSTEMD_HARDENING_LAYER"
do_systemd_hardening_layer[depends] += "${SYSTEMD_HARDENING_DEPENDS}"
do_systemd_hardening_layer[nostamp] = "1"
addtask do_systemd_hardening_layer after do_systemd_hardening

# The recipes that the image is made of, also those whose packages come from sstate:
# a line each with PN, the .bb file, and the collection of its layer.
def systemd_hardening_recipes(d):
    recipes = {}
    for task in d.getVar("BB_TASKDEPDATA", False).values():
        path = bb.cache.virtualfn2realfn(task[2])[0]
        recipes[task[0]] = "%s\t%s\t%s\n" % (task[0], path, bb.utils.get_file_layer(path, d))
    return "".join(recipes[pn] for pn in sorted(recipes))

python () {
    if not bb.utils.contains("DISTRO_FEATURES", "systemd", True, False, d):
        for task in ("do_systemd_hardening", "do_systemd_hardening_setscene", "do_systemd_hardening_layer"):
            bb.build.deltask(task, d)
        return
    d.appendVar("IMAGE_QA_COMMANDS", " systemd_hardening_qa")
    d.appendVarFlag("do_image_qa", "vardeps", " systemd_hardening_qa")
    d.appendVarFlag("do_image_qa", "depends", " ${SYSTEMD_HARDENING_DEPENDS}")
    d.appendVarFlag("do_image_qa", "file-checksums", " " + systemd_hardening_inputs(
        "SYSTEMD_HARDENING_TOOL SYSTEMD_HARDENING_POLICY SYSTEMD_HARDENING_BASELINE", d))
    for variable in ("SYSTEMD_HARDENING_POLICY", "SYSTEMD_HARDENING_BASELINE"):
        if d.getVar(variable):
            for path in bb.utils.which(d.getVar("BBPATH"), d.getVar(variable), history=True)[1]:
                bb.parse.mark_dependency(d, path)
    # A recipe out of the cache would not notice that a day has come.
    if d.getVar("SYSTEMD_HARDENING_EXPIRY"):
        d.setVar("BB_DONT_CACHE", "1")
}
