# SPDX-License-Identifier: MIT
"""The case for the booted image against a target that only pretends: OE_CORE/meta/lib on PYTHONPATH, runtime_test.py CASE"""
import importlib.util
import json
import sys
import tempfile
import unittest

spec = importlib.util.spec_from_file_location("case", sys.argv.pop(1))
case = importlib.util.module_from_spec(spec)
spec.loader.exec_module(case)

FIGURES = """UNIT                     EXPOSURE PREDICATE HAPPY
bar.service                   9.6 UNSAFE    :-{
worker@one.service            9.2 UNSAFE    :-{
"""


class Target:
    """Answers a command by the first text that it contains."""

    def __init__(self, answers):
        self.answers = answers

    def run(self, command):
        return next(((0, answer) for text, answer in self.answers.items() if text in command), (0, ""))


class RuntimeCase(unittest.TestCase):
    def failures(self, test, answers, units=()):
        """Runs one test of the case; the AssertionError's text, or None."""
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/image.systemd-hardening.json", "w") as f:
                json.dump({"units": [{"name": n, "exposure": e, "load_state": s} for n, e, s in units]}, f)
            run = case.SystemdHardeningTest.__new__(case.SystemdHardeningTest)
            unittest.TestCase.__init__(run, test)
            run.target = Target(answers)
            run.td = {"IMAGE_LINK_NAME": "image", "DEPLOY_DIR_IMAGE": folder}
            try:
                getattr(case.SystemdHardeningTest, test)(run)
            except AssertionError as error:
                return str(error)

    def test_failed_units(self):
        self.assertIsNone(self.failures("test_no_unit_failed", {}))
        self.assertIn("foo.service", self.failures("test_no_unit_failed", {"--failed": "foo.service loaded failed failed Foo\n"}))

    def test_ignored_settings(self):
        self.assertIsNone(self.failures("test_no_setting_is_ignored", {}))
        line = "/etc/systemd/system/foo.service:3: Unknown key name 'ProtectHomes' in section 'Service', ignoring.\n"
        self.assertIn("ProtectHomes", self.failures("test_no_setting_is_ignored", {"journalctl": line}))

    def test_figures(self):
        units = [("bar.service", 9.6, "loaded"), ("worker@one.service", 9.2, "loaded"), ("masked.service", None, "masked")]
        test, answers = "test_the_device_prints_the_reports_figures", {"systemd-analyze": FIGURES}
        self.assertIsNone(self.failures(test, answers, units))
        self.assertIn("9.4", self.failures(test, answers, [("bar.service", 9.4, "loaded"), units[1]]))
        self.assertIn("worker@one.service", self.failures(test, answers, units[:1]))
        self.assertIsNotNone(self.failures(test, {"systemd-analyze": "UNIT EXPOSURE PREDICATE HAPPY\n"}, units))


if __name__ == "__main__":
    unittest.main()
