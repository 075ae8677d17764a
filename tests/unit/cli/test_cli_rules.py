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

    def lints(self, *lines):
        got = tool("rules", "lint", self.pack)
        self.assertEqual((got.returncode, got.stdout.splitlines()[1:]), (1, list(lines)), got.stdout)

    def test_lint_of_texts(self):
        self.assertEqual(tool("rules", "lint", self.pack).returncode, 0)
        self.edit("texts_fr.txt", "eligibility.minor = ", "eligibility.major = ")
        self.edit("texts_ru.txt", "меньше {1} лет", "меньше лет")
        self.edit("texts_zh.txt", "{1}国民", "{2}国民")
        os.remove(os.path.join(self.pack, "texts_ar.txt"))
        self.lints("texts_fr.txt: eligibility.minor has no text", "texts_fr.txt: eligibility.major is not in texts_en.txt",
                   "texts_ar.txt: there is no such file", "texts_ru.txt: eligibility.minor has other arguments than in English",
                   "texts_zh.txt: eligibility.visa_required has other arguments than in English")

    def test_lint_of_codes(self):
        self.edit("clock.lua", "eligibility.clock_unknown", "eligibility.clock_odd")
        for name in ("clock_test.lua", "pack_test.lua"):
            with open(os.path.join(self.pack, name), encoding="utf-8") as f:
                if "eligibility.clock_unknown" in f.read():
                    self.edit(name, "eligibility.clock_unknown", "eligibility.clock_odd")
        self.lints("texts_en.txt: eligibility.clock_odd has no text", "clock.lua: eligibility.clock_odd has no text in texts_en.txt",
                   "texts_en.txt: eligibility.clock_unknown is said by no rule")

    def test_lint_of_unread_lines(self):
        for old, new, told in (("eligibility.issuer = ", "eligibility.issuer ", "expected CODE = text"),
                               ("of {1}.", "of {5}.", "expected UTF-8, and braces only as {1} to {4}"),
                               ("eligibility.minor =", "eligibility.issuer =", "the code comes twice")):
            with self.subTest(told):
                self.setUp()
                self.edit("texts_en.txt", old, new)
                got = tool("rules", "lint", self.pack)
                self.assertRegex(got.stdout.splitlines()[1], r"^texts_en\.txt:\d+: " + re.escape(told) + "$")
                self.assertEqual(got.returncode, 1)

    def test_explain_in_a_language(self):
        got = tool("rules", "explain", self.pack, "--case", "minor", "--language", "fr")
        self.assertIn("\n    Le voyageur a ou pourrait avoir moins de 18 ans.\n", got.stdout)
        self.assertEqual(tool("rules", "explain", self.pack, "--language", "tlh").returncode, 1)

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


