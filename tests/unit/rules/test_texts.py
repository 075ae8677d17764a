#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every code that a shipped pack, the engine or the verdict itself can say has a text in every language that Postern speaks.

    test_texts.py ROOT

Reads the catalogues by itself. Must never take a language from a list that the tool made."""
import os
import re
import sys
import unittest

ROOT = os.path.realpath(sys.argv.pop(1))
LANGUAGES = ("en", "fr", "es", "ar", "ru", "zh")
# A letter of the language's own script, or of its own words.
SCRIPTS = {"ar": r"[\u0600-\u06ff]", "ru": r"[\u0400-\u04ff]", "zh": r"[\u4e00-\u9fff]", "en": r"[a-z]", "fr": r"[a-z]", "es": r"[a-z]"}
RESULTS = ("failed", "aborted", "undetermined", "unspecified")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def catalogue(folder, language):
    texts = {}
    for line in read("rules", folder, f"texts_{language}.txt").splitlines():
        if line and not line.startswith("#"):
            code, text = line.split(" = ", 1)
            assert code not in texts, code
            texts[code] = text
    return texts


def said_by_pack(folder):
    """Codes after a verdict in a rule or in what a case expects; one that goes on takes the results of a check."""
    codes = set()
    for name in os.listdir(os.path.join(ROOT, "rules", folder)):
        if name.endswith(".lua"):
            for code, more in re.findall(r'"(?:refer|stop)",\s*"([a-z0-9_.]+)"(\s*\.\.)?', read("rules", folder, name)):
                codes |= {code + r for r in RESULTS} if more else {code}
    return codes


class Texts(unittest.TestCase):
    def holds(self, folder, codes):
        self.assertTrue(codes)
        english = catalogue(folder, "en")
        self.assertLessEqual(codes, set(english))
        for language in LANGUAGES:
            texts = catalogue(folder, language)
            with self.subTest(f"{folder} {language}"):
                self.assertEqual(set(texts), set(english))
                for code, text in texts.items():
                    self.assertRegex(text, SCRIPTS[language], code)
                    self.assertEqual(set(re.findall(r"\{.*?\}", text)), set(re.findall(r"\{.*?\}", english[code])), code)
                    if language != "en":
                        self.assertNotEqual(text, english[code])

    def test_packs(self):
        packs = [d for d in os.listdir(os.path.join(ROOT, "rules")) if os.path.exists(os.path.join(ROOT, "rules", d, "pack.yaml"))]
        self.assertGreaterEqual(set(packs), {"eligibility", "example", "risk"})
        for pack in packs:
            self.holds(pack, said_by_pack(pack))

    def test_the_machine(self):
        codes = set(re.findall(r'refer\([^;]*?"(rules\.[a-z_]+)"\)', read("plugins/rules-lua/rules_lua.c") + read("plugins/rules-lua/engine.c")))
        codes |= set(re.findall(r'"([a-z]+\.[a-z_]+)"', re.sub(r"#include.*", "", read("core/verdict/verdict.c"))))
        self.assertGreaterEqual(codes, {"rules.error", "rules.quarantined", "rules.no_pack", "list.match", "clock.not_trusted"})
        codes |= set(re.findall(r'KIOSK_ANSWER\(\w+, "(kiosk\.[a-z_]+)"', read("core/kiosk/answers.def"))) - {"kiosk.clear"}
        # Causes that stand beside face.verification (docs/names.md).
        camera = re.findall(r'"((?:camera|face)\.[a-z_]+)"', read("plugins/lib/camera/watch.c") + read("plugins/match-face/face_stage.c") + read("plugins/match-face/face_attack.c")
                            + read("plugins/lib/face/session.c")
                            + read("core/crossing/lane_face.c"))
        made = {"face.capture", "face.quality", "face.one_person", "face.match", "face.pad", "face.eyes_open", "face.mouth_closed", "face.uncovered",
                "face.not_assessed"}  # checks, and why one was not made
        self.assertGreaterEqual(set(camera), {"face.no_match", "face.no_answer", "camera.black"})
        self.holds("texts", codes | set(camera) - made)


if __name__ == "__main__":
    unittest.main()
