SUMMARY = "Stands in for go-native: the build host's Go"
DESCRIPTION = "RIG_GOROOT is its GOROOT; without it this recipe does not exist."
LICENSE = "MIT"
INHIBIT_DEFAULT_DEPS = "1"
inherit native
PROVIDES = "go-native"

RIG_GOROOT ?= ""
python () {
    if not d.getVar("RIG_GOROOT"):
        raise bb.parse.SkipRecipe("RIG_GOROOT is not set")
}

do_install() {
    install -d ${D}${libdir} ${D}${bindir}
    ln -s ${RIG_GOROOT} ${D}${libdir}/go
    printf '#!/bin/sh\nexec ${RIG_GOROOT}/bin/go "$@"\n' > ${D}${bindir}/go
    chmod 0755 ${D}${bindir}/go
}
