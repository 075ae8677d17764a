#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every code that the console can be sent has a name in each of the page's six languages: checks and their reasons, and what the schema, the lane and the
console itself can say.

    test_catalogues.py ROOT

Codes are read where they are made. Must never take one from a catalogue."""
import json
import os
import re
import sys
import unittest

ROOT = os.path.realpath(sys.argv.pop(1))
LANGUAGES = ("en", "fr", "es", "ar", "ru", "zh")
SCRIPTS = {"ar": r"[\u0600-\u06ff]", "ru": r"[\u0400-\u04ff]", "zh": r"[\u4e00-\u9fff]"}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def catalogue(language):
    def once(pairs):
        keys = [k for k, _ in pairs]
        assert len(keys) == len(set(keys)), sorted(k for k in keys if keys.count(k) > 1)
        return dict(pairs)
    return json.loads(read(f"plugins/console/page/catalogue/{language}.json"), object_pairs_hook=once)


def texts(language):
    return {line.split(" = ", 1)[0] for line in read(f"rules/texts/texts_{language}.txt").splitlines() if " = " in line}


def rows(path, macro, quoted=1):
    """The nth quoted word of each row of a .def file."""
    found = [re.findall(r'"([^"]*)"', line)[quoted - 1] for line in read(path).splitlines() if line.startswith(macro + "(")]
    assert found, path
    return {name for name in found if name}


def enum(path, name):
    body = re.search(rf"\nenum {name} {{(.*?)\n}}", read(path), re.S).group(1)
    return set(re.findall(r"^\s+([A-Z][A-Z0-9_]+) = \d+;", body, re.M))


def between(text, first, end):
    return set(re.findall(r'"([a-z0-9_.]+)"', text[text.index(first):text.index(end, text.index(first))]))


FACE = read("plugins/match-face/face_stage.c")
CHIP = read("core/crossing/crossing_chip.c")


def checks():
    names = rows("hw/mrz/checks.def", "MRZ_CHECK") | rows("hw/emrtd/inspect/checks.def", "INSPECT_CHECK") | rows("hw/emrtd/report/checks.def", "REPORT_CHECK")
    faces = set(re.findall(r'\badd\(s, out, "([a-z_.]+)"', FACE))
    own = set(re.findall(r'own\(out, "([a-z_.]+)"', CHIP))
    assert len(faces) == 8 and own == {"chip.read", "chip.inspection"}, (faces, own)
    return names | faces | own


def reasons():
    keys = rows("hw/mrz/reasons.def", "MRZ_REASON") | rows("hw/emrtd/inspect/reasons.def", "INSPECT_REASON") | rows("hw/emrtd/report/reasons.def", "REPORT_REASON")
    return keys | set(re.findall(r'"(chip\.[a-z_]+)"', CHIP)) - {"chip.read", "chip.inspection", "chip.ca", "chip.aa", "chip.cam"} | {"face.not_assessed"}


class Catalogues(unittest.TestCase):
    def setUp(self):
        self.all = {language: catalogue(language) for language in LANGUAGES}

    def holds(self, prefix, codes):
        self.assertTrue(codes)
        for language, words in self.all.items():
            self.assertEqual([c for c in sorted(codes) if not words.get(prefix + c)], [], f"{language} {prefix}")

    def test_the_six_have_the_same_keys_and_places(self):
        english = self.all["en"]
        for language, words in self.all.items():
            self.assertEqual(set(words), set(english), language)
            for key, text in words.items():
                self.assertEqual(sorted(re.findall(r"\{\w+\}", text)), sorted(re.findall(r"\{\w+\}", english[key])), f"{language} {key}")

    def test_checks_and_their_reasons(self):
        self.holds("check.", checks())
        self.holds("because.", reasons())
        # Causes of a face or camera have their sentence where the rules' texts are.
        causes = set(re.findall(r'"((?:face|camera)\.[a-z_]+)"', FACE + read("plugins/match-face/face_attack.c"))) - checks() - {"face.not_assessed"}
        for language in LANGUAGES:
            self.assertLessEqual(causes, texts(language))

    def test_a_name_is_of_its_language_and_no_code(self):
        for language, script in SCRIPTS.items():
            for key, text in self.all[language].items():
                if key.startswith(("check.", "because.", "EXCEPTION_", "state.", "alarm.", "reason.")):
                    self.assertRegex(text, script, key)
        for language, words in self.all.items():
            for key, text in words.items():
                self.assertNotRegex(text, r"\b(mrz|pa|chip|face)\.[a-z_]+", f"{language} {key}")
                if language != "en" and key.startswith(("check.", "because.")):
                    self.assertNotEqual(text, self.all["en"][key], f"{language} {key}")

    def test_what_the_schema_can_say(self):
        def proto(name):
            path = next(p for p in sorted(os.listdir(os.path.join(ROOT, "core/schema"))) if p.endswith(".proto") and f"\nenum {name} {{" in read("core/schema/" + p))
            return enum("core/schema/" + path, name)
        for name in ("ExceptionClass", "CheckResult", "Guidance", "LeafPosition"):
            self.holds("", proto(name))
        for name in ("CheckBlock", "LaneMode", "ViewPurpose"):
            self.holds("", {n for n in proto(name) if not n.endswith("_UNSPECIFIED")})
        self.holds("order.", proto("LaneOrderKind") - {"ORDER_UNSPECIFIED"})
        self.holds("progress.", proto("OrderProgress") - {"ORDER_PROGRESS_UNSPECIFIED"})

    def test_what_the_lane_can_say(self):
        table = read("plugins/console/page/words.ts")
        groups = dict(re.findall(r"\b([A-Z_]+): '([a-z_]+)'", table[table.index("const groups"):table.index("export const stateName")]))
        self.assertEqual(set(re.findall(r"^X\((\w+),", read("core/gate/states.def"), re.M)) - set(groups), set())
        self.holds("state.", set(groups.values()))
        self.holds("alarm.", {c.removeprefix("alarm.") for c in re.findall(r'"(alarm\.[a-z_]+)"', read("core/crossing/lane_alarm.c") + read("core/crossing/lane_run.h"))})
        refused = "".join(read(f"core/crossing/{f}") for f in ("lane_order.c", "lane_mode.c", "lane_referral.c", "lane_officer.c")) + read("core/loop/core_post.c")
        self.holds("code.", set(re.findall(r'"((?:order|decision)\.[a-z_]+)"', refused)))

    def test_what_the_console_can_say(self):
        text = "".join(read("plugins/console/" + f) for f in sorted(os.listdir(os.path.join(ROOT, "plugins/console"))) if f.endswith(".c"))
        self.holds("event.", set(re.findall(r'\baudit(?:_ask)?\(c, "(console\.[a-z_]+)"', text)))
        told = set(re.findall(r'\b(?:answer_code|words_end)\([^;]*?"([a-z_.]+)"', text))
        self.holds("code.", told - {"console.nothing", "note.recorded", "shift.begun"})  # no picture; what went well has words of its own

    def test_troubles_and_parts(self):
        said = set()
        for folder in ("core", "plugins", "hw"):
            for path, _, names in os.walk(os.path.join(ROOT, folder)):
                for name in names:
                    if name.endswith(".c"):
                        said |= set(re.findall(r'\b(?:trouble|control_trouble(?:_of)?)\([^;]*?"([a-z]+\.[a-z_]+)"', read(os.path.relpath(os.path.join(path, name), ROOT))))
        guide = read("docs/officers/guide.md")
        table = guide[guide.index("## Alarms: troubles"):]
        told = {c for row in table.splitlines() if row.startswith("| `") for c in re.findall(r"`([a-z]+\.[a-z_]+)`", row.split("|")[1])}
        self.assertGreater(min(len(said), len(told) - 30), 10)
        self.assertEqual(said - told, set())  # what a lane can say, the guide explains
        self.holds("trouble.", told)
        states = re.findall(r'return "([a-z_]+)";', re.search(r"plugins_state_name.*?\n}", read("core/loop/core_plugins.c"), re.S).group(0))
        self.holds("part.", set(states) - {"ready", "unknown"})

    def test_what_officers_choose_from(self):
        text = read("plugins/console/reason.c")
        decisions = between(text, "decisions[] =", "};") - {"admit", "send-back", "second-line", "hold", "refuse"}
        self.holds("reason.", decisions | between(text, "order_reasons[] =", ";"))
        self.holds("sign.", between(text, "safeguarding_reasons[] =", ";"))
        self.holds("note_role.", between(text, "safeguarding_roles[] =", ";"))


if __name__ == "__main__":
    unittest.main()
