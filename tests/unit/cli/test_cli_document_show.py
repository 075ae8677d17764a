#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`postern document show`, and deviation lists in `postern trust`, on files that a virtual State has made. Must never use a
real State's data."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

TOOL, MAKER = sys.argv[1:3]


def tool(*argv):
    return subprocess.run([TOOL, *argv], capture_output=True, timeout=60, check=False)


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.at = lambda name: os.path.join(self.folder.name, name)
        subprocess.run([MAKER, self.folder.name], check=True, timeout=60)

    def tearDown(self):
        self.folder.cleanup()

    def groups(self, *numbers):
        return [w for n in numbers for w in ("--dg", f"{n}={self.at(f'DG{n}')}")]

    def test_what_the_groups_say(self):
        r = tool("document", "show", *self.groups(1, 2, 11, 12, 14, 15), "--com", self.at("EF.COM"), "--atr-info",
                 self.at("EF.ATR-INFO"), "--json")
        self.assertEqual(r.returncode, 0, r.stderr)
        said = {f["file"]: f for f in json.loads(r.stdout)}
        self.assertEqual(list(said), ["EF.COM", "EF.ATR/INFO", "DG1", "DG2", "DG11", "DG12", "DG14", "DG15"])
        self.assertEqual(said["EF.COM"]["groups"], [1, 2, 11, 12, 14, 15])
        self.assertTrue(said["EF.ATR/INFO"]["extended_length"])
        self.assertEqual((len(said["DG1"]["zone"]), said["DG1"]["zone"][:20]), (88, "P<UTOERIKSSON<<ANNA<"))
        face = said["DG2"]["faces"][0]
        self.assertEqual((face["record"], face["image"]["format"], face["width"], face["height"]),
                         ("ISO/IEC 19794-5:2005", "jpeg", 413, 531))
        self.assertEqual(said["DG11"]["name"], "\u00c5SE\x1b[2J<<ANNA")
        self.assertEqual([n["problem"] for n in said["DG11"]["notes"]], ["characters"])
        self.assertEqual((said["DG12"]["authority"], said["DG12"]["date_of_issue"]), ("Office", "2007-04-16"))
        self.assertEqual((said["DG14"]["chip_authentication"], said["DG14"]["chip_keys"]), (1, 1))
        self.assertEqual((said["DG15"]["key"], said["DG15"]["bits"]), ("elliptic curve", 256))

    def test_nothing_of_a_document_moves_the_cursor(self):
        r = tool("document", "show", *self.groups(1, 2, 11, 12, 14, 15), "--com", self.at("EF.COM"))
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertNotIn(b"\x1b", r.stdout)
        self.assertIn("ÅSE?[2J<<ANNA".encode(), r.stdout)
        self.assertIn(b"! characters", r.stdout)
        self.assertRegex(r.stdout.decode(), r"date of issue +2007-04-16")

    def test_the_image_is_written_once(self):
        out = self.at("face")
        r = tool("document", "show", *self.groups(2), "--image", out)
        self.assertEqual(r.returncode, 0, r.stderr)
        with open(out, "rb") as f:
            image = f.read()
        with open(self.at("DG2"), "rb") as f:
            self.assertTrue(f.read().endswith(image))
        self.assertEqual((len(image), image[:3], os.stat(out).st_mode & 0o777), (800, b"\xff\xd8\xff", 0o600))
        again = tool("document", "show", *self.groups(2), "--image", out)
        self.assertEqual((again.returncode, again.stdout), (3, b""))
        self.assertEqual(tool("document", "show", *self.groups(1), "--image", self.at("other")).returncode, 2)

    def test_a_file_that_is_cut(self):
        with open(self.at("DG12"), "r+b") as f:
            f.truncate(20)
        r = tool("document", "show", *self.groups(12), "--json")
        said = json.loads(r.stdout)[0]
        self.assertEqual((r.returncode, said["complete"], said["notes"][0]["problem"]), (1, False, "encoding"))
        self.assertIn(b"X encoding", tool("document", "show", *self.groups(12)).stdout)
        with open(self.at("DG1"), "r+b") as f:
            f.seek(20)
            f.write(b"\xff\x1b")
        r = tool("document", "show", *self.groups(1), "--json")
        said = json.loads(r.stdout)[0]
        self.assertEqual((r.returncode, bytes.fromhex(said["zone"])[:3], said["notes"][0]["at"]), (1, b"P<U", 20))
        self.assertNotIn(b"\x1b", tool("document", "show", *self.groups(1)).stdout)
        self.assertEqual(tool("document", "show", "--dg", "17=x").returncode, 2)
        self.assertEqual(tool("document", "show", "--com", self.at("missing"), "--json").stdout, b"")

    def test_a_deviation_list_enters_a_trust_folder(self):
        trust = self.at("trust")
        alone = tool("trust", "import", self.at("deviations.dl"), "--folder", trust)
        self.assertEqual(alone.returncode, 1)
        self.assertIn(b"no certificate in the store has signed it", alone.stderr)
        self.assertEqual(tool("trust", "import", self.at("csca.cer"), "--folder", trust).returncode, 0)
        r = tool("trust", "import", self.at("deviations.dl"), "--folder", trust, "--json")
        self.assertEqual(r.returncode, 0, r.stderr)
        said = json.loads(r.stdout)
        self.assertEqual((said["file"], said["country"], said["deviations"], said["taken"]), ("deviations-UT.dl", "UT", 1, 1))
        self.assertIn("deviations-UT.dl", os.listdir(trust))
        older = tool("trust", "import", self.at("older.dl"), "--folder", trust)
        self.assertEqual(older.returncode, 1)
        self.assertIn(b"a newer one is in the store", older.stderr)
        self.assertEqual(tool("trust", "import", self.at("stranger.dl"), "--folder", trust).returncode, 1)
        shown = json.loads(tool("trust", "show", trust, "--json").stdout)
        self.assertEqual((shown["deviation_lists"], shown["defects"]), (1, 1))
        table = tool("trust", "import", self.at("deviations.dl"), "--folder", trust)
        self.assertEqual(table.returncode, 0, table.stderr)  # the same again
        self.assertRegex(table.stdout.decode(), r"taken +1\n")
        with open(os.path.join(trust, "deviations-UT.dl"), "r+b") as f:
            f.seek(-1, os.SEEK_END)
            last = f.read(1)
            f.seek(-1, os.SEEK_END)
            f.write(bytes([last[0] ^ 1]))
        self.assertEqual(tool("trust", "show", trust).returncode, 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
