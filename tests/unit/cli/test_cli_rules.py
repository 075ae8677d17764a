#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern rules test`: the starter pack passes, every way in which a pack is not good is told and is exit status 1."""
import os
import re
import shutil
import tempfile
import unittest

from tool import SOURCE, parsed, tool


class Rules(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.pack = os.path.join(self.tmp.name, "pack")
        shutil.copytree(os.path.join(SOURCE, "rules", "eligibility"), self.pack)

    def tearDown(self):
        self.tmp.cleanup()

    def edit(self, name, old, new):
        path = os.path.join(self.pack, name)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        self.assertIn(old, text)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new))

    def finds(self, *words):
        got = tool("rules", "test", self.pack)
        self.assertEqual(got.returncode, 1, got.stdout)
        for word in words:
            self.assertIn(word, got.stdout)

    def test_good(self):
        got = tool("rules", "test", self.pack, "--json")
        self.assertEqual(got.returncode, 0, got.stdout)
        out = parsed(got)
        self.assertEqual((out["loads"], out["failed"], out["without_cases"], out["report"]), (True, 0, 0, ""))
        cases = 0
        for name in os.listdir(self.pack):
            if name.endswith("_test.lua") and name != "clear_test.lua":
                with open(os.path.join(self.pack, name), encoding="utf-8") as f:
                    cases += len(re.findall(r'\{ name = "[^"]*",\s*facts =', f.read()))
        self.assertEqual(out["passed"], cases)

    def test_wrong_rule(self):
        self.edit("minimum_age.lua", "age < pack.minimum_age_years", "age <= pack.minimum_age_years")
        self.finds("minimum_age_test.lua: the day of coming of age: expected 'clear', found 'refer eligibility.minor minor 18'",
                   "1 failed")

    def test_failing_rule(self):
        self.edit("clock.lua", "local quality", "error('broken') local quality")
        self.finds("clock_test.lua: synchronised: expected 'clear', found 'refer rules.error system_malfunction'", "broken")

    def test_no_cases(self):
        os.unlink(os.path.join(self.pack, "clock_test.lua"))
        self.finds("1 rules without cases")

    def test_field_not_declared(self):
        self.edit("clock.lua", "crossing.clock_quality", "crossing.lane")
        self.finds("clock.lua:4: field is not declared in pack.yaml: lane", "0 passed")

    def test_not_lua(self):
        self.edit("clock.lua", "return function", "return fuction")
        self.finds("clock.lua:", "0 passed")

    def test_no_pack(self):
        shutil.rmtree(self.pack)
        self.finds("0 passed")


if __name__ == "__main__":
    unittest.main()