class Author(unittest.TestCase):
    """What a pack's author asks for beside the test."""
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.pack = os.path.join(self.tmp.name, "pack")

    def tearDown(self):
        self.tmp.cleanup()

    def write(self, name, text):
        with open(os.path.join(self.pack, name), "w", encoding="utf-8") as f:
            f.write(text)

    def begin(self):
        self.assertEqual(tool("rules", "new", self.pack).returncode, 0)

    def test_new(self):
        self.begin()
        example = os.path.join(SOURCE, "rules", "example")
        self.assertEqual(sorted(os.listdir(self.pack)), sorted(os.listdir(example)))
        for name in os.listdir(example):
            with open(os.path.join(self.pack, name), encoding="utf-8") as a, open(os.path.join(example, name), encoding="utf-8") as b:
                self.assertEqual(a.read(), b.read(), name)
        for command in ("test", "coverage", "lint"):
            got = tool("rules", command, self.pack)
            self.assertEqual(got.returncode, 0, got.stdout + got.stderr)
        self.assertEqual(tool("rules", "new", self.pack).returncode, 2)  # nothing is written over

    def test_coverage(self):
        self.begin()
        self.write("validity.lua", "local function never()\n  return 1\nend\nreturn function(crossing)\n"
                   "  if crossing.document.days_to_expiry > 5000 then\n    return 'refer', 'x', 'minor'\n  end\n"
                   "  if crossing.document.days_to_expiry < 90 then\n"
                   "    return 'refer', 'example.expires_soon', 'expired_document', 90\n  end\nend\n")
        got = tool("rules", "coverage", self.pack)
        self.assertEqual(got.returncode, 1)
        # by hand: lines 3 (the closure), 4 or 11 and 5, 8, 9, 11 run; 6 does not; 2 is never entered
        self.assertRegex(got.stdout, r"^validity.lua: \d of \d lines, not line 6, 1 function never entered$")

    def test_lint(self):
        self.begin()
        with open(os.path.join(self.pack, "pack.yaml"), encoding="utf-8") as f:
            text = f.read()
        self.write("pack.yaml", text.replace("rules: [", "  - lane\nrules: ["))
        got = tool("rules", "lint", self.pack)
        self.assertEqual(got.returncode, 1)
        self.assertIn("field 'lane' is declared and read in no case", got.stdout)
        self.write("pack.yaml", text.replace("stage: document", "stage: risk").replace("days_to_expiry", "age_years"))
        got = tool("rules", "lint", self.pack)
        self.assertEqual(got.returncode, 1)
        self.assertIn("'document.age_years' is no input of a risk indicator", got.stderr)

    def test_explain(self):
        self.begin()
        got = tool("rules", "explain", self.pack, "--case", "89 days left")
        self.assertEqual((got.returncode, got.stdout), (0, "validity_test.lua: 89 days left\n  validity: refer example.expires_soon "
                                                        "expired_document 90\n  read: document.days_to_expiry\n"))
        self.assertEqual(tool("rules", "explain", self.pack, "--case", "no").returncode, 1)

    def test_bench(self):
        self.begin()
        out = parsed(tool("rules", "bench", self.pack, "--rounds", "7", "--json"))
        self.assertEqual((out["rules"], out["evaluations"]), (1, 4 * 7))
        self.assertGreater(out["p50_ns"], 0)

    def test_annotations(self):
        """Every class and field that the guide lists, and none that is closed."""
        text = tool("rules", "annotations").stdout
        for line in ("---@class (exact) Crossing", "---@field age_years integer", "---@field stays Stay[]",
                     '-- Direction: "unspecified", "entry", "exit"'):
            self.assertIn(line + "\n", text)
        for closed in ("surname", "given_names", "---@field sex", "---@field number"):
            self.assertNotIn(closed, text)


class Guide(unittest.TestCase):
    """docs/rules.md: its example is a pack that passes, and its table of facts is the schema's."""
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(SOURCE, "docs", "rules.md"), encoding="utf-8") as f:
            cls.text = f.read()

    def example(self, folder):
        files = re.findall(r"^`([a-z_]+\.(?:lua|yaml))`:\n\n```[a-z]+\n(.*?)^```$", self.text, re.M | re.S)
        self.assertEqual(len(files), 7)
        for name, content in files:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(content)
        shutil.copy(os.path.join(SOURCE, "rules", "eligibility", "clear_test.lua"), folder)

    def test_example(self):
        with tempfile.TemporaryDirectory() as folder:
            self.example(folder)
            got = tool("rules", "test", folder, "--json")
            self.assertEqual(got.returncode, 0, got.stdout)
            self.assertEqual(parsed(got)["passed"], 11)

    def test_facts(self):
        """Every path of the table can be declared, and every field that the schema opens is in the table."""
        listed = re.findall(r"^\| `([a-z_]+(?:\.[a-z_]+)?)` \| (?:text|date|integer|boolean|list)", self.text, re.M)
        self.assertEqual(sorted(set(listed)), sorted(listed))
        opened = []
        for path, prefix in (("crossing", ""), ("document", "document."), ("document", "checks."), ("document", "chip_checks."),
                             ("crossing", "matches.")):
            message = {"": "CrossingFacts", "document.": "Document", "checks.": "Check", "chip_checks.": "Check",
                       "matches.": "WatchlistMatch"}[prefix]
            with open(os.path.join(SOURCE, "core", "schema", path + ".proto"), encoding="utf-8") as f:
                body = re.search(r"^message " + message + r" \{\n(.*?)^\}", f.read(), re.M | re.S).group(1)
            opened += [prefix + name for name in re.findall(r"(\w+) = \d+ \[.*\(purpose\) = BORDER", body)]
        for message in ("document", "checks", "chip_checks", "matches"):
            opened.remove(message)
        self.assertEqual(sorted(listed), sorted(opened))


if __name__ == "__main__":
    unittest.main()
