# SPDX-License-Identifier: MIT

import json
import os

from oeqa.selftest.case import OESelftestTestCase
from oeqa.utils.commands import bitbake, get_bb_var, get_bb_vars


class SystemdHardening(OESelftestTestCase):
    """INHERIT += "systemd-hardening" on an image: oe-selftest -r systemd_hardening.

    SYSTEMD_HARDENING_SELFTEST_IMAGE in local.conf names another image than
    core-image-minimal; it needs one enabled service that is not hardened.
    """

    def setUpLocal(self):
        super().setUpLocal()
        self.image = get_bb_var("SYSTEMD_HARDENING_SELFTEST_IMAGE") or "core-image-minimal"
        self.write_config('INIT_MANAGER = "systemd"\nINHERIT += "systemd-hardening"\n')

    def report(self):
        where = get_bb_vars(["DEPLOY_DIR_IMAGE", "IMAGE_LINK_NAME"], self.image)
        name = where["IMAGE_LINK_NAME"] + ".systemd-hardening.json"
        with open(os.path.join(where["DEPLOY_DIR_IMAGE"], name)) as f:
            return json.load(f)

    def test_report_and_no_failure_by_default(self):
        bitbake(self.image)
        self.assertTrue([unit for unit in self.report()["units"] if unit["load_state"] == "loaded"])

    def test_threshold_fails_when_it_is_an_error(self):
        self.append_config('SYSTEMD_HARDENING_THRESHOLD = "0.1"\nSYSTEMD_HARDENING_ERROR_QA = "unit-exposure"\n')
        result = bitbake(self.image, ignore_status=True)
        self.assertNotEqual(0, result.status)
        self.assertIn("[unit-exposure]", result.output)
        self.assertTrue(self.report()["units"], "the report is deployed although the gate fails")

    def test_waivers_let_the_image_pass(self):
        bitbake(self.image)
        waivers = ['SYSTEMD_HARDENING_WAIVER[%s] = "10.0: oe-selftest"' % unit["name"] for unit in self.report()["units"]]
        self.append_config('SYSTEMD_HARDENING_THRESHOLD = "0.1"\nSYSTEMD_HARDENING_ERROR_QA = "unit-exposure"\n'
                           + "\n".join(waivers) + "\n")
        bitbake(self.image)

    def test_only_images_get_another_signature(self):
        tasks = get_bb_var("IMAGE_QA_COMMANDS", self.image).split()
        self.assertIn("systemd_hardening_qa", tasks)
        self.assertNotIn("systemd_hardening_qa", (get_bb_var("IMAGE_QA_COMMANDS", "base-files") or "").split())

    def test_nothing_without_systemd(self):
        self.write_config('INIT_MANAGER = "sysvinit"\nINHERIT += "systemd-hardening"\n')
        self.assertNotIn("systemd_hardening_qa", get_bb_var("IMAGE_QA_COMMANDS", self.image).split())
