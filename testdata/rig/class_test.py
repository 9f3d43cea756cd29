# SPDX-License-Identifier: MIT
"""The Python functions of the image class on their own: PYTHONPATH=BITBAKE/lib class_test.py CLASS"""
import os
import sys
import tempfile
import unittest

import bb
import bb.data
import bb.parse

CLASS = os.path.abspath(sys.argv.pop(1))


def recipe(path="", **variables):
    """An image's data with the class in it: A="x" stands for SYSTEMD_HARDENING_A, A__b for its flag b.service."""
    d = bb.data.init()
    for name, value in {"PN": "image", "BBPATH": path, "DATE": "20261123", "DISTRO_FEATURES": "systemd",
                        "STAGING_KERNEL_BUILDDIR": "/kernel"}.items():
        d.setVar(name, value)
    for name, value in variables.items():
        name, _, flag = name.partition("__")
        if flag:
            d.setVarFlag("SYSTEMD_HARDENING_" + name, flag + ".service", value)
        else:
            d.setVar("SYSTEMD_HARDENING_" + name, value)
    return bb.parse.handle(CLASS, d, True)


def policy(**variables):
    return recipe(**variables).expand("${@systemd_hardening_policy(d)}").splitlines()[1:]


class Policy(unittest.TestCase):
    def test_nothing_is_asked_by_default(self):
        self.assertEqual([], policy())

    def test_general_before_specific(self):
        self.assertEqual(["[Policy]", "Threshold=5.0", "[Recipe b.service]", "Threshold=7.0", "[Package p.service]", "Threshold=8.0",
                          "[Unit foo.service]", "Threshold=9.0"],
                         policy(THRESHOLD="5.0", THRESHOLD__foo="9.0", THRESHOLD_PACKAGE__p="8.0", THRESHOLD_RECIPE__b="7.0"))

    def test_units_in_order_whatever_order_they_were_set_in(self):
        self.assertEqual(policy(THRESHOLD__a="1.0", THRESHOLD__b="2.0"), policy(THRESHOLD__b="2.0", THRESHOLD__a="1.0"))

    def test_exclusions(self):
        self.assertEqual(["[Exclude]", "Unit=a*.service", "[Exclude]", "Unit=b.service"], policy(EXCLUDE=" a*.service  b.service"))

    def test_waiver(self):
        self.assertEqual(["[Waiver foo.service]", "Exposure=9.6", "Reason=a: b, c", "Owner=ann", "Until=2027-06-30"],
                         policy(WAIVER__foo="9.6: a: b, c; owner=ann; until = 2027-06-30"))

    def test_waivers_that_are_wrong(self):
        for text in ("9.6", "9.6:", "9.6: ; until=2027-06-30", "9.6: reason; till=2027-06-30", "9.6: reason; 2027-06-30"):
            with self.subTest(text), self.assertRaises(bb.BBHandledException):
                recipe(WAIVER__foo=text).getVar("SYSTEMD_HARDENING_EXPIRY")


class Expiry(unittest.TestCase):
    def state(self, day, **variables):
        return recipe(TODAY=day, WAIVER__foo="9.6: reason; until=2027-06-30", **variables).getVar("SYSTEMD_HARDENING_EXPIRY")

    def test_changes_on_two_days_only(self):
        for day, state in (("2027-05-30", "valid"), ("2027-05-31", "soon"), ("2027-06-30", "soon"), ("2027-07-01", "expired")):
            self.assertEqual("2027-06-30 " + state, self.state(day), day)

    def test_nothing_expires(self):
        self.assertEqual("", recipe(WAIVER__foo="9.6: reason").getVar("SYSTEMD_HARDENING_EXPIRY"))

    def test_today_is_the_day_of_the_build(self):
        self.assertEqual("2026-11-23", recipe().getVar("SYSTEMD_HARDENING_TODAY"))

    def test_dates_of_the_policy_file(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(folder + "/conf")
            with open(folder + "/conf/policy", "w") as f:
                f.write("# Until=2001-01-01\n[Waiver bar.service]\nUntil = 2026-12-01\n")
            self.assertEqual("2026-12-01 soon; 2027-06-30 valid", self.state("2026-11-23", path="/nowhere:" + folder, POLICY="conf/policy"))


class Inputs(unittest.TestCase):
    def inputs(self, **variables):
        return recipe(**variables).expand("${@systemd_hardening_inputs('SYSTEMD_HARDENING_TOOL SYSTEMD_HARDENING_KERNEL_CONFIG', d)}")

    def test_files_that_are_there(self):
        self.assertEqual("", self.inputs())
        self.assertEqual(__file__ + ":True", self.inputs(TOOL=__file__))
        self.assertEqual("", self.inputs(TOOL="/nowhere"))

    def test_a_prebuilt_tool_needs_no_recipe(self):
        self.assertEqual("systemd-hardening-native:do_populate_sysroot", recipe().getVar("SYSTEMD_HARDENING_DEPENDS"))
        self.assertEqual("", recipe(TOOL="/tool").getVar("SYSTEMD_HARDENING_DEPENDS"))

    def test_the_kernel_is_built_only_when_it_is_named(self):
        self.assertEqual("", recipe().getVar("SYSTEMD_HARDENING_KERNEL_DEPENDS"))
        self.assertEqual("", recipe(KERNEL_CONFIG="/layer/config").getVar("SYSTEMD_HARDENING_KERNEL_DEPENDS"))
        self.assertEqual("virtual/kernel:do_shared_workdir", recipe(KERNEL_CONFIG="${STAGING_KERNEL_BUILDDIR}/.config").getVar("SYSTEMD_HARDENING_KERNEL_DEPENDS"))


if __name__ == "__main__":
    unittest.main()
