# SPDX-License-Identifier: MIT
SUMMARY = "Scores the services of an image, and proposes hardening for them"
DESCRIPTION = "The tool of the class systemd-hardening, built from the layer's own checkout unless SYSTEMD_HARDENING_SRCREV is set."
HOMEPAGE = "https://github.com/systemd-hardening/systemd-hardening"
BUGTRACKER = "https://github.com/systemd-hardening/systemd-hardening/issues"
SECTION = "devel"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://src/${GO_IMPORT}/LICENSE;md5=edb72cd24d342fd2ce0d0290f6f487fe"

GO_IMPORT = "github.com/systemd-hardening/systemd-hardening"
GO_INSTALL = "${GO_IMPORT}/cmd/systemd-hardening"
PV = "0.1+git"

inherit go-mod native

SYSTEMD_HARDENING_SRCREV ?= ""
SYSTEMD_HARDENING_SRCREV[doc] = "The commit, such as that of a release's tag, that systemd-hardening-native is built from. Empty: the checkout that meta-hardening stands in."
SYSTEMD_HARDENING_GIT ?= "git://github.com/systemd-hardening/systemd-hardening;protocol=https;nobranch=1"
SYSTEMD_HARDENING_GIT[doc] = "Where that commit is fetched from."
SYSTEMD_HARDENING_CHECKOUT = "${@os.path.realpath(d.getVar('FILE_DIRNAME') + '/../../..')}"

require systemd-hardening-sources.inc

# The sources count by their content, as every file:// does: another place of
# the checkout, or another commit with the same files, is the same signature.
SRC_URI = "${@'${SYSTEMD_HARDENING_GIT};destsuffix=${BP}/src/${GO_IMPORT}' if d.getVar('SYSTEMD_HARDENING_SRCREV') else systemd_hardening_checkout(d)}"
SRC_URI += "${@systemd_hardening_modules(d)}"
SRCREV = "${SYSTEMD_HARDENING_SRCREV}"
FILESEXTRAPATHS:prepend := "${SYSTEMD_HARDENING_CHECKOUT}:"
# Where scarthgap's do_compile does not empty it.
export GOMODCACHE = "${S}/pkg/mod"

def systemd_hardening_checkout(d):
    return " ".join("file://%s;subdir=${BP}/src/${GO_IMPORT}" % name for name in d.getVar("SYSTEMD_HARDENING_SOURCES").split())

# Up to styhead there is no gomod:// fetcher: the same archives, from the same
# proxy and under the same names in DL_DIR, then come by https://.
def systemd_hardening_modules(d):
    import re
    if hasattr(bb.fetch2, "gomod"):
        return d.getVar("SYSTEMD_HARDENING_MODULES")
    proxy = "https://" + d.getVar("GO_MOD_PROXY") if d.getVar("GO_MOD_PROXY") else d.getVar("GOPROXY").split(",")[0]
    urls = []
    for url in d.getVar("SYSTEMD_HARDENING_MODULES").split():
        _, host, path, _, _, parameters = bb.fetch2.decodeurl(url)
        module, version = (host + path).rstrip("/"), parameters["version"]
        folder = re.sub("[A-Z]", lambda match: "!" + match.group().lower(), module) + "/@v"
        urls.append("%s/%s/%s.zip;downloadfilename=%s@%s.zip;unpack=0;subdir=${BP}/pkg/mod/cache/download/%s;sha256sum=%s"
                    % (proxy, folder, version, module.replace("/", "."), version, folder, parameters["sha256sum"]))
    return " ".join(urls)

# Gives the archives the names that Go looks for, and the go.mod beside each.
python systemd_hardening_unpack_modules() {
    import zipfile
    for folder, _, names in os.walk(d.expand("${S}/pkg/mod/cache/download")):
        for name in (name for name in names if "@" in name):
            archive = os.path.join(folder, name.split("@")[1])
            os.rename(os.path.join(folder, name), archive)
            with zipfile.ZipFile(archive) as zip, open(archive[:-len("zip")] + "mod", "wb") as mod:
                mod.write(zip.read(next(member for member in zip.namelist() if member.endswith("/go.mod"))))
}
do_unpack[postfuncs] += "${@'' if hasattr(bb.fetch2, 'gomod') else 'systemd_hardening_unpack_modules'}"

# One static binary that is the same wherever it is built.
export CGO_ENABLED = "0"
export GOFLAGS = "-mod=readonly -buildvcs=false"
export GOTOOLCHAIN = "local"
GO_LDFLAGS = '-ldflags="-buildid="'
GOBUILDFLAGS:remove = "-buildmode=pie"
do_compile:prepend() {
    export GOPROXY=off
}

# Go unpacks the modules, and with them their licences, when it compiles.
addtask do_compile before do_populate_lic

do_install() {
    install -D -m 0755 ${B}/${GO_BUILD_BINDIR}/systemd-hardening ${D}${bindir}/systemd-hardening
}
